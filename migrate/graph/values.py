"""The value of each variable of a graph, out of a checkpoint's names and arrays."""

from collections.abc import Mapping

from migrate.errors import MigrateError
from migrate.graph.names import stored_names
from migrate.graph.nodes import Graph
from migrate.graph.parts import parts


def values_of(graph: Graph, variables, values: Mapping) -> dict:
    """The arrays that ``variables`` start from.

    Args:
      graph: the graph.
      variables: names in ``graph.variables``; parts of partitioned variables, too.
      values: arrays by name: in the checkpoint, or in the graph.

    Raises:
      MigrateError: a variable without a value, or one of another shape.
    """
    names, known = stored_names(graph, values), parts(graph)
    return {name: _value(graph, name, values, names, known) for name in variables}


def _value(graph, variable, values, names, known):
    if variable not in names:
        raise MigrateError(
            f"the graph {graph.label} needs a value for the variable {variable}, and "
            "the checkpoint has none; give the checkpoint saved with this graph"
        )
    array = values[names[variable]]
    part = known.get(variable)
    if part is not None and names[variable] == part.whole:
        array = array[part.place]
    shape = graph.variables[variable].shape
    if shape is not None and tuple(array.shape) != shape:
        raise MigrateError(
            f"the graph {graph.label} has the variable {variable} with shape "
            f"{list(shape)}, and the checkpoint with {list(array.shape)}; give the "
            "graph that was saved with this checkpoint"
        )
    return array
