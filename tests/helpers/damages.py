"""The ways in which ``mutations.py`` damages a conversion."""

import contextlib
import functools
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

import keras
import numpy as np

import migrate
from bnlstm_compat import BNLSTM
from bnlstm_compat.compute import masks
from bnlstm_compat.statistics.find import layers_in
from helpers.weight_damages import changed, weight_damages
from migrate.bits import same_bits
from migrate.cells.layouts import layout_of
from migrate.cells.settings import GIVEN, USUAL, Known
from migrate.cells.values import cell_weights, merged_variables
from migrate.models import build
from migrate.models.cells import assign_weights, cells_of
from migrate.output.conversion import Conversion
from migrate.output.write import MODELS, VARIABLES, array_formats, write
from migrate.proof.cases import FEWEST_STEPS

KERAS = MODELS["keras"]


@dataclass(frozen=True)
class Subject:
    """One RNN of a model: its source, an inventory of it alone, its place in the graph,
    and the folder of its undamaged conversion."""

    model: str
    source: object
    inventory: object
    border: object
    out: str

    @property
    def rnn(self):
        return self.inventory.rnns[0]

    @property
    def file(self):
        return Path(self.out) / Conversion(self.out).files[self.rnn.scope]

    def weights(self):
        """The Keras weights of each cell."""
        return [cell_weights(self.source, cell) for cell in self.rnn.cells]


def never(subject):
    """Of a damage that always changes something."""
    del subject
    return False


@dataclass(frozen=True)
class Damage:
    """A damaged conversion: ``make(subject, out)`` writes it. ``around()`` is a context
    in which it is made and verified. ``idle(subject)``: whether it changes nothing."""

    name: str
    form: str
    make: Callable
    around: Callable = contextlib.nullcontext
    idle: Callable = never


@contextlib.contextmanager
def assumed(change, back, subject):
    """The layouts of an RNN, as if these were the weights that they make."""
    kinds = {type(layout_of(cell)) for cell in subject.rnn.cells}
    with contextlib.ExitStack() as patches:
        for kind in kinds:
            there, again = kind.to_keras, kind.from_keras

            def to_keras(self, arrays, settings=None, there=there):
                return change(there(self, arrays, settings))

            def from_keras(self, weights, originals=None, settings=None, again=again):
                return again(self, back(weights), originals, settings)

            patches.enter_context(mock.patch.object(kind, "to_keras", to_keras))
            patches.enter_context(mock.patch.object(kind, "from_keras", from_keras))
        yield


def _weights_in_file(change, subject, out, cells=None):
    shutil.copytree(subject.out, out)
    model = build.build_rnn(subject.rnn, subject.source, USUAL)
    for number, cell in enumerate(cells_of(model)):
        if cells is None or number in cells:
            assign_weights(cell, change(subject.weights()[number]))
    KERAS.write(str(Path(out) / subject.file.name), model)


def _converted(subject, out, rnn=None):
    one = subject.inventory
    if rnn is not None:
        one = replace(one, rnns=(rnn,), cells=rnn.cells)
    write(out, subject.source, one, USUAL)


def of_weights(subject):
    """Damages of weights, in both forms."""
    target = layout_of(subject.rnn.cells[0]).target
    names = list(subject.weights()[0].asdict())
    for name, (change, back) in weight_damages(target, names):
        found = [(change(w), w) for w in subject.weights()]
        alike = all(
            all(map(same_bits, new.tolist(), old.tolist())) for new, old in found
        )
        idle = functools.partial(lambda subject, alike: alike, alike=alike)
        yield Damage(
            name, "file", functools.partial(_weights_in_file, change), idle=idle
        )
        around = functools.partial(assumed, change, back, subject)
        yield Damage(name, "both", _converted, around, idle)


# Settings: of each cell by itself.

