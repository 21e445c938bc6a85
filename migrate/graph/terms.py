"""The terms of a gate: products of matrices, batch normalisations, offsets, a number.

A gate reads a piece [start, start + size) of the last axis of its pre-activation; its
terms are named by the whole variables, which all gates of a cell have in common.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from migrate.graph.algebra import Algebra, Poly, near


class Norm(NamedTuple):
    """A batch normalisation of the atom ``x``: x * gamma * r - mean * gamma * r.

    ``statistics``: (mean, variance) as names of variables, or None: those of the batch.
    ``row``: the expression of the row of their tables, None if they have one row.
    """

    x: int
    gamma: str | None
    statistics: tuple[str, str] | None
    row: Poly | None
    rows: int | None
    epsilon: float
    node: str


@dataclass
class Terms:
    """What an expression adds up. ``products``: atoms of the kind "matmul", whole;
    ``offsets``: names of variables; ``number``; ``rest``: atoms that are none of these.
    ``pieces``: the (start, size) that the terms were sliced by.
    """

    products: list[int] = field(default_factory=list)
    norms: list[Norm] = field(default_factory=list)
    offsets: list[str] = field(default_factory=list)
    number: float = 0.0
    rest: list[tuple[int, ...]] = field(default_factory=list)
    pieces: set[tuple[int, int]] = field(default_factory=set)

    @property
    def common(self):
        """What all gates of a cell share."""
        return (
            frozenset(self.products),
            frozenset(self.norms),
            frozenset(self.offsets),
        )


def terms(algebra: Algebra, poly: Poly) -> Terms:
    """The terms of an expression; what fits nowhere is ``rest``."""
    found, groups = Terms(), {}
    for monomial, c in poly:
        roots = [n for n in monomial if _is_root(algebra, n)]
        if not monomial:
            found.number = c
        elif len(roots) == 1:
            groups.setdefault(roots[0], []).append((monomial, c))
        elif len(monomial) == 1 and near(c, 1.0):
            _plain(algebra, monomial[0], found)
        else:
            found.rest.append(monomial)
    for root, group in groups.items():
        norm = _norm(algebra, root, group, found.pieces)
        if norm is None:
            found.rest.extend(monomial for monomial, _ in group)
        else:
            found.norms.append(norm)
    return found


def whole(algebra: Algebra, number: int) -> tuple[int, tuple[int, int] | None]:
    """The atom that this one is a piece of, and which piece."""
    atom = algebra.atoms[number]
    if atom.kind == "slice":
        return atom.args[0], (atom.args[1], atom.args[2])
    return number, None


def _is_root(algebra, number):
    return algebra.atoms[number].args[:1] == ("rsqrt",)


def _plain(algebra, number, found):
    base, piece = whole(algebra, number)
    kind = algebra.atoms[base].kind
    if kind == "matmul":
        found.products.append(base)
    elif kind == "variable" and len(algebra.atoms[base].args[1] or ()) == 1:
        found.offsets.append(algebra.atoms[base].args[0])
    else:
        found.rest.append((number,))
        return
    _add_piece(algebra, base, piece, found.pieces)


def _add_piece(algebra, base, piece, pieces):
    width = algebra.atom_width(base)
    if piece is None and width is not None:
        piece = (0, width)
    pieces.add(piece or (0, 0))


def _without(monomial, *factors):
    rest = list(monomial)
    for factor in factors:
        if factor not in rest:
            return None
        rest.remove(factor)
    return tuple(rest)


def _norm(algebra, root, group, pieces):
    """The batch normalisation that two terms with one reciprocal root are, or None."""
    if len(group) != 2:
        return None
    (first, c), (second, d) = sorted(group, key=lambda term: -term[1])
    if not near(c, 1.0) or not near(d, -1.0):
        return None
    rest = _without(first, root)
    xs = [n for n in rest if algebra.of_batch(n)]
    gammas = [n for n in rest if not algebra.of_batch(n)]
    if len(xs) != 1 or len(gammas) > 1:
        return None
    mean = _without(second, root, *gammas)
    gamma = None
    if gammas:
        gamma = _vector(algebra, gammas[0], pieces)
        if gamma is None or algebra.atoms[gamma].kind != "variable":
            return None
        gamma = algebra.atoms[gamma].args[0]
    if mean is None:
        return None
    x, piece = whole(algebra, xs[0])
    if algebra.atoms[x].kind not in ("matmul", "new"):
        return None
    if algebra.atoms[x].kind == "matmul":
        _add_piece(algebra, x, piece, pieces)
    argument = dict(algebra.atoms[root].args[1])
    epsilon = argument.pop((), 0.0)
    made = Norm(x, gamma, None, None, None, epsilon, algebra.nodes[root])
    variance = tuple(sorted(argument.items()))
    operand = (((xs[0],), 1.0),)
    if variance == algebra.variance(operand):
        batch = algebra.batch_mean(operand)
        return made if len(batch) == 1 and batch[0][0] == mean else None
    if len(mean) != 1 or len(variance) != 1 or variance[0][1] != 1.0:
        return None
    return _population(algebra, made, mean[0], variance[0][0], pieces)


def _vector(algebra, number, pieces):
    """The whole vector (variable or row of one) that an atom is a piece of."""
    base, piece = whole(algebra, number)
    atom = algebra.atoms[base]
    rank = {"variable": 1, "row": 2}.get(atom.kind)
    if rank is None or len(atom.args[1] or ()) != rank:
        return None
    _add_piece(algebra, base, piece, pieces)
    return base


def _population(algebra, made, mean, variance, pieces):
    """The norm by statistics that are variables, one row for all or one a step."""
    if len(variance) != 1:
        return None
    bases = [_vector(algebra, n, pieces) for n in (mean, variance[0])]
    if None in bases:
        return None
    mean, variance = (algebra.atoms[n] for n in bases)
    if mean.kind != variance.kind or mean.args[1:] != variance.args[1:]:
        return None
    row, rows = None, None
    if mean.kind == "row":
        row, rows = mean.args[2], mean.args[1][0]
    names = (mean.args[0], variance.args[0])
    return made._replace(statistics=names, row=row, rows=rows)
