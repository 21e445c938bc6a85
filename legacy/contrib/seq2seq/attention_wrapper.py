"""The cell that reads through attention mechanisms."""

import collections

import tensorflow.compat.v1 as tf
from tf_keras.src.layers.rnn.legacy_cells import _zero_state_tensors

from legacy.contrib.framework.shapes import with_same_shape
from legacy.contrib.rnn.base import Plain
from legacy.contrib.seq2seq.attention import AttentionMechanism, dense

__all__ = [
    "AttentionWrapper",
    "AttentionWrapperState",
    "_compute_attention",
]

nest = tf.nest


class AttentionWrapperState(
    collections.namedtuple(
        "AttentionWrapperState",
        (
            "cell_state",
            "attention",
            "time",
            "alignments",
            "alignment_history",
            "attention_state",
        ),
    )
):
    """The wrapped cell's state and what the wrapper remembers."""

    def clone(self, **kwargs):
        """A copy with some fields replaced by ones of the same shapes."""

        def checked(old, new):
            if isinstance(old, tf.Tensor) and isinstance(new, tf.Tensor):
                return with_same_shape(old, new)
            return new

        return nest.map_structure(checked, self, self._replace(**kwargs))


def _compute_attention(
    attention_mechanism, cell_output, attention_state, attention_layer
):
    """(attention, alignments, next state) of one mechanism.

    Mechanisms of 1.1 to 1.4 had no state but their alignments, and gave only these.
    """
    read = attention_mechanism(cell_output, attention_state)
    alignments, state = read if isinstance(read, tuple) else (read, read)
    context = tf.matmul(tf.expand_dims(alignments, 1), attention_mechanism.values)
    context = tf.squeeze(context, [1])
    if attention_layer is not None:
        context = attention_layer(tf.concat([cell_output, context], 1))
    return context, alignments, state


