"""What reading a graph finds: recurrent networks, their settings, their borders.

A *tensor* is named as TensorFlow 1 names it in a GraphDef: ``node`` for a node's first
output, ``node:1`` for its second.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Setting(NamedTuple):
    """A value (a number, text, or a tuple of these) with the name of the node that
    shows it."""

    value: Any
    node: str


class Lacking(NamedTuple):
    """Something in the graph that no layer here has, and the node that makes it so."""

    what: str
    node: str


class Wrapper(NamedTuple):
    """Something between the cells that does nothing in inference.

    ``off``: the tensor to feed and the value that makes it nothing (dropout: its keep
    probability and 1.0, or its rate and 0.0); None where the graph fixes it, so that
    it is never nothing.
    """

    what: str
    node: str
    off: tuple[str, float] | None


class Reverse(NamedTuple):
    """How the backward direction turns its sequences round.

    ``input``, ``output``: the nodes that do it (``output`` None where the caller leaves
    the outputs reversed). ``lengths``: the tensor of lengths within which they do, None
    if they turn the whole time axis.
    """

    input: str
    output: str | None
    lengths: str | None


@dataclass(frozen=True)
class GraphCell:
    """One cell, recognised by what it computes.

    Attributes:
      family: "bn-lstm", "lstm" or "gru".
      scope: the longest common scope of its variables.
      variables: role -> name of the variable in the graph. bn-lstm: kernel [D, 4H],
        recurrent_kernel [H, 4H], {input,recurrent,cell}_{gamma,beta,moving_mean,
        moving_variance}, bias; betas, gammas and bias only where the graph has them.
        lstm: kernel [D + H, 4H] of the joined [x, h], or kernel and recurrent_kernel;
        bias, recurrent_bias. gru: gates/kernel, gates/bias, candidate/kernel,
        candidate/bias. A role with a variable of its own at each step has a tuple of
        names, one a step.
      gates: the order of gates along the last axis of the kernels: letters f i o j of
        an LSTM, r u of a GRU.
      settings: epsilon, decay, activation, recurrent_activation, forget_bias, gates,
        max_bn_steps, units, input_dim, moves; each only where the cell has it.
        ``moves`` says when the statistics move: "in training" (assignments in the loop
        or step, under the training switch), "always" (assignments that no switch
        guards), "update_ops" (through the collection of that name) or "never".
      per_step: the statistics have a row for each step.
      lacking: what no layer here expresses; empty if a layer can be this cell.
    """

    family: str
    scope: str
    variables: Mapping[str, str | tuple[str, ...]]
    gates: str
    settings: Mapping[str, Setting]
    per_step: bool = False
    lacking: tuple[Lacking, ...] = ()


@dataclass(frozen=True)
class GraphRNN:
    """A stack of cells in one loop; each direction of a bidirectional RNN is one.

    Attributes:
      scope: the longest common scope of its cells.
      cells: lowest layer first.
      kind: "dynamic" (a while loop), "static" (a Python loop wrote out the steps) or
        "fused" (one operation runs the sequence).
      inputs: the tensor that the loop takes apart by time, [B, T, D] or [T, B, D]; of
        a static RNN one tensor [B, D] a step.
      time_major: whether ``inputs`` and ``outputs`` are [T, B, .].
      outputs: the tensor (static: a tensor a step) of the top cell's outputs, before a
        caller turns it round; None if nothing collects them.
      reverse: of the backward direction, how it turns sequences round.
      lengths: the tensor of sequence lengths [B].
      initial_states: tensors that enter the loop as states, in the loop's order.
      final_states: tensors that leave it, in the same order. Of a static RNN, states
        are those of each cell: c, h, or h alone; of a fused one there are no final
        ones (they are the last of the outputs). None: the graph gives no tensor.
      states: for each of these the pair (number of the cell, "c", "h" or "step"); a
        state that is no cell's own has the number -1.
      switches: placeholders that are the training switch of its cells.
      inverted: those of ``switches`` that are False in training.
      wrappers: what happens between the cells that is nothing in inference: dropout.
      lacking: what else happens in the loop; empty if layers can be this RNN.
      frame: the name of the loop's frame.
    """

    scope: str
    cells: tuple[GraphCell, ...]
    kind: str
    inputs: str | tuple[str, ...]
    time_major: bool
    outputs: str | tuple[str, ...] | None
    reverse: Reverse | None = None
    lengths: str | None = None
    initial_states: tuple[str, ...] = ()
    final_states: tuple[str | None, ...] = ()
    states: tuple[tuple[int, str], ...] = ()
    switches: tuple[str, ...] = ()
    inverted: tuple[str, ...] = ()
    wrappers: tuple[Wrapper, ...] = ()
    lacking: tuple[Lacking, ...] = ()
    frame: str | None = None

    @property
    def expressible(self) -> bool:
        """Whether layers can be this RNN."""
        return not self.lacking and not any(cell.lacking for cell in self.cells)


@dataclass(frozen=True)
class Found:
    """All that a graph has: RNNs, and loops that are no known cell."""

    rnns: tuple[GraphRNN, ...] = ()
    loops: tuple[Lacking, ...] = field(default=())

    @property
    def cells(self) -> tuple[GraphCell, ...]:
        """The cells of all RNNs."""
        return tuple(cell for rnn in self.rnns for cell in rnn.cells)
