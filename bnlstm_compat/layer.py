"""Keras 3 layers: one step (``BNLSTMCell``) and whole sequences (``BNLSTM``).

Keras's side of things only: arguments, weights, shapes, masks, configuration. The
mathematics is in ``ops``, what differs between Keras's backends in ``backend``.
"""

import inspect
import sys

import keras
import numpy as np

# Keras's loop asks for this class, which is not among its public names.
from keras.src.layers.rnn.dropout_rnn_cell import DropoutRNNCell

from bnlstm_compat import backend, modes, ops, spec
from bnlstm_compat.weights import BNLSTMWeights

if backend.NAME == "tensorflow":
    from bnlstm_compat import fast
else:
    fast = None

_PACKAGE = "bnlstm_compat"
# Up to here every whole number is one of the dtype's.
_COUNTS_TO = {"bfloat16": 256, "float16": 2048}
# Updates that a row of imported statistics is taken to have had, where averages are
# corrected for bias: so many that no more correction is left, and a number that
# float32 still counts.
_SETTLED = 2.0**24
_ROLES = ("kernel", "recurrent", "beta", "gamma")


def _invalid(name, value, expected):
    return ValueError(
        f"Received an invalid value for argument `{name}`, expected {expected}. "
        f"Received: {name}={value!r}"
    )


def _at_least(name, value, smallest):
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or value < smallest:
        raise _invalid(name, value, f"an integer of at least {smallest}")
    return value


def _one_of(name, value, allowed):
    if value not in allowed:
        raise _invalid(name, value, " or ".join(map(repr, allowed)))
    return value


def _between(name, value, low, high):
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not low <= value < high:
        raise _invalid(name, value, f"a number in [{low}, {high})")
    return value


_PROBE, _SCAN, _STEP = "a probe", "a scan", "a step"


def _keras_s_call():
    """As what Keras calls the cell: ``_PROBE``, ``_SCAN`` or ``_STEP``.

    ``keras.layers.RNN`` calls it once before the loop only to learn the output's shape,
    and once more to set up the dropout of stacked cells; both throw the result away,
    and the statistics must not move there. On JAX its loop is a scan, out of which
    they cannot be carried. Nothing in the arguments tells such a call from a step, so
    the frames of the callers are asked.
    """
    frame = sys._getframe(2)
    while frame is not None:
        where = (frame.f_globals.get("__name__"), frame.f_code.co_name)
        if where == ("keras.src.layers.rnn.rnn", "_maybe_config_dropout_masks"):
            return _PROBE
        if where == (f"keras.src.backend.{backend.NAME}.rnn", "rnn"):
            if frame.f_locals.get("unroll") or "output_time_zero" in frame.f_locals:
                return _STEP
            return _SCAN if backend.NAME == "jax" else _PROBE
        frame = frame.f_back
    return _STEP


def _require_countable(dtype, max_bn_steps):
    """Counters are states, and Keras may keep those in less than float32."""
    highest = _COUNTS_TO.get(keras.backend.standardize_dtype(dtype))
    if highest is not None and max_bn_steps > highest:
        raise ValueError(
            f"A step counter in {dtype} counts to {highest} at most. Use a float32 "
            "policy for this layer, or fewer steps. Received: "
            f"max_bn_steps={max_bn_steps}"
        )


