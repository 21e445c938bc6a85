"""Which nodes of a graph write to variables, and to which."""

import re

from migrate.graph.nodes import VARIABLES, Graph

_WRITES = re.compile(
    "Assign(Add|Sub)?(VariableOp)?|(Resource)?(StridedSliceAssign|CountUpTo)"
    "|(Resource)?(Scatter|Sparse|Apply).*"
)
# What hands a reference or a resource on.
_PASSES = re.compile("(Ref)?(Enter|Exit|Identity|Switch|Merge|NextIteration)")


def written(graph: Graph, nodes) -> dict[str, str]:
    """Of the given nodes those that write to a variable: node -> variable."""
    found = {}
    for name in nodes:
        if _WRITES.fullmatch(graph.op(name)):
            variable = _variable(graph, name)
            if variable is not None:
                found[name] = variable
    return found


def updated(graph: Graph, node: str) -> set[str]:
    """The variables that an update operation writes to, itself or as a group.

    What its new value is computed from is not its doing.
    """
    found, seen, waiting = set(), set(), [node]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        own = written(graph, [name])
        found.update(own.values())
        if not own and graph.op(name) == "NoOp":
            waiting += graph.controls(name)
        elif not own and _PASSES.fullmatch(graph.op(name)):
            waiting += [source for source, _ in graph.inputs(name)]
    return found


def _variable(graph, name):
    """The variable that a node's first input is."""
    seen = set()
    while name not in seen and graph.inputs(name):
        seen.add(name)
        name = graph.inputs(name)[0][0]
        if graph.op(name) in VARIABLES:
            return name
        if not _PASSES.fullmatch(graph.op(name)):
            return None
    return None
