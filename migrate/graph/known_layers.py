"""Dense, convolution, look-up and batch normalisation layers in a graph, by structure.

A recogniser takes a ``Seen`` (the graph, and a node of its kind) and gives a
``KnownLayer`` only if the operations can be nothing else; what it is not sure of stays
operations. Weights are variables that nothing but the layer computes with: whoever
divides the graph sees to that.
"""

from collections import Counter
from dataclasses import dataclass

from migrate.graph.loops import inside_loops
from migrate.graph.nodes import VARIABLES, Graph

# One layer that is called more often is a step of a loop that Python wrote out.
_MOST_CALLS = 4
_ADDS = ("BiasAdd", "Add", "AddV2")


@dataclass
class KnownLayer:
    """A layer and its border.

    Attributes:
      kind: the name of Keras's class. input, output: tensors.
      weights: Keras's name of a weight -> variable.
      options: Keras's arguments.
      level: see ``divided.Place``.
    """

    kind: str
    input: str
    output: str
    weights: dict[str, str]
    options: dict
    level: int = 0

    @property
    def takes(self):
        """What enters it."""
        return (self.input,)

    @property
    def gives(self):
        """What leaves it."""
        return (self.output,)

    @property
    def variables(self) -> set[str]:
        """The names of its variables."""
        return set(self.weights.values())

    @property
    def key(self):
        """What two calls of one layer have in common."""
        return self.kind, tuple(self.weights.items()), repr(self.options)


class Reader:
    """Questions about a graph that recognisers ask."""

    def __init__(self, graph: Graph):
        self.graph = graph

    def variable(self, tensor):
        """The variable whose value a tensor is; None if it is no variable's."""
        graph, (name, number) = self.graph, tensor
        while graph.op(name) in ("Identity", "ReadVariableOp") and graph.inputs(name):
            name, number = graph.inputs(name)[0]
        known = graph.op(name) in VARIABLES and number == 0
        return name if known and graph.variables[name].shape is not None else None

    def shape(self, variable):
        """The shape of a variable."""
        return self.graph.variables[variable].shape

    def numbers(self, tensor):
        """The integers of a Const as a list; None if it is none."""
        name = tensor[0]
        if self.graph.op(name) != "Const":
            return None
        return self.graph.constant(name).reshape(-1).tolist()

    def biased(self, tensor, size):
        """(tensor with a bias added, the bias); (tensor, None) if none is added."""
        graph = self.graph
        for taker, place, number in graph.consumers(tensor[0]):
            if graph.op(taker) not in _ADDS or number != tensor[1]:
                continue
            if graph.attribute(taker, "data_format", b"NHWC") != b"NHWC":
                continue
            variable = self.variable(graph.inputs(taker)[1 - place])
            fits = variable is not None and self.shape(variable) == (size,)
            if fits and (place == 0 or graph.op(taker) != "BiasAdd"):
                return (taker, 0), variable
        return tensor, None


def known_layers(graph: Graph, recognisers) -> list[KnownLayer]:
    """The layers of a graph.

    Args:
      recognisers: from an operation to a function (Reader, node) -> ``KnownLayer``, or
        None.
    """
    inside, reader, found = inside_loops(graph), Reader(graph), []
    for name in graph:
        recognise = recognisers.get(graph.op(name))
        if recognise is not None and name not in inside:
            layer = recognise(reader, name)
            if layer is not None:
                found.append(layer)
    calls = Counter(layer.key for layer in found)
    owners = {}
    for layer in found:
        for variable in layer.variables:
            owners.setdefault(variable, set()).add(layer.key)
    return [
        layer
        for layer in found
        if calls[layer.key] <= _MOST_CALLS
        and all(len(owners[variable]) == 1 for variable in layer.variables)
    ]


def _made(kind, source, result, weights, **options):
    output, bias = result
    if bias is not None:
        weights = {**weights, "bias": bias}
    if kind != "Embedding":
        options["use_bias"] = bias is not None
    return KnownLayer(kind, tensor_name(source), tensor_name(output), weights, options)


def tensor_name(tensor) -> str:
    """The name of (node, number of its output)."""
    return tensor[0] if tensor[1] == 0 else f"{tensor[0]}:{tensor[1]}"


def dense(reader, name):
    """x W + b, on matrices, or by tf.tensordot on the last axis."""
    graph = reader.graph
    if any(graph.attribute(name, f"transpose_{x}", False) for x in "ab"):
        return None
    source, right = graph.inputs(name)
    kernel, result = reader.variable(right), (name, 0)
    if kernel is None:
        kernel = _flat_kernel(reader, right)
        whole = _flattened(reader, name) if kernel is not None else None
        if whole is None:
            return None
        source, result = whole
    if len(reader.shape(kernel)) != 2:
        return None
    units = reader.shape(kernel)[1]
    return _made(
        "Dense", source, reader.biased(result, units), {"kernel": kernel}, units=units
    )


def _flat_kernel(reader, tensor):
    """The kernel that tf.tensordot transposes and reshapes to what it was."""
    graph, name = reader.graph, tensor[0]
    if graph.op(name) != "Reshape":
        return None
    source, shape = graph.inputs(name)
    if graph.op(source[0]) == "Transpose":
        turned = graph.inputs(source[0])
        if reader.numbers(turned[1]) != [0, 1]:
            return None
        source = turned[0]
    kernel = reader.variable(source)
    if kernel is None or reader.numbers(shape) != list(reader.shape(kernel)):
        return None
    return kernel


