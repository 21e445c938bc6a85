"""The part of a graph that computes some tensors when others are given.

Pure functions from GraphDef to GraphDef. What stands before the given tensors, and what
nobody asked for (optimizers, summaries, Savers, gradients), is not in the part.
"""

from typing import Any, NamedTuple

from migrate.graph.nodes import PLACEHOLDERS, Graph, output

_MUST_BE_FED = {"Placeholder", "PlaceholderV2"}
_LOOP_ENTRANCES = {"Enter", "RefEnter", "While", "StatelessWhile"}


class Part(NamedTuple):
    """``graph_def``: the part. ``fed``: for each given tensor the placeholder that
    stands for it. ``fetched``: for each tensor or node asked for, its name here."""

    graph_def: Any
    fed: dict[str, str]
    fetched: dict[str, str]


def cut(graph: Graph, fed, fetches) -> Part:
    """Cuts out what has to run.

    Args:
      graph: the whole graph.
      fed: names of the tensors that are given, ``node`` or ``node:1``.
      fetches: names of the tensors wanted, or of nodes that must run.
    """
    from tensorflow.core.framework import graph_pb2

    given = {output(name) for name in fed}
    stands = _new_names(graph, given)
    wanted = _ancestors(graph, given, [output(name) for name in fetches])
    part = graph_pb2.GraphDef(versions=graph.graph_def.versions)
    for tensor, name in stands.items():
        node = part.node.add(name=name, op="Placeholder")
        node.attr["dtype"].type = dtype_of(graph, *tensor)
    for name in graph:
        if name not in wanted:
            continue
        node = part.node.add()
        node.CopyFrom(graph.node(name))
        data = [
            stands.get(source) or ":".join(map(str, source))
            for source in graph.inputs(name)
        ]
        controls = [
            f"^{c}" for c in graph.controls(name) if not _stands(c, graph, given)
        ]
        node.input[:] = data + controls
    part.library.function.extend(_functions(graph.graph_def.library, part.node))
    return Part(
        part,
        {name: stands[output(name)] for name in fed},
        {name: stands.get(output(name), name) for name in fetches},
    )


def _new_names(graph, given):
    names, number = {}, 0
    for tensor in sorted(given):
        while f"fed_{number}" in graph:
            number += 1
        names[tensor] = f"fed_{number}"
        number += 1
    return names


def _stands(name, graph, given):
    """Whether a control edge from ``name`` ends at the border: a placeholder fed."""
    return (name, 0) in given and graph.op(name) in PLACEHOLDERS


def _ancestors(graph, given, tensors):
    """Names of all nodes that run for ``tensors``."""
    found = set()
    waiting = [name for name, number in tensors if (name, number) not in given]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        waiting += [
            source
            for source, number in graph.inputs(name)
            if (source, number) not in given
        ]
        waiting += [c for c in graph.controls(name) if not _stands(c, graph, given)]
    return found


def _functions(library, nodes):
    """The functions that ``nodes`` call, and those that these call."""
    by_name = {function.signature.name: function for function in library.function}
    found, waiting = {}, list(nodes)
    while waiting:
        node = waiting.pop()
        values = node.attr.values()
        called = [node.op, *(v.func.name for v in values if v.HasField("func"))]
        called += [f.name for v in values if v.HasField("list") for f in v.list.func]
        for name in called:
            if name in by_name and name not in found:
                found[name] = by_name[name]
                waiting += by_name[name].node_def
    return found.values()


def unfed(part: Part) -> list[str]:
    """Placeholders of a part that nobody gives a value."""
    fed = set(part.fed.values())
    return [
        node.name
        for node in part.graph_def.node
        if node.op in _MUST_BE_FED and node.name not in fed
    ]


def step_by_step(graph_def):
    """A copy whose loops start a step only when the one before has ended.

    TensorFlow 1 runs up to 32 steps of a loop at once. Two steps that update one
    variable are a race then; here they come in order.
    """
    copy = type(graph_def)()
    copy.CopyFrom(graph_def)
    functions = (node for f in copy.library.function for node in f.node_def)
    for node in [*copy.node, *functions]:
        if node.op in _LOOP_ENTRANCES:
            node.attr["parallel_iterations"].i = 1
    return copy


def dtype_of(graph: Graph, name: str, number: int) -> int:
    """The type (number of ``types.proto``) of a node's output, without reference.

    Float32 where this TensorFlow does not know the operation.
    """
    from tensorflow.core.framework import types_pb2

    types = _types(graph, name)
    found = types[number] if number < len(types) else types_pb2.DT_FLOAT
    return found % 100


def outputs_of(graph: Graph, name: str) -> int:
    """How many tensors a node gives; 1 where this TensorFlow does not know its kind."""
    from tensorflow.python.framework import op_def_registry

    known = op_def_registry.get(graph.op(name)) is not None
    return len(_types(graph, name)) if known else 1


def _types(graph, name):
    from tensorflow.python.framework import op_def_registry

    node = graph.node(name)
    definition = op_def_registry.get(node.op)
    types = []
    for arg in definition.output_arg if definition else ():
        if arg.type_list_attr:
            types += node.attr[arg.type_list_attr].list.type
            continue
        one = node.attr[arg.type_attr].type if arg.type_attr else arg.type
        types += [one] * (node.attr[arg.number_attr].i if arg.number_attr else 1)
    return types
