"""From a checkpoint's cells to Keras layers: reading, building, filling."""

from dataclasses import dataclass

import keras

from bnlstm_compat import BNLSTM, BNLSTMCell, BNLSTMWeights
from migrate import survey as surveys
from migrate.checkpoint import Checkpoint
from migrate.errors import MigrateError
from migrate.layouts import layout_of


@dataclass(frozen=True)
class Settings:
    """What a checkpoint does not hold; None takes the layout's default.

    Attributes:
      epsilon: added to variances. decay: share of the old statistics that an update
        keeps (Keras's momentum). activation: a name that Keras knows.
    """

    epsilon: float | None = None
    decay: float | None = None
    activation: str | None = None

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


def cell_weights(checkpoint: Checkpoint, cell) -> BNLSTMWeights:
    """A cell's canonical weights."""
    arrays = {leaf: checkpoint[name] for leaf, name in cell.variables.items()}
    return layout_of(cell).to_canonical(arrays)


def read(ckpt) -> dict[str, BNLSTMWeights]:
    """The cells of a checkpoint, as arrays.

    Args:
      ckpt: a checkpoint's prefix, one of its files, or a folder with a ``checkpoint``
        file.

    Returns:
      From each cell's scope, as it stands in the checkpoint, to its weights.

    Raises:
      MigrateError: no checkpoint, a damaged one, or one without whole known cells.

    Source: of the cell, arXiv 1603.09025; of the layouts, ``migrate.layouts``.
    """
    checkpoint = Checkpoint(ckpt)
    found = surveys.survey(checkpoint.entries)
    surveys.require_cells(found, checkpoint.prefix)
    return {cell.scope: cell_weights(checkpoint, cell) for cell in found.cells}


def load(layer, ckpt, scope=None):
    """Fills a layer with the weights of a checkpoint's cells.

    Args:
      layer: a ``BNLSTM`` or ``BNLSTMCell``; a ``keras.layers.Bidirectional`` of
        ``BNLSTM``; or a stack: a ``keras.Sequential``, a list of ``BNLSTM``, or a
        ``keras.layers.RNN`` of several ``BNLSTMCell``. Built if it is not yet.
      ckpt: a checkpoint's prefix, one of its files, or a folder with a ``checkpoint``
        file.
      scope: the RNN's scope in the checkpoint, with or without the cell's own name;
        may be left out where only one RNN fits.

    Returns:
      ``layer``.

    Raises:
      MigrateError: the scope is missing, unknown or ambiguous (those that exist are
        listed), or shapes or dtypes differ; nothing has been assigned then.

    Source: of the cell, arXiv 1603.09025; of the layouts, ``migrate.layouts``.
    """
    targets, kinds = _targets(layer)
    checkpoint = Checkpoint(ckpt)
    found = surveys.survey(checkpoint.entries)
    # What is wrong elsewhere in the checkpoint does not matter to this layer.
    surveys.require_cells(found, checkpoint.prefix, whole=False)
    cells = _choose(found, kinds, len(targets), scope)
    weights = [cell_weights(checkpoint, cell) for cell in cells]
    problems = []
    for target, cell, source in zip(targets, cells, weights, strict=True):
        for what in ("units", "max_bn_steps"):
            if getattr(target, what) != getattr(source, what):
                problems.append(
                    f"{cell.scope} has {what}={getattr(source, what)}, the layer has "
                    f"{what}={getattr(target, what)}"
                )
        if target.variable_dtype != source.dtype.name:
            problems.append(
                f"{cell.scope} is {source.dtype}, the layer {target.variable_dtype}: "
                f"make it with dtype={source.dtype.name!r}"
            )
        if target.built and target.kernel.shape[0] != source.input_dim:
            problems.append(
                f"{cell.scope} takes inputs of {source.input_dim} features, the layer "
                f"was built for {target.kernel.shape[0]}"
            )
    if problems:
        raise MigrateError(f"{checkpoint.prefix} does not fit: {'; '.join(problems)}")
    if not getattr(layer, "built", True):
        layer.build((None, None, weights[0].input_dim))
    for target, source in zip(targets, weights, strict=True):
        if not target.built:
            target.build((None, source.input_dim))
            target.built = True
        target.import_weights(source)
    return layer


def cells_of(layer) -> list[BNLSTMCell]:
    """The cells of a ``BNLSTM``, a ``Bidirectional`` or a stack, in v1's order."""
    return _targets(layer)[0]


