"""The layers of a recording's scenario, run as people run them."""

import functools

import keras
import numpy as np
import tensorflow as tf

import migrate
from bnlstm_compat import BNLSTM, BNLSTMWeights, spec
from helpers import recorded, tolerances
from migrate.cells import networks
from migrate.cells.layouts import layout_of
from migrate.models.cells import cells_of

MODES = ("eager", "function", "jit")


class Model:
    """The layers of a scenario, for all recordings of that scenario.

    Arguments: the scenario; how its passes are run, one of ``MODES``; the dtype of
    all that is computed.
    """

    def __init__(self, name, mode, dtype="float32"):
        recording = recorded.load("1.15.5", name)
        self.kind = recording.rnn.kind
        self.lengths = recording.lengths is not None
        self.layers = [
            BNLSTM(
                cell.units,
                cell.max_bn_steps,
                padding="v1",
                activation=recording.activation,
                momentum=recording.decay,
                return_sequences=True,
                return_state=True,
                dtype=dtype,
                mode="plain" if mode == "function" else "auto",
            )
            for cell in recording.rnn.cells
        ]
        if self.kind == networks.BIDIRECTIONAL:
            self.layers = [keras.layers.Bidirectional(self.layers[0], dtype=dtype)]
        self.dtype = dtype
        x = recording.x.astype(dtype)
        for layer in self.layers:
            x = layer(x)[0]
        self.cells = [cell for layer in self.layers for cell in cells_of(layer)]
        self.passes = self._passes
        if mode != "eager":
            self.passes = tf.function(self._passes, jit_compile=mode == "jit")

    def _forward(self, x, mask, initial_state, training):
        states = []
        for layer in self.layers:
            x, *last = layer(
                x, mask=mask, initial_state=initial_state, training=training
            )
            states += [
                dict(zip(("h", "c", "step"), last[i : i + 3], strict=True))
                for i in range(0, len(last), 3)
            ]
        return x, states

    def _passes(self, x, target, mask, initial_state, training):
        with tf.GradientTape() as tape:
            outputs, states = self._forward(x, mask, initial_state, training)
            loss = tf.reduce_mean(tf.square(outputs - target))
        variables = [v.value for cell in self.cells for v in cell.trainable_variables]
        return outputs, states, tape.gradient(loss, variables)

    def run(self, recording, training):
        """Outputs, states, loss, gradients by v1 name; training moves statistics."""
        outputs, states, gradients = self.passes(
            recording.x.astype(self.dtype),
            recording.target.astype(self.dtype),
            recording.mask,
            recording.initial_state(),
            training,
        )
        # In float64: the loss's own sum is not what is tested.
        loss = np.mean((np.asarray(outputs).astype(np.float64) - recording.target) ** 2)
        names = [
            cell.variables[_leaf_of(cell, name)]
            for cell in recording.rnn.cells
            for name in spec.TRAINABLE
        ]
        return outputs, states, loss, dict(zip(names, gradients, strict=True))

    def statistics(self, recording):
        """The statistics by v1 name."""
        found = {}
        for cell, mine in zip(recording.rnn.cells, self.cells, strict=True):
            by_leaf = layout_of(cell).from_keras(mine.export_weights())
            found |= {
                cell.variables[leaf]: array
                for leaf, array in by_leaf.items()
                if "/pop_" in leaf
            }
        return found

    def set_weights(self, weights):
        """Sets every cell's weights."""
        for cell, source in zip(self.cells, weights, strict=True):
            arrays = source.asdict()
            cell.import_weights(
                BNLSTMWeights(**{n: a.astype(self.dtype) for n, a in arrays.items()})
            )

    def adam(self, recording):
        """The losses of the recording's steps of Adam."""
        optimizer = keras.optimizers.Adam(1e-2, epsilon=1e-8)  # TF1's epsilon
        variables = [v for cell in self.cells for v in cell.trainable_variables]
        losses = []
        for _ in range(recording.meta["adam_steps"]):
            _, _, loss, gradients = self.run(recording, True)
            optimizer.apply(list(gradients.values()), variables)
            losses.append(loss)
        return losses

    def arrays(self, results):
        """Tensors by name as what NumPy reads."""
        return results


def check_every_pass(recording, layers):
    """The passes of a recording from its start, by a ``Model``, against it."""
    layers.set_weights(recording.weights())

    outputs, states, loss, gradients = layers.run(recording, False)
    recorded.check_pass(recording, "inference", recorded.INFERENCE, outputs, states)
    recorded.check_gradients(recording, "inference", layers.arrays(gradients))
    worst = recorded.difference(loss, recording["out|inference|loss"])
    recorded.within(worst, recorded.INFERENCE, "loss")

    outputs, states, _, _ = layers.run(recording, True)
    recorded.check_pass(recording, "train", recorded.TRAINING, outputs, states)
    recorded.check_statistics(
        recording, "v_after_one_pass", recorded.STATISTICS, layers.statistics(recording)
    )

    _, _, loss, gradients = layers.run(recording, True)
    worst = recorded.difference(loss, recording["out|train|loss"])
    recorded.within(worst, recorded.TRAINING, "loss")
    recorded.check_gradients(recording, "train", layers.arrays(gradients))

    if recording.meta["adam_steps"]:
        losses = layers.adam(recording)
        worst = recorded.difference(losses, recording["out|adam|losses"])
        recorded.within(worst, recorded.ADAM_LOSSES)


def check_final(recording, layers):
    """The last pass of a recording, from its checkpoint; gives its outputs."""
    read = migrate.read(recording.checkpoint)
    layers.set_weights([read[cell.scope] for cell in recording.rnn.cells])
    outputs, states, _, _ = layers.run(recording, False)
    recorded.check_pass(recording, "final", recorded.INFERENCE, outputs, states)
    return outputs


def _leaf_of(cell, name):
    places = layout_of(cell).places(cell)
    return next(leaf for leaf, (canonical, _) in places.items() if canonical == name)


@functools.cache
def _after_adam(name):
    """The statistics after a scenario's training, by v1 name: in float64, eagerly."""
    recording, model = recorded.load("1.15.5", name), Model(name, "eager", "float64")
    model.set_weights(recording.weights())
    for _ in range(2):
        model.run(recording, True)
    model.adam(recording)
    return model.statistics(recording)


def tolerance_after_adam(recording):
    """1e-6, and more only where real TensorFlow is further than that from itself.

    Adam divides gradients by their own size, so that an element near zero moves by the
    sign of its rounding error: in `bidirectional_lengths`, 0.12.1 is 2.8e-6 from
    1.15.5, and the three are 3.5e-6, 2.0e-6 and 0.8e-6 from float64. There we may be as
    far from float64 as the furthest of them, and so from any of them by the sum.
    """
    versions = [recorded.load(v, recording.name) for v in recorded.VERSIONS]
    theirs = [recorded.statistics_in_checkpoint(one) for one in versions]

    def furthest(ones, others):
        return max(
            recorded.difference(*pair) for pair in zip(ones, others, strict=True)
        )

    if max(furthest(one, theirs[-1]) for one in theirs) <= tolerances.AFTER_ADAM:
        return tolerances.AFTER_ADAM
    mine = _after_adam(recording.name)
    newest = recorded.load("1.15.5", recording.name)  # whose names ``mine`` has
    exact = [
        recording.without_race(mine[name]) for name in recorded.statistics_of(newest)
    ]
    own = furthest(recorded.statistics_in_checkpoint(recording), exact)
    return own + max(furthest(one, exact) for one in theirs)
