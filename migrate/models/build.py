"""From cells to Keras layers: the model of an RNN, filled or with weights of zero."""

import keras
import numpy as np

from bnlstm_compat import BNLSTM, ReverseSequences
from migrate.bits import numpy_dtype
from migrate.cells import networks
from migrate.cells.layouts import layout_of
from migrate.cells.settings import Settings
from migrate.cells.values import cell_weights
from migrate.errors import MigrateError
from migrate.models.cells import assign_weights, cells_of, target_of
from migrate.sources.base import Source

# Layers start at zero, for what fills them comes next: an orthogonal matrix costs
# seconds in a large layer, and is never seen.
_ZEROS = {"kernel_initializer": "zeros", "recurrent_initializer": "zeros"}
# What they get afterwards, so that a saved layer is as if it had been made in Keras.
_INITIALIZERS: dict[str | None, tuple[str, str]] = {
    "BNLSTM": ("orthogonal", "orthogonal"),
    "LSTM": ("glorot_uniform", "orthogonal"),
    "GRU": ("glorot_uniform", "orthogonal"),
}


def activation_named(name):
    """Keras's activation of that name; ``MigrateError`` if there is none."""
    try:
        return keras.activations.get(name)
    except ValueError:
        raise MigrateError(
            "expected an activation that Keras knows, such as tanh or relu. "
            f"Received: {name}"
        ) from None


def build_rnn(rnn, source: Source, settings: Settings) -> keras.Model:
    """The Keras model of an RNN, filled from its source.

    Takes [B,T,D], with a right-padded mask where sequences differ in length, and gives
    [B,T,H], or [B,T,2H] for forward and backward side by side.
    """
    weights = []
    for cell in rnn.cells:
        found = cell_weights(source, cell, settings)
        if settings.widens(cell):
            found = found.with_rows(settings.rows(cell))
        weights.append(found)
    first = weights[0]
    inputs = keras.Input((None, first.input_dim), dtype=str(first.dtype))
    model = _model(rnn, weights, settings, inputs)
    for target, values in zip(cells_of(model), weights, strict=True):
        assign_weights(target, values)
        usual = _INITIALIZERS[target_of(target)]
        for which, name in zip(_ZEROS, usual, strict=True):
            setattr(target, which, keras.initializers.get(name))
    return model


def skeleton(rnn, entries, settings):
    """A function that makes the model of an RNN with all weights zero."""
    return lambda: build_rnn(rnn, _Zeros(entries), settings)


class _Zeros(Source):
    """Variables of the shapes and dtypes of ``entries``, all zero."""

    label = "zeros"

    def __init__(self, entries):
        self.entries = entries

    def __getitem__(self, name):
        entry = self.entries[name]
        return np.zeros(entry.shape, numpy_dtype(entry.dtype))


def _model(rnn, weights, settings, inputs):
    dtype = str(weights[0].dtype)
    chains, sources = [], iter(weights)
    for number, chain in enumerate(rnn.chains):
        chains.append(
            [
                layer_of(
                    cell,
                    next(sources),
                    settings.resolve(cell),
                    # Within a MultiRNNCell, the next cell sees what the last computed.
                    zero_output_for_mask=place == len(chain) - 1,
                    go_backwards=rnn.kind == networks.BIDIRECTIONAL and number == 1,
                    name=_layer_name(rnn, number, place),
                )
                for place, cell in enumerate(chain)
            ]
        )
    if rnn.kind == networks.BIDIRECTIONAL:
        (forward,), (backward,) = chains
        both = keras.layers.Bidirectional(
            forward, backward_layer=backward, dtype=dtype, name="bidirectional"
        )
        return keras.Sequential([inputs, both])
    if rnn.kind != networks.BIDIRECTIONAL_STACK:
        return keras.Sequential([inputs, *chains[0]])
    forward, backward = chains
    backward = [
        ReverseSequences(dtype=dtype, name="reverse"),
        *backward,
        ReverseSequences(dtype=dtype, name="reverse_back"),
    ]
    ends = []
    for chain in (forward, backward):
        y = inputs
        for layer in chain:
            y = layer(y)
        ends.append(y)
    return keras.Model(inputs, keras.layers.Concatenate(dtype=dtype)(ends))


def layer_of(cell, weights, chosen, *, bnlstm=None, **options):
    """The unfilled layer of a cell; ``bnlstm``, or ``BNLSTM``, makes those with batch
    normalisation."""
    options |= {"return_sequences": True, "dtype": str(weights.dtype), **_ZEROS}
    target = layout_of(cell).target
    if target == "BNLSTM":
        return (bnlstm or BNLSTM)(
            weights.units,
            weights.max_bn_steps,
            padding=layout_of(cell).padding(cell),  # nothing changes unasked
            affine_per_step=weights.affine_per_step,
            activation=chosen["activation"],
            recurrent_activation=chosen["recurrent_activation"],
            momentum=chosen["decay"],
            epsilon=chosen["epsilon"],
            **options,
        )
    options |= {name: chosen[name] for name in ("activation", "recurrent_activation")}
    # In a plain cell, padding steps change nothing; only their outputs are zero.
    options["zero_output_for_mask"] = True
    if target == "GRU":
        options["reset_after"] = weights.bias.ndim == 2
    return getattr(keras.layers, target)(weights.units, **options)


def _layer_name(rnn, number, place):
    if rnn.kind == networks.BIDIRECTIONAL_STACK:
        return f"{('forward', 'backward')[number]}_{place}"
    kind = layout_of(rnn.cells[0]).target.lower()
    return f"{kind}_{max(number, place)}"
