"""While loops (Enter, Merge, Switch, NextIteration, Exit) and conds of TensorFlow 1."""

from functools import cached_property
from typing import NamedTuple

ENTER = ("Enter", "RefEnter")
SWITCH = ("Switch", "RefSwitch")
MERGE = ("Merge", "RefMerge")
NEXT = ("NextIteration", "RefNextIteration")
EXIT = ("Exit", "RefExit")


class LoopVariable(NamedTuple):
    """What a loop carries from one step to the next; tensors are (node, output).

    ``initial`` enters the loop, ``following`` is the value for the next step; ``exit``
    is the node that lets the last value out, None if nothing does; ``switch`` the one
    that ends the loop or goes on with the value.
    """

    merge: str
    initial: tuple[str, int]
    following: tuple[str, int]
    exit: str | None
    switch: str | None


class Loop(NamedTuple):
    """``frame``: its name; ``condition``: its LoopCond; ``variables``, in order."""

    frame: str
    condition: str
    variables: tuple[LoopVariable, ...]


def loops(graph) -> list[Loop]:
    """The while loops of a graph, in the order of its nodes."""
    frames = {}
    for name in graph:
        if graph.op(name) in MERGE and len(graph.inputs(name)) == 2:
            sources = [source for source, _ in graph.inputs(name)]
            enter = next((s for s in sources if graph.op(s) in ENTER), None)
            back = next((s for s in sources if graph.op(s) in NEXT), None)
            if enter is None or back is None:
                continue
            if not graph.inputs(enter) or not graph.inputs(back):
                raise graph.damaged(f"loop node {name[:200]} takes nothing")
            frame = graph.attribute(enter, "frame_name", b"")
            if not isinstance(frame, bytes):
                raise graph.damaged(f"node {enter[:200]} has no frame")
            switch, exit_ = _switch(graph, name)
            variable = LoopVariable(
                name, graph.inputs(enter)[0], graph.inputs(back)[0], exit_, switch
            )
            found = frames.setdefault(frame.decode(errors="replace"), [])
            found.append((variable, switch))
    return [
        Loop(frame, condition, tuple(variable for variable, _ in found))
        for frame, found in frames.items()
        if (condition := _condition(graph, found)) is not None
    ]


def _switch(graph, merge):
    """The Switch that ends or goes on with a loop variable, and its Exit."""
    for taker, place, _ in graph.consumers(merge):
        if graph.op(taker) in SWITCH and place == 0:
            exits = [
                name
                for name, _, number in graph.consumers(taker)
                if graph.op(name) in EXIT and number == 0
            ]
            return taker, exits[0] if exits else None
    return None, None


def _condition(graph, found):
    for _, switch in found:
        if switch is not None:
            source = graph.inputs(switch)[1][0]
            if graph.op(source) == "LoopCond":
                return source
    return None


class Branches:
    """Which branch of a tf.cond (Switch and Merge) a node is in."""

    def __init__(self, graph):
        self.graph = graph
        self._switches = {}
        self._merges = {}

    @cached_property
    def _loop_merges(self):
        graph = self.graph
        return {
            name
            for name in graph
            if graph.op(name) in MERGE
            and any(graph.op(s) in (*ENTER, *NEXT) for s, _ in graph.inputs(name))
        }

    def is_loop_merge(self, name: str) -> bool:
        return name in self._loop_merges

    def predicate(self, tensor: tuple[str, int]) -> tuple[tuple[str, int], bool]:
        """The tensor that a predicate is outside loops; whether it is its opposite."""
        graph, opposite = self.graph, False
        while True:
            name, _ = tensor
            op = graph.op(name)
            if op in ("Identity", *ENTER) or op in SWITCH:
                tensor = graph.inputs(name)[0]
            elif op == "LogicalNot":
                tensor, opposite = graph.inputs(name)[0], not opposite
            else:
                return tensor, opposite

    def of(self, name: str) -> frozenset:
        """The pairs (predicate, side) of the Switches that a node comes behind.

        Not those of a cond that was closed by a Merge on the way.
        """
        graph = self.graph
        seen, stack, found = {name}, [name], set()
        while stack:
            at = stack.pop()
            for source, number in self._before(at):
                if graph.op(source) in SWITCH:
                    if not self._is_loop_switch(source):
                        found.add(self._side(source, number))
                    continue
                if source not in seen and not self.is_loop_merge(source):
                    seen.add(source)
                    stack.append(source)
        graph.spend(len(seen))
        return frozenset(found)

    def _before(self, name):
        graph = self.graph
        if graph.op(name) in ENTER:
            return  # what is outside a loop is in no branch inside it
        if graph.op(name) in MERGE and not self.is_loop_merge(name):
            choice = self.choice(name)
            if choice is not None:
                # The cond is closed here: go on before its Switches.
                yield from self._before_switches(name, choice[0])
                return
        yield from graph.inputs(name)
        for control in graph.controls(name):
            # A control on a Switch's own Identity tells the side.
            yield control, 0

    def _before_switches(self, merge, predicate):
        graph = self.graph
        seen, stack = {merge}, [merge]
        while stack:
            at = stack.pop()
            sources = [*graph.inputs(at), *((c, 0) for c in graph.controls(at))]
            for source, number in sources:
                if graph.op(source) in SWITCH and not self._is_loop_switch(source):
                    own = self._side(source, number)[0] == predicate
                    if own and source not in seen:
                        seen.add(source)
                        yield from graph.inputs(source)
                    if own:
                        continue
                if source not in seen and not self.is_loop_merge(source):
                    if graph.op(source) in ENTER:
                        continue
                    seen.add(source)
                    stack.append(source)

    def _is_loop_switch(self, name):
        source = self.graph.inputs(name)[1][0]
        return self.graph.op(source) == "LoopCond"

    def _side(self, switch, number):
        tensor, opposite = self.predicate(self.graph.inputs(switch)[1])
        return tensor, bool(number) != opposite

    def choice(self, merge: str):
        """(predicate, tensor if True, tensor if False) of a cond's Merge, or None."""
        if merge not in self._merges:
            self._merges[merge] = None  # a Merge within itself is no cond
            self._merges[merge] = self._choice(merge)
        return self._merges[merge]

    def _choice(self, merge):
        sources = self.graph.inputs(merge)
        if len(sources) != 2:
            return None
        sides = []
        for source, number in sources:
            if self.graph.op(source) in SWITCH and not self._is_loop_switch(source):
                sides.append({self._side(source, number)})
            else:
                sides.append(set(self.of(source)))
        fits = [
            (predicate, side)
            for predicate, side in sides[0]
            if (predicate, not side) in sides[1]
            and (predicate, not side) not in sides[0]
            and (predicate, side) not in sides[1]
        ]
        if len(fits) != 1:
            return None
        (predicate, side), (first, second) = fits[0], sources
        return (predicate, first, second) if side else (predicate, second, first)


def inside_loops(graph):
    """The nodes between the Enters and the Exits of all loops."""
    inside = {n for n in graph if graph.op(n) in ("Enter", "RefEnter")}
    waiting = list(inside)
    while waiting:
        for taker, _, _ in graph.consumers(waiting.pop()):
            if taker not in inside and graph.op(taker) not in ("Exit", "RefExit"):
                inside.add(taker)
                waiting.append(taker)
    return inside
