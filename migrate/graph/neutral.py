"""Operations that change nothing, once some placeholders have fixed values: products
with 1, and so dropout that drops nothing. Its random numbers are not drawn then."""

from migrate.graph.nodes import Graph
from migrate.graph.sizes import shape_of

_FLOATS = (1, 2)  # float32, float64 in types.proto
_SAME = ("Identity", "Enter")
_SUMS = ("Add", "AddV2")
# Compared so with this number, all numbers of [0, 1) are true.
_ALL_TRUE = {"GreaterEqual": 0, "Less": 1}
_COMPUTED = {
    "Sub": lambda a, b: a - b,
    "RealDiv": lambda a, b: a / b if b else None,
    "Div": lambda a, b: a / b if b else None,
    **dict.fromkeys(_SUMS, lambda a, b: a + b),
    "Mul": lambda a, b: a * b,
}


class Neutral:
    """Which tensors are handed on as they are.

    Args:
      graph: the ``Graph``. values: arrays by the names of placeholders.
      follow: from a tensor to the one that it is, as far as is known elsewhere.
    """

    def __init__(self, graph: Graph, values, follow):
        self._graph, self._values, self._follow = graph, values, follow
        self._numbers, self._passes = {}, {}

    def passes(self, name: str):
        """The input of an operation that its output has the bits of; None if none."""
        if name not in self._passes:
            self._passes[name] = self._passed(name)
        return self._passes[name]

    def _passed(self, name):
        graph, op = self._graph, self._graph.op(name)
        inputs = graph.inputs(name)
        if op not in ("Mul", "RealDiv", "Div") or len(inputs) != 2:
            return None
        # What has to run before may be an update.
        if graph.attribute(name, "T") not in _FLOATS or graph.controls(name):
            return None
        first, second = inputs
        if self._is_one(second, first):
            return first
        return second if op == "Mul" and self._is_one(first, second) else None

    def _is_one(self, tensor, other):
        """Whether it is 1 in all elements, and has no more of them than ``other``."""
        return self._number(tensor) == 1 or self._keeps_all(tensor, other)

    def _number(self, tensor):
        """The value of a tensor that is one number; None if it is not known."""
        if tensor not in self._numbers:
            self._numbers[tensor] = self._known(tensor[0])
        return self._numbers[tensor]

    def _known(self, name):
        graph, op = self._graph, self._graph.op(name)
        value = self._values.get(name)
        if op == "Const" and graph.constant_shape(name) == ():
            value = graph.constant(name)
        if value is not None:
            is_number = value.shape == () and value.dtype.kind == "f"
            return float(value) if is_number else None
        if op in _SAME:
            return self._number(graph.inputs(name)[0])
        if op in _COMPUTED:
            pair = [self._number(source) for source in graph.inputs(name)]
            if len(pair) == 2 and None not in pair:
                return _COMPUTED[op](*pair)
        return None

    def _keeps_all(self, tensor, other):
        """Whether it is a mask of dropout, of the shape of ``other``, that is 1."""
        graph, name = self._graph, tensor[0]
        if graph.op(name) == "Cast":
            name = graph.inputs(name)[0][0]
        inputs, op = graph.inputs(name), graph.op(name)
        draws = None
        if op in _ALL_TRUE and len(inputs) == 2:
            if self._number(inputs[1]) == _ALL_TRUE[op]:
                draws = self._uniform(inputs[0])
        elif op == "Floor" and graph.op(inputs[0][0]) in _SUMS:
            draws = self._uniform(self._beside(1, inputs[0][0]))
        return draws is not None and self._shaped_as(draws, other)

    def _beside(self, number, name):
        """The other input of an operation of which one is that number; None if none."""
        inputs = self._graph.inputs(name)
        for one, other in (inputs, inputs[::-1]) if len(inputs) == 2 else ():
            if self._number(one) == number:
                return other
        return None

    def _uniform(self, tensor):
        """The node that draws a tensor's numbers from [0, 1); None if it is none."""
        if tensor is None or self._graph.op(tensor[0]) == "RandomUniform":
            return tensor and tensor[0]
        neutral = {"Mul": 1, **dict.fromkeys(_SUMS, 0)}.get(self._graph.op(tensor[0]))
        if neutral is None:  # else * (1 - 0) + 0
            return None
        return self._uniform(self._beside(neutral, tensor[0]))

    def _shaped_as(self, draws, other):
        """Whether random numbers are drawn in the shape of a tensor."""
        graph, shape = self._graph, self._graph.inputs(draws)[0][0]
        if graph.op(shape) == "Shape":
            return self._follow(graph.inputs(shape)[0]) == self._follow(other)
        if graph.op(shape) != "Const":
            return False
        sizes = tuple(int(size) for size in graph.constant(shape))
        return shape_of(graph, f"{other[0]}:{other[1]}") == sizes
