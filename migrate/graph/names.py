"""What a checkpoint calls the variables of a graph."""

import re
from collections.abc import Mapping

from migrate.graph.nodes import Graph
from migrate.graph.parts import parts

# How TensorFlow 1 names the parts of a partitioned variable.
_PART = re.compile(r"/part_\d+$")


def stored_names(graph: Graph, entries: Mapping) -> dict[str, str]:
    """From the name of each variable in the graph to its name in the checkpoint.

    That is its own name; if the checkpoint has none such, the one under which a Saver
    of the graph restores it; or, for a part of a partitioned variable, that of the
    whole. Variables that are not in the checkpoint are left out.
    """
    names = {name: name for name in graph.variables if name in entries}
    others = [name for name in graph.variables if name not in entries]
    known = parts(graph) if others else {}
    for name in others:
        whole = known[name].whole if name in known else _PART.sub("", name)
        for candidate in (graph.saver_names.get(name), whole):
            if candidate is not None and candidate in entries:
                names[name] = candidate
                break
    return names
