"""GRU cells by the equations of one step.

h' = u * h + (1 - u) * c with c = act(x W + (r * h) U + b), of one kernel for the joined
[x, r * h] or of two. ``reset_after``: c = act(x W + b + r * (h U + d)).
"""

from dataclasses import dataclass, field
from types import MappingProxyType

from migrate.graph.algebra import Algebra, Poly
from migrate.graph.build import common_scope, split_before
from migrate.graph.found import GraphCell, Lacking, Setting
from migrate.graph.lstm import describe, node_of
from migrate.graph.terms import Terms, terms


@dataclass
class GruMatch:
    """A step that is a GRU's; ``h`` is its state's atom, ``u``, ``r``, ``j`` the atoms
    of its gates and of the candidate (``r`` None until the candidate shows it)."""

    h: int
    u: int
    j: int
    node: str
    r: int | None = None
    x: Poly | None = None
    gates: dict[str, Terms] = field(default_factory=dict)
    kernels: dict[tuple[str, str], str] = field(default_factory=dict)
    reset_after: bool = False
    lacking: list[Lacking] = field(default_factory=list)

    norms = ()

    @property
    def states(self):
        """The atoms of its states and what they are."""
        return ((self.h, "h"),)

    def lacks(self, what, node):
        self.lacking.append(Lacking(what, node))


def match_gru(algebra: Algebra, state: int, definition: Poly) -> GruMatch | None:
    """A match of h' = u * h + (1 - u) * c (or with u and 1 - u exchanged), or None."""
    parts = {m: round(c, 6) for m, c in definition}
    if len(parts) != 3:
        return None
    gates = [n for m in parts for n in m if len(m) == 2 and state in m and n != state]
    if len(gates) != 1 or algebra.atoms[gates[0]].kind not in ("fn", "clip"):
        return None
    u = gates[0]
    candidates = {n for m in parts for n in m} - {u, state}
    if len(candidates) != 1:
        return None
    j = candidates.pop()

    def pair(a, b):
        return tuple(sorted((a, b)))

    usual = {pair(u, state): 1.0, (j,): 1.0, pair(u, j): -1.0}
    turned = {(state,): 1.0, pair(u, state): -1.0, pair(u, j): 1.0}
    if parts not in (usual, turned) or algebra.atoms[j].kind != "fn":
        return None
    made = GruMatch(state, u, j, algebra.nodes[u])
    if parts == turned:
        made.lacks("an update gate that lets the new state through", algebra.nodes[u])
    _gates(algebra, made)
    return made


def _gates(algebra, made):
    candidate = terms(algebra, algebra.atoms[made.j].args[-1])
    made.r = _reset_gate(algebra, made, candidate)
    if made.r is None:
        made.lacks("a candidate without a reset gate", algebra.nodes[made.j])
        return
    if algebra.atoms[made.r].args[:-1] != algebra.atoms[made.u].args[:-1]:
        made.lacks("gates of two functions", algebra.nodes[made.r])
    state = (((made.h,), 1.0),)
    reset = ((tuple(sorted((made.h, made.r))), 1.0),)
    of_candidate = state if made.reset_after else reset
    for letter, number, operand in (
        ("u", made.u, state),
        ("r", made.r, state),
        ("j", made.j, of_candidate),
    ):
        part = terms(algebra, algebra.atoms[number].args[-1])
        if letter == "j":
            part = candidate
        made.gates[letter] = part
        _kernels(algebra, made, letter, part, operand)
        for monomial in part.rest:
            made.lacks(describe(algebra, monomial), node_of(algebra, monomial))
        if part.number or part.norms:
            made.lacks("a number or a norm in a gate", algebra.nodes[number])


def _reset_gate(algebra, made, candidate):
    """The gate that the state is multiplied by in the candidate."""
    for number in candidate.products:
        operand = algebra.atoms[number].args[0]
        joined = algebra.only(operand, "concat")
        for poly in joined.args[0] if joined else (operand,):
            if len(poly) == 1 and len(poly[0][0]) == 2 and made.h in poly[0][0]:
                others = [n for n in poly[0][0] if n != made.h]
                if others and algebra.atoms[others[0]].kind in ("fn", "clip"):
                    return others[0]
    after = {}
    for monomial in candidate.rest:
        for number in monomial:
            if algebra.atoms[number].kind in ("fn", "clip") and len(monomial) == 2:
                after.setdefault(number, []).append(monomial)
    if len(after) != 1:
        return None
    ((gate, monomials),) = after.items()
    made.reset_after = True
    for monomial in monomials:
        rest = tuple(n for n in monomial if n != gate)
        inner = terms(algebra, ((rest, 1.0),))
        candidate.products += inner.products
        candidate.offsets += inner.offsets
        candidate.pieces |= inner.pieces
        if not inner.rest:
            candidate.rest.remove(monomial)
    return gate


