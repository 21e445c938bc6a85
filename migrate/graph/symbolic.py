"""What a tensor of a graph computes, as an expression (``algebra``).

Nothing is run. Operations that change no number are seen through; those that are
arithmetic become arithmetic; every other one is an atom that bears its name.
"""

import numpy as np

from migrate.graph import fused, shaping
from migrate.graph.algebra import Algebra, Poly
from migrate.graph.loops import ENTER, MERGE, SWITCH, Branches
from migrate.graph.nodes import VARIABLES

THROUGH = (
    *("Identity", "RefIdentity", "StopGradient", "PreventGradient", "CheckNumerics"),
    *("Snapshot", "ReadVariableOp", "EnsureShape", *ENTER, *SWITCH),
)
FUNCTIONS = {
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Relu": "relu",
    "Relu6": "relu6",
    "Elu": "elu",
    "Selu": "selu",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Exp": "exp",
    "Rsqrt": "rsqrt",
    "Sqrt": "sqrt",
    "Abs": "abs",
    "Log": "log",
    "Sin": "sin",
    "Erf": "erf",
    "Floor": "floor",
    "Sign": "sign",
}
_COMPARISONS = {"GreaterEqual": "ge", "Greater": "gt", "Less": "lt", "LessEqual": "le"}
_RANDOM = ("RandomUniform", "RandomStandardNormal", "TruncatedNormal")
_FLOAT_TYPES = (1, 2, 14, 19)


