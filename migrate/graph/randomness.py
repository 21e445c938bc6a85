"""Dropout between a border and the outputs: what to feed so that it drops nothing."""

from collections.abc import Mapping

import numpy as np

from migrate.errors import MigrateError
from migrate.graph.cut import cut
from migrate.graph.nodes import PLACEHOLDERS, Graph

_DRAWS = (
    {"Multinomial", "RandomGamma", "RandomPoisson", "RandomPoissonV2", "RandomShuffle"}
    | {"RandomUniform", "RandomUniformInt", "RandomStandardNormal", "TruncatedNormal"}
    | {"StatelessRandomUniform", "StatelessRandomUniformV2", "StatelessRandomNormal"}
)
_PASSES = {"Enter", "Identity", "Switch", "StopGradient", "Cast"}
_BACK = ("NextIteration", "RefNextIteration")
_ARITHMETIC = {
    "Add": np.add,
    "AddV2": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "RealDiv": np.divide,
}


def neutral_feeds(graph: Graph, feeds: Mapping, fetches) -> dict[str, float]:
    """Keep probabilities (or drop rates) of dropout, as placeholder -> value.

    Args:
      graph: the whole graph.
      feeds: values by the names of the tensors given, those of switches among them:
        what a switch turns off draws nothing.
      fetches: names of what is computed from them.

    Raises:
      MigrateError: a draw of random numbers that no placeholder makes irrelevant.
    """
    nodes = cut(graph, feeds, fetches).graph_def.node
    names = [node.name for node in nodes if node.name in graph]
    draws = [name for name in names if graph.op(name) in _DRAWS]
    off = _turned_off(graph, feeds, names) if draws else ()
    found = {}
    for name in draws:
        if name not in off:
            found.update(_neutral(graph, name))
    return {name: value for name, value in found.items() if name not in feeds}


def _neutral(graph, draw):
    """The feed that makes a draw irrelevant; empty if it is irrelevant anyway.

    Dropout is floor(keep + u) up to TensorFlow 1.13, later u >= rate, u in [0, 1).
    """
    for threshold, neutral in _thresholds(graph, draw):
        seen = set()
        if _value(graph, threshold, {}, seen) == neutral:
            return {}
        for feed in ({name: value} for name in seen for value in (1.0, 0.0)):
            if _value(graph, threshold, feed, set()) == neutral:
                return feed
    raise MigrateError(
        f"the graph {graph.label} draws random numbers (node {draw}) that no "
        "placeholder switches off, so each run gives another result; give the graph that "
        "was made for inference"
    )


def _thresholds(graph, draw):
    """What a draw is compared with: (node, the value that drops nothing)."""
    waiting = [(draw, None)]
    while waiting:
        name, addend = waiting.pop()
        for taker, place, _ in graph.consumers(name):
            kind = graph.op(taker)
            others = [s for i, (s, _) in enumerate(graph.inputs(taker)) if i != place]
            if kind == "Floor" and addend is not None:
                yield addend, 1.0
            elif kind == "GreaterEqual" and place == 0:
                yield others[0], 0.0
            elif kind in ("Add", "AddV2"):
                waiting.append((taker, others[0]))
            elif kind in _PASSES or kind == "Mul":
                waiting.append((taker, addend))


def _value(graph, name, values, placeholders):
    """The number that a node gives or None; notes the placeholders that it takes."""
    kind = graph.op(name)
    if kind in PLACEHOLDERS:
        placeholders.add(name)
        return values.get(name)
    if kind == "Const":
        constant = graph.constant(name)
        return float(constant) if constant.shape == () else None
    sources = [source for source, _ in graph.inputs(name)]
    if kind in _PASSES:
        return _value(graph, sources[0], values, placeholders)
    if kind in _ARITHMETIC:
        numbers = [_value(graph, s, values, placeholders) for s in sources]
        return None if None in numbers else float(_ARITHMETIC[kind](*numbers))
    return None


def _turned_off(graph, feeds, names):
    """Nodes that do not run, by the conditions whose predicate is fed."""
    present = set(names)
    after = {}
    for name in names:
        for control in graph.controls(name):
            after.setdefault(control, []).append(name)
    dead, off = set(), set()
    for name in names:
        if graph.op(name) in ("Switch", "RefSwitch"):
            predicate = _root(graph, graph.inputs(name)[1][0])
            if predicate in feeds and np.ndim(feeds[predicate]) == 0:
                dead.add((name, 0 if feeds[predicate] else 1))
    waiting = [t for s, dead_n in dead for t, _, n in graph.consumers(s) if n == dead_n]
    while waiting:
        name = waiting.pop()
        if name in off or name not in present:
            continue
        if graph.op(name) in ("Merge", "RefMerge") and not all(
            source in dead or source[0] in off or graph.op(source[0]) in _BACK
            for source in graph.inputs(name)
        ):
            continue
        off.add(name)
        waiting += [taker for taker, _, _ in graph.consumers(name)]
        waiting += after.get(name, ())
    return off


def _root(graph, name):
    """What a predicate is a copy of."""
    while graph.op(name) in _PASSES and graph.op(name) != "Switch":
        name = graph.inputs(name)[0][0]
    return name
