"""What a checkpoint calls the variables of a graph."""

import re
from collections.abc import Mapping

from migrate.graph.nodes import Graph, output

# How TensorFlow 1 names the parts of a partitioned variable.
_PART = re.compile(r"/part_\d+$")


def stored_names(graph: Graph, entries: Mapping) -> dict[str, str]:
    """From the name of each variable in the graph to its name in the checkpoint.

    That is its own name; if the checkpoint has none such, the one under which a Saver
    of the graph restores it; or, for a part of a partitioned variable, that of the
    whole.
    Variables that are not in the checkpoint are left out.
    """
    names = {name: name for name in graph.variables if name in entries}
    others = [name for name in graph.variables if name not in entries]
    parts = slices(graph) if others else {}
    for name in others:
        whole = parts[name][0] if name in parts else _PART.sub("", name)
        for candidate in (graph.saver_names.get(name), whole):
            if candidate in entries:
                names[name] = candidate
                break
    return names


def slices(graph: Graph) -> dict[str, tuple[str, tuple[slice, ...]]]:
    """Parts of partitioned variables: part -> (name of the whole, where in it).

    Raises:
      MigrateError: what the graph says of its variables cannot be read.
    """
    from google.protobuf.message import DecodeError
    from tensorflow.core.framework import variable_pb2

    found = {}
    for key, collection in graph.meta.collection_def.items() if graph.meta else ():
        if "variables" not in key:
            continue
        try:
            for data in collection.bytes_list.value:
                proto = variable_pb2.VariableDef.FromString(data)
                info = proto.save_slice_info_def
                sides = zip(info.var_offset, info.var_shape, strict=True)
                if info.full_name:
                    index = tuple(slice(start, start + size) for start, size in sides)
                    part = output(proto.variable_name)[0]
                    found[part] = (info.full_name, index)
        except (DecodeError, ValueError) as error:
            raise graph.damaged(f"collection {key[:99]}") from error
    return found
