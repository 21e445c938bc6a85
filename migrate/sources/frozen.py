"""A frozen graph as a source: the constants that took the place of its variables."""

from types import MappingProxyType

from migrate.bits import numpy_dtype
from migrate.errors import MigrateError
from migrate.sources.base import Entry, Source, require_array

# Operations that hand a constant on, and those that use one as a layer uses a variable,
# with the places of the inputs that do (None: any). For graphs whose reads of variables
# were optimised away.
_HANDS_ON = {
    "Identity", "Enter", "RefEnter", "Switch", "Cast", "Reshape", "ExpandDims",
    "Squeeze", "Transpose", "StridedSlice", "Split", "Unpack",
}  # fmt: skip
_USES = {
    **dict.fromkeys(("MatMul", "BatchMatMul", "BatchMatMulV2", "SparseMatMul"), (1,)),
    **dict.fromkeys(("Conv2D", "Conv3D", "DepthwiseConv2dNative"), (1,)),
    **dict.fromkeys(("Conv2DBackpropInput", "Conv3DBackpropInputV2"), (1,)),
    **dict.fromkeys(("BiasAdd", "BiasAddV1"), (1,)),
    **dict.fromkeys(("Gather", "GatherV2", "GatherNd"), (0,)),
    **dict.fromkeys(
        ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"), (1, 2, 3, 4)
    ),
    **dict.fromkeys(
        ("BlockLSTM", "LSTMBlockCell", "GRUBlockCell", "CudnnRNN", "CudnnRNNV2"), None
    ),
    **dict.fromkeys(("Add", "AddV2", "Sub", "Mul", "RealDiv", "Rsqrt"), None),
}


class FrozenGraph(Source):
    """The variables of a frozen graph, under the names that they had.

    Args:
      graph: a ``migrate.graph.Graph``. path: its file. read_graph: see ``Source``.

    Raises:
      MigrateError: its variables are no constants, or it has none.
    """

    def __init__(self, graph, path, read_graph=None):
        super().__init__(read_graph)
        self.label, self._path, self._frozen = str(path), str(path), graph
        if not graph.frozen:
            raise MigrateError(_valueless(path))
        names = sorted(_read(graph) or _used(graph))
        if not names:
            raise MigrateError(
                f"{path} holds a graph without any variable; expected the graph of a "
                "model, frozen (with its weights as constants)"
            )
        self.entries = MappingProxyType({name: self._entry(name) for name in names})

    def _entry(self, name):
        import tensorflow as tf

        number = self._frozen.attribute(name, "dtype", 0)
        try:
            dtype = tf.as_dtype(number).name
            numpy_dtype(dtype)
        except (TypeError, KeyError):
            raise self._frozen.damaged(f"{name[:200]} has no dtype") from None
        return Entry(self._frozen.constant_shape(name), dtype)

    def files(self):
        """See ``Source``."""
        return [self._path]

    def __getitem__(self, name):
        if name not in self.entries:
            raise KeyError(name)
        entry = self.entries[name]
        require_array(name, entry)
        array = self._frozen.constant(name)
        if array.shape != entry.shape or array.dtype != numpy_dtype(entry.dtype):
            raise self._frozen.damaged(f"the value of {name[:200]} is another array")
        return array


def _valueless(path):
    return (
        f"{path} is a graph without values: its variables live in a checkpoint; name "
        f"that (a prefix such as model.ckpt-1000), with --graph {path} (graph=... in "
        "Python)"
    )


def _read(graph):
    """Constants that are read as TensorFlow 1 reads variables: by NAME/read, or by what
    was a ReadVariableOp."""
    return {
        name
        for name in graph
        if graph.op(name) == "Const"
        and any(
            graph.op(reader) == "Identity"
            and (reader == f"{name}/read" or "ReadVariableOp" in reader)
            for reader, _, _ in graph.consumers(name)
        )
    }


def _used(graph):
    """Constants that reach a layer's operation."""
    return {
        name
        for name, variable in graph.variables.items()
        if variable.kind == "constant"
        and 0 not in variable.shape
        and _reaches(graph, name)
    }


def _reaches(graph, name):
    reached, seen = [name], set()
    while reached:
        for taker, place, _ in graph.consumers(reached.pop()):
            op = graph.op(taker)
            if op in _USES and (_USES[op] is None or place in _USES[op]):
                return True
            if op in _HANDS_ON and place == 0 and taker not in seen:
                seen.add(taker)
                reached.append(taker)
    return False