def _targets(layer):
    """The cells to fill, and the kinds of RNN that they can be."""
    if isinstance(layer, BNLSTMCell):
        return [layer], {surveys.SINGLE}
    if isinstance(layer, keras.layers.Bidirectional):
        ends = (layer.forward_layer, layer.backward_layer)
        if all(isinstance(end, BNLSTM) for end in ends):
            return [end.cell for end in ends], {surveys.BIDIRECTIONAL}
    if isinstance(layer, keras.layers.RNN):
        inner = getattr(layer.cell, "cells", [layer.cell])
        if all(isinstance(cell, BNLSTMCell) for cell in inner):
            kind = surveys.STACK if len(inner) > 1 else surveys.SINGLE
            return list(inner), {kind}
    if isinstance(layer, keras.Sequential | list | tuple):
        members = layer.layers if isinstance(layer, keras.Sequential) else layer
        parts = [_targets(member) for member in members]
        if len(parts) == 1:
            return parts[0]
        if parts and all(kinds == {surveys.SINGLE} for _, kinds in parts):
            return [cell for cells, _ in parts for cell in cells], {surveys.STACK}
    raise MigrateError(
        "expected a BNLSTM, a Bidirectional of BNLSTM, or a stack of BNLSTM layers. "
        f"Received: layer={layer!r}"
    )


def _choose(found, kinds, count, scope):
    """The cells in the checkpoint for ``count`` targets of one of ``kinds``."""
    # (shown name, names that are understood, cells)
    options = [
        (rnn.scope, {rnn.scope}, rnn.cells)
        for rnn in found.rnns
        if rnn.kind in kinds and rnn.kind != surveys.SINGLE and len(rnn.cells) == count
    ]
    if surveys.SINGLE in kinds:
        for rnn in found.rnns:
            for cell in rnn.cells:
                names = {cell.scope, surveys.rnn_scope(cell)}
                names |= {rnn.scope} if rnn.kind == surveys.SINGLE else set()
                options.append((cell.scope, names, (cell,)))
    what = f"{'/'.join(sorted(kinds))} RNN of {count} cell{'s' if count > 1 else ''}"
    if not options:
        listed = ", ".join(f"{rnn.scope!r} ({rnn.kind})" for rnn in found.rnns)
        raise MigrateError(f"the checkpoint has no {what}; its RNNs are: {listed}")
    wanted = None if scope is None else scope.strip("/")
    matches = [option for option in options if wanted in (None, *option[1])]
    if len(matches) == 1:
        return matches[0][2]
    listed = ", ".join(repr(name) for name, _, _ in matches or options)
    if matches and scope is not None:
        asked = f"{scope!r} could be several"
    else:
        asked = "no scope was given" if scope is None else f"there is no {scope!r}"
    raise MigrateError(f"expected the scope of one {what}, {asked}: {listed}")


def build_rnn(rnn, checkpoint: Checkpoint, settings: Settings) -> keras.Sequential:
    """The Keras model of an RNN, filled from its checkpoint.

    Takes [B,T,D], with a right-padded mask where sequences differ in length, and gives
    [B,T,H], or [B,T,2H] for forward and backward side by side.
    """
    weights = [cell_weights(checkpoint, cell) for cell in rnn.cells]
    stacked = rnn.kind == surveys.STACK
    layers = []
    for number, (cell, source) in enumerate(zip(rnn.cells, weights, strict=True)):
        chosen = settings.resolve(cell)
        layers.append(
            BNLSTM(
                source.units,
                source.max_bn_steps,
                padding="v1",  # nothing changes unasked
                affine_per_step=source.affine_per_step,
                activation=chosen["activation"],
                momentum=chosen["decay"],
                epsilon=chosen["epsilon"],
                return_sequences=True,
                # Within a MultiRNNCell, the next cell sees what the last one computed.
                zero_output_for_mask=not stacked or number == len(weights) - 1,
                go_backwards=rnn.kind == surveys.BIDIRECTIONAL and number == 1,
                dtype=str(source.dtype),
                name=f"bnlstm_{number}",
            )
        )
    if rnn.kind == surveys.BIDIRECTIONAL:
        forward, backward = layers
        layers = [
            keras.layers.Bidirectional(
                forward,
                backward_layer=backward,
                dtype=str(weights[0].dtype),
                name="bidirectional",
            )
        ]
    first = weights[0]
    inputs = keras.Input((None, first.input_dim), dtype=str(first.dtype))
    model = keras.Sequential([inputs, *layers])
    for target, source in zip(cells_of(model), weights, strict=True):
        target.import_weights(source)
    return model
