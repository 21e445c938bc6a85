"""Steps of a Python loop with lengths: the conds that keep finished sequences.

``static_rnn`` puts around each step cond(t >= longest, old, cond(t < shortest, new,
where(t >= lengths, old, new))): it is where(t >= lengths, old, new), computed lazily.
"""

from typing import NamedTuple

# A comparison with the time on the left, and the same with the time on the right.
_TURNED = {"LessEqual": "GreaterEqual", "Greater": "Less"}


class Mask(NamedTuple):
    """What stands behind such conds: the new value, the old one (or zeros), and the
    tensor of lengths."""

    new: tuple[str, int]
    old: tuple[str, int]
    lengths: tuple[str, int]


def masks(graph, branches, follow, nodes) -> dict[tuple[str, int], Mask]:
    """The Merges among some nodes that keep finished sequences."""
    found = {}
    for name in nodes:
        if graph.op(name) != "Merge" or branches.is_loop_merge(name):
            continue
        outer = branches.choice(name)
        first = outer and _compared(graph, follow, outer[0], "GreaterEqual")
        if not first:
            continue
        old, inner = follow(outer[1]), follow(outer[2])
        if graph.op(inner[0]) != "Merge" or branches.is_loop_merge(inner[0]):
            continue
        some = branches.choice(inner[0])
        second = some and _compared(graph, follow, some[0], "Less")
        if not second:
            continue
        new, chosen = map(follow, some[1:])
        if graph.op(chosen[0]) not in ("Select", "SelectV2"):
            continue
        condition, kept, made = map(follow, graph.inputs(chosen[0]))
        third = _compared(graph, follow, condition, "GreaterEqual")
        if (kept, made) != (old, new) or not third:
            continue
        times = {first[0], second[0], third[0]}
        bounds = [_reduced(graph, follow, first[1], "Max")]
        bounds.append(_reduced(graph, follow, second[1], "Min"))
        if len(times) == 1 and bounds == [third[1]] * 2:
            found[(name, 0)] = Mask(new, old, third[1])
    return found


def _compared(graph, follow, predicate, comparison):
    """(time, other side) of a comparison of a constant time; None if it is another."""
    name, _ = predicate
    op, inputs = graph.op(name), graph.inputs(name)
    if _TURNED.get(op) == comparison:
        op, inputs = comparison, inputs[::-1]
    if op != comparison or len(inputs) != 2:
        return None
    time, other = map(follow, inputs)
    if graph.op(time[0]) != "Const" or graph.constant_shape(time[0]) != ():
        return None
    return int(graph.constant(time[0])), other


def _reduced(graph, follow, tensor, op):
    """What a tensor is the largest or smallest of."""
    if graph.op(tensor[0]) != op or not graph.inputs(tensor[0]):
        return None
    return follow(graph.inputs(tensor[0])[0])
