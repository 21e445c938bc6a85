"""Operations that calculate: sums, products, limits, constants, means over the batch.

Each takes an ``Evaluator``, the node's name, the number of its output and the
expressions of its operands, and gives an expression, or None for "not understood".
"""

import numpy as np

from migrate.graph.nodes import VARIABLES


def function(evaluator, kind, poly, name):
    if kind == "floor" and evaluator.random(poly):
        return evaluator.algebra.atom("mask", "floor", poly, node=name)
    return evaluator.algebra.function(kind, poly, name)


def total(evaluator, name, number, polys):
    return evaluator.algebra.add(*polys)


def difference(evaluator, name, number, polys):
    return evaluator.algebra.sub(*polys)


def product(evaluator, name, number, polys):
    return evaluator.algebra.mul(*polys, name)


def quotient(evaluator, name, number, polys):
    return evaluator.algebra.mul(
        polys[0], evaluator.algebra.inverse(polys[1], name), name
    )


def negative(evaluator, name, number, polys):
    return evaluator.algebra.scale(polys[0], -1.0)


def square(evaluator, name, number, polys):
    return evaluator.algebra.mul(polys[0], polys[0], name)


def squared_difference(evaluator, name, number, polys):
    difference = evaluator.algebra.sub(*polys)
    return evaluator.algebra.mul(difference, difference, name)


def reciprocal(evaluator, name, number, polys):
    return evaluator.algebra.inverse(polys[0], name)


def power(evaluator, name, number, polys):
    exponent = evaluator.algebra.value(polys[1])
    if exponent == 2:
        return evaluator.algebra.mul(polys[0], polys[0], name)
    known = {0.5: "sqrt", -0.5: "rsqrt"}
    if exponent in known:
        return evaluator.algebra.function(known[exponent], polys[0], name)
    return evaluator.algebra.inverse(polys[0], name) if exponent == -1 else None


def matmul(evaluator, name, number, polys):
    if evaluator.graph.attribute(name, "transpose_a") or evaluator.graph.attribute(
        name, "transpose_b"
    ):
        return None
    algebra = evaluator.algebra
    left, right = polys
    part = algebra.only(right, "slice")
    if part is not None:
        # x @ W[:, a:b] is (x @ W)[:, a:b].
        base = (((part.args[0],), 1.0),)
        whole = algebra.atom("matmul", left, base, node=name)
        return algebra.slice(whole, part.args[1], part.args[2])
    return algebra.atom("matmul", left, right, node=name)


def bounds(evaluator, name, poly, low, high):
    value = evaluator.algebra.value(poly)
    if value is not None:
        return evaluator.algebra.const(min(max(value, low), high))
    inner = evaluator.algebra.only(poly, "clip")
    if inner is not None and inner.args[0] <= high and inner.args[1] >= low:
        low, high = max(low, inner.args[0]), min(high, inner.args[1])
        poly = inner.args[2]
    return evaluator.algebra.atom("clip", low, high, poly, node=name)


def limit(evaluator, name, number, polys):
    values = [evaluator.algebra.value(poly) for poly in polys]
    for value, poly in zip(values, reversed(polys), strict=True):
        if value is not None:
            if evaluator.graph.op(name) == "Minimum":
                return bounds(evaluator, name, poly, -np.inf, value)
            return bounds(evaluator, name, poly, value, np.inf)
    ordered = sorted(polys)
    return evaluator.algebra.atom(evaluator.graph.op(name).lower(), *ordered, node=name)


def clip(evaluator, name, number, polys):
    low, high = evaluator.algebra.value(polys[1]), evaluator.algebra.value(polys[2])
    if low is None or high is None:
        return None
    return bounds(evaluator, name, polys[0], low, high)


def leaky(evaluator, name, number, polys):
    if abs(evaluator.graph.attribute(name, "alpha", 0.2) - 0.2) > 1e-7:
        return None
    return evaluator.algebra.function("leaky_relu", polys[0], name)


