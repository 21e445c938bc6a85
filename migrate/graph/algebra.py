"""Expressions in one normal form, so that equal ways to write a formula are equal.

An expression is a polynomial: a mapping from products of *atoms* to coefficients.
An atom is what is not taken apart further: a variable, a state of the loop, a product
of matrices, a function of an expression. x * g * r + (b - m * g * r) and
(x - m) * r * g + b are the same polynomial; an operation nobody foresaw is an atom of
its own, which then has no place in any cell.

Shapes: everything is [B, n] (depends on the batch), [n] or a number, by TensorFlow's
rules of broadcasting; the last axis can be sliced.
"""

from typing import NamedTuple

# An expression with more terms than this is kept as one atom that nothing matches.
_MOST_TERMS = 200
_MOST_FACTORS = 40
# Functions of functions deeper than this are not sliced: no cell has them.
_DEEPEST = 40

Poly = tuple  # ((monomial, coefficient), ...), sorted; a monomial: sorted atom numbers


class Atom(NamedTuple):
    """``kind`` and what it is made of: numbers, names, expressions."""

    kind: str
    args: tuple


class Algebra:
    """A table of atoms, each there once; expressions refer to them by number."""

    def __init__(self):
        self.atoms, self.nodes = [], []
        self._numbers = {}
        self._batch, self._width, self._depth = {}, {}, {}

    # Making expressions

    def atom(self, kind: str, *args, node: str = "") -> Poly:
        """The expression of one atom; ``node``: where it was first seen."""
        return self._one(self.number(kind, *args, node=node))

    def number(self, kind, *args, node=""):
        key = Atom(kind, args)
        if key not in self._numbers:
            self._numbers[key] = len(self.atoms)
            self.atoms.append(key)
            self.nodes.append(node)
            self._describe(self._numbers[key], key)
        return self._numbers[key]

    def _describe(self, number, atom):
        """What is asked of an atom later, from that of its parts."""
        parts = self.parts(atom)
        self._depth[number] = 1 + max((self._depth[n] for n in parts), default=0)
        self._width[number] = self._find_width(*atom)
        self._batch[number] = self._find_batch(*atom)

    @staticmethod
    def parts(atom: Atom) -> set[int]:
        """The atoms in the expressions that an atom is a function of."""
        if atom.kind == "batch sum":
            return set(atom.args[0])
        if atom.kind == "slice":
            return {atom.args[0]}
        polys = [p for p in atom.args if _is_poly(p)]
        if atom.kind == "concat":
            polys = atom.args[0]
        return {n for poly in polys for monomial, _ in poly for n in monomial}

    @staticmethod
    def _one(number):
        return (((number,), 1.0),)

    @staticmethod
    def const(value: float) -> Poly:
        return (((), float(value)),) if value else ()

    @staticmethod
    def _poly(terms):
        return tuple(sorted((m, c) for m, c in terms.items() if c))

    def add(self, *polys: Poly) -> Poly:
        terms = {}
        for poly in polys:
            for monomial, c in poly:
                terms[monomial] = terms.get(monomial, 0.0) + c
        return self._bounded(self._poly(terms))

    def scale(self, poly: Poly, by: float) -> Poly:
        return tuple((m, c * by) for m, c in poly if c * by)

    def sub(self, a: Poly, b: Poly) -> Poly:
        return self.add(a, self.scale(b, -1.0))

    def mul(self, a: Poly, b: Poly, node: str = "") -> Poly:
        if len(a) * len(b) > _MOST_TERMS:
            return self.atom("product", a, b, node=node)
        terms = {}
        for m, c in a:
            for n, d in b:
                key = self._cancel(m + n)
                if len(key) > _MOST_FACTORS:
                    return self.atom("product", a, b, node=node)
                terms[key] = terms.get(key, 0.0) + c * d
        return self._poly(terms)

    def _bounded(self, poly):
        return self.atom("sum", poly) if len(poly) > _MOST_TERMS else poly

    def _cancel(self, monomial):
        """The number of rows of the batch times its inverse is 1."""
        rows, inverse = self.number("rows"), self.number("1/rows")
        monomial = list(monomial)
        while rows in monomial and inverse in monomial:
            monomial.remove(rows)
            monomial.remove(inverse)
        return tuple(sorted(monomial))

    # Functions

    def function(self, name: str, poly: Poly, node: str = "") -> Poly:
        """A function of an expression, element by element."""
        return self.atom("fn", name, poly, node=node)

    def inverse(self, poly: Poly, node: str = "") -> Poly:
        value = self.value(poly)
        if value:
            return self.const(1.0 / value)
        single = self.single(poly)
        if single is not None:
            kind, args = self.atoms[single]
            if kind == "rows":
                return self.atom("1/rows")
            if (kind, *args[:1]) == ("fn", "sqrt"):
                return self.function("rsqrt", args[1], node)
        # 1 / (1 + exp(-z)) is the logistic function.
        rest = self.single(self.sub(poly, self.const(1.0)))
        if rest is not None and self.atoms[rest].args[:1] == ("exp",):
            minus = self.atoms[rest].args[1]
            return self.function("sigmoid", self.scale(minus, -1.0), node)
        return self.atom("inverse", poly, node=node)

    def batch_sum(self, poly: Poly) -> Poly:
        """The sum over the batch; what does not depend on the batch goes outside."""
        total = []
        for monomial, c in poly:
            inside = tuple(n for n in monomial if self.of_batch(n))
            outside = tuple(n for n in monomial if not self.of_batch(n))
            summed = self.atom("batch sum", inside) if inside else self.atom("rows")
            total.append(self.mul(((outside, c),), summed))
        return self.add(*total)

    def batch_mean(self, poly: Poly) -> Poly:
        return self.mul(self.batch_sum(poly), self.atom("1/rows"))

    def variance(self, poly: Poly) -> Poly:
        """The biased variance over the batch."""
        mean = self.batch_mean(poly)
        return self.sub(self.batch_mean(self.mul(poly, poly)), self.mul(mean, mean))

    def slice(self, poly: Poly, start: int, size: int) -> Poly | None:
        """A piece of the last axis; None where an expression's width is not known."""
        width = self.width(poly)
        if width is None or not 0 <= start < start + size <= width:
            return None
        if size == width:
            return poly
        pieces = []
        for monomial, c in poly:
            piece = (((), c),)
            for number in monomial:
                piece = self.mul(piece, self._slice(number, start, size))
            pieces.append(piece)
        return self.add(*pieces)

    def _slice(self, number, start, size):
        kind, args = self.atoms[number]
        if self.atom_width(number) in (None, 1):
            return self._one(number)  # a number for the whole axis
        node = self.nodes[number]
        if self._depth[number] > _DEEPEST:
            return self.atom("deep slice", number, start, size, node=node)
        if kind in ("fn", "clip", "inverse"):
            inner = self.slice(args[-1], start, size)
            if inner is not None and kind == "inverse":
                return self.inverse(inner, node)
            if inner is not None:
                return self.atom(kind, *args[:-1], inner, node=node)
        if kind == "batch sum":
            piece = self.const(1.0)
            for factor in args[0]:
                piece = self.mul(piece, self._slice(factor, start, size))
            return self.batch_sum(piece)
        if kind == "slice":
            return self.atom("slice", args[0], args[1] + start, size, node=node)
        return self.atom("slice", number, start, size, node=node)

    # Asking expressions

    def value(self, poly: Poly) -> float | None:
        """The number that an expression is; None if it is not one."""
        if not poly:
            return 0.0
        if len(poly) == 1 and not poly[0][0]:
            return poly[0][1]
        return None

    def single(self, poly: Poly) -> int | None:
        """The atom that an expression is, once and nothing else; None otherwise."""
        if len(poly) == 1 and len(poly[0][0]) == 1 and _near(poly[0][1], 1.0):
            return poly[0][0][0]
        return None

    def only(self, poly: Poly, kind: str) -> Atom | None:
        """The same, if the atom is of this kind."""
        number = self.single(poly)
        if number is None or self.atoms[number].kind != kind:
            return None
        return self.atoms[number]

    def of_batch(self, number: int) -> bool:
        """Whether an atom differs between the rows of a batch."""
        return self._batch[number]

    def _find_batch(self, kind, args):
        if kind in ("variable", "row", "rows", "1/rows", "batch sum"):
            return False
        if kind == "slice":
            return self.of_batch(args[0])
        if kind in ("fn", "clip", "inverse"):
            return self.depends(args[-1])
        return True

    def depends(self, poly: Poly) -> bool:
        """Whether an expression differs between the rows of a batch."""
        return any(self.of_batch(n) for monomial, _ in poly for n in monomial)

    def width(self, poly: Poly) -> int | None:
        """The size of the last axis; None where it is not known."""
        widths = {self.atom_width(n) for monomial, _ in poly for n in monomial} - {1}
        return widths.pop() if len(widths) == 1 else None

    def atom_width(self, number: int) -> int | None:
        """The same of an atom; 1 for a number."""
        return self._width[number]

    def _find_width(self, kind, args):
        if kind in ("variable", "row"):
            shape = args[1]
            if shape is None:
                return None
            return shape[-1] if len(shape) > (kind == "row") else 1
        if kind == "slice":
            return args[2]
        if kind in ("state", "new"):
            return args[1]
        if kind == "matmul":
            return self.width(args[1])
        if kind in ("fn", "clip", "inverse"):
            return self.width(args[-1]) if args[-1] else 1
        if kind == "batch sum":
            widths = {self.atom_width(n) for n in args[0]} - {1}
            return widths.pop() if len(widths) == 1 else None
        return 1 if kind in ("rows", "1/rows", "mask", "outside") else None


def _is_poly(value):
    """Whether an argument of an atom is an expression: pairs (numbers, coefficient)."""
    return isinstance(value, tuple) and all(
        isinstance(term, tuple) and len(term) == 2 and isinstance(term[0], tuple)
        for term in value
    )


def _near(a, b):
    return abs(a - b) <= 1e-6 * max(abs(a), abs(b))


def near(a: float, b: float) -> bool:
    """Equal but for the rounding of float32 constants."""
    return _near(a, b)
