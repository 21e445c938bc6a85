"""The graph cell on recordings: used here, and by ``legacy_worker`` in others.

Runs under TensorFlow 1.15.5 on Python 3.7 too, as ``legacy.cell`` does.
"""

import numpy as np
import tensorflow.compat.v1 as tf

from legacy.cell import BNLSTMCell

ADAM_RATE = 1e-2


class Case:
    """What a graph needs of a recording; plain data, so that it can cross processes.

    ``kind`` is "single", "bidirectional" or "stack"; ``scopes`` are the cells' scopes,
    ``v0`` their variables at the start by v1 name.
    """

    def __init__(self, meta, kind, scopes, v0, x, target, lengths):
        self.kind, self.scopes, self.v0 = kind, scopes, v0
        self.x, self.target, self.lengths = x, target, lengths
        units = meta["H"]
        self.units = units if isinstance(units, list) else [units] * len(scopes)
        self.max_bn_steps, self.decay = meta["M"], meta["decay"]
        self.activation = meta.get("activation", "tanh")
        self.adam_steps = meta["adam_steps"]
        self.with_initial_state = meta["scenario"] == "initial_state"


class Graph:
    """A recording's network as a graph with a session.

    Args:
      case: a ``Case``.
      gradients: also the passes that need gradients and Adam.
      multi: MultiRNNCell, for stacks; without one, loops are chained, which is the same
        where no lengths are fed.
      is_training: a Python bool instead of a placeholder.
    """

    def __init__(self, case, gradients=False, multi=None, is_training=None):
        self.case = case
        self.graph = tf.Graph()
        with self.graph.as_default():
            self.x = tf.placeholder(tf.float32, [None, None, case.x.shape[2]])
            self.target = tf.placeholder(tf.float32, [None, None, None])
            self.lengths = tf.placeholder(tf.int32, [None])
            self.training = is_training
            if is_training is None:
                self.training = tf.placeholder(tf.bool, [])
            self.cells = [
                BNLSTMCell(
                    units,
                    self.training,
                    case.max_bn_steps,
                    activation=getattr(tf.nn, case.activation),
                    decay=case.decay,
                )
                for units in case.units
            ]
            self.outputs, self.states = self._network(multi)
            self._made = tf.global_variables()
            self.loss = tf.reduce_mean(tf.square(self.outputs - self.target))
            if gradients:
                trained = tf.trainable_variables()
                self._gradients = tf.gradients(self.loss, trained)
                adam = tf.train.AdamOptimizer(ADAM_RATE)
                self.update = adam.minimize(self.loss)
            self.init = tf.global_variables_initializer()
        self.session = tf.Session(graph=self.graph)
        self.switch(case)

    def switch(self, case):
        """Takes the inputs, variables and names of another version's case."""
        self.case = case
        # Versions name scopes differently; the order of creation is the same.
        self.variables = dict(zip(self._names(), self._made))

    def _names(self):
        leaves = ["W_xh", "W_hh"]
        leaves += ["hh/" + n for n in ("scale", "offset", "pop_mean", "pop_var")]
        leaves += ["xh/" + n for n in ("scale", "pop_mean", "pop_var")]
        leaves += ["c/" + n for n in ("scale", "offset", "pop_mean", "pop_var")]
        return [f"{scope}/{leaf}" for scope in self.case.scopes for leaf in leaves]

    def _network(self, multi):
        case, lengths = self.case, None
        if case.lengths is not None:
            lengths = self.lengths
        if case.kind == "bidirectional":
            outputs, states = tf.nn.bidirectional_dynamic_rnn(
                *self.cells, inputs=self.x, sequence_length=lengths, dtype=tf.float32
            )
            return tf.concat(outputs, axis=2), list(states)
        if case.kind == "stack" and multi is not None:
            outputs, states = tf.nn.dynamic_rnn(
                multi(self.cells), self.x, dtype=tf.float32
            )
            return outputs, list(states)
        initial = None
        if case.with_initial_state:
            batch, units = tf.shape(self.x)[0], case.units[0]
            shapes = (([batch, units], 0.3), ([batch, units], -0.2), ([batch, 1], 2.0))
            initial = tuple(tf.fill(shape, value) for shape, value in shapes)
        y, states = self.x, []
        for number, cell in enumerate(self.cells):
            y, state = tf.nn.dynamic_rnn(
                cell,
                y,
                sequence_length=lengths,
                initial_state=initial,
                dtype=tf.float32,
                scope=f"rnn_{number}",
            )
            states.append(state)
        return y, states

    def reset(self):
        """Sets the variables of the start."""
        start = {
            v.initializer.inputs[1]: self.case.v0[n] for n, v in self.variables.items()
        }
        self.session.run(self.init, start)

    def feed(self, training, target=False):
        """The feed of a pass."""
        feed = {self.x: self.case.x}
        if not isinstance(self.training, bool):
            feed[self.training] = training
        if self.case.lengths is not None:
            feed[self.lengths] = self.case.lengths
        if target:
            feed[self.target] = self.case.target
        return feed

    def run(self, training):
        """Outputs [B,T,.] and each cell's state (c, h, step)."""
        return self.session.run([self.outputs, self.states], self.feed(training))

    def statistics(self):
        """The statistics by v1 name."""
        kept = {k: v for k, v in self.variables.items() if "/pop_" in k}
        return self.session.run(kept)

    def all_passes(self):
        """Every pass of recordings/cells/README.md: from name to array."""
        found = {}

        def record(key, training):
            outputs, states = self.run(training)
            found[f"out|{key}|outputs"] = outputs
            for i, state in enumerate(states):
                for what, array in zip(("c", "h", "step"), state):
                    found[f"state|{key}|{i}|{what}"] = array

        def record_gradients(key, training):
            fetched = [self.loss, self._gradients]
            loss, gradients = self.session.run(fetched, self.feed(training, True))
            found[f"out|{key}|loss"] = loss
            trained = [name for name in self.variables if "/pop_" not in name]
            for name, gradient in zip(trained, gradients):
                found[f"grad|{key}|{name}"] = gradient

        self.reset()
        record("inference", False)
        record_gradients("inference", False)
        record("train", True)
        for name, table in self.statistics().items():
            found["v_after_one_pass|" + name] = table
        record_gradients("train", True)
        losses = []
        for _ in range(self.case.adam_steps):
            feed = self.feed(True, True)
            losses.append(self.session.run([self.loss, self.update], feed)[0])
        found["out|adam|losses"] = np.array(losses)
        for name, table in self.statistics().items():
            found["v1|" + name] = table
        record("final", False)
        return found

    def final_from(self, prefix):
        """Outputs in inference with the variables of a checkpoint."""
        with self.graph.as_default():
            tf.train.Saver(self.variables).restore(self.session, prefix)
        return self.run(False)[0]
