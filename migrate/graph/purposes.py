"""What the placeholders of a graph are for, and which tensors a person wants of it."""

import re
from typing import NamedTuple

import numpy as np

from migrate.errors import MigrateError, did_you_mean
from migrate.graph.feeds import fitting
from migrate.graph.found import Found
from migrate.graph.loops import ENTER, inside_loops
from migrate.graph.moves import after, before
from migrate.graph.nodes import VARIABLES, Graph, output
from migrate.graph.session import border, names_of
from migrate.graph.sizes import shape_of
from migrate.graph.updates import written

_SAME = ("Identity", "Enter", "StopGradient", "Switch", "Merge", "RefSwitch")
# Where weights meet what a model is given; labels meet only what comes of that.
_WEIGHTS_MEET = re.compile(
    "MatMul|BatchMatMul(V2)?|Conv.*|Depthwise.*|Gather(V2)?|ResourceGather|Einsum|Mul"
    "|SparseTensorDenseMatMul|CudnnRNN.*|.*(Block(LSTM|GRU)|BlockCell).*|BiasAdd"
)
# What tf.gradients makes of an operation, in the scope that it was told.
_GRADIENTS = re.compile(r"(^|/)gradients(_\d+)?/")
_GRADIENT = re.compile(r"_grad(_\d+)?/")
_STEPS = re.compile("(Resource)?(Sparse)?Apply.*")
_NO_RESULT = re.compile(
    ".*Summary.*|Save.*|Restore.*|Assert|NoOp|Assign.*|Shape.*|Print|Const|TensorArray.*"
    "|(Ref)?Exit"
)
_SHAPES = re.compile("Shape(N)?|Size|Rank|TensorArraySize.*|ZerosLike|OnesLike")


class Switch(NamedTuple):
    """A boolean placeholder, and its value in training."""

    name: str
    training: bool


def training_switches(graph: Graph, found: Found, chosen=None) -> tuple[Switch, ...]:
    """The placeholders that are the training switch.

    Args:
      chosen: a name, or "not " and a name; None: by what the graph computes.

    Raises:
      MigrateError: there is no such boolean placeholder; several could be it.
    """
    if chosen is not None:
        name = str(chosen).removeprefix("not ").strip()
        if graph.placeholders.get(name) != "bool":
            bools = [n for n, dtype in graph.placeholders.items() if dtype == "bool"]
            kind = graph.placeholders.get(name)
            what = f"a placeholder of {kind}" if kind else "no placeholder"
            raise MigrateError(
                f"expected a boolean placeholder of {graph.label} as the training "
                f"switch ({', '.join(bools) or 'it has none'}). Received: {name}, "
                f"which is {what}{did_you_mean(name, bools)}"
            )
        return (Switch(name, not str(chosen).startswith("not ")),)
    shown = {
        name: name not in rnn.inverted for rnn in found.rnns for name in rnn.switches
    }
    if shown:
        return tuple(Switch(*item) for item in shown.items())
    predicates = {
        _origin(graph, graph.inputs(name)[1][0])
        for name in graph
        if graph.op(name) in ("Switch", "RefSwitch")
    }
    asked = [
        name
        for name, dtype in graph.placeholders.items()
        if dtype == "bool" and name in predicates
    ]
    if len(asked) > 1:
        raise MigrateError(
            f"{graph.label} has several switches, {', '.join(asked)}: say which is the "
            "training switch (--training NAME)"
        )
    return tuple(Switch(name, True) for name in asked)


def _origin(graph, name):
    while graph.op(name) in _SAME and graph.inputs(name):
        name = graph.inputs(name)[0][0]
    return name


def dropout_feeds(graph: Graph, found: Found) -> dict[str, float]:
    """Placeholders of dropout, with the value at which nothing is dropped."""
    off = {
        wrapper.off[0]: wrapper.off[1]
        for rnn in found.rnns
        for wrapper in rnn.wrappers
        if wrapper.off is not None
    }
    random = _near(graph, [n for n in graph if graph.op(n) == "RandomUniform"], 4)
    for name, dtype in graph.placeholders.items():
        if dtype in ("float32", "float64") and not shape_of(graph, name):
            value = _off(graph, name, random)
            if value is not None:
                off.setdefault(name, value)
    return {name: value for name, value in off.items() if name in graph.placeholders}


