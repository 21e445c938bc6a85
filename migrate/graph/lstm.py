"""LSTM cells, with batch normalisation or without, by the equations of one step.

c' = c * sigmoid(f) + sigmoid(i) * act(j); h' = act(c') * sigmoid(o), or of the
normalised c'. What stands in the gates decides the rest.
"""

from dataclasses import dataclass, field

from migrate.graph.algebra import Algebra, Poly, near
from migrate.graph.found import Lacking
from migrate.graph.terms import Norm, Terms, terms

# What a gate of another function is called.
_HARD = "hard_sigmoid"


@dataclass
class Match:
    """A step that is an LSTM's, from its expressions in one mode of the switches.

    ``x``: the expression that the cell takes as its input; ``functions``: (name, node)
    of "gate", "j" (the candidate) and "c"; ``gates``: letter -> Terms and the node of
    its function; ``cell``: the terms under the activation of c'.
    """

    c: int
    h: Poly
    x: Poly | None = None
    functions: dict = field(default_factory=dict)
    gates: dict[str, Terms] = field(default_factory=dict)
    nodes: dict[str, str] = field(default_factory=dict)
    cell: Terms = field(default_factory=Terms)
    joined: bool = False
    roles: dict[str, int | Norm] = field(default_factory=dict)
    lacking: list[Lacking] = field(default_factory=list)

    @property
    def states(self):
        """The atoms of its states and what they are."""
        return ((self.c, "c"), (self.h[0][0][0], "h"))

    @property
    def norms(self):
        """The batch normalisations of the gates and of the cell state."""
        return (*self.gates["f"].norms, *self.cell.norms)

    @property
    def node(self):
        """The node that stands for the cell in messages."""
        return self.nodes["f"]

    def lacks(self, what, node):
        self.lacking.append(Lacking(what, node))


def match_cell_state(algebra: Algebra, state: int, definition: Poly):
    """(f, i, j, unexplained terms, clip's node) of c' = c * f + i * j; None if it is
    nothing like it. f, i and j are atoms."""
    node, number = None, algebra.single(definition)
    if number is not None and algebra.atoms[number].kind == "clip":
        node, definition = algebra.nodes[number], algebra.atoms[number].args[2]
    kept, added, rest = [], [], []
    for monomial, c in definition:
        others = [n for n in monomial if n != state]
        functions = all(_is_function(algebra, n) for n in others)
        if not near(c, 1.0) or not functions:
            rest.append(monomial)
        elif len(others) == 1 and len(monomial) == 2:
            kept.append(others[0])
        elif len(others) == 2 and len(monomial) == 2:
            added.append(others)
        else:
            rest.append(monomial)
    if len(kept) != 1 or len(added) != 1:
        return None
    forget, (i, j) = kept[0], added[0]
    if _name(algebra, i) != _name(algebra, forget):
        i, j = j, i
    if _name(algebra, i) != _name(algebra, forget):
        return None
    return forget, i, j, rest, node


def match_output(algebra: Algebra, new_cell: int, definition: Poly):
    """(o, function of c', what was wrapped around) of h' = o * act(c'), or None."""
    wrapped = []
    while True:
        number = algebra.single(definition)
        if number is None or algebra.atoms[number].kind not in ("matmul", "clip"):
            break
        atom = algebra.atoms[number]
        what = "a projection of the output" if atom.kind == "matmul" else "clipping"
        wrapped.append(Lacking(what, algebra.nodes[number]))
        definition = atom.args[0] if atom.kind == "matmul" else atom.args[2]
    if len(definition) != 1 or not near(definition[0][1], 1.0):
        return None
    factors = definition[0][0]
    if len(factors) != 2 or not all(_is_function(algebra, n) for n in factors):
        return None
    inner = [n for n in factors if _mentions(algebra, n, new_cell)]
    # A peephole puts c' into the gate as well, together with products of matrices.
    if len(inner) == 2:
        inner = [n for n in inner if not _has_product(algebra, n)]
    if len(inner) != 1:
        return None
    gate = factors[0] if factors[1] == inner[0] else factors[1]
    return gate, inner[0], wrapped


def _is_function(algebra, number):
    return algebra.atoms[number].kind in ("fn", "clip")


def _name(algebra, number):
    kind, args = algebra.atoms[number]
    return args[0] if kind == "fn" else (kind, *args[:2])


def _mentions(algebra, number, new_cell):
    poly = algebra.atoms[number].args[-1]
    return any(new_cell in monomial for monomial, _ in poly)


def _has_product(algebra, number):
    poly = algebra.atoms[number].args[-1]
    return any(algebra.atoms[n].kind in ("matmul", "slice") for m, _ in poly for n in m)


