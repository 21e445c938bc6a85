"""Changes GraphDefs of TensorFlow 0.8 to 1.15 so that today's TensorFlow imports them.

A graph records facts about the TensorFlow and the machine that made it: inferred shapes
(attribute ``_output_shapes``), devices, which operations share a device (attribute
``_class``), and operations of libraries that were loaded. If one of these is no longer
true, TensorFlow 2 refuses the graph.
"""

import tensorflow.compat.v1 as tf
from tensorflow.python.framework import op_def_registry

SHAPES = "_output_shapes"
COLOCATION = "_class"
_BESIDE = b"loc:@"
# A session can make any number of these.
_EVERYWHERE = {None, "CPU"}
_HERE = {None, "localhost"}


class UnknownOperations(tf.errors.NotFoundError):
    """A graph with operations that this TensorFlow does not have.

    Attributes:
      found: operation -> name of the first node of that kind.
    """

    def __init__(self, found):
        self.found = dict(found)
        shown = ", ".join(f"{kind} (node {node})" for kind, node in found.items())
        super().__init__(
            None,
            None,
            f"The graph has operations that TensorFlow {tf.__version__} lacks: {shown}."
            " They come from tf.contrib or from a library of custom operations; if you "
            "have that library, load it first (tf.load_op_library)",
        )


def importable(graph_def, producer=None):
    """A copy of ``graph_def`` that today's TensorFlow imports, with the same nodes.

    The copy lacks devices that this machine does not have, colocation with nodes that
    the graph does not have, and recorded shapes that today's shape inference
    contradicts. All other shapes stay: those of placeholders of 0.12, and those that
    ``set_shape`` gave, are recorded only there.

    Args:
      graph_def: a ``GraphDef``; it is not changed.
      producer: the ``OpList`` of the TensorFlow that made the graph, or None.

    Returns:
      A ``GraphDef``.

    Raises:
      UnknownOperations: with all operations that are not registered here.
    """
    unknown = unknown_operations(graph_def)
    if unknown:
        raise UnknownOperations(unknown)
    return _consistent(placeable(graph_def), producer)


def unknown_operations(graph_def):
    """Operations that are not registered here: kind -> name of its first node."""
    functions = {function.signature.name for function in graph_def.library.function}
    found = {}
    for node in _nodes(graph_def):
        if node.op not in functions and op_def_registry.get(node.op) is None:
            found.setdefault(node.op, node.name)
    return found


def placeable(graph_def):
    """A copy without devices that are not here and colocation with absent nodes."""
    copy = tf.GraphDef()
    copy.CopyFrom(graph_def)
    for node in _nodes(copy):
        if node.device and not _available(node.device):
            node.device = ""
    names = {node.name.encode() for node in copy.node}
    for node in copy.node:
        if COLOCATION not in node.attr:
            continue
        places = node.attr[COLOCATION].list.s
        kept = [
            place
            for place in places
            if not place.startswith(_BESIDE) or place[len(_BESIDE) :] in names
        ]
        if not kept:
            del node.attr[COLOCATION]
        elif len(kept) < len(places):
            places[:] = kept
    return copy


def without(graph_def, *attributes):
    """A copy of ``graph_def`` whose nodes lack the given attributes."""
    copy = tf.GraphDef()
    copy.CopyFrom(graph_def)
    for node in copy.node:
        for attribute in attributes:
            if attribute in node.attr:
                del node.attr[attribute]
    return copy


def _nodes(graph_def):
    """The nodes of the graph and of its functions."""
    yield from graph_def.node
    for function in graph_def.library.function:
        yield from function.node_def


def _available(device):
    """Whether ``device`` is on this machine; one of another task counts as there."""
    try:
        spec = tf.DeviceSpec.from_string(device)
    except ValueError:
        return True
    if spec.device_type in _EVERYWHERE or spec.job not in _HERE:
        return True
    return (spec.device_index or 0) < len(
        tf.config.list_physical_devices(spec.device_type)
    )


def _consistent(graph_def, producer):
    """``graph_def`` without the recorded shapes that inference contradicts."""
    if _imported(graph_def, producer):
        return graph_def
    bare = without(graph_def, SHAPES)
    inferred = _imported(bare, producer)
    if inferred is None:  # Something else is wrong: the caller's import says what.
        return graph_def
    mended = tf.GraphDef()
    mended.CopyFrom(graph_def)
    for node in mended.node:
        if SHAPES in node.attr:
            recorded = node.attr[SHAPES].list.shape
            outputs = inferred.get_operation_by_name(node.name).outputs
            if not all(
                output.shape.is_compatible_with(tf.TensorShape(shape))
                for output, shape in zip(outputs, recorded, strict=False)
            ):
                del node.attr[SHAPES]
    return mended if _imported(mended, producer) else bare


def _imported(graph_def, producer):
    """A new graph with ``graph_def`` imported; None if that fails."""
    copy = tf.GraphDef()
    copy.CopyFrom(graph_def)  # The import takes attributes away from what it gets.
    graph = tf.Graph()
    try:
        with graph.as_default():
            tf.import_graph_def(copy, name="", producer_op_list=producer)
    except ValueError:
        return None
    return graph
