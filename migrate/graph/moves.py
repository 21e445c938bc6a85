"""How statistics move: the assignments to them, and when these run."""

from typing import NamedTuple

from migrate.graph.algebra import near
from migrate.graph.loops import ENTER, SWITCH
from migrate.graph.shaping import first_index

# Operation -> (how it changes the variable, place of the row's index, of the value).
_ASSIGNMENTS = {
    "Assign": ("set", None, 1),
    "AssignAdd": ("add", None, 1),
    "AssignSub": ("sub", None, 1),
    "AssignVariableOp": ("set", None, 1),
    "AssignAddVariableOp": ("add", None, 1),
    "AssignSubVariableOp": ("sub", None, 1),
    "StridedSliceAssign": ("set", 1, 4),
    "ResourceStridedSliceAssign": ("set", 1, 4),
    **{
        f"{p}Scatter{k}": (h, 1, 2)
        for p in ("", "Resource")
        for k, h in (("Update", "set"), ("Add", "add"), ("Sub", "sub"))
    },
}


class Move(NamedTuple):
    """One assignment: old * decay + of the batch * (1 - decay); ``decay`` is None if
    it is not of this form. ``sides``: the branches of conds that it is in."""

    node: str
    decay: float | None
    sides: frozenset


def moves(evaluate, name: str, old, batch, row) -> list[Move]:
    """The assignments that move a statistic.

    Args:
      evaluate: the ``Evaluator`` of training. name: the variable's.
      old: its expression (one row of it). batch: what it should move towards.
      row: the expression of the row, None if the variable has one row.
    """
    found = []
    for node in _assignments(evaluate.graph, name):
        how, index, value = _ASSIGNMENTS[evaluate.graph.op(node)]
        inputs = evaluate.graph.inputs(node)
        if value >= len(inputs):
            raise evaluate.graph.damaged(f"assignment {node[:200]} takes too little")
        new = evaluate(inputs[value])
        algebra = evaluate.algebra
        if how != "set":
            new = algebra.add(old, algebra.scale(new, 1.0 if how == "add" else -1.0))
        at = None
        if index is not None:
            place = inputs[index]
            at = evaluate(place) if value == 2 else first_index(evaluate, place)
        if at != row and None not in (at, row):
            places = algebra.value(at), algebra.value(row)
            if None not in places:
                continue  # the row of another step
        decay = _decay(algebra, new, old, batch) if at == row else None
        if decay is None and how == "set" and not _about(algebra, new, old, batch):
            continue  # an initial value, or one from a checkpoint
        found.append(Move(node, decay, evaluate.branches.of(node)))
    return found


def _assignments(graph, name):
    stack, seen = [name], {name}
    while stack:
        for taker, place, _ in graph.consumers(stack.pop()):
            if place != 0 or taker in seen:
                continue
            seen.add(taker)
            if graph.op(taker) in _ASSIGNMENTS:
                yield taker
            elif graph.op(taker) in (*ENTER, *SWITCH):
                stack.append(taker)


def _about(algebra, new, old, batch):
    """Whether an expression has anything of the old value or of the batch."""
    atoms = {n for m, _ in (*old, *batch) for n in m}
    return (
        algebra.depends(new)
        and any(algebra.atoms[n].kind != "op" for m, _ in new for n in m)
    ) or any(n in atoms for m, _ in new for n in m)


def _decay(algebra, new, old, batch):
    """d of new = d * old + (1 - d) * batch; None if it is another expression."""
    parts = dict(new)
    decay = parts.pop(old[0][0], 0.0)
    expected = dict(algebra.scale(batch, 1.0 - decay))
    if not 0.0 <= decay <= 1.0 or parts.keys() != expected.keys():
        return None
    # 1 - decay was rounded to float32 by itself.
    close = all(
        abs(parts[m] - c) <= 1e-6 * max(1.0, abs(c)) for m, c in expected.items()
    )
    return decay if close and not near(decay, 1.0) else None


def before(graph, names) -> set[str]:
    """The nodes that some nodes need, themselves included."""
    seen, stack = set(names), list(names)
    while stack:
        name = stack.pop()
        for source in (*(s for s, _ in graph.inputs(name)), *graph.controls(name)):
            if source not in seen:
                seen.add(source)
                stack.append(source)
    graph.spend(len(seen))
    return seen


def after(graph, names) -> set[str]:
    """The nodes that take something, at last, from some nodes, themselves included."""
    seen, stack = set(names), list(names)
    while stack:
        for taker, _, _ in graph.consumers(stack.pop()):
            if taker not in seen:
                seen.add(taker)
                stack.append(taker)
    graph.spend(len(seen))
    return seen
