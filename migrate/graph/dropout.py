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
        share = _kept(algebra, *algebra.atoms[mask].args)
        keep = [n for n in rest if algebra.atoms[n].kind == "inverse"]
        off = None
        if share is None:
            return None, ()
        if keep:
            rest.remove(keep[0])
            if algebra.atoms[keep[0]].args[0] != share:
                return None, ()
            off = _off(algebra, share)
        elif not near(c * (algebra.value(share) or 0.0), 1.0):
            return None, ()
        else:
            c = 1.0
        wrappers.append(Wrapper("dropout", algebra.nodes[mask], off))
    return ((tuple(rest), c),), tuple(wrappers)


def _kept(algebra, kind, *polys):
    """The share that a mask keeps: k of floor(u + k), of u < k, and 1 - r of u >= r,
    with u uniform on [0, 1); None of another mask."""
    if kind == "floor":
        uniform = [term for term in polys[0] if _is_uniform(algebra, (term,))]
        rest = tuple(term for term in polys[0] if term not in uniform)
        return rest if len(uniform) == 1 else None
    first, second = polys
    if kind in ("gt", "ge") and _is_uniform(algebra, second):
        return first
    if kind in ("lt", "le") and _is_uniform(algebra, first):
        return second
    if kind in ("gt", "ge") and _is_uniform(algebra, first):
        return algebra.sub(algebra.const(1.0), second)
    if kind in ("lt", "le") and _is_uniform(algebra, second):
        return algebra.sub(algebra.const(1.0), first)
    return None


def _is_uniform(algebra, poly):
    """Whether an expression is random numbers of [0, 1), as they were drawn."""
    atom = algebra.only(poly, "op")
    return atom is not None and atom.args[0] == "RandomUniform"


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
