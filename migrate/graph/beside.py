"""The graph of a checkpoint: which file beside it holds it, and whether it fits."""

import os
import re

from migrate.graph.names import stored_names
from migrate.graph.nodes import Graph
from migrate.sources.base import Source
from migrate.sources.prefix import V1_SHARD, names_in

_META = ".meta"
_SAVED_MODELS = ("saved_model.pb", "saved_model.pbtxt")
_STEP = re.compile(r"-(\d+)$")


def graph_beside(prefix: str) -> tuple[str | None, bool]:
    """The file of a checkpoint's graph.

    Args:
      prefix: as ``find_prefix`` gives it.

    Returns:
      The path, None if there is none; and whether its name says that it is the
      checkpoint's: it has the same prefix, or that of another step of the same
      training, or is the ``saved_model.pb`` around the variables. Else it is the only
      .meta there.
    """
    prefix = V1_SHARD.sub("", prefix)
    if os.path.isfile(prefix + _META):
        return prefix + _META, True
    folder, name = os.path.split(os.path.abspath(prefix))
    if os.path.basename(folder) == name == "variables":
        for saved in _SAVED_MODELS:
            path = os.path.join(os.path.dirname(folder), saved)
            if os.path.isfile(path):
                return path, True
    there = [n[: -len(_META)] for n in names_in(folder) if n.endswith(_META)]
    same = [other for other in there if _STEP.sub("", other) == _STEP.sub("", name)]
    if not same and len(there) != 1:
        return None, False
    nearest = min(same or there, key=lambda other: abs(_step(other) - _step(name)))
    return os.path.join(os.path.dirname(prefix), nearest + _META), bool(same)


def _step(name):
    found = _STEP.search(name)
    return int(found[1]) if found else 0


def mismatch(graph: Graph, source: Source) -> str | None:
    """Why a graph is not the one of a source's variables, as a clause; None if it is.

    A checkpoint may lack variables of the graph (a Saver of some) and the graph
    variables of the checkpoint (those of an optimizer), so that most of the smaller of
    the two have to be in the other. None may have another shape.
    """
    if graph.frozen:
        return "it has no variables"
    names = stored_names(graph, source.entries)
    for variable, name in names.items():
        shape, stored = graph.variables[variable].shape, source.entries[name].shape
        is_part = variable != name and "/part_" in variable
        if shape not in (None, stored) and not is_part:
            return f"its {variable} is {list(shape)}, the variable is {list(stored)}"
    common = len(set(names.values()))
    others = [name for name in graph.variables if name not in names]
    if 2 * common < min(len(source), common + len(others)):
        return f"it lacks most of the variables, and has others, such as {others[0]}"
    return None