def fixed_values(graph: Graph, found: Found, training=None, feeds=None):
    """Values of the placeholders that are no input.

    Args:
      training: see ``training_switches``, as ``chosen``.
      feeds: from placeholders to one value, or a pair for inference and training; what
        dropout takes is at "nothing is dropped" if it is not given.

    Returns:
      ((values in inference, values in training), each from name to array; sentences on
      what was decided).

    Raises:
      MigrateError: a switch or a placeholder that is not there, or a value that it does
        not take.
    """
    feeds, both, decided = dict(feeds or {}), ({}, {}), []
    for switch in training_switches(graph, found, training):
        if switch.name not in feeds:
            both[0][switch.name] = np.array(not switch.training)
            both[1][switch.name] = np.array(switch.training)
            decided.append(f"training switch: {switch.name}")
    for name, value in dropout_feeds(graph, found).items():
        if name not in feeds and graph.op(name) != "PlaceholderWithDefault":
            feeds[name] = value
            decided.append(f"{name}: {value:g}, nothing is dropped")
    for name, value in feeds.items():
        pair = value if isinstance(value, tuple) else (value, value)
        for values, one in zip(both, pair, strict=True):
            values |= fitting(graph, {name: one})
    return both, decided


def _off(graph, placeholder, random):
    """Follows keep or rate, or 1 minus it, to where it meets the random numbers."""
    waiting, seen = [(placeholder, False)], set()
    while waiting:
        name, turned = waiting.pop()
        for taker, place, _ in graph.consumers(name):
            op = graph.op(taker)
            if (taker, turned) in seen:
                continue
            seen.add((taker, turned))
            others = {source for source, _ in graph.inputs(taker)} - {name}
            if op in _SAME:
                waiting.append((taker, turned))
            elif op == "Sub" and place == 1:
                waiting.append((taker, not turned))
            elif others & random and op in ("Add", "AddV2"):
                return 0.0 if turned else 1.0
            elif others & random and op in ("GreaterEqual", "Greater"):
                return 1.0 if turned else 0.0
            elif others & random and op in ("Less", "LessEqual"):
                return 0.0 if turned else 1.0
    return None


def _near(graph, names, most):
    """What takes something of ``names`` within so many operations."""
    seen, edge = set(names), set(names)
    for _ in range(most):
        edge = {t for name in edge for t, _, _ in graph.consumers(name)} - seen
        seen |= edge
    return seen


def usual_outputs(graph: Graph, found: Found) -> list[str]:
    """What a person would pick: the outputs of a SavedModel's signature, else tensors
    that depend on weights and on what the model is given, not on labels, and that
    training does not consume further; no RNN's own, if there are others. If training
    consumes all, such as the logits, those that meet labels; if there is nothing else,
    what the last RNN gives.

    Raises:
      MigrateError: there are none.
    """
    signatures = graph.signatures
    if signatures:
        key = "serving_default" if "serving_default" in signatures else min(signatures)
        return list(dict.fromkeys(signatures[key][1].values()))
    gradients = _gradients(graph)
    of_gradients = after(graph, gradients)
    forward = set(graph) - of_gradients
    steps = {name for name in graph if _STEPS.match(graph.op(name))}
    steps |= set(written(graph, of_gradients))
    data, labels = _data_and_labels(graph, forward)
    # Gradients that no step takes, such as those of inputs, are not training; if no
    # step is in the graph, those of a loss are.
    training = gradients & (before(graph, steps) or after(graph, labels))
    training |= steps | set(graph.collections.get("update_ops", ()))
    used = before(graph, training)
    results = _values_of(graph, data) & _values_of(graph, list(graph.variables))
    free = forward & results - after(graph, labels) - used - inside_loops(graph)
    free = {name for name in free if not _NO_RESULT.fullmatch(graph.op(name))}
    free -= _only_written(graph, free)
    shown = [
        name
        for name in graph
        if name in free
        and (
            not any(taker in free for taker, _, _ in graph.consumers(name))
            or any(source in used & results for source, _ in graph.inputs(name))
        )
    ]
    shown = [n for n in shown if not any(n.startswith(f"{o}/") for o in shown)]
    own = {output(t)[0] for rnn in found.rnns for t in border(rnn)}
    own |= {n for n in shown if _reverses(graph, n) and graph.inputs(n)[0][0] in own}
    others = [n for n in shown if n not in own]
    ends = [n for n in others if not (_stacks(graph, n) or _enters_loop(graph, n))]
    if not ends:
        ends = _meeting_labels(graph, forward, results, after(graph, labels))
        ends = list(dict.fromkeys([*others, *ends]))
    shown = (
        ends or shown or [t for rnn in found.rnns[-1:] for t in names_of(rnn.outputs)]
    )
    if not shown:
        raise MigrateError(
            f"{graph.label} has no tensor that training does not consume further: name "
            "the outputs (--outputs NAME,...)"
        )
    return shown