@keras.saving.register_keras_serializable(package=_PACKAGE)
class BNLSTMCell(keras.layers.Layer, DropoutRNNCell):
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
        units,
        max_bn_steps,
        activation="tanh",
        recurrent_activation="sigmoid",
        kernel_initializer="orthogonal",
        recurrent_initializer="orthogonal",
        beta_initializer="zeros",
        gamma_initializer=None,
        unit_forget_bias=True,
        kernel_regularizer=None,
        recurrent_regularizer=None,
        beta_regularizer=None,
        gamma_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        beta_constraint=None,
        gamma_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        momentum=spec.MOMENTUM,
        epsilon=spec.EPSILON,
        padding="masked",
        overflow="update",
        bias_correction=False,
        affine_per_step=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units = _at_least("units", units, 1)
        self.max_bn_steps = _at_least("max_bn_steps", max_bn_steps, 1)
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
        self.dropout = _between("dropout", dropout, 0, 1)
        self.recurrent_dropout = _between("recurrent_dropout", recurrent_dropout, 0, 1)
        self.seed = seed
        if self.dropout or self.recurrent_dropout:
            # Only then: Keras 3.4 cannot broadcast its state to several workers.
            self.seed_generator = keras.random.SeedGenerator(seed)
        self.momentum = _between("momentum", momentum, 0, 1)
        self.epsilon = epsilon
        self.padding = _one_of("padding", padding, spec.PADDINGS)
        self.overflow = _one_of("overflow", overflow, spec.OVERFLOWS)
        self.bias_correction = bool(bias_correction)
        self.affine_per_step = bool(affine_per_step)
        self.state_size = [self.units, self.units, 1]
        self.output_size = self.units
        #: While set, a pass normalises with the batch's moments and hands them to it,
        #: as ``ops.Moments``, and the statistics stay: see ``recalibration``.
        self.collector = None

    def build(self, input_shape):
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

    def tensors(self):
        """Name to tensor, for ``ops``: kernels in the compute dtype, the rest wide."""
        wide = self.input_moving_mean.dtype
        kernels = {"kernel", "recurrent_kernel"}
        names = [*spec.NAMES, *([spec.COUNT] if self.bias_correction else [])]
        return {
            name: keras.ops.cast(
                keras.ops.convert_to_tensor(getattr(self, name)),
                self.compute_dtype if name in kernels else wide,
            )
            for name in names
        }

    def export_weights(self) -> BNLSTMWeights:
        """The weights as arrays."""
        return BNLSTMWeights(
            **{name: backend.array(getattr(self, name)) for name in spec.NAMES}
        )

    def import_weights(self, weights: BNLSTMWeights):
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

    def get_initial_state(self, batch_size=None):
        """``[h, c, step]`` before the first step: zeros [B,H], [B,H], [B,1]."""
        return [
            keras.ops.zeros((batch_size, size), self.compute_dtype)
            for size in self.state_size
        ]

    def call(self, inputs, states, training=False):
        """One step: inputs [B,D] and states to ``(h', [h', c', step + 1])``."""
        h, c, step = states
        _require_countable(step.dtype, self.max_bn_steps)
        training = bool(training) and self.trainable
        w = self.tensors()
        fed = h
        if training and self.dropout > 0:
            inputs = inputs * self.get_dropout_mask(inputs)
        if training and self.recurrent_dropout > 0:
            fed = h * self.get_recurrent_dropout_mask(h)
        alike = self.padding == "v1" or _alike(step)
        place = _Place(self, w, step, alike)
        call = _keras_s_call()
        measured = training or self.collector is not None
        if measured and call == _SCAN:
            raise ValueError(
                f"Cell '{self.name}' cannot move its statistics inside the scan that "
                "keras.layers.RNN runs on JAX. Use bnlstm_compat.BNLSTM, or "
                "keras.layers.RNN(cell, unroll=True). Received: training=True"
            )
        probe = call == _PROBE
        update = training and self.collector is None and not probe
        h, c = ops.cell_step(
            ops.at_rows(w, place.row),
            inputs,
            fed,
            c,
            lambda site, z: place.statistics(site, z, measured, update),
            activation=backend.current.function(self.activation),
            recurrent_activation=backend.current.function(self.recurrent_activation),
            epsilon=self.epsilon,
        )
        if self.collector is not None and not probe:
            self.collector(place.moments())
        if update and self.bias_correction:
            backend.current.set_row(self.moving_count, place.head, place.count_after())
        return h, [h, c, step + 1]

    def get_config(self):
        """The arguments of the constructor."""
        config = {
            "units": self.units,
            "max_bn_steps": self.max_bn_steps,
            "activation": keras.activations.serialize(self.activation),
            "recurrent_activation": keras.activations.serialize(
                self.recurrent_activation
            ),
            "unit_forget_bias": self.unit_forget_bias,
        }
        for role in _ROLES:
            for what in ("initializer", "regularizer", "constraint"):
                name = f"{role}_{what}"
                serialize = getattr(keras, f"{what}s").serialize
                config[name] = serialize(getattr(self, name))
        for name in (
            "dropout",
            "recurrent_dropout",
            "seed",
            "momentum",
            "epsilon",
            "padding",
            "overflow",
            "bias_correction",
            "affine_per_step",
        ):
            config[name] = getattr(self, name)
        return {**super().get_config(), **config}


def _alike(step):
    """Whether the counters [B,1] are known to be equal."""
    if not backend.current.known(step):
        return False
    # As an array: while JAX traces, what is computed is traced, too.
    counters = backend.current.static(step)
    return bool((counters == counters[:1]).all())


