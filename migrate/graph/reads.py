"""Variables of resources, read once each, so that all uses share one tensor."""

from migrate.graph.nodes import Graph, output


def read_once(graph: Graph, variables) -> Graph:
    """A copy of a graph that reads each of ``variables`` in one place.

    Args:
      variables: names; of those that nothing writes to while the model runs.
    """
    uses = {name: _uses(graph, name) for name in variables}
    uses = {name: found for name, found in uses.items() if len(found) > 1}
    if not uses:
        return graph
    graph_def = type(graph.graph_def)()
    graph_def.CopyFrom(graph.graph_def)
    nodes = {node.name: node for node in graph_def.node}
    new = {}
    for name, found in uses.items():
        read = graph_def.node.add(name=f"{name}/read_once", op="ReadVariableOp")
        read.input.append(name)
        read.attr["dtype"].type = nodes[name].attr["dtype"].type
        for user in found:
            if nodes[user].op == "ReadVariableOp":
                new[user] = read.name
            else:
                _gather(nodes[user], read)
    for node in nodes.values():
        node.input[:] = [
            new.get(output(t)[0], t) if not t.startswith("^") else t for t in node.input
        ]
    return Graph(graph_def, graph.label, graph.meta)


def _uses(graph, name):
    """The operations that take the value of a variable, and wait for nothing else."""
    return [
        taker
        for taker, _, _ in (graph.consumers(name) if name in graph else ())
        if not graph.controls(taker)
        and (
            graph.op(taker) == "ReadVariableOp"
            or (
                graph.op(taker) == "ResourceGather"
                and not graph.attribute(taker, "batch_dims", 0)
            )
        )
    ]


def _gather(node, read):
    """Makes of a look-up in a resource one in what was read."""
    indices = node.attr["Tindices"].type
    node.ClearField("attr")
    node.op, node.input[0] = "Gather", read.name
    node.attr["Tparams"].type = read.attr["dtype"].type
    node.attr["Tindices"].type = indices
