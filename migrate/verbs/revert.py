"""The way back: to a checkpoint that TensorFlow 1 restores."""

import os
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from migrate import bits
from migrate.errors import MigrateError
from migrate.graph.open import open_source
from migrate.output.atomic import (
    locked,
    open_to_others,
    publish_files,
    unwritable,
    workplace,
)
from migrate.output.conversion import Conversion
from migrate.output.read_whole import Whole, is_whole, read_whole
from migrate.sources.arguments import GraphFile, Path, Progress, SourceLike
from migrate.sources.checkpoint import Checkpoint

# Data files are about this large, or as large as one variable: what is in memory.
_SHARD = 1 << 26


@dataclass(frozen=True, repr=False)
class Reverted:
    """What ``revert`` wrote: names of all variables, and of those whose bits are not
    those of the checkpoint that was converted (trained or changed since)."""

    ckpt: str
    names: list[str]
    changed: list[str]

    def __repr__(self):
        return (
            f"Wrote {self.ckpt}: {len(self.names)} variables, {len(self.changed)} of "
            "them changed since the conversion"
        )


def revert(
    out: Path | keras.Model,
    ckpt: Path,
    *,
    source: SourceLike | None = None,
    graph: GraphFile = None,
    kind: str | None = None,
    progress: Progress | None = None,
) -> Reverted:
    """Writes the checkpoint that a conversion was made of, with its weights of now.

    V2 format (TensorFlow 0.12 and later), partitions restored. Made in a folder beside,
    reread and compared; then the data files are put in place, and last the index,
    without which there is no checkpoint. Data files of a process that was killed before
    the index are removed by the next ``revert`` to the same place.

    Args:
      out: the folder that ``convert`` made; or a whole model, as ``migrate.model``
        gives it, or its ``.keras`` file. ckpt: the new checkpoint's prefix.
      source, graph: of a whole model, what it was made of, as in ``inspect``: it has
        what the model lacks, such as optimizer slots and counters.
      kind: which of the conversion's formats to read; default: its first.
      progress: called with ``(done, total, what)``.

    Raises:
      MigrateError: ``out`` cannot be used, ``ckpt`` exists or cannot be written.

    Source: the V2 format, tensorflow/core/protobuf/tensor_bundle.proto.
    """
    ckpt = os.path.abspath(ckpt)
    if not os.path.basename(ckpt):
        raise MigrateError(
            f"expected a prefix such as model.ckpt-1000. Received: {ckpt}"
        )
    variables, before = _variables(out, ckpt, source, graph, kind)
    progress = progress or (lambda *_: None)
    with workplace(ckpt) as place:
        _require_free(ckpt)
        prefix = os.path.join(place, os.path.basename(ckpt))
        try:
            checksums = _write(prefix, variables, progress)
        except tf.errors.OpError as error:
            raise unwritable(ckpt, error) from error
        _reread(prefix, variables, checksums)
        open_to_others(place)
        with locked(os.path.dirname(ckpt)):
            _require_free(ckpt)
            publish_files(
                place, os.path.dirname(ckpt), os.path.basename(ckpt) + ".index"
            )
    names = list(variables.entries)
    return Reverted(
        ckpt, names, [name for name in names if checksums[name] != before(name)]
    )


def _variables(out, ckpt, source, graph, kind):
    """What is written, and a function from a name to the checksum that it had."""
    if is_whole(out):
        if kind is not None:
            raise MigrateError(f"a whole model has one format. Received: {kind}")
        if source is None:
            raise MigrateError(
                "a whole model does not hold all that its checkpoint did, such as "
                "optimizer slots: name what it was made of (--source SOURCE, "
                "source=... in Python)"
            )
        whole = Whole(read_whole(out), open_source(source, graph))
        return whole, lambda name: bits.checksum(whole.source[name])
    if source is not None:
        raise MigrateError(
            f"a source goes with a whole model, a .keras file. Received: {out}"
        )
    conversion = Conversion(out, kind)
    inside = os.path.realpath(os.path.dirname(ckpt)) + os.sep
    if inside.startswith(os.path.realpath(conversion.out) + os.sep):
        raise MigrateError(f"{ckpt} is inside the conversion itself; choose another")
    rows = {row["name"]: row["sha256"] for row in conversion.report["tensors"]}
    return conversion, rows.get


def _require_free(ckpt):
    folder, name = os.path.split(ckpt)
    there = os.listdir(folder)
    if name + ".index" in there or name in there:
        raise MigrateError(f"{ckpt} exists; choose another prefix")
    left = sorted(entry for entry in there if entry.startswith(name + ".data-"))
    if left:
        raise MigrateError(
            f"{', '.join(left)} in {folder} belong to {ckpt}, which has no index: a "
            "checkpoint is damaged; remove them, or choose another prefix"
        )


def _write(prefix, variables, progress):
    """Writes all variables, a data file's worth at a time; gives their checksums."""
    checksums, parts, batch, size = {}, [], {}, 0
    for done, name in enumerate(variables):
        progress(done, len(variables), name)
        array = variables[name]
        checksums[name] = bits.checksum(array)
        batch |= {name: _tensors(array, variables.entries[name])}
        size += bits.to_bytes(array).size
        if size >= _SHARD:
            parts.append(_save(f"{prefix}.part-{len(parts)}", batch))
            batch, size = {}, 0
    if batch or not parts:
        parts.append(_save(f"{prefix}.part-{len(parts)}", batch))
    tf.raw_ops.MergeV2Checkpoints(
        checkpoint_prefixes=parts, destination_prefix=prefix, delete_old_dirs=False
    )
    return checksums


def _save(prefix, batch):
    names, slices, tensors = [], [], []
    for name, pieces in batch.items():
        for spec, tensor in pieces:
            names.append(name)
            slices.append(spec)
            tensors.append(tensor)
    tf.raw_ops.SaveV2(
        prefix=prefix, tensor_names=names, shape_and_slices=slices, tensors=tensors
    )
    return prefix


def _tensors(array, entry):
    """Pairs of what TensorFlow calls a part ("7 4 0,3:0,4"; of a whole, "") and its
    tensor."""
    dtype = tf.as_dtype(entry.dtype)
    if not entry.parts:
        return [("", _tensor(array, dtype))]
    shape = " ".join(map(str, entry.shape))
    pieces = []
    for part in entry.parts:
        spec = ":".join(f"{start},{length}" for start, length in part)
        place = tuple(slice(start, start + length) for start, length in part)
        pieces.append((f"{shape} {spec}", _tensor(array[place], dtype)))
    return pieces


def _tensor(array, dtype):
    """An array as a tensor of exactly that dtype, to the bit."""
    if array.dtype.kind == "O":
        return tf.constant(array.tolist(), tf.string, array.shape)
    tensor = tf.convert_to_tensor(np.asarray(array, order="C"))
    return tensor if tensor.dtype == dtype else tf.bitcast(tensor, dtype)


def _reread(prefix, variables, checksums):
    again = Checkpoint(prefix)
    if dict(again.entries) != dict(variables.entries):
        raise MigrateError(f"{prefix} was read back with other variables than written")
    for name, array in again.items():
        if bits.checksum(array) != checksums[name]:
            raise MigrateError(
                f"{name} was read back different from what was written; the disk or "
                "its driver may be failing"
            )