def constant(evaluator, name, number, polys):
    shape = evaluator.graph.constant_shape(name)
    if name in evaluator.graph.variables:
        return variable(evaluator, name, number, polys)
    if 0 in shape:
        return None
    value = evaluator.graph.constant(name)
    if value.dtype.kind not in "fiub" and value.dtype.name != "bfloat16":
        return None
    first = value.reshape(-1)[0]
    return evaluator.algebra.const(float(first)) if (value == first).all() else None


def variable(evaluator, name, number, polys):
    variable = evaluator.graph.variables[name]
    return evaluator.algebra.atom("variable", name, variable.shape, node=name)


def fill(evaluator, name, number, polys):
    return polys[0] if evaluator.algebra.value(polys[0]) is not None else None


def zeros(evaluator, name, number, polys):
    return ()


def ones(evaluator, name, number, polys):
    return evaluator.algebra.const(1.0)


def select(evaluator, name, number, polys):
    return evaluator.algebra.atom("select", *polys, node=name)


def read(evaluator, name, number, polys):
    handle = evaluator.follow(evaluator.graph.inputs(name)[0])
    return evaluator.algebra.atom("read", handle, polys[0], node=name)


def mean(evaluator, name, number, polys):
    axis = evaluator.static(name, 1)
    if axis is None or axis.reshape(-1).tolist() != [0]:
        return None
    if not evaluator.algebra.depends(polys[0]):
        return None
    if evaluator.graph.op(name) == "Mean":
        return evaluator.algebra.batch_mean(polys[0])
    return evaluator.algebra.batch_sum(polys[0])


def cast(evaluator, name, number, polys):
    """Cast of a counter to an integer; of another number an atom of its own."""
    if evaluator.graph.attribute(name, "DstT") not in (3, 9):  # int32, int64
        return None
    algebra, poly = evaluator.algebra, polys[0]
    value = algebra.value(poly)
    if value is not None:
        return algebra.const(float(int(value)))
    atoms = [algebra.atoms[n] for monomial, _ in poly for n in monomial]
    if all(_counts(algebra, atom) for atom in atoms):
        return poly
    return algebra.atom("int", poly, node=name)


def _counts(algebra, atom):
    """Whether an atom is a number of steps or of rows, or such a number limited."""
    if atom.kind == "clip":
        inner = [algebra.atoms[n] for m, _ in atom.args[2] for n in m]
        return all(_counts(algebra, part) for part in inner)
    return atom.kind in ("first", "rows")


COMPUTE = {
    "Cast": cast,
    **dict.fromkeys(("Add", "AddV2", "AddN", "BiasAdd", "BiasAddV1"), total),
    "Sub": difference,
    "Mul": product,
    **dict.fromkeys(("RealDiv", "Div"), quotient),
    "Neg": negative,
    "Square": square,
    "SquaredDifference": squared_difference,
    **dict.fromkeys(("Reciprocal", "Inv"), reciprocal),
    "Pow": power,
    "MatMul": matmul,
    **dict.fromkeys(("Minimum", "Maximum"), limit),
    "ClipByValue": clip,
    "LeakyRelu": leaky,
    "Const": constant,
    **dict.fromkeys(VARIABLES, variable),
    "Fill": fill,
    "ZerosLike": zeros,
    "OnesLike": ones,
    **dict.fromkeys(("Select", "SelectV2"), select),
    **{f"TensorArrayRead{v}": read for v in ("", "V2", "V3")},
    **dict.fromkeys(("Mean", "Sum"), mean),
}
PLACES = {
    "Cast": (0,),
    **dict.fromkeys(("Neg", "Square", "Reciprocal", "Inv"), (0,)),
    **dict.fromkeys(("Mean", "Sum", "LeakyRelu"), (0,)),
    **dict.fromkeys(("Add", "AddV2", "BiasAdd", "BiasAddV1"), (0, 1)),
    **dict.fromkeys(("Sub", "Mul", "RealDiv", "Div", "SquaredDifference"), (0, 1)),
    **dict.fromkeys(("Pow", "MatMul", "Minimum", "Maximum"), (0, 1)),
    **dict.fromkeys(("ClipByValue", "Select", "SelectV2"), (0, 1, 2)),
    "Fill": (1,),
    **{f"TensorArrayRead{v}": (1,) for v in ("", "V2", "V3")},
}