class Evaluator:
    """Expressions of tensors, for one value of each training switch.

    Args:
      graph, algebra, branches: what it works on; several evaluators share them.
      switches: predicate (a tensor) -> its value; a tf.cond of another predicate is an
        atom.
      cuts: tensor -> the expression that stands for it (states of a loop).

    Attributes:
      met: the predicates of conds that it came to and that ``switches`` does not have.
    """

    def __init__(self, graph, algebra: Algebra, branches: Branches, switches, cuts):
        self.graph, self.algebra, self.branches = graph, algebra, branches
        self.switches, self.cuts = dict(switches), dict(cuts)
        self._known, self.met = {}, {}

    def __call__(self, tensor: tuple[str, int]) -> Poly:
        tensor = self.follow(tensor)
        if tensor in self.cuts:
            return self.cuts[tensor]
        return self._evaluate(tensor)

    def define(self, tensor: tuple[str, int]) -> Poly:
        """The expression of a tensor that is cut itself: what it is made of."""
        return self._evaluate(self.follow(tensor))

    def follow(self, tensor):
        """The tensor that this one is, seen through operations that change nothing."""
        graph = self.graph
        while tensor not in self.cuts:
            name, _ = tensor
            op = graph.op(name)
            if op in THROUGH:
                if not graph.inputs(name):
                    break
                tensor = graph.inputs(name)[0]
            elif op == "Cast" and not self._changes_numbers(name):
                tensor = graph.inputs(name)[0]
            elif op in MERGE and not self.branches.is_loop_merge(name):
                choice = self.branches.choice(name)
                if choice is None or tensor[1]:
                    break
                if choice[0] not in self.switches:
                    self.met[choice[0]] = None
                    break
                tensor = choice[1] if self.switches[choice[0]] else choice[2]
            else:
                break
        return tensor

    def _changes_numbers(self, name):
        """A Cast between different kinds of floating-point numbers does."""
        kinds = self.graph.attribute(name, "SrcT"), self.graph.attribute(name, "DstT")
        return kinds[0] != kinds[1] and all(kind in _FLOAT_TYPES for kind in kinds)

    def _evaluate(self, tensor):
        """Depth first, without recursion; ``tensor`` is followed already."""
        stack = [tensor]
        while stack:
            at = stack[-1]
            if at in self._known:
                stack.pop()
                continue
            operands = [self.follow(t) for t in self._operands(at)]
            wait = [t for t in operands if t not in self._known and t not in self.cuts]
            if wait:
                stack.extend(wait)
                continue
            polys = [
                self.cuts[t] if t in self.cuts else self._known[t] for t in operands
            ]
            self._known[at] = self._compute(at, polys)
            stack.pop()
        return self._known[tensor]

    def _operands(self, tensor):
        """The inputs whose expressions an operation's own expression needs."""
        op, inputs = self.graph.op(tensor[0]), self.graph.inputs(tensor[0])
        places = _PLACES.get(op)
        if op == "LSTMBlockCell" and tensor[1] == 6:
            return [
                *(inputs[place] for place in places if place < len(inputs)),
                (tensor[0], 1),
            ]
        if places is None:
            return inputs if op in _ALL else ()
        return [inputs[place] for place in places if place < len(inputs)]

    def _compute(self, tensor, polys):
        name, number = tensor
        op = self.graph.op(name)
        made = None
        if op in FUNCTIONS and len(polys) == 1:
            made = self._function(FUNCTIONS[op], polys[0], name)
        elif op in _COMPARISONS and len(polys) == 2:
            kind = "mask" if any(map(self.random, polys)) else _COMPARISONS[op]
            made = self.algebra.atom(kind, *polys, node=name)
        elif op in _COMPUTE:
            try:
                made = _COMPUTE[op](self, name, number, polys)
            except (IndexError, ValueError, TypeError, AttributeError) as error:
                raise self.graph.damaged(
                    f"node {name[:200]} is no {op} of TensorFlow's"
                ) from error
        return self.unknown(tensor) if made is None else made

    def unknown(self, tensor) -> Poly:
        """The atom of an operation that is not taken apart."""
        name, number = tensor
        return self.algebra.atom("op", self.graph.op(name), name, number, node=name)

    def random(self, poly: Poly) -> bool:
        """Whether random numbers are in an expression."""
        atoms = self.algebra.atoms
        return any(
            atoms[n].kind == "op" and atoms[n].args[0] in _RANDOM
            for monomial, _ in poly
            for n in monomial
        )

    def static(self, tensor, place=None):
        """The value of a Const (or a Pack of such) as a NumPy array, or None.

        ``place``: of this input of the node ``tensor``.
        """
        if place is not None:
            tensor = self.graph.inputs(tensor)[place]
        tensor = self.follow(tensor)
        op = self.graph.op(tensor[0])
        if op == "Const":
            return self.graph.constant(tensor[0])
        if op == "Pack":
            parts = [self.static(t) for t in self.graph.inputs(tensor[0])[:9]]
            if parts and all(p is not None and p.ndim == 0 for p in parts):
                return np.array(parts)
        return None

    def rank(self, poly: Poly) -> int | None:
        """The rank of an expression; None where it is not known."""
        ranks = {self._atom_rank(n) for monomial, _ in poly for n in monomial}
        return None if None in ranks else max(ranks, default=0)

    def _atom_rank(self, number):
        kind, args = self.algebra.atoms[number]
        if kind in ("variable", "row"):
            if args[1] is None:
                return None
            return len(args[1]) - (kind == "row")
        if kind == "slice":
            return self._atom_rank(args[0])
        if kind in ("fn", "clip", "inverse"):
            return self.rank(args[-1])
        if kind in ("batch sum",):
            return 1
        if kind in ("rows", "1/rows", "first"):
            return 0
        return 2 if kind in ("matmul", "concat", "state", "new", "read") else None

    # One method an operation, or a family of them

    def _function(self, function, poly, name):
        if function == "floor" and self.random(poly):
            return self.algebra.atom("mask", poly, node=name)
        return self.algebra.function(function, poly, name)

    def _sum(self, _, __, polys):
        return self.algebra.add(*polys)

    def _difference(self, _, __, polys):
        return self.algebra.sub(*polys)

    def _product(self, name, __, polys):
        return self.algebra.mul(*polys, name)

    def _quotient(self, name, __, polys):
        return self.algebra.mul(polys[0], self.algebra.inverse(polys[1], name), name)

    def _negative(self, _, __, polys):
        return self.algebra.scale(polys[0], -1.0)

    def _square(self, name, __, polys):
        return self.algebra.mul(polys[0], polys[0], name)

    def _squared_difference(self, name, __, polys):
        difference = self.algebra.sub(*polys)
        return self.algebra.mul(difference, difference, name)

    def _reciprocal(self, name, __, polys):
        return self.algebra.inverse(polys[0], name)

    def _power(self, name, _, polys):
        exponent = self.algebra.value(polys[1])
        if exponent == 2:
            return self.algebra.mul(polys[0], polys[0], name)
        known = {0.5: "sqrt", -0.5: "rsqrt"}
        if exponent in known:
            return self.algebra.function(known[exponent], polys[0], name)
        return self.algebra.inverse(polys[0], name) if exponent == -1 else None

    def _matmul(self, name, _, polys):
        if self.graph.attribute(name, "transpose_a") or self.graph.attribute(
            name, "transpose_b"
        ):
            return None
        algebra = self.algebra
        left, right = polys
        part = algebra.only(right, "slice")
        if part is not None:
            # x @ W[:, a:b] is (x @ W)[:, a:b].
            base = (((part.args[0],), 1.0),)
            whole = algebra.atom("matmul", left, base, node=name)
            return algebra.slice(whole, part.args[1], part.args[2])
        return algebra.atom("matmul", left, right, node=name)

    def _bounds(self, name, poly, low, high):
        value = self.algebra.value(poly)
        if value is not None:
            return self.algebra.const(min(max(value, low), high))
        inner = self.algebra.only(poly, "clip")
        if inner is not None and inner.args[0] <= high and inner.args[1] >= low:
            low, high = max(low, inner.args[0]), min(high, inner.args[1])
            poly = inner.args[2]
        return self.algebra.atom("clip", low, high, poly, node=name)

    def _limit(self, name, _, polys):
        values = [self.algebra.value(poly) for poly in polys]
        for value, poly in zip(values, reversed(polys), strict=True):
            if value is not None:
                if self.graph.op(name) == "Minimum":
                    return self._bounds(name, poly, -np.inf, value)
                return self._bounds(name, poly, value, np.inf)
        ordered = sorted(polys)
        return self.algebra.atom(self.graph.op(name).lower(), *ordered, node=name)

    def _clip(self, name, _, polys):
        low, high = self.algebra.value(polys[1]), self.algebra.value(polys[2])
        if low is None or high is None:
            return None
        return self._bounds(name, polys[0], low, high)

    def _leaky(self, name, _, polys):
        if abs(self.graph.attribute(name, "alpha", 0.2) - 0.2) > 1e-7:
            return None
        return self.algebra.function("leaky_relu", polys[0], name)

    def _constant(self, name, _, __):
        shape = self.graph.constant_shape(name)
        if name in self.graph.variables:
            return self._variable(name, 0, ())
        if 0 in shape:
            return None
        value = self.graph.constant(name)
        if value.dtype.kind not in "fiub" and value.dtype.name != "bfloat16":
            return None
        first = value.reshape(-1)[0]
        return self.algebra.const(float(first)) if (value == first).all() else None

    def _variable(self, name, _, __):
        variable = self.graph.variables[name]
        return self.algebra.atom("variable", name, variable.shape, node=name)

    def _fill(self, _, __, polys):
        return polys[0] if self.algebra.value(polys[0]) is not None else None

    def _zeros(self, _, __, ___):
        return ()

    def _ones(self, _, __, ___):
        return self.algebra.const(1.0)

    def _select(self, name, _, polys):
        return self.algebra.atom("select", *polys, node=name)

    def _read(self, name, _, polys):
        handle = self.follow(self.graph.inputs(name)[0])
        return self.algebra.atom("read", handle, polys[0], node=name)

    def _random(self, name, number, _):
        return self.unknown((name, number))

    def _mean(self, name, _, polys):
        axis = self.static(name, 1)
        if axis is None or axis.reshape(-1).tolist() != [0]:
            return None
        if not self.algebra.depends(polys[0]):
            return None
        if self.graph.op(name) == "Mean":
            return self.algebra.batch_mean(polys[0])
        return self.algebra.batch_sum(polys[0])


