"""From a checkpoint's cells to Keras layers: reading, building, filling."""

from dataclasses import dataclass

import keras
import numpy as np

from bnlstm_compat import BNLSTM, ReverseSequences
from migrate.bits import same_bits
from migrate.cells import inventory as surveys
from migrate.cells import layout_of
from migrate.errors import MigrateError
from migrate.models.cells import assign_weights, cells_of
from migrate.sources.checkpoint import Checkpoint


@dataclass(frozen=True)
class Settings:
    """What a checkpoint does not hold; None takes the layout's default.

    Attributes:
      epsilon: added to variances. decay: share of the old statistics that an update
        keeps (Keras's momentum). activation: a name that Keras knows. forget_bias: what
        TensorFlow 1's own LSTM cells added to the forget gate at run time.
      max_bn_steps: rows that tables of statistics shall have at least, for
        ``bnlstm_compat.recalibrate`` to fill; until then copies of the last.
    """

    epsilon: float | None = None
    decay: float | None = None
    activation: str | None = None
    forget_bias: float | None = None
    max_bn_steps: int | None = None

    def rows(self, cell) -> int | None:
        """Rows of a cell's tables in Keras; None without batch normalisation."""
        if cell.max_bn_steps is None:
            return None
        return max(cell.max_bn_steps, self.max_bn_steps or 0)

    def widens(self, cell) -> bool:
        """Whether a cell's tables get more rows than the checkpoint's."""
        return self.rows(cell) != cell.max_bn_steps

    def resolve(self, cell) -> dict[str, object]:
        """The value of each setting for a cell."""
        return {
            name: default if getattr(self, name) is None else getattr(self, name)
            for name, default in layout_of(cell).defaults.items()
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


def cell_weights(checkpoint: Checkpoint, cell, settings=Settings()):
    """A cell's weights as Keras has them, with as many rows as the checkpoint's."""
    arrays = {leaf: checkpoint[name] for leaf, name in cell.variables.items()}
    return layout_of(cell).to_canonical(arrays, settings.resolve(cell))


def rows_taken(weights, cell):
    """A cell's weights with as many rows as in the checkpoint, whatever was added."""
    if cell.max_bn_steps is None:
        return weights
    return weights.with_rows(cell.max_bn_steps)


def rows_repeat(weights, cell) -> bool:
    """Whether the rows that were added to a cell's, if any, are copies of the last."""
    if cell.max_bn_steps is None:
        return True
    again = rows_taken(weights, cell).with_rows(weights.max_bn_steps)
    return all(map(same_bits, again.tolist(), weights.tolist()))


def folded_variables(cell) -> list[str]:
    """The v1 names of what Keras's weights do not hold one to one: with these kept, a
    cell comes back from Keras to the bit."""
    return [cell.variables[leaf] for leaf in layout_of(cell).folded(cell)]


def v1_variables(cell, weights, originals=None, settings=Settings()):
    """A cell's variables, by v1 name, from Keras's weights: the way back.

    Args:
      cell: the ``Cell`` that the weights came from. weights: ``targets.weights_of``.
      originals: a mapping that holds at least ``folded_variables(cell)``; None: what
        the checkpoint kept apart and Keras does not is put into one variable.
      settings: those of the conversion.

    Returns:
      v1 name to array.
    """
    layout = layout_of(cell)
    if originals is not None:
        originals = {
            leaf: originals[cell.variables[leaf]] for leaf in layout.folded(cell)
        }
    arrays = layout.from_canonical(weights, originals, settings.resolve(cell))
    return {
        name: np.asarray(arrays[leaf], weights.dtype)
        for leaf, name in cell.variables.items()
    }


def read(ckpt, layouts=None):
    """The cells of a checkpoint, as arrays.

    Args:
      ckpt: a checkpoint's prefix, one of its files, or a folder with a ``checkpoint``
        file.
      layouts: from scopes of cells to names of layouts, where that is ambiguous.

    Returns:
      From each cell's scope, as it stands in the checkpoint, to its weights:
      ``BNLSTMWeights``, or for the LSTM and GRU cells of TensorFlow 1 itself
      ``PlainWeights``, with the usual forget bias added.

    Raises:
      MigrateError: no checkpoint, a damaged one, or one without whole known cells.

    Source: of the cell, arXiv 1603.09025; of the layouts, ``migrate.cells``.
    """
    checkpoint = Checkpoint(ckpt)
    found = surveys.survey(checkpoint.entries, layouts)
    surveys.require_cells(found, checkpoint.prefix)
    return {cell.scope: cell_weights(checkpoint, cell) for cell in found.cells}


def build_rnn(rnn, checkpoint: Checkpoint, settings: Settings) -> keras.Model:
    """The Keras model of an RNN, filled from its checkpoint.

    Takes [B,T,D], with a right-padded mask where sequences differ in length, and gives
    [B,T,H], or [B,T,2H] for forward and backward side by side.
    """
    weights = [cell_weights(checkpoint, cell, settings) for cell in rnn.cells]
    weights = [
        one.with_rows(settings.rows(cell)) if settings.widens(cell) else one
        for one, cell in zip(weights, rnn.cells, strict=True)
    ]
    first = weights[0]
    inputs = keras.Input((None, first.input_dim), dtype=str(first.dtype))
    model = _model(rnn, weights, settings, inputs)
    for target, source in zip(cells_of(model), weights, strict=True):
        assign_weights(target, source)
    return model


def _model(rnn, weights, settings, inputs):
    dtype = str(weights[0].dtype)
    chains, sources = [], iter(weights)
    for number, chain in enumerate(rnn.chains):
        chains.append(
            [
                _layer(
                    cell,
                    next(sources),
                    settings.resolve(cell),
                    # Within a MultiRNNCell, the next cell sees what the last computed.
                    zero_output_for_mask=place == len(chain) - 1,
                    go_backwards=rnn.kind == surveys.BIDIRECTIONAL and number == 1,
                    name=_layer_name(rnn, number, place),
                )
                for place, cell in enumerate(chain)
            ]
        )
    if rnn.kind == surveys.BIDIRECTIONAL:
        (forward,), (backward,) = chains
        both = keras.layers.Bidirectional(
            forward, backward_layer=backward, dtype=dtype, name="bidirectional"
        )
        return keras.Sequential([inputs, both])
    if rnn.kind != surveys.BIDIRECTIONAL_STACK:
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


def _layer(cell, weights, chosen, **options):
    """The unfilled layer of a cell."""
    options |= {"return_sequences": True, "dtype": str(weights.dtype)}
    target = layout_of(cell).target
    if target == "BNLSTM":
        return BNLSTM(
            weights.units,
            weights.max_bn_steps,
            padding=layout_of(cell).padding(cell),  # nothing changes unasked
            affine_per_step=weights.affine_per_step,
            activation=chosen["activation"],
            momentum=chosen["decay"],
            epsilon=chosen["epsilon"],
            **options,
        )
    options |= {"activation": chosen["activation"], "recurrent_activation": "sigmoid"}
    # In a plain cell, padding steps change nothing; only their outputs are zero.
    options["zero_output_for_mask"] = True
    if target == "GRU":
        options["reset_after"] = weights.bias.ndim == 2
    return getattr(keras.layers, target)(weights.units, **options)


def _layer_name(rnn, number, place):
    if rnn.kind == surveys.BIDIRECTIONAL_STACK:
        return f"{('forward', 'backward')[number]}_{place}"
    kind = layout_of(rnn.cells[0]).target.lower()
    return f"{kind}_{max(number, place)}"
