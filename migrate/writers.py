"""Writing a conversion's folder: whole or not at all, and reread before it counts."""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from urllib.parse import quote

import keras
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from migrate import report
from migrate.convert import build_rnn, folded_variables
from migrate.errors import MigrateError
from migrate.layouts import layout_of

REPORT = "report.json"
VARIABLES = "variables.safetensors"
#: NumPy's kinds of the dtypes that the file of variables can hold.
WRITABLE = "biuf"
_LONGEST = 150


def file_name(scope: str) -> str:
    """A file name for a scope: ``/`` becomes ``.``, what is unsafe is percent-coded.

    Different scopes have different names; none leaves the folder it is put in.
    """
    name = quote(scope, safe="/").replace(".", "%2E").replace("/", ".")
    if not name or name.startswith("."):  # nor is a file hidden
        name = "%" + name
    if len(name) > _LONGEST:
        digest = hashlib.sha256(scope.encode()).hexdigest()[:16]
        name = f"{name[:_LONGEST]}-{digest}"
    return name + ".keras"


def write(out, checkpoint, found, settings, *, force=False, progress=None) -> dict:
    """Writes the folder ``out`` for a checkpoint.

    It holds a ``.keras`` file for each RNN, ``variables.safetensors`` with every other
    variable under its v1 name, and ``report.json``. Made in a folder beside, reread and
    compared, then renamed.

    Args:
      out: the folder to make.
      checkpoint, found: the source and its survey.
      settings: a ``convert.Settings``.
      force: replace a folder that an earlier conversion made.
      progress: called with ``(done, total, what)``.

    Returns:
      The report.

    Raises:
      MigrateError: ``out`` exists or cannot be written, or what was reread differs.
    """
    out = os.path.abspath(out)
    _may_write(out, checkpoint, force)
    parent, name = os.path.split(out)
    made = []
    try:
        made = _make_folders(parent)
        beside = tempfile.mkdtemp(prefix=f".{name[:100]}.", dir=parent)
    except OSError as error:
        _remove_empty(made)
        raise _unwritable(out, error) from error
    try:
        told = _fill(beside, checkpoint, found, settings, progress or (lambda *_: None))
        _open_to_others(beside)
        _put(beside, out, force)
    except (OSError, SafetensorError) as error:
        raise _unwritable(out, error) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        _remove_empty(made)
    return told


def _unwritable(out, error):
    reason = getattr(error, "strerror", None) or error
    return MigrateError(f"cannot write {out}: {reason}")


def _make_folders(path):
    """Makes a folder and its parents; gives those that are new, innermost first."""
    missing = []
    while not os.path.isdir(path):
        missing.append(path)
        path = os.path.dirname(path)
    made = []
    try:
        for folder in reversed(missing):
            os.mkdir(folder)
            made.insert(0, folder)
    except OSError:
        _remove_empty(made)
        raise
    return made


def _remove_empty(folders):
    for folder in folders:
        with contextlib.suppress(OSError):
            os.rmdir(folder)


def _may_write(out, checkpoint, force):
    inside = os.path.realpath(out) + os.sep
    if any(os.path.realpath(file).startswith(inside) for file in checkpoint.files()):
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
        files = {rnn["file"] for rnn in report.read(os.path.join(out, REPORT))["rnns"]}
    except (OSError, ValueError):
        return not names
    return names <= files | {REPORT, VARIABLES}


def _put(beside, out, force):
    """Renames the finished folder to ``out``; an old one stays until that is done."""
    old = None
    if os.path.lexists(out):
        if not force:
            raise MigrateError(f"{out} was made by another process meanwhile")
        old = tempfile.mkdtemp(prefix=".old.", dir=os.path.dirname(out))
        os.rename(out, os.path.join(old, "out"))
    try:
        os.rename(beside, out)
    except OSError:
        if old is not None:
            os.rename(os.path.join(old, "out"), out)
        raise
    finally:
        if old is not None:
            shutil.rmtree(old, ignore_errors=True)


def _open_to_others(folder):
    """Gives a private temporary folder and its files the person's usual rights."""
    mask = os.umask(0)
    os.umask(mask)
    os.chmod(folder, 0o777 & ~mask)
    for name in os.listdir(folder):
        os.chmod(os.path.join(folder, name), 0o666 & ~mask)


def _fill(folder, checkpoint, found, settings, progress):
    total = len(found.rnns) + 1
    tensors, files = [], []

    def record(name, file, inside, **more):
        entry = checkpoint.entries[name]
        tensors.append(
            {
                "name": name,
                "shape": list(entry.shape),
                "dtype": entry.dtype,
                "file": file,
                "as": inside,
                **more,
            }
        )

    for number, rnn in enumerate(found.rnns):
        file = file_name(rnn.scope)
        if file in [taken for _, taken in files]:
            raise MigrateError(f"two RNNs would both be written to {file}")
        progress(number, total, file)
        _write_rnn(os.path.join(folder, file), build_rnn(rnn, checkpoint, settings))
        files.append((rnn, file))
        for place, cell in enumerate(rnn.cells):
            places = layout_of(cell).places(cell)
            for leaf, name in cell.variables.items():
                weight, rule = places[leaf]
                record(name, file, f"cell {place}: {weight}", rule=rule)

    progress(total - 1, total, VARIABLES)
    rest, written = [*found.others, *found.slots], {}
    # What Keras's weights do not hold one to one is kept as it was, too.
    for name in (name for cell in found.cells for name in folded_variables(cell)):
        written[name] = np.asarray(checkpoint[name], order="C")
    for name in rest:
        array = checkpoint[name]
        if array.dtype.kind in WRITABLE:
            written[name] = np.asarray(array, order="C")
            record(name, VARIABLES, name)
        else:
            reason = f"no {checkpoint.entries[name].dtype} in this format"
            record(name, None, None, reason=reason)
    _write_variables(os.path.join(folder, VARIABLES), written)

    made = report.conversion(checkpoint, files, settings, tensors)
    with open(os.path.join(folder, REPORT), "w", encoding="utf-8") as stream:
        json.dump(made, stream, indent=1)
    progress(total, total, REPORT)
    return made


def _write_rnn(path, model):
    model.save(path)
    again = keras.saving.load_model(path)
    for written, reread in zip(model.weights, again.weights, strict=True):
        arrays = (variable.value.numpy() for variable in (written, reread))
        _require_same(path, written.path, *arrays)


def _write_variables(path, arrays):
    save_file(arrays, path)
    with safe_open(path, framework="numpy") as stream:
        for name, array in arrays.items():
            _require_same(path, name, array, stream.get_tensor(name))


def same_bits(a, b) -> bool:
    """Whether two arrays agree in dtype, shape and every bit."""
    alike = a.dtype == b.dtype and a.shape == b.shape
    return alike and a.tobytes() == b.tobytes()


def _require_same(path, name, written, reread):
    if not same_bits(written, reread):
        raise MigrateError(
            f"{os.path.basename(path)}: {name} was read back different from what was "
            "written; the disk or its driver may be failing"
        )
