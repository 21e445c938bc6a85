"""A graph divided at its RNNs: the parts of it that stay operations, in order.

Part 0 gives what the first RNNs need, part 1 what those after them need, and so on; the
last part gives the outputs. No operation runs in two parts, except where a tensor
cannot leave its part: constants, what is inside a loop, or one value of the switch.
"""

import re
from dataclasses import dataclass, field

from migrate.graph.chosen import Chosen
from migrate.graph.cut import cut, dtype_of
from migrate.graph.found import GraphRNN
from migrate.graph.loops import inside_loops, loops
from migrate.graph.nodes import PLACEHOLDERS, Graph
from migrate.graph.session import names_of
from migrate.graph.unreferenced import Unreferenced, unreferenced
from migrate.graph.updates import updated

_ARRAYS = re.compile("TensorArray(Gather|Concat|Pack)")
_STAY = (7, 20, 21)  # strings, resources, variants in types.proto


@dataclass
class Place:
    """An RNN to be replaced, with the tensors at its border.

    ``starts``: initial states that are not zero; ``level``: the part before it.
    """

    rnn: GraphRNN
    starts: tuple[str, ...]
    level: int = 0

    @property
    def takes(self):
        """What enters it."""
        return (*names_of(self.rnn.inputs), *names_of(self.rnn.lengths), *self.starts)

    @property
    def gives(self):
        """What leaves it."""
        finals = (t for t in self.rnn.final_states if t is not None)
        return (*names_of(self.rnn.outputs), *finals)


@dataclass
class GraphSide:
    """One part for one value of the switch: its GraphDef and the names in it."""

    graph: Unreferenced
    given: dict[str, str]
    fetched: dict[str, str]
    also: tuple[str, ...]


@dataclass
class Divided:
    """``parts``: pairs (inference, training); ``takes``, ``gives``: tensors of each;
    ``inputs``: placeholders; ``places``: RNNs that are needed, by level."""

    parts: list[tuple[GraphSide, GraphSide]]
    takes: list[list[str]]
    gives: list[list[str]]
    inputs: list[str]
    places: list[Place]


@dataclass
class _Side:
    """The walk through the graph for one value of the switch."""

    chosen: Chosen
    stops: dict  # tensor here -> its name in the whole graph
    owner: dict = field(default_factory=dict)
    needed: set = field(default_factory=set)
    loops: list = field(default_factory=list)


def divide(graph: Graph, sides, places, outputs, owned) -> Divided:
    """Divides a graph.

    Args:
      graph: the whole graph. sides: ``Chosen`` for inference and for training.
      places: ``Place`` of each RNN that may be replaced. outputs: names of tensors.
      owned: variables of the RNNs that are replaced.
    """
    return _Division(graph, sides, places, outputs, owned).done()