def match(algebra: Algebra, c: int, h: Poly, new_c: int, pair, output) -> Match:
    """Puts the parts of a step together.

    Args:
      c: the atom of the cell state. h: the expression of the output before, of one
        atom in a loop. new_c: the atom of the next c.
      pair: of ``match_cell_state``. output: of ``match_output``.
    """
    made = Match(c, h)
    forget, i, j, rest, clip = pair
    o, cell, wrapped = output
    made.lacking += wrapped
    if clip is not None:
        made.lacks("clipping of the cell state", clip)
    for monomial in rest:
        made.lacks("another term in the cell state", node_of(algebra, monomial))
    for letter, number in zip("fioj", (forget, i, o, j), strict=True):
        made.nodes[letter] = algebra.nodes[number]
        made.gates[letter] = _gate(algebra, made, letter, number)
    made.functions["j"] = (_function(algebra, made, j), algebra.nodes[j])
    made.functions["c"] = (_function(algebra, made, cell), algebra.nodes[cell])
    made.functions["gate"] = (_gate_name(algebra, forget), algebra.nodes[forget])
    if _gate_name(algebra, o) != _gate_name(algebra, forget):
        made.lacks("an output gate of another function", algebra.nodes[o])
    if made.functions["j"][0] != made.functions["c"][0]:
        made.lacks("two activations", made.functions["c"][1])
    made.cell = terms(algebra, algebra.atoms[cell].args[-1])
    _explain_gates(algebra, made, new_c)
    _explain_cell(algebra, made, new_c)
    _name_roles(algebra, made)
    return made


def _function(algebra, made, number):
    name = _name(algebra, number)
    if isinstance(name, tuple):
        made.lacks("an activation that is clipped", algebra.nodes[number])
        return "clip"
    return name


def _gate_name(algebra, number):
    name = _name(algebra, number)
    return _HARD if isinstance(name, tuple) and name[1:] == (0.0, 1.0) else name


def _gate(algebra, made, letter, number):
    """The terms of a gate; those of clip(0.2 z + 0.5) are of its z."""
    poly = algebra.atoms[number].args[-1]
    if letter != "j" and _gate_name(algebra, number) == _HARD:
        poly = algebra.scale(algebra.sub(poly, algebra.const(0.5)), 5.0)
        poly = tuple((m, round(c, 6)) for m, c in poly if round(c, 6))
        made.lacks("gates by clip(0.2 z + 0.5, 0, 1)", algebra.nodes[number])
    return terms(algebra, poly)


def _explain_gates(algebra, made, new_c):
    """Names what stands in a gate and is no product, norm or offset."""
    first = made.gates["f"]
    for letter, gate in made.gates.items():
        for monomial in gate.rest:
            if made.c in monomial or new_c in monomial:
                others = [n for n in monomial if n not in (made.c, new_c)]
                made.lacks("peepholes", node_of(algebra, others or monomial))
            else:
                made.lacks(describe(algebra, monomial), node_of(algebra, monomial))
        if gate.number and letter != "f":
            made.lacks(f"a number added to gate {letter}", made.nodes[letter])
        if gate.common != first.common:
            made.lacks("gates of separate variables", made.nodes[letter])
        if len(gate.pieces) != 1:
            made.lacks("a gate of several pieces", made.nodes[letter])


def _explain_cell(algebra, made, new_c):
    cell, node = made.cell, made.functions["c"][1]
    plain = [m for m in cell.rest if m == (new_c,)]
    for monomial in cell.rest:
        if monomial != (new_c,):
            made.lacks(describe(algebra, monomial), node_of(algebra, monomial))
    if len(plain) + len(cell.norms) != 1 or cell.products or cell.number:
        made.lacks("another function of the cell state", node)
    if plain and cell.offsets:
        made.lacks("an offset of the cell state", node)


def _name_roles(algebra, made):
    """Which product is the input's, which the recurrent one, which norm is of what."""
    gate, state = made.gates["f"], made.h
    operands = [(x, x, "") for x in gate.products]
    operands += [(norm.x, norm, "norm") for norm in gate.norms]
    for number, what, kind in operands:
        if algebra.atoms[number].kind != "matmul":
            continue
        operand = algebra.atoms[number].args[0]
        joined = algebra.only(operand, "concat")
        if operand == state:
            role = "recurrent"
        elif joined is not None and joined.args[0][1:] == (state,):
            role, made.x, made.joined = "joined", joined.args[0][0], True
        elif joined is not None and state in joined.args[0]:
            made.lacks("a kernel of [h, x] or of more parts", algebra.nodes[number])
            continue
        elif _of_state(operand, state):
            made.lacks("dropout of the state", algebra.nodes[number])
            continue
        else:
            role, made.x = "input", operand
        if role in made.roles:
            made.lacks("several inputs", algebra.nodes[number])
        made.roles[role] = what
        if kind and role == "joined":
            made.lacks("one normalisation of x and h together", what.node)
    if not {"joined"} <= made.roles.keys() and {"input", "recurrent"} - {*made.roles}:
        made.lacks("no kernel of the input or of the state", made.nodes["f"])


def _of_state(poly, state):
    atoms = {n for monomial, _ in state for n in monomial}
    return any(n in atoms for monomial, _ in poly for n in monomial)


def node_of(algebra: Algebra, monomial) -> str:
    """The node that shows a term: of its atom that is least usual."""
    order = ("op", "select", "mask", "fn", "clip", "matmul", "slice", "row", "variable")
    kinds = [algebra.atoms[n].kind for n in monomial]
    best = min(
        range(len(monomial)),
        key=lambda k: order.index(kinds[k]) if kinds[k] in order else len(order),
    )
    return algebra.nodes[monomial[best]]


def describe(algebra: Algebra, monomial) -> str:
    """A term that is not understood, in words."""
    for number in monomial:
        kind, args = algebra.atoms[number]
        if kind == "op" and args[0] in ("Mean", "Sum"):
            return "normalisation over the units (layer norm)"
        if kind == "op":
            return f"an operation {args[0]}"
        if kind == "mask":
            return "dropout inside the cell"
        if args[:1] == ("rsqrt",):
            return "a normalisation of another form"
    return "a term that no cell here has"