def _only_written(graph, free):
    """What writes to variables, and what nothing else takes, such as statistics."""
    found = set(written(graph, free))
    waiting = list(found)
    while waiting:
        for source, _ in graph.inputs(waiting.pop()):
            takers = {taker for taker, _, _ in graph.consumers(source)}
            if source in free - found and takers <= found:
                found.add(source)
                waiting.append(source)
    return found


def _meeting_labels(graph, forward, results, of_labels):
    """The results that a loss takes together with labels, as they were before it."""
    found = {}
    for name in graph:
        takers = {taker for taker, _, _ in graph.consumers(name)}
        meets = takers & of_labels & forward
        if name in forward & results - of_labels - inside_loops(graph) and meets:
            while graph.op(name) == "Reshape":
                name = graph.inputs(name)[0][0]
            found[name] = None
    return [name for name in found if not _NO_RESULT.fullmatch(graph.op(name))]


def _gradients(graph):
    """The nodes that tf.gradients made, whatever it was told to call them: what it
    makes of an operation F is in SCOPE/F_grad."""
    scopes = set()
    for name in graph:
        for match in _GRADIENT.finditer(name):
            parts = name[: match.start()].split("/")
            cuts = range(1, len(parts))
            cut = next((n for n in cuts if "/".join(parts[n:]) in graph), None)
            if cut is not None:
                scopes.add("/".join(parts[:cut]) + "/")
    made = (*graph.variables, *graph.placeholders)
    ours = tuple(s for s in scopes if not any(name.startswith(s) for name in made))
    return {name for name in graph if _GRADIENTS.search(name) or name.startswith(ours)}


def _values_of(graph, names):
    """What has something of the values, not only of the shapes, of ``names``."""
    seen, waiting = set(names), list(names)
    while waiting:
        for taker, _, _ in graph.consumers(waiting.pop()):
            if taker not in seen and not _SHAPES.fullmatch(graph.op(taker)):
                seen.add(taker)
                waiting.append(taker)
    return seen


def _stacks(graph, name):
    """Whether a tensor is what a loop collected, step by step."""
    while graph.op(name) in ("Transpose", *_SAME) and graph.inputs(name):
        name = graph.inputs(name)[0][0]
    return graph.op(name).startswith(("TensorArrayGather", "TensorArrayPack"))


def _reverses(graph, name):
    return graph.op(name) in ("ReverseSequence", "ReverseV2", "Reverse")


def _enters_loop(graph, name):
    """Whether a tensor is what a loop takes apart, or works with."""
    return any(
        graph.op(taker) in ENTER or graph.op(taker).startswith("TensorArray")
        for taker, _, _ in graph.consumers(name)
    )


def _data_and_labels(graph, forward):
    """Placeholders that meet weights, and those that meet only results of them."""
    of_weights = _only_of(graph, set(graph.variables))
    data, labels = [], []
    for name, dtype in graph.placeholders.items():
        meets = any(
            _WEIGHTS_MEET.fullmatch(graph.op(node))
            and any(source in of_weights for source, _ in graph.inputs(node))
            for node in after(graph, [name]) & forward
        )
        if dtype not in ("bool", "string"):
            (data if meets or graph.frozen else labels).append(name)
    return data, labels


def _only_of(graph, variables):
    """Nodes that come of variables and constants alone, within a few operations."""
    known = edge = set(variables)
    for _ in range(6):
        takers = {t for name in edge for t, _, _ in graph.consumers(name)} - known
        edge = {
            taker
            for taker in takers
            if all(
                s in known or graph.op(s) == "Const" or graph.op(s) in VARIABLES
                for s, _ in graph.inputs(taker)
            )
        }
        known = known | edge
    return known
