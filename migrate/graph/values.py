"""The value of each variable of a graph, out of a checkpoint's names and arrays."""

from collections.abc import Mapping

from migrate.errors import MigrateError
from migrate.graph.nodes import Graph, output


def values_of(graph: Graph, variables, values: Mapping) -> dict:
    """The arrays that ``variables`` start from.

    Args:
      graph: the graph.
      variables: names in ``graph.variables``; parts of partitioned variables, too.
      values: arrays by name: in the checkpoint, or in the graph.

    Raises:
      MigrateError: a variable without a value, or one of another shape.
    """
    slices = _slices(graph)
    return {name: _value(graph, name, values, slices) for name in variables}


def _value(graph, variable, values, slices):
    whole, index = slices.get(variable, (variable, ()))
    names = (variable, graph.saver_names.get(variable, variable), whole)
    name = next((name for name in names if name in values), None)
    if name is None:
        raise MigrateError(
            f"the graph {graph.label} needs a value for the variable {variable}, and "
            "the checkpoint has none; give the checkpoint saved with this graph"
        )
    array = values[name]
    if name == whole:
        array = array[index]
    shape = graph.variables[variable].shape
    if shape is not None and tuple(array.shape) != shape:
        raise MigrateError(
            f"the graph {graph.label} has the variable {variable} with shape "
            f"{list(shape)}, and the checkpoint with {list(array.shape)}; give the "
            "graph that was saved with this checkpoint"
        )
    return array


def _slices(graph):
    """Parts of partitioned variables: part -> (name of the whole, where in it)."""
    from tensorflow.core.framework import variable_pb2

    found = {}
    for key, collection in graph.meta.collection_def.items() if graph.meta else ():
        if "variables" not in key:
            continue
        for data in collection.bytes_list.value:
            proto = variable_pb2.VariableDef.FromString(data)
            info = proto.save_slice_info_def
            if info.full_name:
                index = tuple(
                    slice(start, start + size)
                    for start, size in zip(info.var_offset, info.var_shape, strict=True)
                )
                found[output(proto.variable_name)[0]] = (info.full_name, index)
    return found
