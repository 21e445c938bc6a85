"""Batch normalisation in a graph, fused or not, whose averages UPDATE_OPS move.

In inference it takes the moving averages, in training the batch's; so it is looked for
in the two graphs that the training switch leaves (``Chosen``).
"""

from migrate.graph.known_layers import KnownLayer, Reader, tensor_name
from migrate.graph.loops import MERGE, inside_loops
from migrate.graph.updates import updated

_FUSED = ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
_ADDS = ("Add", "AddV2")


def known_normalisations(graph, sides) -> list[KnownLayer]:
    """The batch normalisations of a graph.

    Args:
      graph: the whole graph. sides: ``Chosen`` for inference and for training.
    """
    finder = _Finder(graph, sides)
    inside = inside_loops(graph)
    found = []
    for name in graph:
        if name in inside:
            continue
        op, layer = graph.op(name), None
        if op in MERGE:
            layer = finder.fused(name)
        elif op in _ADDS:
            layer = finder.in_steps(name)
        if layer is not None:
            found.append(layer)
    return found


class _Finder:
    def __init__(self, graph, sides):
        self.graph, self.sides = graph, sides
        self.inference, self.training = (Reader(side.graph) for side in sides)
        self.updates = {}
        for node in graph.collections.get("update_ops", ()):
            if sides[1].alive(node):
                self.updates.setdefault(frozenset(updated(graph, node)), []).append(
                    sides[1].tensor(node)[0]
                )

    def fused(self, merge):
        """The layer that a Merge of two fused operations is."""
        (one, k), (two, m) = (side.tensor(merge) for side in self.sides)
        graph = self.graph
        if (k, m) != (0, 0) or not {graph.op(one), graph.op(two)} <= set(_FUSED):
            return None
        if graph.attribute(one, "is_training", True) or not graph.attribute(
            two, "is_training", True
        ):
            return None
        epsilon = graph.attribute(one, "epsilon", 1e-4)
        if (
            graph.attribute(one, "data_format", b"NHWC") != b"NHWC"
            or graph.attribute(two, "data_format", b"NHWC") != b"NHWC"
            or graph.attribute(two, "epsilon", 1e-4) != epsilon
        ):
            return None
        source = self._outside(graph.inputs(one)[0])
        if self._outside(graph.inputs(two)[0]) != source:
            return None
        first, second = (
            self.inference.graph.inputs(one),
            self.training.graph.inputs(two),
        )
        if first[1:3] != second[1:3]:
            return None
        weights = self._affine(first[1], first[2])
        moments = [self.inference.variable(tensor) for tensor in first[3:5]]
        return self._layer(
            source, (merge, 0), weights, moments, [(two, 1), (two, 2)], epsilon, True
        )

    def _outside(self, tensor):
        """The tensor of the whole graph that a branch of a cond takes."""
        while self.graph.op(tensor[0]) in ("Switch", "RefSwitch"):
            tensor = self.graph.inputs(tensor[0])[0]
        return tensor

    def _affine(self, gamma, beta):
        """The scale and the offset as weights; None if they are something else."""
        weights = {}
        for key, tensor, usual in (("gamma", gamma, 1), ("beta", beta, 0)):
            variable = self.inference.variable(tensor)
            if variable is not None:
                weights[key] = variable
                continue
            numbers = self.inference.numbers(tensor)
            if numbers is None or set(numbers) != {usual}:
                return None
        return weights

    def _layer(self, source, output, weights, moments, batch, epsilon, fused):
        """The layer, if its averages move as Keras moves them."""
        if weights is None or None in moments:
            return None
        decays = {
            self._decay(variable, tensor)
            for variable, tensor in zip(moments, batch, strict=True)
        }
        if len(decays) != 1 or None in decays:
            return None
        moving = dict(zip(("moving_mean", "moving_variance"), moments, strict=True))
        return KnownLayer(
            "BatchNormalization",
            tensor_name(source),
            tensor_name(output),
            weights | moving,
            {
                "momentum": round(1 - decays.pop(), 7),
                "epsilon": float(f"{epsilon:.7g}"),
                "center": "beta" in weights,
                "scale": "gamma" in weights,
                "unbiased": fused,
            },
        )

    def _decay(self, variable, batch):
        """d if UPDATE_OPS do: variable -= (variable - batch) * d, and nothing else."""
        nodes = self.updates.get(frozenset({variable}), ())
        graph = self.training.graph
        if len(nodes) != 1 or graph.op(nodes[0]) not in (
            "AssignSub",
            "AssignSubVariableOp",
        ):
            return None
        product = graph.inputs(nodes[0])[1][0]
        if graph.op(product) != "Mul":
            return None
        change, decay = graph.inputs(product)
        if graph.op(change[0]) != "Sub":
            change, decay = decay, change
        if graph.op(change[0]) != "Sub":
            return None
        old, new = graph.inputs(change[0])
        if self.training.variable(old) != variable or new != batch:
            return None
        return self._number(decay[0])

    def _number(self, name):
        graph = self.training.graph
        if graph.op(name) == "Const" and not graph.constant_shape(name):
            return float(graph.constant(name))
        if graph.op(name) == "Sub":
            pair = [self._number(source) for source, _ in graph.inputs(name)]
            return None if None in pair else pair[0] - pair[1]
        return None

    def in_steps(self, name):
        """The layer that x * inv + (beta - mean * inv) is."""
        graph = self.training.graph
        if name not in graph:
            return None
        for scaled, shift in (graph.inputs(name), graph.inputs(name)[::-1]):
            if graph.op(scaled[0]) != "Mul":
                continue
            beta, product = None, shift
            if graph.op(shift[0]) == "Sub":
                beta, product = graph.inputs(shift[0])
            if graph.op(product[0]) != "Mul":
                continue
            layer = self._of_steps(name, scaled[0], beta, product[0])
            if layer is not None:
                return layer
        return None

    def _of_steps(self, name, scaled, beta, product):
        graph = self.training.graph
        common = set(graph.inputs(scaled)) & set(graph.inputs(product))
        if len(common) != 1 or len(set(graph.inputs(product))) != 2:
            return None
        (inverse,) = common
        (source,) = (t for t in graph.inputs(scaled) if t != inverse)
        (mean,) = (t for t in graph.inputs(product) if t != inverse)
        if beta is None:
            if graph.op(mean[0]) != "Neg":
                return None
            mean = graph.inputs(mean[0])[0]
        gamma, root = None, inverse[0]
        if graph.op(root) == "Mul":
            roots = [t for t in graph.inputs(root) if graph.op(t[0]) == "Rsqrt"]
            if len(roots) != 1:
                return None
            (gamma,) = (t for t in graph.inputs(root) if t != roots[0])
            root = roots[0][0]
        if graph.op(root) != "Rsqrt" or graph.op(graph.inputs(root)[0][0]) not in _ADDS:
            return None
        sum_ = graph.inputs(root)[0][0]
        variance, epsilon = graph.inputs(sum_)
        number = self._number(epsilon[0])
        if number is None or not self._of_batch(source, mean, variance):
            return None
        return self._layer(
            self.graph.inputs(scaled)[graph.inputs(scaled).index(source)],
            (name, 0),
            self._weights(gamma, beta),
            self._moving(product, beta is None, sum_, mean, variance),
            [mean, variance],
            number,
            False,
        )

    def _weights(self, gamma, beta):
        weights = {}
        for key, tensor in (("gamma", gamma), ("beta", beta)):
            if tensor is not None:
                weights[key] = self.training.variable(tensor)
        return None if None in weights.values() else weights

    def _moving(self, product, negative, sum_, mean, variance):
        """What inference takes where training takes the batch's moments."""
        there, here = self.inference.graph, self.training.graph
        at = product
        if negative:
            at = next(s for s, _ in here.inputs(product) if here.op(s) == "Neg")
        return [
            self.inference.variable(there.inputs(node)[here.inputs(node).index(tensor)])
            for node, tensor in ((at, mean), (sum_, variance))
        ]

    def _of_batch(self, source, mean, variance):
        """Whether these are the moments of ``source`` over all axes but the last."""
        squares = self._mean_of(variance)
        average = self._mean_of(mean)
        graph = self.training.graph
        if squares is None or average is None or average[0] != source:
            return False
        difference = squares[0][0]
        if (
            graph.op(difference) != "SquaredDifference"
            or squares[1] != average[1]
            or average[1] != list(range(len(average[1])))
        ):
            return False
        one, two = graph.inputs(difference)
        while graph.op(two[0]) in ("StopGradient", "Identity"):
            two = graph.inputs(two[0])[0]
        return one == source and two[0] == average[2]

    def _mean_of(self, tensor):
        """(tensor, axes, node) of the Mean that a tensor is, perhaps squeezed."""
        graph, name = self.training.graph, tensor[0]
        while graph.op(name) in ("Squeeze", "Identity"):
            name = graph.inputs(name)[0][0]
        if graph.op(name) != "Mean":
            return None
        source, axes = graph.inputs(name)
        return source, self.training.numbers(axes), name
