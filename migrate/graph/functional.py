"""Loops and conds of TensorFlow 1 as those of TensorFlow 2, which have gradients.

In TensorFlow 1 a loop is Enter, Merge, Switch, NextIteration and Exit operations around
its condition and its body, and a cond Switch and Merge around its branches. Here these
become functions, and each loop and each cond one operation that calls them.
"""

from typing import NamedTuple

from migrate.errors import MigrateError
from migrate.graph.lists import WithoutGradientError, with_lists
from migrate.graph.loops import ENTER, EXIT, MERGE, NEXT, SWITCH, Branches, loops
from migrate.graph.moves import before
from migrate.graph.nodes import Graph, output

# What only orders a loop or a cond; nothing waits for it in a function.
_FRAME = (*ENTER, *EXIT, *MERGE, *NEXT, *SWITCH, "LoopCond")


class Functional(NamedTuple):
    """``graph_def``; ``names``: from a tensor or node asked for to its name there."""

    graph_def: object
    names: dict[str, str]


def functional(graph_def, wanted, label: str) -> Functional:
    """The same graph with functions; placeholders keep their names.

    Args:
      graph_def: a graph without variables. wanted: names of tensors, and of nodes that
        run besides. label: what people call the graph.

    Raises:
      WithoutGradientError: something in it can be in no function.
    """
    if not any(node.op in (*ENTER, *MERGE) for node in graph_def.node):
        return Functional(graph_def, {name: name for name in wanted})
    graph = Graph(with_lists(graph_def), label)
    try:
        return _built(graph, wanted)
    except (ValueError, TypeError, MigrateError) as error:
        raise WithoutGradientError(" ".join(str(error).split())[:200]) from error


def _built(graph, wanted):
    import tensorflow as tf

    names = {}

    def build():
        scope = _Scope(graph, _Frames(graph), {}, prefix="")
        scope.evaluate([(n, 0) for n in graph if graph.op(n) == "Placeholder"])
        found = scope.evaluate([output(name) for name in wanted])
        names.update(zip(wanted, (each.name for each in found), strict=True))
        return []

    function = tf.compat.v1.wrap_function(build, [])
    return Functional(function.graph.as_graph_def(), names)


class _Frames:
    """The loops of a graph and the conds of it, by the nodes that they end with."""

    def __init__(self, graph):
        self.graph = graph
        self.loops = {
            variable.exit: loop
            for loop in loops(graph)
            for variable in loop.variables
            if variable.exit is not None
        }
        self.enters = {}
        for name in graph:
            if graph.op(name) in ENTER:
                frame = graph.attribute(name, "frame_name").decode(errors="replace")
                self.enters.setdefault(frame, []).append(name)
        self.branches = _Branches(graph, self)

    def entering(self, exit_):
        """The tensors that enter the loop of an Exit; None if it is none."""
        if exit_ not in self.loops:
            return None
        return [self.graph.inputs(n)[0] for n in self.enters[self.loops[exit_].frame]]

    def constants(self, loop):
        """The Enters of a loop that are no loop variable's."""
        for name in self.enters[loop.frame]:
            takers = [taker for taker, _, _ in self.graph.consumers(name)]
            if not any(self.branches.is_loop_merge(taker) for taker in takers):
                yield name

    def choice(self, merge):
        """(predicate, tensor if True, tensor if False) of a cond's Merge."""
        found = self.branches.choice(merge)
        if found is None:
            raise WithoutGradientError(f"{merge} joins what is no cond")
        return found


class _Branches(Branches):
    """Branches that may have whole loops in them."""

    def __init__(self, graph, frames):
        super().__init__(graph)
        self.frames = frames

    def _before(self, name):
        entering = self.frames.entering(name)
        return super()._before(name) if entering is None else entering


