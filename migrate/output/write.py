"""Writing a conversion's folder: whole or not at all, and reread before it counts.

Formats: ``ARRAYS`` hold arrays by name and take whatever is no part of a cell;
``MODELS`` hold one RNN each.
"""

import gc
import hashlib
import json
import math
import os
import re
from urllib.parse import quote

from migrate import bits
from migrate.cells.inventory import RAW, averaged_in_cells
from migrate.cells.layouts import layout_of
from migrate.cells.values import merged_variables
from migrate.errors import MigrateError
from migrate.models.build import build_rnn, skeleton
from migrate.output import report
from migrate.output.atomic import publish_folder, state, workplace
from migrate.output.formats.base import (
    AS_BYTES,
    model_of_arrays,
    require_same,
    write_model,
)
from migrate.output.formats.keras_files import KERAS, WEIGHTS_H5
from migrate.output.formats.npz_file import NPZ
from migrate.output.formats.safetensors_file import SAFETENSORS
from migrate.output.formats.tf_checkpoint import TF_CHECKPOINT
from migrate.sources.base import Source, require_array

ARRAYS = {kind.name: kind for kind in (SAFETENSORS, NPZ)}
MODELS = {
    kind.name: kind
    for kind in (
        KERAS,
        WEIGHTS_H5,
        TF_CHECKPOINT,
        *map(model_of_arrays, ARRAYS.values()),
    )
}
REPORT = "report.json"
#: The file of all variables that are no part of a cell, but for its suffix.
VARIABLES = "variables"
_PARTS_OF_TF = re.compile(r"\.(index|data-\d{5}-of-\d{5})$")
_LONGEST = 150
_LARGE = 1 << 24


def file_name(scope: str, suffix: str = KERAS.suffix) -> str:
    """A file name for a scope: ``/`` becomes ``.``, what is unsafe is percent-coded.

    Different scopes have different names; none leaves the folder it is put in.
    """
    name = quote(scope, safe="/").replace(".", "%2E").replace("/", ".")
    if not name or name.startswith("."):  # nor is a file hidden
        name = "%" + name
    if len(name) > _LONGEST:
        digest = hashlib.sha256(scope.encode()).hexdigest()[:16]
        name = f"{name[:_LONGEST]}-{digest}"
    if name in (VARIABLES, REPORT.removesuffix(".json")):  # taken in this folder
        name = f"%{name}"
    return name + suffix


def array_formats(formats):
    """Of a conversion's formats, those that hold what is no part of a cell."""
    return [ARRAYS[name] for name in formats if name in ARRAYS] or [SAFETENSORS]


class _Checked(Source):
    """A source that takes the checksum of what is read, and tells the progress.

    Of that, reading a variable is one half, ``reread`` the other.
    """

    def __init__(self, source, progress):
        self.entries, self.label = source.entries, source.label
        self.checksums = {}
        for name, entry in self.entries.items():
            require_array(name, entry)
        self._source, self._progress = source, progress
        self._reread, self._done = set(), 0
        self._total = 2 * sum(map(_size, self.entries.values()))

    def __getitem__(self, name):
        array = self._source[name]
        if name not in self.checksums:
            self.checksums[name] = bits.checksum(array)
            self._tell(name)
        return array

    def reread(self, name):
        """Is told of each variable when it was written and read again."""
        if name not in self._reread:
            self._reread.add(name)
            self._tell(name)

    def _tell(self, name):
        self._done += _size(self.entries[name])
        self._progress(self._done, self._total, name)


def _size(entry):
    return bits.numpy_dtype(entry.dtype).itemsize * math.prod(entry.shape)


def write(
    out,
    source,
    inventory,
    settings,
    *,
    formats=(KERAS.name,),
    averages=RAW,
    force=False,
    progress=None,
) -> dict:
    """Writes the folder ``out`` for a source.

    It holds, for each format, a file for each RNN; every other variable under its v1
    name, in ``variables.safetensors`` (or ``.npz``, or both, where ``formats`` say so);
    and ``report.json``. Made in a folder beside, reread and compared, then renamed.

    Args:
      out: the folder to make.
      source, inventory: what to convert, and what it holds.
      settings: a ``Settings``.
      formats: names in ``MODELS``.
      averages: what ``inventory`` says of moving averages, for the report.
      force: replace a folder that an earlier conversion made.
      progress: called with ``(done, total, what)``, in bytes.

    Returns:
      The report.

    Raises:
      MigrateError: ``out`` exists or cannot be written, or what was reread differs.
    """
    out = os.path.abspath(out)
    checked = _Checked(source, progress or (lambda *_: None))
    with workplace(out) as place:
        before = state(out)  # now, for the workplace has undone what a kill had left
        _may_write(out, source, force)
        folder = os.path.join(place, "new")
        os.mkdir(folder)
        rnns, tensors = _fill(folder, checked, inventory, settings, formats)
        made = report.conversion(
            source,
            settings,
            averages=averages,
            averaged=len(averaged_in_cells(inventory, source.entries)),
            formats=formats,
            others=[VARIABLES + kind.suffix for kind in array_formats(formats)],
            rnns=rnns,
            tensors=tensors,
        )
        with open(os.path.join(folder, REPORT), "w", encoding="utf-8") as stream:
            json.dump(made, stream, indent=1)
        publish_folder(folder, out, before)
    return made