_COMPUTE = {
    **dict.fromkeys(("Add", "AddV2", "AddN", "BiasAdd", "BiasAddV1"), Evaluator._sum),
    "Sub": Evaluator._difference,
    **dict.fromkeys(("Mul",), Evaluator._product),
    **dict.fromkeys(("RealDiv", "Div"), Evaluator._quotient),
    "Neg": Evaluator._negative,
    "Square": Evaluator._square,
    "SquaredDifference": Evaluator._squared_difference,
    **dict.fromkeys(("Reciprocal", "Inv"), Evaluator._reciprocal),
    "Pow": Evaluator._power,
    "MatMul": Evaluator._matmul,
    **dict.fromkeys(("Minimum", "Maximum"), Evaluator._limit),
    "ClipByValue": Evaluator._clip,
    "LeakyRelu": Evaluator._leaky,
    "Const": Evaluator._constant,
    **dict.fromkeys(VARIABLES, Evaluator._variable),
    "Fill": Evaluator._fill,
    "ZerosLike": Evaluator._zeros,
    "OnesLike": Evaluator._ones,
    **dict.fromkeys(("Select", "SelectV2"), Evaluator._select),
    **{f"TensorArrayRead{v}": Evaluator._read for v in ("", "V2", "V3")},
    **dict.fromkeys(_RANDOM, Evaluator._random),
    **dict.fromkeys(("Mean", "Sum"), Evaluator._mean),
    **shaping.COMPUTE,
    **fused.COMPUTE,
}
_ALL = ("AddN",)
_PLACES = {
    **dict.fromkeys((*FUNCTIONS, "Neg", "Square", "Reciprocal", "Inv"), (0,)),
    **dict.fromkeys(("Mean", "Sum", "LeakyRelu"), (0,)),
    **dict.fromkeys((*_COMPARISONS, "Add", "AddV2", "BiasAdd", "BiasAddV1"), (0, 1)),
    **dict.fromkeys(("Sub", "Mul", "RealDiv", "Div", "SquaredDifference"), (0, 1)),
    **dict.fromkeys(("Pow", "MatMul", "Minimum", "Maximum"), (0, 1)),
    **dict.fromkeys(("ClipByValue", "Select", "SelectV2"), (0, 1, 2)),
    "Fill": (1,),
    **{f"TensorArrayRead{v}": (1,) for v in ("", "V2", "V3")},
    **shaping.PLACES,
    **fused.PLACES,
}