class _Place:
    """Where in the statistics the rows of a batch stand at one step of a cell.

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
        moments = ops.batch_moments(z, 0, w[names[0]].dtype, self._valid)
        self._found[site] = moments
        if update:
            kept = cell.momentum
            if cell.bias_correction:
                count = keras.ops.take(w[spec.COUNT], self.head, axis=0)
                kept = ops.kept_share(count, 1, cell.momentum)
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
        """The moments of this step, as ``ops.Moments`` of one step."""
        return ops.Moments(
            backend.current.where(self._moves, self.head, -1)[None],
            self._counted[None],
            {site: mean[None] for site, (mean, _) in self._found.items()},
            {site: variance[None] for site, (_, variance) in self._found.items()},
        )

    def count_after(self):
        """What the updated row's count becomes."""
        count = keras.ops.take(self._w[spec.COUNT], self.head, axis=0)
        return count + keras.ops.cast(self._moves, count.dtype)


# The constructor's arguments that are the cell's own, without Keras's base ones.
_OF_CELL = tuple(inspect.signature(BNLSTMCell.__init__).parameters)[1:-1]


@keras.saving.register_keras_serializable(package=_PACKAGE)
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

    #: The class of its cell; a layer with another kind of cell has its own.
    cell_type = BNLSTMCell

    def __init__(
        self,
        units,
        max_bn_steps,
        activation="tanh",
        recurrent_activation="sigmoid",
        kernel_initializer="orthogonal",
        recurrent_initializer="orthogonal",
        beta_initializer="zeros",
        gamma_initializer=None,
        unit_forget_bias=True,
        kernel_regularizer=None,
        recurrent_regularizer=None,
        beta_regularizer=None,
        gamma_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        beta_constraint=None,
        gamma_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        momentum=spec.MOMENTUM,
        epsilon=spec.EPSILON,
        padding="masked",
        overflow="update",
        bias_correction=False,
        affine_per_step=False,
        activity_regularizer=None,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        synchronized=False,
        mode="auto",
        zero_output_for_mask=None,
        **kwargs,
    ):
        given = locals()
        cell = self.cell_type(
            **{name: given[name] for name in _OF_CELL},
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
        self.mode = _one_of("mode", mode, modes.MODES)
        self._shapes = modes.Shapes()
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def call(self, sequences, initial_state=None, mask=None, training=False):
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
            lengths, right_padded = _lengths(mask, x)
        if self.go_backwards:
            x = _reversed(x, lengths)
        outputs, h, c, step, tables = self._run_as(training, x, state, fresh, lengths)
        if lengths is not None:
            how = "zero" if self.zero_output_for_mask else "repeat"
            if how == "repeat" and self.padding == "v1":
                how = "raw"
            outputs = ops.filled_padding(outputs, lengths, h, how)
            if self.go_backwards:
                outputs = keras.ops.flip(_reversed(outputs, lengths), axis=1)
        if right_padded is not None:
            outputs, h, c = (
                backend.current.where(
                    right_padded, y, keras.ops.cast(float("nan"), y.dtype)
                )
                for y in (outputs, h, c)
            )
            tables = {
                name: backend.current.where(
                    right_padded,
                    table,
                    keras.ops.convert_to_tensor(getattr(self.cell, name)),
                )
                for name, table in tables.items()
            }
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
        _require_countable(step.dtype, self.max_bn_steps)
        step = keras.ops.cast(step, dtype)
        return (h, c, step), _alike(step)

    def _run_as(self, training, *arguments):
        """``_run`` for a ``training`` of any kind."""
        cell = self.cell
        if not self.trainable or training is None:
            training = False
        undecided = keras.ops.is_tensor(training) and not backend.current.known(
            training
        )
        masks = None, None
        if undecided or training:
            masks = self._dropout_masks(arguments[0])
        if not undecided:
            return self._run(bool(training), masks, *arguments)
        names = [*spec.STATISTICS, *([spec.COUNT] if cell.bias_correction else [])]

        def as_they_are():
            *results, _ = self._run(False, (None, None), *arguments)
            tables = {
                name: keras.ops.convert_to_tensor(getattr(cell, name)) for name in names
            }
            return *results, tables

        return keras.ops.cond(
            keras.ops.cast(training, "bool"),
            lambda: self._run(True, masks, *arguments),
            as_they_are,
        )

    def _dropout_masks(self, x):
        """Masks [B,D] of x and [B,H] of h, the same for all steps, or None."""
        cell = self.cell
        batch = keras.ops.shape(x)[0]
        return tuple(
            keras.random.dropout(
                keras.ops.ones((batch, size), x.dtype), rate, None, cell.seed_generator
            )
            if rate > 0
            else None
            for rate, size in (
                (cell.dropout, x.shape[2]),
                (cell.recurrent_dropout, cell.units),
            )
        )

    def _run(self, training, masks, x, state, fresh, lengths):
        """Outputs, h, c, step, and the statistics after: see ``ops.sequence``."""
        cell = self.cell
        collect = cell.collector
        measured = training or collect is not None
        of_input, of_state = masks
        if of_input is not None:
            x = x * of_input[:, None]
        all_sum = self._all_sum(x, fresh) if measured else None
        options = {
            "training": measured,
            "activation": backend.current.function(cell.activation),
            "recurrent_activation": backend.current.function(cell.recurrent_activation),
            "epsilon": cell.epsilon,
            "lengths": lengths,
            "overflow": cell.overflow,
            "recurrent_mask": of_state,
        }
        w = cell.tensors()
        if cell.padding == "masked" and not fresh:
            if collect is not None:
                raise ValueError(
                    f"Layer '{self.name}' cannot tell moments by step for sequences "
                    "that may stand at different steps. Give initial_state=[h, c] "
                    "without a step, or use padding='v1'. Received: initial_state with "
                    "3 tensors"
                )
            *results, tables = ops.sequence_by_rows(
                w, x, *state, momentum=cell.momentum, **options
            )
            return *results, tables if training else {}
        options["padding"] = cell.padding
        known = fast and fast.supports(cell.activation, cell.recurrent_activation)
        if self.mode == "general" or all_sum is not None or not known:
            unroll = self.unroll or all_sum is not None
            *results, moments = ops.sequence(
                w, x, *state, unroll=unroll, all_sum=all_sum, **options
            )
        else:
            mode = self.mode
            if mode == "auto" and collect is not None:
                mode = "plain"  # one pass over some data: compiling would not pay
            *results, moments = fast.sequence(
                w,
                x,
                *state,
                unroll=self.unroll,
                mode=mode,
                shapes=self._shapes,
                **options,
            )
        if collect is not None:
            collect(moments)
            return *results, {}
        return *results, self._moved(w, moments) if training else {}

    def _moved(self, w, moments):
        """The statistics after a pass with ``ops.Moments``, by name."""
        cell = self.cell
        count = w.get(spec.COUNT)
        tables = {}
        for site in spec.SITES:
            for kind in ("mean", "variance"):
                name = f"{site}_moving_{kind}"
                batch = keras.ops.stop_gradient(getattr(moments, kind)[site])
                tables[name] = ops.updated_statistics(
                    w[name], batch, moments.rows, cell.momentum, count
                )
        if count is not None:
            tables[spec.COUNT] = count + ops.row_hits(
                moments.rows, count.shape[0], count.dtype
            )
        return tables

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

    def get_config(self):
        """The arguments of the constructor."""
        config = super().get_config()
        del config["cell"]
        cell = self.cell.get_config()
        return {
            **config,
            **{name: cell[name] for name in _OF_CELL},
            "activity_regularizer": keras.regularizers.serialize(
                self.activity_regularizer
            ),
            "synchronized": self.synchronized,
            "mode": self.mode,
        }

    @classmethod
    def from_config(cls, config):
        """The layer of a configuration."""
        return cls(**config)


def _of_cell(name):
    return property(
        lambda self: getattr(self.cell, name), doc=f"The cell's ``{name}``."
    )


for _name in _OF_CELL:
    setattr(BNLSTM, _name, _of_cell(_name))


def _reversed(x, lengths):
    """``x`` [B,T,.] reversed in time, within each row's length where given."""
    if lengths is None:
        return keras.ops.flip(x, axis=1)
    return backend.current.reversed_within(x, lengths)


_NOT_RIGHT_PADDED = (
    "BNLSTM expects a right-padded mask: once False, a row stays False. Received a "
    "mask with gaps or left padding; pad at the end instead, e.g. "
    "keras.utils.pad_sequences(..., padding='post')."
)


def _lengths(mask, x):
    """Lengths [B] of a right-padded mask [B,T], and in a graph whether it is one."""
    mask = keras.ops.cast(mask, "bool")
    fits = len(mask.shape) == 2 and all(
        None in sizes or sizes[0] == sizes[1]
        for sizes in zip(mask.shape, x.shape[:2], strict=True)
    )
    if not fits:
        raise ValueError(
            "BNLSTM expects a mask [batch, steps] that fits its input. Received: "
            f"mask.shape={mask.shape}, sequences.shape={x.shape}"
        )
    right_padded = keras.ops.all(mask[:, :-1] | ~mask[:, 1:])
    lengths = keras.ops.sum(keras.ops.cast(mask, "int32"), axis=1)
    if backend.current.known(right_padded):
        if not bool(right_padded):
            raise ValueError(_NOT_RIGHT_PADDED)
        return lengths, None
    lengths = backend.current.asserted(lengths, right_padded, _NOT_RIGHT_PADDED)
    return lengths, right_padded
