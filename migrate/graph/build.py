"""From the parts of a step to a cell: names of variables by role, settings, lacks."""

from types import MappingProxyType

import numpy as np

from migrate.graph.found import GraphCell, Lacking, Setting
from migrate.graph.lstm import Match
from migrate.graph.moves import moves
from migrate.graph.terms import Norm, terms, whole

SITES = {"input": "input", "recurrent": "recurrent", "joined": "input", "cell": "cell"}
_SPLITS = ("Split", "SplitV", "Slice", "StridedSlice")


def tidy(value: float) -> float:
    """A float32 constant as people wrote it: 0.95, not 0.949999988079071."""
    short = float(f"{value:.7g}")
    return short if np.float32(short) == np.float32(value) else float(value)


def common_scope(names) -> str:
    """The longest scope that variables have in common."""
    paths = [name.split("/")[:-1] for name in names]
    shared = paths[0] if paths else []
    for path in paths[1:]:
        same = [a == b for a, b in zip(shared, path, strict=False)]
        shared = shared[: same.index(False)] if False in same else shared[: len(same)]
    return "/".join(shared)


def shown_by(graph, start: str, values, deepest: int = 8) -> str:
    """The constant near a node that has one of some values; the node without one."""
    level, seen = [start], {start}
    for _ in range(deepest):
        following = []
        for name in level:
            if graph.op(name) == "Const" and graph.constant_shape(name) == ():
                value = graph.constant(name)
                if value.dtype.kind == "f" and any(
                    abs(float(value) - v) <= 1e-6 * abs(v) for v in values
                ):
                    return name
            following += [s for s, _ in graph.inputs(name) if s not in seen]
            seen.update(following)
        level = following[:64]
    return start


def split_before(graph, node: str) -> str:
    """The nearest operation before a node that takes a piece of a tensor."""
    level, seen = [node], {node}
    for _ in range(6):
        for name in level:
            if graph.op(name) in _SPLITS:
                return name
        level = [s for n in level for s, _ in graph.inputs(n) if s not in seen]
        seen.update(level)
    return node


