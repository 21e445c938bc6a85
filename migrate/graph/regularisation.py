"""Regularisation terms of a graph, and which variables they are of."""

from typing import NamedTuple

from migrate.graph.nodes import VARIABLES, Graph

_SAME = ("Identity", "ReadVariableOp", "Enter")
_KEY = "regularization_losses"


class Term(NamedTuple):
    """A scalar tensor. If it is l1 * sum of absolute values + l2 * sum of squares of
    one ``variable``, these say so; else ``variable`` is None."""

    tensor: str
    variable: str | None = None
    l1: float = 0.0
    l2: float = 0.0


def regularisation_terms(graph: Graph) -> list[Term]:
    """The collection REGULARIZATION_LOSSES."""
    names = dict.fromkeys(graph.collections.get(_KEY, ()))
    return [_term(graph, name) for name in names if name in graph]


def _term(graph, tensor):
    name, scale = _unscaled(graph, tensor)
    op = graph.op(name)
    inputs = [source for source, _ in graph.inputs(name)]
    if op == "L2Loss":
        return _of(graph, tensor, inputs[0], l2=scale * 0.5)
    if op == "Sum":
        inner, more = _unscaled(graph, inputs[0])
        scale *= more
        own = [source for source, _ in graph.inputs(inner)]
        if graph.op(inner) == "Abs":
            return _of(graph, tensor, own[0], l1=scale)
        if graph.op(inner) == "Square" or (
            graph.op(inner) == "Mul" and own[0] == own[1]
        ):
            return _of(graph, tensor, own[0], l2=scale)
    return Term(tensor)


def _of(graph, tensor, name, **scales):
    while graph.op(name) in _SAME and graph.inputs(name):
        name = graph.inputs(name)[0][0]
    if graph.op(name) not in VARIABLES:
        return Term(tensor)
    return Term(tensor, name, **scales)


def _unscaled(graph, name):
    """A tensor without the constants that multiply it, and their product."""
    scale = 1.0
    while True:
        inputs = [source for source, _ in graph.inputs(name)]
        if graph.op(name) == "Identity":
            name = inputs[0]
            continue
        known = [_number(graph, source) for source in inputs]
        if graph.op(name) not in ("Mul", "Add", "AddV2") or known.count(None) != 1:
            return name, scale
        constant = next(value for value in known if value is not None)
        if graph.op(name) == "Mul":
            scale *= constant
        elif constant != 0:
            return name, scale
        name = inputs[known.index(None)]


def _number(graph, name):
    if graph.op(name) != "Const" or graph.constant_shape(name):
        return None
    return float(graph.constant(name))
