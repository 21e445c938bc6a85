"""A frozen graph with its variables again, and which variables training changes."""

from migrate.graph.nodes import Graph

_SAME = ("Identity", "Switch", "Merge", "Cast", "Reshape", "Enter", "ReadVariableOp")
_SUM = ("Add", "AddV2")
_FLOATS = ("float16", "bfloat16", "float32", "float64")
_FUSED = ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")


def thawed(graph: Graph, names) -> Graph:
    """A copy of a graph in which the constants ``names`` are variables."""
    graph_def = type(graph.graph_def)()
    graph_def.CopyFrom(graph.graph_def)
    for node in graph_def.node:
        if node.name in names:
            dtype = node.attr["dtype"].type
            node.ClearField("attr")
            node.ClearField("input")
            node.op = "VariableV2"
            node.attr["dtype"].type = dtype
            for size in graph.constant_shape(node.name):
                node.attr["shape"].shape.dim.add(size=size)
    return Graph(graph_def, graph.label, graph.meta)


def trained_variables(graph: Graph) -> set[str]:
    """The variables that training changes: the collection of that name; if the file has
    none, all of floats but the means and variances of normalisations."""
    listed = graph.collections.get("trainable_variables")
    if listed is not None:
        return set(listed)
    floats = {name for name, v in graph.variables.items() if v.dtype in _FLOATS}
    return floats - _statistics(graph, floats)


def _statistics(graph, names):
    roots = {
        name
        for source in names
        for name in _reached(graph, source, (*_SAME, *_SUM))
        if graph.op(name) == "Rsqrt"
    }
    scaled = {n for root in roots for n in _reached(graph, root, (*_SAME, "Mul"))}
    found = set()
    for name in names:
        takers = [
            (taker, place)
            for reader in (name, *_reached(graph, name, _SAME))
            if reader == name or graph.op(reader) in _SAME
            for taker, place, _ in graph.consumers(reader)
        ]
        if any(
            (graph.op(taker) in _FUSED and place in (3, 4))
            or (graph.op(taker) == "Mul" and taker in scaled and _leaves(graph, taker))
            for taker, place in takers
        ) or (roots & _reached(graph, name, (*_SAME, *_SUM))):
            found.add(name)
    return found


def _leaves(graph, name):
    """Whether a product is subtracted, as mean / deviation is from the offset."""
    return any(
        graph.op(taker) == "Sub" and place == 1
        for taker, place, _ in graph.consumers(name)
    )


def _reached(graph, name, through):
    """What takes a tensor, at once or through some operations; these as well."""
    seen, waiting = set(), [name]
    while waiting:
        for taker, _, _ in graph.consumers(waiting.pop()):
            if taker not in seen:
                seen.add(taker)
                if graph.op(taker) in through:
                    waiting.append(taker)
    graph.spend(len(seen))
    return seen