class _Division:
    def __init__(self, graph, sides, places, outputs, owned):
        self.graph, self.outputs, self.owned = graph, outputs, owned
        self.of = {tensor: place for place in places for tensor in place.gives}
        fixed = set(graph.placeholders) & set(sides[0].values)
        self.inputs = [
            name
            for name in graph.placeholders
            if name not in fixed and graph.op(name) in PLACEHOLDERS[:2]
        ]
        self.sides = [
            _Side(
                chosen,
                {chosen.tensor(t): t for t in [*self.inputs, *self.of]},
            )
            for chosen in sides
        ]
        self.inside = inside_loops(graph)

    def done(self):
        needed = self._order()
        count = max((place.level for place in needed), default=-1) + 2
        wanted = [[] for _ in range(count)]
        for place in needed:
            wanted[place.level] += [
                t for t in place.takes if t not in wanted[place.level]
            ]
        wanted[-1] += self.outputs
        extra = self._updates(count)
        crossing = [{} for _ in range(count)]
        for number, side in enumerate(self.sides):
            ends = [t for tensors in wanted for t in tensors]
            ends += [node for nodes in extra for node in nodes if number]
            side.needed, _ = _back(side, [side.chosen.tensor(t) for t in ends], {})
            side.loops = loops(side.chosen.graph)
        for level in range(count):
            self._walk(level, wanted, extra, crossing)
        return self._cut(needed, wanted, extra, crossing)

    def _order(self):
        """The places that the outputs need, with their levels."""
        levels = {}

        def level_of(tensors, open_):
            level = 0
            for tensor in self._stops(tensors):
                place = self.of.get(tensor)
                if place is None or id(place) in open_:
                    continue
                if id(place) not in levels:
                    inner = level_of(place.takes, open_ | {id(place)})
                    place.level, levels[id(place)] = inner, place
                level = max(level, place.level + 1)
            return level

        self.level_of = lambda tensors: level_of(tensors, frozenset())
        self.level_of(self.outputs)
        return sorted(levels.values(), key=lambda place: place.level)

    def _stops(self, tensors, sides=None):
        """Where a walk back from tensors ends, in any side."""
        found = {}
        for side in sides or self.sides:
            _, hits = _back(side, [side.chosen.tensor(t) for t in tensors], {})
            found |= dict.fromkeys(hits.values())
        return list(found)

    def _updates(self, count):
        """Nodes of UPDATE_OPS that training runs, by part."""
        side, extra = self.sides[1], [[] for _ in range(count)]
        needed = set(self._stops(self.outputs))
        for place in self.of.values():
            if set(place.gives) & needed:
                needed |= set(self._stops(place.takes))
        for node in self.graph.collections.get("update_ops", ()):
            moved = updated(self.graph, node)
            if not side.chosen.alive(node) or moved & self.owned or not moved:
                continue
            stops = set(self._stops([node], [side]))
            if stops <= needed:
                level = self.level_of([node])
                extra[min(level, count - 1)].append(node)
        return extra

    def _walk(self, level, wanted, extra, crossing):
        """Which nodes run in this part, and what they take from earlier ones."""
        both = set(self.sides[0].owner) & set(self.sides[1].owner)
        for number, side in enumerate(self.sides):
            given = {
                tensor: f"{tensor[0]}:{tensor[1]}"
                for node in both
                for tensor in ((node, 0), (node, 1), (node, 2), (node, 3))
                if self._may_cross(side, tensor)
            }
            starts = [side.chosen.tensor(t) for t in wanted[level]]
            if number:
                starts += [side.chosen.tensor(t) for t in extra[level]]
            seen, _ = _back(side, starts, given)
            starts += self._whole_loops(side, seen)
            seen, hits = _back(side, starts, given)
            for tensor, name in hits.items():
                if tensor in side.stops:
                    continue
                earlier = self.sides[0].owner[tensor[0]]
                crossing[level][name] = None
                if name not in wanted[earlier]:
                    wanted[earlier].append(name)
            for node in seen:
                side.owner.setdefault(node, level)

    def _whole_loops(self, side, nodes):
        """What else leaves the loops that are in ``nodes``, and what takes arrays that
        do: a loop runs in one part, and its arrays cannot leave that."""
        graph = side.chosen.graph
        exits = [
            variable.exit
            for loop in side.loops
            if loop.condition in nodes
            for variable in loop.variables
            if variable.exit in side.needed
        ]
        takers = [taker for name in exits for taker, _, _ in graph.consumers(name)]
        takers = [t for t in takers if t in side.needed and _ARRAYS.match(graph.op(t))]
        return [(name, 0) for name in (*exits, *takers)]

    def _may_cross(self, side, tensor):
        graph = side.chosen.graph
        return (
            tensor[0] not in self.inside
            and graph.op(tensor[0]) != "Const"
            and dtype_of(graph, *tensor) not in _STAY
        )

    def _cut(self, needed, wanted, extra, crossing):
        parts, takes, inputs = [], [], {}
        for level in range(len(wanted)):
            pair, taken = [], {}
            for number, side in enumerate(self.sides):
                given = {side.chosen.tensor(name): name for name in crossing[level]}
                starts = [side.chosen.tensor(t) for t in wanted[level]]
                starts += [side.chosen.tensor(n) for n in extra[level] if number]
                _, hits = _back(side, starts, given)
                taken |= dict.fromkeys(hits.values())
                pair.append((side, hits))
            inputs |= {name: None for name in taken if name in self.inputs}
            takes.append(list(taken))
            parts.append(
                tuple(
                    self._side(side, hits, wanted[level], extra[level] if n else ())
                    for n, (side, hits) in enumerate(pair)
                )
            )
        for place in needed:
            inputs |= {t: None for t in place.takes if t in self.inputs}
        return Divided(parts, takes, wanted, list(inputs), needed)

    def _side(self, side, hits, wanted, extra):
        names = {name: "{}:{}".format(*tensor) for tensor, name in hits.items()}
        fetches = {t: "{}:{}".format(*side.chosen.tensor(t)) for t in wanted}
        extra = [side.chosen.tensor(node)[0] for node in extra]
        part = cut(side.chosen.graph, [*names.values()], [*fetches.values(), *extra])
        return GraphSide(
            unreferenced(part.graph_def, self.graph.label),
            {name: part.fed[tensor] for name, tensor in names.items()},
            {name: part.fetched[tensor] for name, tensor in fetches.items()},
            tuple(extra),
        )


def _back(side, starts, given):
    """The nodes that run for some tensors, and the given tensors that they take."""
    graph, seen, hits = side.chosen.graph, set(), {}
    waiting = list(starts)
    while waiting:
        tensor = waiting.pop()
        name = side.stops.get(tensor) or given.get(tensor)
        if name is not None:
            hits[tensor] = name
        elif tensor[0] not in seen:
            seen.add(tensor[0])
            waiting += graph.inputs(tensor[0])
            waiting += [
                (c, 0) for c in graph.controls(tensor[0]) if (c, 0) not in side.stops
            ]
    return seen, hits
