"""Whole sequences: ``BNLSTM``, a layer like ``keras.layers.LSTM``.

Keras's side of things only: arguments, states, masks, configuration, and which form of
the computation is taken. The mathematics is in ``compute``.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras

from bnlstm_compat import backend, spec
from bnlstm_compat.arguments import (
    Function,
    Initializer,
    Option,
    Tensor,
    one_of,
    require_countable,
)
from bnlstm_compat.cell import PACKAGE, BNLSTMCell, counters_alike
from bnlstm_compat.compute import choice, general, masks
from bnlstm_compat.compute.by_rows import sequence_by_rows
from bnlstm_compat.compute.updates import tables_after

if backend.NAME == "tensorflow":
    from bnlstm_compat.compute.fused import sequence as fused


class _Batch(NamedTuple):
    """What a pass is given: x [B,T,D], the state before, and what is known of both.

    ``fresh``: whether all rows are known to stand at one step. ``lengths``: [B] or
    None. ``dropout``: masks of x [B,D] and of h [B,H], each or None.
    """

    x: Tensor
    h: Tensor
    c: Tensor
    step: Tensor
    fresh: bool
    lengths: Tensor | None
    dropout: tuple = (None, None)


class _Result(NamedTuple):
    """What a pass gives: outputs [B,T,H], the state, the statistics after it by name.

    ``tables`` is empty where the statistics stay.
    """

    outputs: Tensor
    h: Tensor
    c: Tensor
    step: Tensor
    tables: dict[str, Tensor]


def _of_cell(name: str) -> property:
    def value(layer: "BNLSTM") -> Any:
        return getattr(layer.cell, name)

    return property(value, doc=f"The cell's ``{name}``.")


@keras.saving.register_keras_serializable(package=PACKAGE)
class BNLSTM(keras.layers.RNN):
    """LSTM with batch normalisation over whole sequences.

    Goes wherever a ``keras.layers.LSTM`` goes, with the arguments of one; what is
    called bias there is an offset, beta, here. Computes what ``keras.layers.RNN(
    BNLSTMCell(...))`` does, with the same weights (``layer.cell``), for all steps of
    the input's part at once, and updates the statistics once, after the loop. Time is
    linear in T.

    Inputs are [B,T,D]; the output is h [B,H], or [B,T,H] with ``return_sequences``.
    States, for ``initial_state`` and ``return_state``: ``[h [B,H], c [B,H],
    step [B,1]]``, the counter in float32 at least. ``initial_state=[h, c]`` starts at
    step 0.

    **Training.** ``training`` may be a bool, None or a bool tensor. With ``trainable =
    False`` the statistics are frozen and used in training too, as with
    ``keras.layers.BatchNormalization``.

    **Lengths** come as a right-padded mask [B,T]. A mask with gaps or left padding is
    an error; in code compiled by XLA, which cannot raise one, all outputs are NaN.

    * ``padding="masked"``: only valid rows count in the batch's moments, and each row
      has its own step, so that neither the order of the batch nor the length of the
      padding matters. A step with fewer than two valid rows, in training, uses its row
      of the population statistics (as it was before this batch) and does not update it;
      so does a batch of one.
      Outputs past a row's length repeat the last, or are zero with
      ``zero_output_for_mask``, as in Keras.
    * ``padding="v1"``: what TensorFlow 1.15's ``dynamic_rnn`` did with
      ``sequence_length``. The loop goes to the longest row; a finished row keeps its
      state, but its padding still counts in the batch's moments; row 0's counter
      decides the row of the statistics. Outputs past a row's length are zero, or with
      ``zero_output_for_mask=False`` what the cell computes there, as TensorFlow 1's
      ``MultiRNNCell`` hands it to the next cell of a stack. A batch of one has a
      variance of 0.

    With ``go_backwards``, each sequence is reversed within its length and the output is
    right-aligned, so that ``keras.layers.Bidirectional`` gives what TensorFlow 1's
    ``bidirectional_dynamic_rnn`` gave.

    **Beyond the longest step** (``max_bn_steps``), inference uses the last row of the
    statistics. In training, with ``overflow="update"``, TensorFlow 1's way, later steps
    all update that row, one after the other; with ``"keep"``, the paper's (section 4),
    it remains that of step M, and later steps only use their own moments.

    **Several devices.** Under ``tf.distribute`` each replica takes its own moments and
    the statistics are the replicas' mean; with ``synchronized=True`` moments are taken
    over all replicas, which needs a known T and no states from before.

    Args:
      units: H. max_bn_steps: M.
      activation ... epsilon, padding, seed: see ``BNLSTMCell`` and above.
      overflow: "update" or "keep", see above.
      bias_correction: statistics are averages of what was seen alone, without a share
        of the 0 and 1 that they start from; one more weight counts updates.
      affine_per_step: scales and offsets have a row for each step, too.
      activity_regularizer: of the output.
      return_sequences, return_state, go_backwards, stateful, unroll: as in
        ``keras.layers.LSTM``.
      synchronized: see above.
      mode: how the steps are run: "auto", the fastest by shape; "plain", TensorFlow's
        loop; "unrolled", Python's loop (also with ``unroll``); "xla", compiled, also
        inside a step that is not; "general", a loop that TensorFlow differentiates,
        which has gradients of any order. "auto" compiles in a ``tf.function`` with a
        known T, on one device; that takes seconds at the first call of each shape, and
        so it is done for the first three shapes in training, and in inference; further
        ones are run as by "plain". While Keras exports, "auto" takes what the target
        can run: see ``bnlstm_compat.exporting``.
        Other activations than tanh, sigmoid, relu and linear are always run as by
        "general", and so are synchronised moments. On JAX and torch there is one
        way, and only "unrolled" makes a difference, on JAX.
      zero_output_for_mask: see above; None is False for "masked", True for "v1".

    Raises:
      ValueError: for arguments out of range, a mask of another shape than [B,T] or not
        right-padded, an initial state of other than two or three parts.

    Source: arXiv 1603.09025, equations 6-8.
    """

    cell_type = BNLSTMCell  # A layer with another kind of cell says so here.

    units = _of_cell("units")
    max_bn_steps = _of_cell("max_bn_steps")
    activation = _of_cell("activation")
    recurrent_activation = _of_cell("recurrent_activation")
    kernel_initializer = _of_cell("kernel_initializer")
    recurrent_initializer = _of_cell("recurrent_initializer")
    beta_initializer = _of_cell("beta_initializer")
    gamma_initializer = _of_cell("gamma_initializer")
    unit_forget_bias = _of_cell("unit_forget_bias")
    kernel_regularizer = _of_cell("kernel_regularizer")
    recurrent_regularizer = _of_cell("recurrent_regularizer")
    beta_regularizer = _of_cell("beta_regularizer")
    gamma_regularizer = _of_cell("gamma_regularizer")
    kernel_constraint = _of_cell("kernel_constraint")
    recurrent_constraint = _of_cell("recurrent_constraint")
    beta_constraint = _of_cell("beta_constraint")
    gamma_constraint = _of_cell("gamma_constraint")
    dropout = _of_cell("dropout")
    recurrent_dropout = _of_cell("recurrent_dropout")
    seed = _of_cell("seed")
    momentum = _of_cell("momentum")
    epsilon = _of_cell("epsilon")
    padding = _of_cell("padding")
    overflow = _of_cell("overflow")
    bias_correction = _of_cell("bias_correction")
    affine_per_step = _of_cell("affine_per_step")

    def __init__(
        self,
        units: int,
        max_bn_steps: int,
        activation: Function = "tanh",
        recurrent_activation: Function = "sigmoid",
        kernel_initializer: Initializer = "orthogonal",
        recurrent_initializer: Initializer = "orthogonal",
        beta_initializer: Initializer = "zeros",
        gamma_initializer: Initializer | None = None,
        unit_forget_bias: bool = True,
        kernel_regularizer: Option = None,
        recurrent_regularizer: Option = None,
        beta_regularizer: Option = None,
        gamma_regularizer: Option = None,
        kernel_constraint: Option = None,
        recurrent_constraint: Option = None,
        beta_constraint: Option = None,
        gamma_constraint: Option = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        momentum: float = spec.MOMENTUM,
        epsilon: float = spec.EPSILON,
        padding: str = "masked",
        overflow: str = "update",
        bias_correction: bool = False,
        affine_per_step: bool = False,
        activity_regularizer: Option = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        synchronized: bool = False,
        mode: str = "auto",
        zero_output_for_mask: bool | None = None,
        **kwargs: Any,
    ) -> None:
        cell = self.cell_type(
            units=units,
            max_bn_steps=max_bn_steps,
            activation=activation,
            recurrent_activation=recurrent_activation,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            unit_forget_bias=unit_forget_bias,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            momentum=momentum,
            epsilon=epsilon,
            padding=padding,
            overflow=overflow,
            bias_correction=bias_correction,
            affine_per_step=affine_per_step,
            dtype=kwargs.get("dtype"),
            trainable=kwargs.get("trainable", True),
            name="bnlstm_cell",
        )
        if zero_output_for_mask is None:
            zero_output_for_mask = padding == "v1"
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            zero_output_for_mask=zero_output_for_mask,
            activity_regularizer=activity_regularizer,
            # Keras would cast the step counter of an initial state, too.
            autocast=False,
            **kwargs,
        )
        self.synchronized = bool(synchronized)
        self.mode = one_of("mode", mode, choice.MODES)
        self._shapes = choice.Shapes()
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def call(
        self,
        sequences: Tensor,
        initial_state: Sequence[Tensor] | None = None,
        mask: Tensor | None = None,
        training: Tensor | bool | None = False,
    ) -> Tensor:
        """Sequences [B,T,D] to outputs, and states with ``return_state``."""
        x = keras.ops.cast(sequences, self.compute_dtype)
        if (self.unroll or self.mode == "unrolled") and x.shape[1] is None:
            raise ValueError(
                "Cannot unroll a BNLSTM if the number of steps is not known. Give it "
                f"in the input's shape. Received: sequences.shape={x.shape}"
            )
        state, fresh = self._starting_state(x, initial_state)
        lengths, right_padded = None, None
        if mask is not None:
            lengths, right_padded = masks.lengths_of(mask, x)
        if self.go_backwards:
            x = masks.reversed_in_time(x, lengths)
        h, c, step = state
        result = self._passed(_Batch(x, h, c, step, fresh, lengths), training)
        if lengths is not None:
            result = result._replace(outputs=self._outputs_by_mask(result, lengths))
        if right_padded is not None:
            result = self._unless(right_padded, result)
        outputs, h, c, step, tables = result
        for name, table in backend.current.replicas_mean(tables).items():
            getattr(self.cell, name).assign(table)
        if self.stateful:
            for variable, value in zip(self.states, (h, c, step), strict=True):
                variable.assign(keras.ops.cast(value, variable.dtype))
        output = outputs if self.return_sequences else h
        return (output, h, c, step) if self.return_state else output

    def _starting_state(self, x, initial_state):
        """``(h, c, step)``, and whether all rows are known to begin at one step."""
        # Known where it can be: loops over unknown shapes are hard to convert.
        batch = keras.ops.shape(x)[0]
        if initial_state is None:
            initial_state = self.states
        if initial_state is None:
            initial_state = self.get_initial_state(batch)[:2]
        initial_state = list(initial_state)
        if len(initial_state) not in (2, 3):
            raise ValueError(
                f"Layer '{self.name}' expected initial_state of two or three tensors, "
                "[h, c] or [h, c, step]. Received: initial_state with "
                f"{len(initial_state)}"
            )
        h, c = (keras.ops.cast(state, x.dtype) for state in initial_state[:2])
        dtype = self.cell.input_moving_mean.dtype
        if len(initial_state) == 2:
            return (h, c, backend.current.zeros((batch, 1), dtype)), True
        step = keras.ops.convert_to_tensor(initial_state[2])
        require_countable(step.dtype, self.max_bn_steps)
        step = keras.ops.cast(step, dtype)
        return (h, c, step), counters_alike(step)

    def _passed(self, batch, training):
        """The ``_Result`` of a pass for a ``training`` of any kind: a bool, None or a
        tensor, of which a graph only knows later."""
        if not self.trainable or training is None:
            training = False
        later = keras.ops.is_tensor(training) and not backend.current.known(training)
        if later or training:
            trained = batch._replace(dropout=self.cell.dropout_masks(batch.x))
        if not later:
            return self._run(trained, True) if training else self._run(batch, False)
        return keras.ops.cond(
            keras.ops.cast(training, "bool"),
            lambda: self._run(trained, True),
            # Both ways give the same names.
            lambda: self._run(batch, False)._replace(tables=self.cell.tables()),
        )

    def _run(self, batch, training):
        """The ``_Result`` of a pass in the form of computation that fits it."""
        cell, collect = self.cell, self.cell.collector
        x, h, c, step, fresh, _, (of_input, of_state) = batch
        if of_input is not None:
            x = x * of_input[:, None]
        measured = training or collect is not None
        all_sum = self._all_sum(x, fresh) if measured else None
        w = cell.tensors()
        options = {
            "training": measured,
            "activation": backend.current.function(cell.activation),
            "recurrent_activation": backend.current.function(cell.recurrent_activation),
            "epsilon": cell.epsilon,
            "lengths": batch.lengths,
            "overflow": cell.overflow,
            "recurrent_mask": of_state,
        }
        if cell.padding == "masked" and not fresh:
            self._refuse_to_collect()
            *results, tables = sequence_by_rows(
                w, x, h, c, step, momentum=cell.momentum, **options
            )
            return _Result(*results, tables if training else {})
        options["padding"] = cell.padding
        known = backend.NAME == "tensorflow" and fused.supports(
            cell.activation, cell.recurrent_activation
        )
        if self.mode == "general" or all_sum is not None or not known:
            unroll = self.unroll or all_sum is not None
            *results, moments = general.sequence(
                w, x, h, c, step, unroll=unroll, all_sum=all_sum, **options
            )
        else:
            mode = self.mode
            if mode == "auto" and collect is not None:
                mode = "plain"  # one pass over some data: compiling would not pay
            options |= {"unroll": self.unroll, "mode": mode, "shapes": self._shapes}
            *results, moments = fused.sequence(w, x, h, c, step, **options)
        if collect is not None:
            collect(moments)
            return _Result(*results, {})
        tables = tables_after(w, moments, cell.momentum) if training else {}
        return _Result(*results, tables)

    def _refuse_to_collect(self):
        if self.cell.collector is not None:
            raise ValueError(
                f"Layer '{self.name}' cannot tell moments by step for sequences "
                "that may stand at different steps. Give initial_state=[h, c] "
                "without a step, or use padding='v1'. Received: initial_state with "
                "3 tensors"
            )

    def _outputs_by_mask(self, result, lengths):
        """Outputs [B,T,H] with what stands past each row's length [B]."""
        how = "zero" if self.zero_output_for_mask else "repeat"
        if how == "repeat" and self.padding == "v1":
            how = "raw"
        outputs = masks.filled(result.outputs, lengths, result.h, how)
        if self.go_backwards:
            outputs = masks.reversed_in_time(outputs, lengths)
            outputs = keras.ops.flip(outputs, axis=1)
        return outputs

    def _unless(self, right_padded, result):
        """NaN outputs and unmoved statistics where the mask was not right-padded."""
        outputs, h, c = masks.nan_unless(right_padded, *result[:3])
        before, where = self.cell.tables(), backend.current.where
        tables = {
            name: where(right_padded, table, before[name])
            for name, table in result.tables.items()
        }
        return _Result(outputs, h, c, result.step, tables)

    def _all_sum(self, x, fresh):
        """Adds a tensor up over replicas, where moments are theirs together."""
        if not self.synchronized:
            return None
        all_sum = backend.current.replicas_sum()
        if all_sum is None:  # one replica, or a symbolic call outside of them
            return None
        if x.shape[1] is None or not (fresh or self.padding == "v1"):
            raise ValueError(
                "synchronized=True needs a known number of steps, and sequences that "
                "begin at step 0 or padding='v1': replicas exchange their moments at "
                "every step, which only an unrolled loop can do. Received: "
                f"sequences.shape={x.shape}"
            )
        return all_sum

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        config = super().get_config()
        del config["cell"]
        return {
            **config,
            **self.cell.own_config(),
            "activity_regularizer": keras.regularizers.serialize(
                self.activity_regularizer
            ),
            "synchronized": self.synchronized,
            "mode": self.mode,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "BNLSTM":
        """The layer of a configuration."""
        return cls(**config)