class CellBuilder:
    """Makes a ``GraphCell`` of the ``Match``es of one step.

    Args:
      population: the match in inference. training: that in training, None if no
        switch tells them apart. evaluate: the ``Evaluator`` of inference, and
        learning: that of training.
    """

    def __init__(self, population: Match, training: Match | None, evaluate, learning):
        self.match, self.training = population, training
        self.evaluate, self.learning = evaluate, learning
        self.graph, self.algebra = evaluate.graph, evaluate.algebra
        self.lacking = list(population.lacking)
        self.variables: dict[str, str] = {}
        self.settings: dict[str, Setting] = {}
        self.norms: dict[str, Norm] = {}

    def lacks(self, what, node):
        self.lacking.append(Lacking(what, node))

    def build(self, runs) -> GraphCell:
        """The cell; ``runs``: a function from a ``Move`` to when it happens."""
        match = self.match
        self.norms = {
            SITES[role]: what
            for role, what in match.roles.items()
            if isinstance(what, Norm)
        }
        if match.cell.norms:
            self.norms["cell"] = match.cell.norms[0]
        self._kernels()
        self._offsets()
        gates, units = self._gates()
        self._functions()
        if self.norms:
            self._statistics(runs)
        self._shapes(units)
        self._compare_training()
        row = next((n.row for n in self.norms.values()), None)
        return GraphCell(
            "bn-lstm" if self.norms else "lstm",
            common_scope(self.variables.values()),
            MappingProxyType(self.variables),
            gates,
            MappingProxyType(self.settings),
            row is not None,
            tuple(dict.fromkeys(self.lacking)),
        )

    def _kernels(self):
        """Names of the matrices."""
        for role, what in self.match.roles.items():
            number = what.x if isinstance(what, Norm) else what
            right = self.algebra.atoms[number].args[1]
            variable = self.algebra.only(right, "variable")
            node = self.algebra.nodes[number]
            if variable is None:
                self.lacks("a kernel that is no variable", node)
                continue
            name = "recurrent_kernel" if role == "recurrent" else "kernel"
            self.variables[name] = variable.args[0]
        for site, norm in self.norms.items():
            if norm.gamma is not None:
                self.variables[f"{site}_gamma"] = norm.gamma
            if norm.statistics is not None:
                mean, variance = norm.statistics
                self.variables[f"{site}_moving_mean"] = mean
                self.variables[f"{site}_moving_variance"] = variance

    def _offsets(self):
        """Which of the added vectors is the offset of which norm, and which the bias.

        They are added up in the end; their place in the graph says whose each one is.
        """
        gate, node = self.match.gates["f"], self.match.nodes["f"]
        left = list(dict.fromkeys(gate.offsets))
        stack, seen = [*self.graph.inputs(node)] if left else [], set()
        while stack and left:
            tensor = self.evaluate.follow(stack.pop(0))
            if tensor in seen:
                continue
            seen.add(tensor)
            part = terms(self.algebra, self.evaluate(tensor))
            here = [name for name in left if name in part.offsets]
            if len(part.norms) == 1 and len(here) == 1 and not part.products:
                role = self._site_of(part.norms[0].x)
                if role is not None:
                    self._place(f"{role}_beta", here[0], left)
                    continue
            if len(seen) < 200 and self._mentions(tensor, {(n,) for n in left}):
                stack += self.graph.inputs(tensor[0])
        for name in list(left):
            second = "bias" in self.variables and not self.norms
            self._place("recurrent_bias" if second else "bias", name, left)
        for name in left:
            self.lacks("several offsets in one place", name)
        if self.match.cell.norms and self.match.cell.offsets:
            offsets = self.match.cell.offsets
            self.variables["cell_beta"] = offsets[0]
            for name in offsets[1:]:
                self.lacks("several offsets in one place", name)

    def _mentions(self, tensor, names):
        """Whether one of some variables is in an expression."""
        atoms = self.algebra.atoms
        inside = {n for monomial, _ in self.evaluate(tensor) for n in monomial}
        for _ in range(4):
            inside |= {p for n in inside for p in self.algebra.parts(atoms[n])}
        return any(atoms[whole(self.algebra, n)[0]].args[:1] in names for n in inside)

    def _place(self, role, name, left):
        if role not in self.variables:
            self.variables[role] = name
            left.remove(name)

    def _site_of(self, x):
        return next((s for s, norm in self.norms.items() if norm.x == x), None)

    def _gates(self):
        """The order of the gates along the kernels' last axis, and the units."""
        pieces = {k: next(iter(g.pieces), (0, 0)) for k, g in self.match.gates.items()}
        order = "".join(sorted(pieces, key=lambda k: pieces[k][0]))
        units = pieces["f"][1]
        node = split_before(self.graph, self.match.nodes["f"])
        if [pieces[k] for k in order] != [(k * units, units) for k in range(4)]:
            self.lacks("gates that are not the four quarters of a kernel", node)
        self.settings["gates"] = Setting(order, node)
        number = self.match.gates["f"].number
        shown = shown_by(self.graph, self.match.nodes["f"], [number] if number else [])
        self.settings["forget_bias"] = Setting(tidy(number), shown)
        self.settings["units"] = Setting(units, node)
        return order, units

    def _functions(self):
        name, node = self.match.functions["j"]
        self.settings["activation"] = Setting(name, node)
        name, node = self.match.functions["gate"]
        self.settings["recurrent_activation"] = Setting(str(name), node)

    def _statistics(self, runs):
        norms = [*self.norms.values()]
        node = norms[0].node
        for site in ("input", "recurrent", "cell"):
            if site not in self.norms:
                self.lacks(f"no normalisation of the {site}", node)
        epsilons = {norm.epsilon for norm in norms}
        if len(epsilons) > 1:
            self.lacks("several epsilons", node)
        shown = shown_by(self.graph, node, epsilons)
        self.settings["epsilon"] = Setting(tidy(norms[0].epsilon), shown)
        statistics = [norm.statistics for norm in norms if norm.statistics is not None]
        if len(statistics) < len(norms):
            self.lacks("statistics of the batch in inference, too", node)
            return
        if len({(norm.row, norm.rows) for norm in norms}) > 1:
            self.lacks("different rows of the statistics in one step", node)
        if norms[0].rows is not None:
            self.settings["max_bn_steps"] = Setting(norms[0].rows, statistics[0][0])
        self._moves(runs, [*zip(norms, statistics, strict=True)])

    def _moves(self, runs, statistics):
        """When the population statistics move, and how fast.

        ``statistics``: for each ``Norm`` the pair of names, mean and variance.
        """
        algebra, found, when = self.algebra, [], set()
        for norm, names in statistics:
            x = (((norm.x,), 1.0),)
            targets = (algebra.batch_mean(x), algebra.variance(x))
            for name, batch in zip(names, targets, strict=True):
                shape = self.graph.variables[name].shape
                old = algebra.atom("variable", name, shape)
                if norm.row is not None:
                    old = algebra.atom("row", name, shape, norm.row)
                running = [
                    (move, at)
                    for move in moves(self.learning, name, old, batch, norm.row)
                    if (at := runs(move)) is not None
                ]
                if len(running) > 1:
                    self.lacks("several updates of one statistic", running[1][0].node)
                found += [move for move, _ in running]
                when.add(running[0][1] if running else "never")
        node = found[0].node if found else statistics[-1][0].node
        if len(when) > 1:
            self.lacks("statistics of which only some move", node)
        self.settings["moves"] = Setting("/".join(sorted(when)), node)
        wrong = [move for move in found if move.decay is None]
        if wrong:
            self.lacks("statistics that move in another way", wrong[0].node)
        decays = [move.decay for move in found if move.decay is not None]
        if len({*map(tidy, decays)}) > 1:
            self.lacks("several decays", node)
        if decays and not wrong:
            shown = shown_by(self.graph, node, [decays[0], 1.0 - decays[0]])
            self.settings["decay"] = Setting(tidy(decays[0]), shown)

    def _shapes(self, units):
        """Every variable has the shape that its role has in this cell."""
        shapes = {n: self.graph.variables[v].shape for n, v in self.variables.items()}
        kernel = shapes.get("kernel")
        inputs = (kernel[0] if kernel else 0) - units * self.match.joined
        rows = self.settings.get("max_bn_steps", Setting(None, ""))[0]
        if kernel and not self.lacking:
            self.settings["input_dim"] = Setting(inputs, self.variables["kernel"])
        if len({*self.variables.values()}) < len(self.variables):
            self.lacks("one variable in two roles", self.variables["kernel"])
        for role, shape in shapes.items():
            width = units if role.startswith("cell_") else 4 * units
            expected: tuple[int, ...] = (width,)
            if role == "kernel":
                expected = (inputs + units * self.match.joined, width)
            elif role == "recurrent_kernel":
                expected = (units, width)
            elif "_moving_" in role and rows is not None:
                expected = (rows, width)
            if shape != expected or inputs < 1:
                self.lacks(f"{role} of the shape {shape}", self.variables[role])

    def _compare_training(self):
        """In training the same cell, normalised by the batch."""
        other, match = self.training, self.match
        if other is None:
            return
        for what in other.lacking:
            if what not in self.lacking:
                self.lacks(f"{what.what}, in training", what.node)
        pairs = [(match.cell, other.cell)]
        pairs += [(match.gates[k], other.gates[k]) for k in match.gates]
        for mine, theirs in pairs:
            same = (
                sorted(map(_alike, mine.norms)) == sorted(map(_alike, theirs.norms))
                and sorted(mine.products) == sorted(theirs.products)
                and sorted(mine.offsets) == sorted(theirs.offsets)
                and mine.number == theirs.number
                and mine.pieces == theirs.pieces
            )
            batch = all(norm.statistics is None for norm in theirs.norms)
            if not same or not batch:
                self.lacks("another cell in training", match.nodes["f"])
                return
        if (match.x, match.h) != (other.x, other.h) or (
            {k: v[0] for k, v in match.functions.items()}
            != {k: v[0] for k, v in other.functions.items()}
        ):
            self.lacks("another cell in training", match.nodes["f"])


def _alike(norm):
    return norm.x, norm.gamma or "", norm.epsilon