def _kernels(algebra, made, letter, part, operand):
    """Which product is the input's and which the state's."""
    found = set()
    for number in part.products:
        left, right = algebra.atoms[number].args
        joined = algebra.only(left, "concat")
        if left == operand:
            role = "recurrent_kernel"
        elif joined is not None and joined.args[0][1:] == (operand,):
            role, left = "joined", joined.args[0][0]
        else:
            role = "kernel"
        if role != "recurrent_kernel":
            if made.x is not None and made.x != left:
                made.lacks("gates with several inputs", algebra.nodes[number])
            made.x = left
        variable = algebra.only(right, "variable")
        if variable is None or role in found:
            made.lacks("a kernel that is no variable", algebra.nodes[number])
            continue
        found.add(role)
        made.kernels[letter, role] = variable.args[0]
    if found not in ({"joined"}, {"kernel", "recurrent_kernel"}):
        made.lacks("no kernel of the input or of the state", algebra.nodes[made.u])


def _place_joined(variables, lacking, match):
    """The variables of a cell whose gates multiply inputs and state at once."""
    for role, letters in (("gates", "ur"), ("candidate", "j")):
        for letter in letters:
            kernel = match.kernels.get((letter, "joined"))
            _place(variables, lacking, f"{role}/kernel", kernel, match.node)
            offsets = match.gates[letter].offsets
            for name in offsets[:1]:
                _place(variables, lacking, f"{role}/bias", name, match.node)
            if len(offsets) > 1:
                lacking.append(Lacking("several offsets in one gate", offsets[1]))


def build_gru(match: GruMatch, evaluate) -> GraphCell:
    """The cell of a match."""
    graph, algebra = evaluate.graph, evaluate.algebra
    lacking, variables = list(match.lacking), {}
    joined = ("u", "joined") in match.kernels
    pieces = {k: next(iter(g.pieces), (0, 0)) for k, g in match.gates.items()}
    if joined:
        _place_joined(variables, lacking, match)
        pieces.pop("j", None)
    else:
        for (_, role), name in match.kernels.items():
            _place(variables, lacking, role, name, match.node)
        for part in match.gates.values():
            for role, name in zip(
                ("bias", "recurrent_bias"), part.offsets, strict=False
            ):
                _place(variables, lacking, role, name, match.node)
    order = "".join(sorted(pieces, key=lambda k: pieces[k][0]))
    units = pieces.get("u", (0, 0))[1]
    node = split_before(graph, match.node)
    if [pieces[k] for k in order] != [(k * units, units) for k in range(len(order))]:
        lacking.append(Lacking("gates that are not equal parts of a kernel", node))
    if any(len(g.pieces) != 1 for g in match.gates.values()):
        lacking.append(Lacking("a gate of several pieces", match.node))
    shapes = {role: graph.variables[name].shape for role, name in variables.items()}
    kernel = shapes.get("gates/kernel" if joined else "kernel") or (0,)
    inputs = kernel[0] - units * joined
    expected = _shapes(joined, units, inputs)
    for role, shape in shapes.items():
        if shape != expected.get(role) or inputs < 1:
            lacking.append(Lacking(f"{role} of the shape {shape}", variables[role]))
    functions = [algebra.atoms[n].args[0] for n in (match.j, match.u)]
    gate = functions[1] if isinstance(functions[1], str) else "clip"
    if gate == "clip":
        lacking.append(Lacking("gates that are clipped", match.node))
    settings = {
        "gates": Setting(order, node),
        "units": Setting(units, node),
        "input_dim": Setting(inputs, node),
        "activation": Setting(functions[0], algebra.nodes[match.j]),
        "recurrent_activation": Setting(gate, match.node),
        "reset_after": Setting(match.reset_after, algebra.nodes[match.j]),
    }
    return GraphCell(
        "gru",
        common_scope(variables.values()),
        MappingProxyType(variables),
        order,
        MappingProxyType(settings),
        False,
        tuple(dict.fromkeys(lacking)),
    )


def _place(variables, lacking, role, name, node):
    if name is None or variables.setdefault(role, name) != name:
        lacking.append(Lacking("gates of separate variables", node))


def _shapes(joined, units, inputs):
    if joined:
        return {
            "gates/kernel": (inputs + units, 2 * units),
            "gates/bias": (2 * units,),
            "candidate/kernel": (inputs + units, units),
            "candidate/bias": (units,),
        }
    return {
        "kernel": (inputs, 3 * units),
        "recurrent_kernel": (units, 3 * units),
        "bias": (3 * units,),
        "recurrent_bias": (3 * units,),
    }