_WRONG = {
    "epsilon": lambda value: (value * 10, value / 10, 0.1),
    "decay": lambda value: (1 - 2 * (1 - value), 1 - (1 - value) / 2),
    "activation": lambda value: [a for a in ("tanh", "relu", "softsign") if a != value],
    "recurrent_activation": lambda value: ("hard_sigmoid", "tanh"),
    "forget_bias": lambda value: (value + 1.0, value - 0.125),
}


def _wrong_rnn(rnn, number, name, value):
    cells = list(rnn.cells)
    settings = {**cells[number].settings, name: Known(value, GIVEN)}
    cells[number] = replace(cells[number], settings=settings)
    return replace(rnn, cells=tuple(cells))


def _setting_in_file(rnn, subject, out):
    shutil.copytree(subject.out, out)
    model = build.build_rnn(rnn, subject.source, USUAL)
    KERAS.write(str(Path(out) / subject.file.name), model)


def of_settings(subject):
    """Damages of settings, in both forms."""
    for number, cell in enumerate(subject.rnn.cells):
        still = cell.settings.get("moves", Known("in training")).value == "never"
        for name, value in USUAL.resolve(cell).items():
            for wrong in _WRONG[name](value):
                what = f"{name} {wrong:.4g}" if name in ("epsilon", "decay") else None
                what = f"{what or f'{name} {wrong}'} of cell {number}"
                rnn = _wrong_rnn(subject.rnn, number, name, wrong)
                # A share to keep that nothing is kept with.
                idle = functools.partial(
                    lambda subject, idle: idle, idle=name == "decay" and still
                )
                yield Damage(
                    what, "file", functools.partial(_setting_in_file, rnn), idle=idle
                )
                yield Damage(
                    what, "both", functools.partial(_converted, rnn=rnn), idle=idle
                )


# The layer's options, and how layers are put together.


def _no_lengths(subject):
    return not subject.border.lengths


def _never_past_the_rows(subject):
    rows = max(cell.max_bn_steps for cell in subject.rnn.cells)
    steps = subject.border.steps or max(FEWEST_STEPS, rows + 1)
    return steps <= rows


def _zero_past_lengths_anyway(subject):
    """Keras's ``Bidirectional`` sets ``zero_output_for_mask`` in both of its layers."""
    if _no_lengths(subject):
        return True
    with _options(zero_output_for_mask=False):
        model = build.build_rnn(subject.rnn, subject.source, USUAL)
    owners = [layer for layer in layers_in(model) if isinstance(layer, BNLSTM)]
    return all(layer.zero_output_for_mask for layer in owners)


def _options(**options):
    """Makes every BNLSTM with other options."""

    def made(*arguments, **given):
        return BNLSTM(*arguments, **{**given, **options})

    return mock.patch.object(build, "BNLSTM", made)


def _options_in_file(options, subject, out):
    shutil.copytree(subject.out, out)
    with _options(**options):
        model = build.build_rnn(subject.rnn, subject.source, USUAL)
    KERAS.write(str(Path(out) / subject.file.name), model)


def _layers_in_file(change, subject, out):
    shutil.copytree(subject.out, out)
    model = build.build_rnn(subject.rnn, subject.source, USUAL)
    change(model)
    KERAS.write(str(Path(out) / subject.file.name), model)


def _cells_exchanged(subject, out):
    cells = subject.weights()[::-1]
    turned = iter(cells)
    _weights_in_file(lambda weights: next(turned), subject, out)


def _forward_only(model):
    model.layers[0].backward_layer.go_backwards = False


def _whole_axis():
    """The backward direction turns padding round, too."""
    return mock.patch.object(
        masks, "reversed_in_time", lambda x, lengths: keras.ops.flip(x, axis=1)
    )


