"""Where a loop takes its sequence from and puts its outputs: arrays, axes, reversal."""

import re
from typing import NamedTuple

from migrate.graph.found import Reverse

_SCATTER = re.compile(r"TensorArray(Scatter|Unpack)(V\d)?$")
_GATHER = re.compile(r"TensorArray(Gather|Pack)(V\d)?$")
_IDENTITY = ("Identity", "StopGradient", "CheckNumerics")


def named(tensor: tuple[str, int]) -> str:
    """A tensor as a GraphDef names it."""
    return tensor[0] if not tensor[1] else f"{tensor[0]}:{tensor[1]}"


class Sequence(NamedTuple):
    """A tensor by time: as it is at the array (time major), and, if a Transpose stands
    there, on the other side of it (batch major)."""

    time_major: tuple[str, int]
    batch_major: tuple[str, int] | None


def plain(graph, tensor):
    """The tensor behind operations that only hand on."""
    while graph.op(tensor[0]) in _IDENTITY and graph.inputs(tensor[0]):
        tensor = graph.inputs(tensor[0])[0]
    return tensor


def unpacked(graph, handle: tuple[str, int]) -> Sequence | None:
    """What is put into a TensorArray before a loop reads it, if that is known."""
    values = [
        graph.inputs(taker)[1 if "Unpack" in graph.op(taker) else 2]
        for taker, place, _ in graph.consumers(handle[0])
        if place == 0
        and _SCATTER.match(graph.op(taker))
        and _outside(graph, taker)
        and _in_order(graph, taker)
    ]
    if len(values) != 1:
        return None
    value = plain(graph, values[0])
    if graph.op(value[0]) == "Transpose" and swaps_time(graph, value[0]):
        return Sequence(value, plain(graph, graph.inputs(value[0])[0]))
    return Sequence(value, None)


def _outside(graph, scatter):
    """Not the gradient's: that one writes into an array of its own kind of handle."""
    return graph.op(graph.inputs(scatter)[0][0]).startswith("TensorArrayV") or (
        graph.op(graph.inputs(scatter)[0][0]) == "TensorArray"
    )


def _in_order(graph, name):
    """Whether the places of an array are 0, 1, 2 and so on, as those of Pack are."""
    if "ack" in graph.op(name):
        return True
    places = plain(graph, graph.inputs(name)[1])
    if graph.op(places[0]) != "Range":
        values = integers(graph, places)
        return values is not None and values == [*range(len(values))]
    start, _, step = (integers(graph, t) for t in graph.inputs(places[0]))
    return (start, step) == ([0], [1])


def packed(graph, handle: tuple[str, int], exit_: str | None) -> Sequence | None:
    """The tensor that collects what a loop wrote into a TensorArray."""
    for taker, place, _ in graph.consumers(handle[0]):
        if place != 0 or not _GATHER.match(graph.op(taker)):
            continue
        if not any(source == exit_ for source, _ in graph.inputs(taker)):
            continue
        if not _in_order(graph, taker):
            continue
        turned = [
            name
            for name, at, _ in graph.consumers(taker)
            if at == 0 and graph.op(name) == "Transpose" and swaps_time(graph, name)
        ]
        return Sequence((taker, 0), (turned[0], 0) if len(turned) == 1 else None)
    return None


def swaps_time(graph, transpose: str) -> bool:
    """Whether a Transpose exchanges the first two axes and no others."""
    if len(graph.inputs(transpose)) != 2:
        return False
    order = integers(graph, graph.inputs(transpose)[1])
    return (
        order is not None
        and order[:2] == [1, 0]
        and order[2:] == [*range(2, len(order))]
    )


def integers(graph, tensor, deepest: int = 8) -> list[int] | None:
    """A small vector of integers: of Const, Range, Concat and Pack; None otherwise."""
    if deepest == 0:
        return None
    name, _ = plain(graph, tensor)
    op, inputs = graph.op(name), graph.inputs(name)
    if op == "Const":
        value = graph.constant(name)
        small = value.dtype.kind in "iu" and value.size <= 16
        return [int(v) for v in value.reshape(-1)] if small else None
    known = [integers(graph, source, deepest - 1) for source in inputs[:9]]
    parts = [part for part in known if part is not None]
    if not parts or len(parts) < len(inputs):
        return None
    if op == "Range" and all(len(p) == 1 for p in parts) and len(parts) == 3:
        start, stop, step = (p[0] for p in parts)
        small = step and 0 <= (stop - start) / step <= 16
        return [*range(start, stop, step)] if small else None
    if op in ("ConcatV2", "Concat"):
        parts = parts[:-1] if op == "ConcatV2" else parts[1:]
        return [v for part in parts for v in part]
    if op == "Pack" and all(len(p) == 1 for p in parts):
        return [p[0] for p in parts]
    return None


def reversal(graph, inputs, outputs, time_axis: int) -> Reverse | None:
    """How a caller turned the sequence round before the loop, and after it."""
    before = plain(graph, inputs)[0]
    if not _reverses(graph, before, time_axis):
        return None
    lengths = _lengths(graph, before)
    after = None
    if outputs is not None:
        for taker, place, _ in graph.consumers(outputs[0]):
            turns = place == 0 and _reverses(graph, taker, time_axis)
            if turns and _lengths(graph, taker) == lengths:
                after = taker
                break
    return Reverse(before, after, None if lengths is None else named(lengths))


def _reverses(graph, name, time_axis):
    op, inputs = graph.op(name), graph.inputs(name)
    if op == "ReverseSequence":
        return (
            graph.attribute(name, "seq_dim") == time_axis
            and graph.attribute(name, "batch_dim", 0) == 1 - time_axis
        )
    if op == "ReverseV2" and len(inputs) == 2:
        return integers(graph, inputs[1]) == [time_axis]
    if op == "Reverse" and len(inputs) == 2 and graph.op(inputs[1][0]) == "Const":
        flags = graph.constant(inputs[1][0]).reshape(-1).tolist()
        return [k for k, flag in enumerate(flags) if flag] == [time_axis]
    return False


def _lengths(graph, name):
    if graph.op(name) != "ReverseSequence":
        return None
    tensor = graph.inputs(name)[1]
    while graph.op(tensor[0]) in (*_IDENTITY, "Cast") and graph.inputs(tensor[0]):
        tensor = graph.inputs(tensor[0])[0]
    return tensor
