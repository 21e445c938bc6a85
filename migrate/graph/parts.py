"""Partitioned variables: what is part of what, and a graph in which they are whole.

TensorFlow 1 keeps the parts as variables of their own, ``NAME/part_0`` and so on, joins
them by a Concat wherever the whole is used, and saves them as one.
"""

from typing import NamedTuple

from migrate.graph.nodes import Graph, output

_READS = ("Identity", "ReadVariableOp")


class Part(NamedTuple):
    """A part: name and shape of the whole, and the part's place in it."""

    whole: str
    shape: tuple[int, ...]
    place: tuple[slice, ...]


def parts(graph: Graph) -> dict[str, Part]:
    """The parts of partitioned variables by name.

    Raises:
      MigrateError: what the graph says of its variables cannot be read.
    """
    from google.protobuf.message import DecodeError
    from tensorflow.core.framework import variable_pb2

    found = {}
    for key, collection in graph.meta.collection_def.items() if graph.meta else ():
        if "variables" not in key:
            continue
        try:
            for data in collection.bytes_list.value:
                proto = variable_pb2.VariableDef.FromString(data)
                info = proto.save_slice_info_def
                sides = zip(info.var_offset, info.var_shape, strict=True)
                if info.full_name:
                    index = tuple(slice(start, start + size) for start, size in sides)
                    name = output(proto.variable_name)[0]
                    found[name] = Part(info.full_name, tuple(info.full_shape), index)
        except (DecodeError, ValueError) as error:
            raise graph.damaged(f"collection {key[:99]}") from error
    return found


def joined(graph: Graph) -> Graph:
    """The graph with a variable in place of each Concat of all parts of one.

    The parts stay, for what else uses them. A graph without parts is given back as it
    is.
    """
    wholes = {}
    for name, part in parts(graph).items():
        wholes.setdefault(part.whole, {})[name] = part
    concats = {}
    for whole, own in wholes.items():
        found = _concats(graph, own)
        if found and (whole not in graph or _is_read_of(graph, whole, found)):
            concats[whole] = found
    if not concats:
        return graph
    made = _replaced(graph, concats, wholes)
    return Graph(made, graph.label, graph.meta, graph.file)


def _concats(graph, own):
    """The nodes that join all parts, in order, along the axis that they divide."""
    ordered = sorted(own, key=lambda name: [i.start for i in own[name].place])
    readers = {ordered[0]}
    for name in list(readers):
        readers |= {n for n, _, _ in graph.consumers(name) if graph.op(n) in _READS}
    takers = {taker for name in readers for taker, _, _ in graph.consumers(name)}
    return sorted(
        taker
        for taker in takers
        if graph.op(taker) in ("ConcatV2", "Concat")
        and _joins(graph, taker, ordered, own)
    )


def _joins(graph, node, ordered, own):
    inputs = [name for name, _ in graph.inputs(node)]
    axis = inputs.pop(-1 if graph.op(node) == "ConcatV2" else 0) if inputs else None
    variables = [
        graph.inputs(name)[0][0] if graph.op(name) in _READS else name
        for name in inputs
        if graph.op(name) not in _READS or graph.inputs(name)
    ]
    if variables != ordered or axis is None or graph.op(axis) != "Const":
        return False
    starts = zip(*([i.start for i in own[name].place] for name in ordered), strict=True)
    divided = [n for n, places in enumerate(starts) if len(set(places)) > 1]
    value = graph.constant(axis).reshape(-1)
    rank = len(own[ordered[0]].shape)
    return len(value) == len(divided) == 1 and int(value[0]) % rank == divided[0]


def _is_read_of(graph, name, concats):
    return graph.op(name) == "Identity" and graph.inputs(name)[0][0] in concats


def _replaced(graph, concats, wholes):
    """The GraphDef in which the wholes are variables."""
    graph_def = type(graph.graph_def)()
    graph_def.CopyFrom(graph.graph_def)
    joins = {node: whole for whole, nodes in concats.items() for node in nodes}
    for node in graph_def.node:
        if node.name in joins:
            kept = node.attr["T"].type
            node.ClearField("input")
            node.ClearField("attr")
            node.op = "Identity"
            node.input.append(joins[node.name])
            node.attr["T"].type = kept
        elif node.name in concats:
            _make_variable(node, wholes[node.name])
    for whole in concats:
        if whole not in graph:
            made = graph_def.node.add(name=whole)
            made.attr["T"].type = graph.attribute(concats[whole][0], "T")
            _make_variable(made, wholes[whole])
    return graph_def


def _make_variable(node, own):
    dtype = node.attr["T"].type
    node.ClearField("input")
    node.ClearField("attr")
    node.op = "VariableV2"
    node.attr["dtype"].type = dtype
    for size in next(iter(own.values())).shape:
        node.attr["shape"].shape.dim.add(size=size)
