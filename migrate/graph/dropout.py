"""Dropout between cells: x * mask / keep, which is x when nothing is dropped."""

from migrate.graph.algebra import Algebra, Poly, near
from migrate.graph.borders import named
from migrate.graph.found import Wrapper


def undropped(algebra: Algebra, poly: Poly) -> tuple[Poly | None, tuple[Wrapper, ...]]:
    """What dropout was put on, and the dropouts.

    Returns:
      (expression, ()) where there is none; (None, ()) where it is something else.
    """
    if len(poly) != 1:
        return poly, ()
    (monomial, c), wrappers = poly[0], []
    rest = list(monomial)
    for mask in [n for n in monomial if algebra.atoms[n].kind == "mask"]:
        rest.remove(mask)
        keep = [n for n in rest if algebra.atoms[n].kind == "inverse"]
        off = None
        if keep:
            rest.remove(keep[0])
            kept = algebra.atoms[keep[0]].args[0]
            if kept not in _kept(algebra, algebra.atoms[mask].args):
                return None, ()
            off = _off(algebra, kept)
        else:
            shares = [
                algebra.value(p) for p in _kept(algebra, algebra.atoms[mask].args)
            ]
            if not any(share and near(c * share, 1.0) for share in shares):
                return None, ()
            c = 1.0
        wrappers.append(Wrapper("dropout", algebra.nodes[mask], off))
    return ((tuple(rest), c),), tuple(wrappers)


def _kept(algebra, polys):
    """The share that a mask keeps: k of floor(random + k), 1 - r of random >= r."""
    rest = []
    for poly in polys:
        random = [m for m, _ in poly if any(_is_random(algebra, n) for n in m)]
        rest.append(tuple(term for term in poly if term[0] not in random))
    if len(rest) == 1:
        return rest
    return [algebra.sub(algebra.const(1.0), poly) for poly in rest]


def _is_random(algebra, number):
    atom = algebra.atoms[number]
    return atom.kind == "op" and atom.args[0].startswith("Random")


def _off(algebra, keep):
    """The tensor to feed, and with what, so that nothing is dropped: ``keep`` is it,
    or 1 minus it."""
    parts = dict(keep)
    shift = parts.pop((), 0.0)
    if len(parts) != 1:
        return None
    ((monomial, c),) = parts.items()
    if len(monomial) != 1 or algebra.atoms[monomial[0]].kind != "op":
        return None
    tensor = named(algebra.atoms[monomial[0]].args[1:])
    if (shift, c) == (0.0, 1.0):
        return tensor, 1.0
    return (tensor, 0.0) if (shift, c) == (1.0, -1.0) else None