def _flattened(reader, product):
    """(x, result) if a product is of x with all axes but the last made one."""
    graph = reader.graph
    left = graph.inputs(product)[0][0]
    ends = [t for t, place, _ in graph.consumers(product) if place == 0]
    ends = [t for t in ends if graph.op(t) == "Reshape"]
    if graph.op(left) != "Reshape" or len(ends) != 1:
        return None
    turned = graph.inputs(left)[0][0]
    if graph.op(turned) != "Transpose":
        return None
    source, order = graph.inputs(turned)
    shape = graph.inputs(ends[0])[1][0]
    if graph.op(order[0]) != "ConcatV2" or graph.op(shape) != "ConcatV2":
        return None
    free, last = (reader.numbers(t) for t in graph.inputs(order[0])[:2])
    outer, units = graph.inputs(shape)[:2]
    size = reader.shape(_flat_kernel(reader, graph.inputs(product)[1]))[1]
    if (
        free is None
        or free != list(range(len(free)))
        or last != [len(free)]
        or reader.numbers(units) != [size]
        or not _sizes(reader, outer[0], source, free)
    ):
        return None
    return source, (ends[0], 0)


def _sizes(reader, name, source, axes):
    """Whether a tensor is the sizes of ``source`` along some axes."""
    graph = reader.graph
    if graph.op(name) not in ("Gather", "GatherV2"):
        return False
    shape, taken = graph.inputs(name)[:2]
    return (
        graph.op(shape[0]) == "Shape"
        and graph.inputs(shape[0])[0] == source
        and reader.numbers(taken) == axes
    )


def convolution(reader, name):
    """A convolution in two dimensions, or tf.nn.conv1d's in one."""
    graph = reader.graph
    padding = graph.attribute(name, "padding", b"").decode().lower()
    if (
        graph.attribute(name, "data_format", b"NHWC") != b"NHWC"
        or padding not in ("same", "valid")
        or len(graph.inputs(name)) != 2
    ):
        return None
    strides = graph.attribute(name, "strides")
    dilations = graph.attribute(name, "dilations") or [1, 1, 1, 1]
    source, right = graph.inputs(name)
    kernel = reader.variable(right)
    if kernel is not None and len(reader.shape(kernel)) == 4:
        options = {
            "kernel_size": list(reader.shape(kernel)[:2]),
            "strides": strides[1:3],
            "dilation_rate": dilations[1:3],
        }
        kind, result = "Conv2D", (name, 0)
    else:
        found = _one_dimensional(reader, name)
        if found is None or strides[1] != 1:
            return None
        kernel, source, result = found
        options = {
            "kernel_size": list(reader.shape(kernel)[:1]),
            "strides": strides[2:3],
            "dilation_rate": dilations[2:3],
        }
        kind = "Conv1D"
    if max(options["strides"]) > 1 and max(options["dilation_rate"]) > 1:
        return None  # Keras has either
    filters = reader.shape(kernel)[-1]
    return _made(
        kind,
        source,
        reader.biased(result, filters),
        {"kernel": kernel},
        filters=filters,
        padding=padding,
        **options,
    )


def _one_dimensional(reader, name):
    """(kernel, x, result) of a convolution between ExpandDims and Squeeze."""
    graph = reader.graph
    pair = [source for source, _ in graph.inputs(name)]
    ends = [t for t, _, _ in graph.consumers(name) if graph.op(t) == "Squeeze"]
    if [graph.op(n) for n in pair] != ["ExpandDims"] * 2 or len(ends) != 1:
        return None
    (source, axis), (right, first) = (graph.inputs(n)[:2] for n in pair)
    kernel = reader.variable(right)
    axes = graph.attribute(ends[0], "squeeze_dims", [])
    if (
        kernel is None
        or len(reader.shape(kernel)) != 3
        or reader.numbers(axis) not in ([1], [-3])
        or reader.numbers(first) != [0]
        or axes not in ([1], [-3])
    ):
        return None
    return kernel, source, (ends[0], 0)


def look_up(reader, name):
    """Rows of a table."""
    graph = reader.graph
    inputs = graph.inputs(name)
    table = reader.variable(inputs[0])
    if table is None or len(reader.shape(table)) != 2:
        return None
    if len(inputs) > 2 and reader.numbers(inputs[2]) != [0]:
        return None
    if graph.attribute(name, "batch_dims", 0):
        return None
    rows, size = reader.shape(table)
    takers = graph.consumers(name)
    if len(takers) == 1 and graph.op(takers[0][0]) == "Identity":
        name = takers[0][0]
    return _made(
        "Embedding",
        inputs[1],
        ((name, 0), None),
        {"embeddings": table},
        input_dim=rows,
        output_dim=size,
    )


#: By the operation that each begins at.
RECOGNISERS = {
    "MatMul": dense,
    "Conv2D": convolution,
    "Gather": look_up,
    "GatherV2": look_up,
    "ResourceGather": look_up,
}
