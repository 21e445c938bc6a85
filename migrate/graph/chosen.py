"""A graph for one value of its switches: placeholders with fixed values, conds gone.

In TensorFlow 1 a cond is Switch and Merge operations around both branches. Where its
predicate is known, each Merge is the one input that arrives, and each Switch its data.
What changes nothing, such as dropout that drops nothing, is left out, too.
"""

from migrate.graph.neutral import Neutral
from migrate.graph.nodes import Graph, output

_MERGE = ("Merge", "RefMerge")
_SWITCH = ("Switch", "RefSwitch")
_SAME = ("Identity", "StopGradient", "Enter", "RefEnter", "RefIdentity", *_SWITCH)


class Chosen:
    """A graph in which some placeholders have a fixed value.

    Args:
      graph: the ``Graph``.
      values: arrays by the names of placeholders.

    Attributes:
      values: as given.
      graph: the ``Graph`` that is left; its nodes have the names that they had.
    """

    def __init__(self, graph: Graph, values):
        self._whole, self.values = graph, values
        self._known = {}
        self._neutral = Neutral(graph, values, self._follow)
        self._dead_nodes, self._dead = self._never_run()
        self.graph = Graph(self._graph_def(), graph.label, graph.meta)

    def alive(self, node: str) -> bool:
        """Whether a node can run."""
        return node not in self._dead_nodes

    def tensor(self, name: str) -> tuple[str, int]:
        """The tensor of ``self.graph`` that a tensor of the whole graph is."""
        return self._follow(output(name))

    def _predicate(self, tensor):
        """The truth of a tensor; None if it is not known."""
        if tensor not in self._known:
            self._known[tensor] = None  # of a loop's own
            self._known[tensor] = self._truth(tensor[0])
        return self._known[tensor]

    def _truth(self, name):
        graph, op = self._whole, self._whole.op(name)
        if name in self.values:
            return bool(self.values[name]) if self.values[name].size == 1 else None
        if op == "Const" and graph.attribute(name, "dtype") == 10:
            value = graph.constant(name)
            return bool(value) if value.size == 1 else None
        if op in _SAME:
            return self._predicate(graph.inputs(name)[0])
        if op == "LogicalNot":
            inner = self._predicate(graph.inputs(name)[0])
            return None if inner is None else not inner
        if op in ("LogicalAnd", "LogicalOr"):
            both = [self._predicate(source) for source in graph.inputs(name)]
            decides = op == "LogicalOr"
            if decides in both:
                return decides
            return None if None in both else not decides
        return None

    def _never_run(self):
        """Nodes and tensors of the branches that are not taken."""
        graph, after = self._whole, {}
        for name in graph:
            for source in graph.controls(name):
                after.setdefault(source, []).append(name)
        dead, nodes, waiting = set(), set(), []
        for name in graph:
            if graph.op(name) in _SWITCH:
                truth = self._predicate(graph.inputs(name)[1])
                if truth is not None:
                    dead.add((name, int(not truth)))
                    waiting.append(name)
        while waiting:
            source = waiting.pop()
            takers = [taker for taker, _, _ in graph.consumers(source)]
            for taker in {*takers, *(after.get(source, ()) if source in nodes else ())}:
                if taker in nodes:
                    continue
                inputs = [tensor in dead for tensor in graph.inputs(taker)]
                kills = all if graph.op(taker) in _MERGE else any
                if kills(inputs) or any(c in nodes for c in graph.controls(taker)):
                    nodes.add(taker)
                    outputs = {number for _, _, number in graph.consumers(taker)}
                    dead |= {(taker, number) for number in {*outputs, 0}}
                    waiting.append(taker)
        return nodes, dead

    def _follow(self, tensor):
        path = [tensor]
        while (following := self._next(path[-1])) is not None:
            path.append(following)
        return path[-1]

    def _next(self, tensor):
        name, number = tensor
        graph = self._whole
        if graph.op(name) in _SWITCH:
            known = self._predicate(graph.inputs(name)[1]) is not None
            return graph.inputs(name)[0] if known else None
        if graph.op(name) in _MERGE and number == 0:
            live = [source for source in graph.inputs(name) if source not in self._dead]
            return live[0] if len(live) == 1 else None
        return self._neutral.passes(name)

    def _graph_def(self):
        from tensorflow.python.framework import tensor_util

        whole = self._whole
        made = type(whole.graph_def)(versions=whole.graph_def.versions)
        made.library.CopyFrom(whole.graph_def.library)
        for name in whole:
            node = made.node.add()
            if name in self.values:
                node.name, node.op = name, "Const"
                array = self.values[name]
                dtype = whole.node(name).attr["dtype"].type
                node.attr["dtype"].type = dtype
                proto = tensor_util.make_tensor_proto(array, dtype)
                node.attr["value"].tensor.CopyFrom(proto)
                continue
            node.CopyFrom(whole.node(name))
            sources = [self._follow(source) for source in whole.inputs(name)]
            data = [f"{source}:{number}" for source, number in sources]
            node.input[:] = data + [
                f"^{control}"
                for control in whole.controls(name)
                if control not in self._dead_nodes and control not in self.values
            ]
        return made
