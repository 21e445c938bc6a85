"""What a tensor of a graph computes, as an expression (``algebra``).

Nothing is run. Operations that change no number are seen through; those that are
arithmetic become arithmetic; every other one is an atom that bears its name.
"""

import numpy as np

from migrate.errors import MigrateError
from migrate.graph import arithmetic, fused, shaping
from migrate.graph.algebra import Algebra, Poly
from migrate.graph.loops import ENTER, MERGE, SWITCH, Branches

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
_BOOL = 10


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
        """A Cast does, from numbers to booleans, from fractions to integers, and from
        one kind of fractions to another."""
        source = self.graph.attribute(name, "SrcT")
        target = self.graph.attribute(name, "DstT")
        if target == _BOOL or source in _FLOAT_TYPES:
            return source != target
        return False

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
            self.graph.spend(5)
            stack.pop()
        return self._known[tensor]

    def _operands(self, tensor):
        """The inputs whose expressions an operation's own expression needs."""
        op, inputs = self.graph.op(tensor[0]), self.graph.inputs(tensor[0])
        places = _PLACES.get(op)
        if places is None:
            return inputs if op in _ALL else ()
        needed = [inputs[place] for place in places if place < len(inputs)]
        if op == "LSTMBlockCell" and tensor[1] == 6:
            needed.append((tensor[0], 1))
        return needed

    def _compute(self, tensor, polys):
        name, number = tensor
        op = self.graph.op(name)
        made = None
        if op in FUNCTIONS and len(polys) == 1:
            made = arithmetic.function(self, FUNCTIONS[op], polys[0], name)
        elif op in _COMPARISONS and len(polys) == 2:
            kind: tuple[str, ...] = (_COMPARISONS[op],)
            if any(map(self.random, polys)):
                kind = ("mask", *kind)
            made = self.algebra.atom(*kind, *polys, node=name)
        elif op in _COMPUTE:
            try:
                made = _COMPUTE[op](self, name, number, polys)
            except MigrateError:
                raise
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


_COMPUTE = {**arithmetic.COMPUTE, **shaping.COMPUTE, **fused.COMPUTE}
_ALL = ("AddN",)
_PLACES = {
    **dict.fromkeys(FUNCTIONS, (0,)),
    **dict.fromkeys(_COMPARISONS, (0, 1)),
    **arithmetic.PLACES,
    **shaping.PLACES,
    **fused.PLACES,
}