def of_layers(subject):
    """Damages of options and of how layers are put together."""
    rnn = subject.rnn
    normalised = layout_of(rnn.cells[0]).target == "BNLSTM"
    if normalised:
        padding = layout_of(rnn.cells[0]).padding(rnn.cells[0])
        other = {"v1": "masked", "masked": "v1"}[padding]
        for options, idle in (
            ({"padding": other}, _no_lengths),
            ({"overflow": "keep"}, _never_past_the_rows),
        ):
            what = f"{next(iter(options))} {next(iter(options.values()))}"
            # Other options than the report's are said in any case.
            yield Damage(what, "file", functools.partial(_options_in_file, options))
            around = functools.partial(_options, **options)
            yield Damage(what, "both", _converted, around, idle)
        for options in ({"dropout": 0.5}, {"zero_output_for_mask": False}):
            masks = "zero_output_for_mask" in options
            idle = _zero_past_lengths_anyway if masks else never
            make = functools.partial(_options_in_file, options)
            yield Damage(next(iter(options)), "file", make, idle=idle)
    if rnn.kind == "bidirectional":
        make = functools.partial(_layers_in_file, _forward_only)
        yield Damage("backward layer not reversed", "file", make)
        if normalised:
            yield Damage("reversed past lengths", "both", _converted, _whole_axis)
    if len(rnn.cells) > 1:
        shapes = {tuple(a.shape for a in w.tolist()) for w in subject.weights()}
        if len(shapes) == 1:
            what = "directions swapped" if len(rnn.chains) > 1 else "layers swapped"
            yield Damage(what, "file", _cells_exchanged)
            turned = replace(rnn, cells=rnn.cells[::-1])
            yield Damage(what, "both", functools.partial(_converted, rnn=turned))


# Other files.


def _variables_in_file(change, subject, out):
    shutil.copytree(subject.out, out)
    conversion = Conversion(subject.out)
    arrays = array_formats(["keras"])[0]
    with_cells = {n for c in subject.rnn.cells for n in c.variables.values()}
    kept = {n for c in subject.rnn.cells for n in merged_variables(c)}
    names = [n for n in subject.source if n not in with_cells or n in kept]
    values = change({name: np.array(conversion.kept(name)) for name in names})
    items = [
        arrays.item(name, subject.source.entries[name], lambda a=array: a)
        for name, array in values.items()
    ]
    arrays.write(str(Path(out) / (VARIABLES + arrays.suffix)), items, {})


def _low_bit(name, values):
    array = values[name]
    flat = np.atleast_1d(array).view(np.uint8).reshape(-1)
    flat[0] ^= 1
    return {**values, name: flat.view(array.dtype).reshape(array.shape)}


def _rows_added(subject, out):
    """More rows than the checkpoint's, and they are no copies of its last."""
    wide = migrate.Settings(
        max_bn_steps=2 + max(cell.max_bn_steps for cell in subject.rnn.cells)
    )
    write(out, subject.source, subject.inventory, wide)
    model = Conversion(out).model(subject.rnn.scope)
    cell = cells_of(model)[-1]
    weights = cell.export_weights()
    table = np.array(weights.cell_moving_variance)
    table[-1] *= 2
    assign_weights(cell, changed(weights, cell_moving_variance=table))
    KERAS.write(str(Path(out) / subject.file.name), model)


def of_files(subject):
    """Damages of what is kept beside the models."""
    kept = [n for c in subject.rnn.cells for n in merged_variables(c)]
    numbers = [n for n in subject.inventory.others if subject.source[n].nbytes]
    for name in [*kept, *numbers[:3]]:
        make = functools.partial(_variables_in_file, functools.partial(_low_bit, name))
        yield Damage(f"lowest bit of {name}", "file", make)
    if layout_of(subject.rnn.cells[0]).target == "BNLSTM":
        yield Damage("added rows that are no copies", "file", _rows_added)


def damages(subject):
    """All damages of an RNN that change something."""
    for kind in (of_settings, of_weights, of_layers, of_files):
        for damage in kind(subject):
            if not damage.idle(subject):
                yield damage
