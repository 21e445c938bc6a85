"""One step: ``BNLSTMCell``, a cell for ``keras.layers.RNN``.

Keras's side of things only: arguments, weights, configuration, and the statistics at
one step. The mathematics is in ``compute``.
"""

from typing import Any

import keras
import numpy as np

from bnlstm_compat import backend, keras_private, spec
from bnlstm_compat.arguments import (
    Function,
    Initializer,
    Option,
    Tensor,
    at_least,
    between,
    one_of,
    require_countable,
)
from bnlstm_compat.compute.norm import batch_moments
from bnlstm_compat.compute.schedule import at_rows
from bnlstm_compat.compute.step import cell_step
from bnlstm_compat.compute.updates import Moments, kept_share
from bnlstm_compat.weights import BNLSTMWeights

PACKAGE = "bnlstm_compat"
# Updates that a row of imported statistics is taken to have had, where averages are
# corrected for bias: so many that no more correction is left, and a number that
# float32 still counts.
_SETTLED = 2.0**24
_ROLES = ("kernel", "recurrent", "beta", "gamma")


@keras.saving.register_keras_serializable(package=PACKAGE)
class BNLSTMCell(keras.layers.Layer, keras_private.DropoutRNNCell):
    """One step of an LSTM with batch normalisation, for ``keras.layers.RNN``.

    With B batch, D input, H ``units``, M ``max_bn_steps``; gates f, i, o, j; ``bn``
    over the batch with the batch's moments in training, else with row ``step`` (at
    most M - 1) of the moving statistics::

        f,i,o,j = split(bn(x kernel) + bn(h recurrent_kernel))
        c' = c * sigmoid(f) + sigmoid(i) * activation(j)
        h' = activation(bn(c')) * sigmoid(o)

    In training each step also moves its row of the statistics:
    ``row * momentum + moment * (1 - momentum)``. The state is ``[h [B,H], c [B,H],
    step [B,1]]``; the counter is a float. The weights are those of
    ``bnlstm_compat.spec``, in its order. With ``trainable = False``, as with
    ``keras.layers.BatchNormalization``, the statistics are frozen and used in training
    too.

    Run eagerly with ``padding="v1"`` (or with equal counters), this goes step by step:
    it gives the same bits as the TensorFlow 1 cell run in a graph by the same
    TensorFlow.

    A cell sees no mask. In ``keras.layers.RNN`` with a mask, ``padding="masked"`` takes
    rows whose counter lies behind the furthest as finished; a row that has just ended
    still counts once. ``BNLSTM`` sees the mask, and counts exactly. On JAX
    ``keras.layers.RNN`` trains the cell with ``unroll=True`` only.

    Args:
      units: H, a positive integer.
      max_bn_steps: M, the number of steps with statistics of their own; later steps
        share the last row.
      activation: of the candidate and of the output; "tanh" by default.
      recurrent_activation: of the gates; "sigmoid" by default.
      kernel_initializer, recurrent_initializer: of [D,4H] and [H,4H].
      beta_initializer, gamma_initializer: of offsets and scales; 0 and 0.1.
      unit_forget_bias: start the forget gate's offset at 1.
      {kernel,recurrent,beta,gamma}_{regularizer,constraint}: of these weights.
      dropout, recurrent_dropout: shares of x and of h that are dropped in training,
        the same for all steps.
      seed: of the dropout.
      momentum: share of the old statistics that each training step keeps.
      epsilon: added to variances.
      padding: "masked" or "v1", where row 0's counter decides for all rows.
      overflow, bias_correction, affine_per_step: see ``BNLSTM``.

    Raises:
      ValueError: for arguments out of range, for more steps than the dtype of the
        counter can count (256 in bfloat16, 2048 in float16), and for training inside
        a scan of JAX's.

    Source: arXiv 1603.09025, equations 6-8.
    """

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
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = at_least("units", units, 1)
        self.max_bn_steps = at_least("max_bn_steps", max_bn_steps, 1)
        self.activation = keras.activations.get(activation)
        self.recurrent_activation = keras.activations.get(recurrent_activation)
        if gamma_initializer is None:
            gamma_initializer = keras.initializers.Constant(spec.GAMMA)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.beta_initializer = keras.initializers.get(beta_initializer)
        self.gamma_initializer = keras.initializers.get(gamma_initializer)
        self.unit_forget_bias = bool(unit_forget_bias)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = keras.regularizers.get(recurrent_regularizer)
        self.beta_regularizer = keras.regularizers.get(beta_regularizer)
        self.gamma_regularizer = keras.regularizers.get(gamma_regularizer)
        self.kernel_constraint = keras.constraints.get(kernel_constraint)
        self.recurrent_constraint = keras.constraints.get(recurrent_constraint)
        self.beta_constraint = keras.constraints.get(beta_constraint)
        self.gamma_constraint = keras.constraints.get(gamma_constraint)
        self.dropout = between("dropout", dropout, 0, 1)
        self.recurrent_dropout = between("recurrent_dropout", recurrent_dropout, 0, 1)
        self.seed = seed
        if self.dropout or self.recurrent_dropout:
            # Only then: Keras 3.4 cannot broadcast its state to several workers.
            self.seed_generator = keras.random.SeedGenerator(seed)
        self.momentum = between("momentum", momentum, 0, 1)
        self.epsilon = epsilon
        self.padding = one_of("padding", padding, spec.PADDINGS)
        self.overflow = one_of("overflow", overflow, spec.OVERFLOWS)
        self.bias_correction = bool(bias_correction)
        self.affine_per_step = bool(affine_per_step)
        self.state_size = [self.units, self.units, 1]
        self.output_size = self.units
        #: While set, a pass normalises with the batch's moments and hands them to it,
        #: as ``Moments``, and the statistics stay: see ``recalibration``.
        self.collector = None

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Creates the weights, in the order of ``spec.WEIGHTS``."""
        # Statistics are kept in float32 at least.
        wide = "float64" if self.variable_dtype == "float64" else "float32"
        for weight in spec.WEIGHTS:
            role, starts = self._role(weight)
            options = {}
            if weight.trainable:
                options = {
                    "regularizer": getattr(self, f"{role}_regularizer"),
                    "constraint": getattr(self, f"{role}_constraint"),
                }
            else:
                # Replicas each move their statistics: what is kept is the mean.
                options = {"aggregation": "mean", "dtype": wide}
            variable = self.add_weight(
                name=weight.name,
                shape=weight.shape(
                    input_shape[-1],
                    self.units,
                    self.max_bn_steps,
                    self.affine_per_step,
                ),
                initializer=starts,
                trainable=weight.trainable,
                autocast=False,
                **options,
            )
            setattr(self, weight.name, variable)
        if self.bias_correction:
            self.moving_count = self.add_weight(
                name=spec.COUNT,
                shape=(self.max_bn_steps,),
                initializer="zeros",
                trainable=False,
                autocast=False,
                aggregation="mean",
                dtype=wide,
            )

    def _role(self, weight):
        """Which arguments a weight belongs to, and its initialiser."""
        if not weight.trainable:
            return None, {"mean": "zeros", "variance": "ones"}[weight.kind]
        role = weight.kind
        if weight.name == "recurrent_kernel":
            role = "recurrent"
        starts = getattr(self, f"{role}_initializer")
        if weight.name == "recurrent_beta" and self.unit_forget_bias:
            starts = self._unit_forget_beta
        return role, starts

    def _unit_forget_beta(self, shape, dtype=None):
        *rows, size = shape
        forget = keras.ops.ones((*rows, self.units), dtype)
        rest = self.beta_initializer((*rows, size - self.units), dtype=dtype)
        return keras.ops.concatenate([forget, rest], -1)

    def tensors(self) -> dict[str, Tensor]:
        """Name to tensor: kernels in the compute dtype, the rest wide."""
        wide = self.input_moving_mean.dtype
        kernels = {"kernel", "recurrent_kernel"}
        return {
            name: keras.ops.cast(
                keras.ops.convert_to_tensor(getattr(self, name)),
                self.compute_dtype if name in kernels else wide,
            )
            for name in (*spec.NAMES, *self._count())
        }

    def tables(self) -> dict[str, Tensor]:
        """The statistics as they are, by name."""
        return {
            name: keras.ops.convert_to_tensor(getattr(self, name))
            for name in (*spec.STATISTICS, *self._count())
        }

    def _count(self):
        return (spec.COUNT,) if self.bias_correction else ()

    def export_weights(self) -> BNLSTMWeights:
        """The weights as arrays."""
        return BNLSTMWeights(
            **{name: backend.array(getattr(self, name)) for name in spec.NAMES}
        )

    def import_weights(self, weights: BNLSTMWeights) -> None:
        """Sets all weights; ``ValueError`` if a shape does not fit.

        With ``bias_correction``, statistics that come from elsewhere are taken to be
        averages of many updates, of which nothing has to be corrected.
        """
        for name, array in weights.asdict().items():
            variable = getattr(self, name)
            if tuple(variable.shape) != array.shape:
                raise ValueError(
                    f"Layer '{self.name}' expected {name} of shape "
                    f"{tuple(variable.shape)}. Received: {name}.shape={array.shape}"
                )
        for name, array in weights.asdict().items():
            getattr(self, name).assign(array)
        if self.bias_correction:
            self.moving_count.assign(np.full(self.max_bn_steps, _SETTLED))

    def dropout_masks(self, x: Tensor) -> tuple[Tensor | None, ...]:
        """Masks [B,D] of x and [B,H] of h, the same for all steps, or None."""
        batch = keras.ops.shape(x)[0]
        return tuple(
            keras.random.dropout(
                keras.ops.ones((batch, size), x.dtype), rate, None, self.seed_generator
            )
            if rate > 0
            else None
            for rate, size in (
                (self.dropout, x.shape[2]),
                (self.recurrent_dropout, self.units),
            )
        )

    def get_initial_state(self, batch_size: int | None = None) -> list[Tensor]:
        """``[h, c, step]`` before the first step: zeros [B,H], [B,H], [B,1]."""
        return [
            keras.ops.zeros((batch_size, size), self.compute_dtype)
            for size in self.state_size
        ]

    def call(
        self, inputs: Tensor, states: list[Tensor], training: bool | None = False
    ) -> tuple[Tensor, list[Tensor]]:
        """One step: inputs [B,D] and states to ``(h', [h', c', step + 1])``."""
        h, c, step = states
        require_countable(step.dtype, self.max_bn_steps)
        training = bool(training) and self.trainable
        w = self.tensors()
        fed = h
        if training and self.dropout > 0:
            inputs = inputs * self.get_dropout_mask(inputs)
        if training and self.recurrent_dropout > 0:
            fed = h * self.get_recurrent_dropout_mask(h)
        alike = self.padding == "v1" or counters_alike(step)
        at_step = _AtStep(self, w, step, alike)
        measured = training or self.collector is not None
        # Only then does it matter.
        call = keras_private.call_of_cell() if measured else None
        if measured and call == keras_private.SCAN:
            raise ValueError(
                f"Cell '{self.name}' cannot move its statistics inside the scan that "
                "keras.layers.RNN runs on JAX. Use bnlstm_compat.BNLSTM, or "
                "keras.layers.RNN(cell, unroll=True). Received: training=True"
            )
        probe = call == keras_private.PROBE
        update = training and self.collector is None and not probe
        h, c = cell_step(
            at_rows(w, at_step.row),
            inputs,
            fed,
            c,
            lambda site, z: at_step.statistics(site, z, measured, update),
            activation=backend.current.function(self.activation),
            recurrent_activation=backend.current.function(self.recurrent_activation),
            epsilon=self.epsilon,
        )
        if self.collector is not None and not probe:
            self.collector(at_step.moments())
        if update and self.bias_correction:
            count = at_step.count_after()
            backend.current.set_row(self.moving_count, at_step.head, count)
        return h, [h, c, step + 1]

    def own_config(self) -> dict[str, Any]:
        """The arguments of the constructor that are not those of every layer."""
        config = {
            "units": self.units,
            "max_bn_steps": self.max_bn_steps,
            "activation": keras.activations.serialize(self.activation),
            "recurrent_activation": keras.activations.serialize(
                self.recurrent_activation
            ),
            "unit_forget_bias": self.unit_forget_bias,
            "dropout": self.dropout,
            "recurrent_dropout": self.recurrent_dropout,
            "seed": self.seed,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "padding": self.padding,
            "overflow": self.overflow,
            "bias_correction": self.bias_correction,
            "affine_per_step": self.affine_per_step,
        }
        for role in _ROLES:
            for what in ("initializer", "regularizer", "constraint"):
                name = f"{role}_{what}"
                serialize = getattr(keras, f"{what}s").serialize
                config[name] = serialize(getattr(self, name))
        return config

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {**super().get_config(), **self.own_config()}


def counters_alike(step: Tensor) -> bool:
    """Whether the counters [B,1] are known to be equal."""
    if not backend.current.known(step):
        return False
    # As an array: while JAX traces, what is computed is traced, too.
    counters = backend.current.static(step)
    return bool((counters == counters[:1]).all())


class _AtStep:
    """The statistics of a cell at one step: those that it reads, and those it moves.

    ``head``: the row that this step updates; ``row``: the row that is read, one for the
    whole batch where its counters are ``alike`` (or row 0's decides), else [B].
    """

    def __init__(self, cell, w, step, alike):
        self._cell, self._w = cell, w
        self._valid, self._found = None, {}
        counters = keras.ops.cast(step, "int32")[:, 0]
        furthest = counters[0] if alike else keras.ops.max(counters)
        if not alike:
            self._valid = counters == furthest
        last = cell.max_bn_steps - 1
        self.head = keras.ops.minimum(furthest, last)
        self.row = self.head if alike else keras.ops.minimum(counters, last)
        valid = keras.ops.ones_like(counters, "bool") if alike else self._valid
        self._counted = keras.ops.sum(keras.ops.cast(valid, "int32"))
        self._enough = self._counted > (0 if cell.padding == "v1" else 1)
        self._moves = self._enough
        if cell.overflow == "keep":
            self._moves &= furthest <= last

    def statistics(self, site, z, training, update):
        """Mean and variance for ``z`` [B,.], moving the statistics if ``update``."""
        cell, w = self._cell, self._w
        names = [f"{site}_moving_{kind}" for kind in ("mean", "variance")]
        if not training:
            return tuple(keras.ops.take(w[name], self.row, axis=0) for name in names)
        moments = batch_moments(z, 0, w[names[0]].dtype, self._valid)
        self._found[site] = moments
        if update:
            kept = cell.momentum
            if cell.bias_correction:
                count = keras.ops.take(w[spec.COUNT], self.head, axis=0)
                kept = kept_share(count, 1, cell.momentum)
            for name, moment in zip(names, moments, strict=True):
                old = keras.ops.take(w[name], self.head, axis=0)
                moved = old * kept + moment * (1 - kept)
                moved = backend.current.where(self._moves, moved, old)
                backend.current.set_row(getattr(cell, name), self.head, moved)
        if cell.padding == "v1":
            return moments
        take = self._enough
        if self._valid is not None:
            take = (take & self._valid)[:, None]
        return tuple(
            backend.current.where(
                take, moment, keras.ops.take(w[name], self.row, axis=0)
            )
            for name, moment in zip(names, moments, strict=True)
        )

    def moments(self):
        """The moments of this step, as ``Moments`` of one step."""
        return Moments(
            backend.current.where(self._moves, self.head, -1)[None],
            self._counted[None],
            {site: mean[None] for site, (mean, _) in self._found.items()},
            {site: variance[None] for site, (_, variance) in self._found.items()},
        )

    def count_after(self):
        """What the updated row's count becomes."""
        count = keras.ops.take(self._w[spec.COUNT], self.head, axis=0)
        return count + keras.ops.cast(self._moves, count.dtype)