class AttentionWrapper(Plain, tf.nn.rnn_cell.RNNCell):
    """A cell whose inputs are [inputs, last attention]; its output is the next query.

    The attention is layer([output, context]) (Luong et al. 2015) if
    `attention_layer_size` or `attention_layer` is given, else the context. There can be
    several mechanisms, as a list. The wrapper's output is the attention if
    `output_attention` is true, else the cell's output. Variables are
    attention_layer/kernel and those of the mechanisms.
    """

    def __init__(
        self,
        cell,
        attention_mechanism,
        attention_layer_size=None,
        alignment_history=False,
        cell_input_fn=None,
        output_attention=True,
        initial_cell_state=None,
        name=None,
        attention_layer=None,
        attention_fn=None,
        dtype=None,
    ):
        super().__init__(name=name, dtype=dtype)
        if attention_layer_size is not None and attention_layer is not None:
            raise ValueError(
                "Expected attention_layer_size or attention_layer. Received: both"
            )
        self._is_multi = isinstance(attention_mechanism, (list, tuple))
        mechanisms = (
            tuple(attention_mechanism) if self._is_multi else (attention_mechanism,)
        )
        for mechanism in mechanisms:
            if not isinstance(mechanism, AttentionMechanism):
                raise TypeError(
                    "Expected attention_mechanism as an AttentionMechanism or a list "
                    f"of them. Received: {mechanism!r}"
                )
        layers = _as_many(attention_layer, mechanisms, "attention_layer")
        sizes = _as_many(attention_layer_size, mechanisms, "attention_layer_size")
        self._cell, self._attention_mechanisms = cell, mechanisms
        self._attention_layers = [
            layer if size is None else dense(size, "attention_layer", mechanism.dtype)
            for layer, size, mechanism in zip(layers, sizes, mechanisms, strict=True)
        ]
        self._attention_layer_size = sum(
            tf.dimension_value(mechanism.values.shape[-1])
            if layer is None
            else size or _width(layer, mechanism, cell)
            for layer, size, mechanism in zip(
                self._attention_layers, sizes, mechanisms, strict=True
            )
        )
        self._cell_input_fn = cell_input_fn or (
            lambda inputs, attention: tf.concat([inputs, attention], -1)
        )
        self._alignment_history, self._output_attention = (
            alignment_history,
            output_attention,
        )
        self._attention_fn = attention_fn or _compute_attention
        self._initial_cell_state = None
        if initial_cell_state is not None:
            with tf.name_scope(name, "AttentionWrapperInit"):
                batch = _batch_of(nest.flatten(initial_cell_state)[-1])
                with tf.control_dependencies(self._batch_size_checks(batch)):
                    self._initial_cell_state = nest.map_structure(
                        lambda s: tf.identity(s, name="check_initial_cell_state"),
                        initial_cell_state,
                    )

    def _batch_size_checks(self, batch_size, error_message=None):
        """Checks that the memories have as many rows."""
        return [
            tf.assert_equal(
                batch_size,
                mechanism.batch_size,
                message=error_message
                or "The batch sizes of the memory and of the decoder differ. For "
                "a BeamSearchDecoder, tile memory and states with "
                "tf.contrib.seq2seq.tile_batch.",
            )
            for mechanism in self._attention_mechanisms
        ]

    def _item_or_tuple(self, values):
        values = tuple(values)
        return values if self._is_multi else values[0]

    def _as_tuple(self, value):
        return value if self._is_multi else (value,)

    @property
    def output_size(self):
        return (
            self._attention_layer_size
            if self._output_attention
            else self._cell.output_size
        )

    @property
    def state_size(self):
        sizes = [m.alignments_size for m in self._attention_mechanisms]
        return AttentionWrapperState(
            cell_state=self._cell.state_size,
            attention=self._attention_layer_size,
            time=tf.TensorShape([]),
            alignments=self._item_or_tuple(sizes),
            alignment_history=self._item_or_tuple(
                size if self._alignment_history else () for size in sizes
            ),
            attention_state=self._item_or_tuple(
                m.state_size for m in self._attention_mechanisms
            ),
        )

    def zero_state(self, batch_size, dtype):
        with tf.name_scope(type(self).__name__ + "ZeroState", values=[batch_size]):
            cell_state = self._initial_cell_state
            if cell_state is None:
                cell_state = self._cell.zero_state(batch_size, dtype)
            with tf.control_dependencies(self._batch_size_checks(batch_size)):
                cell_state = nest.map_structure(
                    lambda s: tf.identity(s, name="checked_cell_state"), cell_state
                )
            alignments = [
                m.initial_alignments(batch_size, dtype)
                for m in self._attention_mechanisms
            ]
            return AttentionWrapperState(
                cell_state=cell_state,
                time=tf.zeros([], tf.int32),
                attention=_zero_state_tensors(
                    self._attention_layer_size, batch_size, dtype
                ),
                alignments=self._item_or_tuple(alignments),
                attention_state=self._item_or_tuple(
                    m.initial_state(batch_size, dtype)
                    for m in self._attention_mechanisms
                ),
                alignment_history=self._item_or_tuple(
                    tf.TensorArray(
                        dtype, size=0, dynamic_size=True, element_shape=a.shape
                    )
                    if self._alignment_history
                    else ()
                    for a in alignments
                ),
            )

    def call(self, inputs, state):
        if not isinstance(state, AttentionWrapperState):
            raise TypeError(
                "Expected an AttentionWrapperState (from zero_state). Received: "
                f"{type(state).__name__}"
            )
        output, cell_state = self._cell(
            self._cell_input_fn(inputs, state.attention), state.cell_state
        )
        with tf.control_dependencies(self._batch_size_checks(_batch_of(output))):
            output = tf.identity(output, name="checked_cell_output")
        attentions, alignments, states, histories = [], [], [], []
        for mechanism, layer, old, history in zip(
            self._attention_mechanisms,
            self._attention_layers,
            self._as_tuple(state.attention_state),
            self._as_tuple(state.alignment_history),
            strict=True,
        ):
            read, places, new = self._attention_fn(mechanism, output, old, layer)
            attentions.append(read)
            alignments.append(places)
            states.append(new)
            histories.append(
                history.write(state.time, places) if self._alignment_history else ()
            )
        attention = tf.concat(attentions, 1)
        state = AttentionWrapperState(
            time=state.time + 1,
            cell_state=cell_state,
            attention=attention,
            alignments=self._item_or_tuple(alignments),
            alignment_history=self._item_or_tuple(histories),
            attention_state=self._item_or_tuple(states),
        )
        return (attention if self._output_attention else output), state


def _batch_of(tensor):
    return tf.dimension_value(tensor.shape[0]) or tf.shape(tensor)[0]


def _as_many(value, mechanisms, what):
    """A list with a value for each mechanism, from a list, one value or None."""
    if value is None:
        return [None] * len(mechanisms)
    values = list(value) if isinstance(value, (list, tuple)) else [value]
    if len(values) != len(mechanisms):
        raise ValueError(
            f"Expected one {what} a mechanism ({len(mechanisms)}). "
            f"Received: {len(values)}"
        )
    return values


def _width(layer, mechanism, cell):
    depth = tf.dimension_value(mechanism.values.shape[-1]) + cell.output_size
    return tf.dimension_value(layer.compute_output_shape([None, depth])[-1])