class _Scope:
    """Imports a graph, or the inside of a loop or cond, into the graph being built.

    Args:
      graph: the old graph. frames: its loops and conds. known: tensors (node, output)
        of it -> tensors of the new one. prefix: of the new names; None: any.
    """

    def __init__(self, graph, frames, known, prefix=None):
        self.graph, self.frames, self.known = graph, frames, dict(known)
        self.prefix = prefix

    def evaluate(self, tensors):
        """The new tensors (operations, of nodes that give none) for some old ones."""
        while True:
            region, border, ends = self._region(tensors)
            if not ends:
                break
            first = [e for e in ends if not (before(self.graph, [e]) & ends) - {e}]
            self._end(first)
        self._import(region, border)
        return [self.known[tensor] for tensor in tensors]

    def _region(self, tensors):
        """Nodes to import; the known nodes and tensors that they take; ends of loops
        and conds to make before."""
        region, border, ends, waiting = {}, set(), set(), list(tensors)
        while waiting:
            name, number = waiting.pop()
            if (name, number) in self.known:
                border.add((name, number))
            elif self._ends(name):
                ends.add(name)
            elif name not in region:
                if self.graph.op(name) in _FRAME:
                    raise WithoutGradientError(f"{name} is outside of its loop")
                region[name] = None
                waiting += self.graph.inputs(name)
                waiting += [(c, 0) for c in self._controls(name)]
        return region, border, ends

    def _ends(self, name):
        merges = self.graph.op(name) in MERGE
        return name in self.frames.loops or (
            merges and not self.frames.branches.is_loop_merge(name)
        )

    def _controls(self, name):
        return [c for c in self.graph.controls(name) if self.graph.op(c) not in _FRAME]

    def _end(self, names):
        """Makes the loop, or the cond, that the first name ends."""
        loop = self.frames.loops.get(names[0])
        if loop is not None:
            self._loop(loop)
            return
        predicate = self.frames.choice(names[0])[0]
        alike = [
            name
            for name in names
            if name not in self.frames.loops
            and self.frames.choice(name)[0] == predicate
        ]
        self._cond(predicate, alike)

    def _loop(self, loop):
        import tensorflow as tf

        graph = self.graph
        constants = list(self.frames.constants(loop))
        outside = self.evaluate([graph.inputs(name)[0] for name in constants])
        known = {(n, 0): t for n, t in zip(constants, outside, strict=True)}
        initial = self.evaluate([v.initial for v in loop.variables])

        def condition(*values):
            now = {(v.merge, 0): t for v, t in zip(loop.variables, values, strict=True)}
            inner = _Scope(graph, self.frames, self.known | known | now)
            return inner.evaluate([graph.inputs(loop.condition)[0]])[0]

        def body(*values):
            now = {
                tensor: t
                for v, t in zip(loop.variables, values, strict=True)
                for tensor in ((v.switch, 1), (v.merge, 0))
            }
            inner = _Scope(graph, self.frames, self.known | known | now)
            return inner.evaluate([v.following for v in loop.variables])

        enter = self.frames.enters[loop.frame][0]
        for shapes in _shapes(initial):
            try:
                last = tf.while_loop(
                    condition,
                    body,
                    initial,
                    shape_invariants=shapes,
                    parallel_iterations=graph.attribute(
                        enter, "parallel_iterations", 10
                    ),
                    name=f"{loop.frame.strip('/')}/loop",
                )
            except ValueError as problem:
                error = problem
            else:
                break
        else:
            raise error
        for variable, tensor in zip(loop.variables, last, strict=True):
            if variable.exit is not None:
                self.known[variable.exit, 0] = tensor

    def _cond(self, predicate, merges):
        import tensorflow as tf

        choices = [self.frames.choice(name)[1:] for name in merges]
        (truth,) = self.evaluate([predicate])

        def branch(side):
            wanted = [choice[0 if side else 1] for choice in choices]
            switches = self._switches(predicate, wanted)
            data = self.evaluate([self.graph.inputs(name)[0] for name in switches])
            known = {
                (name, number): tensor
                for name, tensor in zip(switches, data, strict=True)
                for number in (0, 1)
            }

            def run():
                inner = _Scope(self.graph, self.frames, self.known | known)
                return [tf.identity(tensor) for tensor in inner.evaluate(wanted)]

            return run

        found = tf.cond(truth, branch(True), branch(False), name=f"{merges[0]}/cond")
        found = found if isinstance(found, list) else [found]
        self.known |= {(n, 0): t for n, t in zip(merges, found, strict=True)}

    def _switches(self, predicate, wanted):
        """The Switches through which a branch of a cond takes what is outside."""
        graph, found, seen, waiting = self.graph, {}, set(), list(wanted)
        while waiting:
            name = waiting.pop()[0]
            if name in seen or (name, 0) in self.known:
                continue
            seen.add(name)
            if graph.op(name) in SWITCH:
                asked = self.frames.branches.predicate(graph.inputs(name)[1])
                if asked[0] == predicate:
                    found[name] = None
                    continue
            waiting += graph.inputs(name)
            waiting += [(c, 0) for c in self._controls(name)]
        return list(found)

    def _import(self, region, border):
        import tensorflow as tf

        if not region:
            return
        graph = self.graph
        made = type(graph.graph_def)(versions=graph.graph_def.versions)
        made.library.CopyFrom(graph.graph_def.library)
        given = {
            f"{name}:{number}": _here(self.known[name, number])
            for name, number in border
            if isinstance(self.known[name, number], tf.Tensor)
        }
        for name in graph:
            if name in region:
                node = made.node.add()
                node.CopyFrom(graph.node(name))
                data = [f"{source}:{number}" for source, number in graph.inputs(name)]
                controls = [c for c in self._controls(name) if self._waits(c, region)]
                node.input[:] = data + [f"^{c}" for c in controls]
                for c in controls:
                    if c not in region:
                        given[f"^{c}"] = _tensor(self.known[c, 0])
        taken = {tensor for node in made.node for tensor in node.input}
        found = tf.import_graph_def(
            made,
            input_map={name: t for name, t in given.items() if name in taken},
            return_elements=list(region),
            name=self.prefix,
        )
        for name, operation in zip(region, found, strict=True):
            self.known[name, 0] = operation
            for number, tensor in enumerate(operation.outputs):
                self.known[name, number] = tensor

    def _waits(self, control, region):
        """Whether it has to be waited for: not if it ran before this function."""
        import tensorflow as tf

        here = tf.compat.v1.get_default_graph()
        return control in region or self.known[control, 0].graph is here


def _here(tensor):
    """A tensor in the graph that is being built, also one of a graph around it."""
    import tensorflow as tf

    here = tf.compat.v1.get_default_graph()
    return tensor if tensor.graph is here else here.capture(tensor)


def _tensor(found):
    """A tensor, of an operation that gives none one that waits for it."""
    import tensorflow as tf

    if isinstance(found, tf.Tensor):
        return found
    with tf.control_dependencies([found]):
        return tf.constant(0)


def _shapes(initial):
    """The shapes that loop variables may have in all steps, ever less definite."""
    import tensorflow as tf

    yield [tensor.shape for tensor in initial]
    ranks = [tensor.shape.rank for tensor in initial]
    yield [tf.TensorShape(None if rank is None else [None] * rank) for rank in ranks]
    yield [tf.TensorShape(None) for _ in initial]