def _may_write(out, source, force):
    inside = os.path.realpath(out) + os.sep
    if any(os.path.realpath(file).startswith(inside) for file in source.files()):
        raise MigrateError(f"{out} holds the checkpoint itself; choose another folder")
    if not os.path.lexists(out):
        return
    if not force:
        raise MigrateError(
            f"{out} exists; choose another folder, or replace it with --force"
        )
    if not _is_conversion(out):
        raise MigrateError(
            f"{out} was not made by convert, or holds other files by now, so --force "
            "does not replace it; choose another folder"
        )


def _is_conversion(out):
    """Whether a folder is empty, or holds what its report lists and nothing else."""
    if os.path.islink(out) or not os.path.isdir(out):
        return False
    names = set(os.listdir(out))
    try:
        files = report.files(report.read(os.path.join(out, REPORT)))
    except (OSError, ValueError):
        return not names
    of_tf = {name for name in files if name.endswith(TF_CHECKPOINT.suffix)}
    parts = {name for name in names if _PARTS_OF_TF.sub("", name) in of_tf}
    return names <= {REPORT, *files, *parts}


def _fill(folder, source, inventory, settings, formats):
    """Writes all files; gives the report's rows for RNNs and for tensors."""
    rnns, rules, places = [], {}, {name: [] for name in source}
    for rnn in inventory.rnns:
        files = {name: file_name(rnn.scope, MODELS[name].suffix) for name in formats}
        _write_rnn(folder, rnn, source, settings, files)
        rnns.append((rnn, files))
        for number, cell in enumerate(rnn.cells):
            taken = layout_of(cell).places(cell)
            for key, name in cell.variables.items():
                weight, rule = taken[key]
                rules[name] = {"layout": cell.layout, "leaf": key, "rule": rule}
                source.reread(name)
                for file in files.values():
                    inside = f"cell {number}: {weight}"
                    places[name].append({"file": file, "as": inside})

    cells = {name for cell in inventory.cells for name in cell.variables.values()}
    kept = {
        name for cell in inventory.cells for name in merged_variables(cell, settings)
    }
    for name in kept:
        rules[name]["folded"] = True
    rest = [name for name in source if name in kept or name not in cells]
    for arrays in array_formats(formats):
        file = VARIABLES + arrays.suffix
        _write_variables(os.path.join(folder, file), arrays, source, rest)
        for name in rest:
            native = arrays.native(bits.numpy_dtype(source.entries[name].dtype))
            place = {"file": file, "as": arrays.key(name)}
            places[name].append(place if native else {**place, "held": AS_BYTES})
    rows = [
        {
            "name": name,
            **report.entry(source.entries[name]),
            "sha256": source.checksums[name],
            **rules.get(name, {"rule": "as it is"}),
            "places": places[name],
        }
        for name in source
    ]
    return rnns, rows


def _write_rnn(folder, rnn, source, settings, files):
    model = build_rnn(rnn, source, settings)
    again = skeleton(rnn, source.entries, settings)
    for name, file in files.items():
        write_model(MODELS[name], os.path.join(folder, file), model, again)
    size = sum(weight.value.numpy().nbytes for weight in model.weights)
    del model
    if size > _LARGE:  # models refer to themselves, so that they stay until collected
        gc.collect()


def _write_variables(path, arrays, source, names):
    items = [
        arrays.item(name, source.entries[name], lambda name=name: source[name])
        for name in names
    ]
    arrays.write(path, items, {})
    read = arrays.open(path)
    for name in names:
        again = arrays.variable(read, name, source.entries[name])
        same = bits.checksum(again) == source.checksums[name]
        require_same(path, name, same)
        source.reread(name)
