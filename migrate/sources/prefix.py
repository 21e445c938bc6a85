"""Which checkpoint a person means: its prefix, from whatever they typed."""

import glob
import os
import re
import warnings

from migrate.errors import MigrateError, MigrateWarning, did_you_mean

# A part of a V2 checkpoint: index, graph or data.
_V2_PART = re.compile(r"\.(index|meta|data-\d{5}-of-\d{5})$")
#: A shard of a V1 checkpoint, or the pattern that stands for all its shards.
V1_SHARD = re.compile(r"-(\d{5}|\?{5})-of-(\d{5})$")
# The file that names a folder's checkpoints.
_STATE = "checkpoint"
# Where a SavedModel keeps its variables.
_SAVED_VARIABLES = os.path.join("variables", "variables")


def find_prefix(path: str) -> str:
    """The checkpoint's prefix for what a person typed.

    Args:
      path: a prefix, one of a checkpoint's files, a folder with a ``checkpoint`` file
        that names the latest (or that file), or a SavedModel's folder.

    Returns:
      What TensorFlow's readers take: ``NAME``, or ``NAME-?????-of-0000N`` for the
      shards of the V1 format.

    Raises:
      MigrateError: there is nothing of the kind.

    Warns:
      MigrateWarning: the ``checkpoint`` file names another folder than its own, from
      which the files are taken.
    """
    path = os.fspath(path)
    if os.path.basename(path) == _STATE and os.path.isfile(path):
        path = os.path.dirname(path) or "."
    if os.path.isdir(path):
        saved = os.path.join(path, _SAVED_VARIABLES)
        return saved if os.path.isfile(saved + ".index") else _latest(path)
    found = as_prefix(_V2_PART.sub("", path))
    if found is None:
        raise MigrateError(
            f"no checkpoint at {path}: expected a prefix such as model.ckpt-1000, with "
            "its .index and .data files (or the files of the V1 format) beside it"
            f"{_others(path)}"
        )
    return found


def _others(path):
    """What there is instead of ``path``, to follow a sentence."""
    folder, name = os.path.split(path)
    folder = folder or "."
    if not os.path.isdir(folder):
        return f"; there is no folder {folder}"
    there = _prefixes(folder)
    if not there:
        return ""
    return did_you_mean(name, there) or f"; in {folder} there is {_shown(there)}"


def as_prefix(path: str) -> str | None:
    """The prefix that ``path`` is, or is a shard of; None if there is no such file."""
    if os.path.isfile(path + ".index"):
        return path
    if (shard := V1_SHARD.search(path)) is not None:
        path, count = path[: shard.start()], shard[2]
    elif os.path.isfile(path):
        return path
    else:
        count = "?????"
    shards = sorted(glob.glob(f"{glob.escape(path)}-?????-of-{count}"))
    shards = [name for name in shards if V1_SHARD.search(name)]
    if not shards:
        return None
    return f"{path}-?????-of-{shards[-1][-5:]}"


def files_of(prefix: str) -> list[str]:
    """The files of the checkpoint with that prefix, but for its graph."""
    names = glob.escape(prefix)
    if V1_SHARD.search(prefix):
        end = len("-?????-of-NNNNN")
        return sorted(glob.glob(glob.escape(prefix[:-end]) + prefix[-end:]))
    return [
        *filter(os.path.isfile, (prefix, prefix + ".index")),
        *sorted(glob.glob(names + ".data-?????-of-?????")),
    ]


def _latest(folder):
    """The prefix of the latest checkpoint that a folder's ``checkpoint`` file names."""
    named = _named(folder)
    if named is not None:
        own = re.split(r"[\\/]", named)[-1]
        elsewhere = _is_elsewhere(named, folder)
        for inside in (own,) if elsewhere else (named, own):
            found = as_prefix(os.path.join(folder, inside))
            if found is None:
                continue
            if elsewhere:
                warnings.warn(
                    f"{os.path.join(folder, _STATE)} names {named}, in another folder; "
                    f"taken is {found}, beside it",
                    MigrateWarning,
                    stacklevel=3,
                )
            return found
    prefixes = _prefixes(folder)
    if prefixes:
        hint = (
            f"latest checkpoint; name one of the checkpoints in it: {_shown(prefixes)}"
        )
    elif named is not None:
        hint = (
            f"latest checkpoint; its `{_STATE}` file names {named}; name the "
            "checkpoint itself"
        )
    else:
        hint = (
            "checkpoint: expected files such as model.ckpt-1000.index and "
            "model.ckpt-1000.data-00000-of-00001, or a SavedModel's saved_model.pb. In "
            f"it: {_shown(names_in(folder)) or 'nothing'}"
        )
    raise MigrateError(f"{folder} is a folder without a {hint}")


def _shown(names):
    return ", ".join(names[:10]) + (", ..." if names[10:] else "")


def _named(folder):
    """What the ``checkpoint`` file of a folder names; None if there is no such line."""
    try:
        with open(os.path.join(folder, _STATE), encoding="utf-8") as stream:
            found = re.search(r'^model_checkpoint_path: *"(.+)"', stream.read(), re.M)
    except (OSError, UnicodeDecodeError):
        return None  # as if there were none
    return None if found is None else found[1]


def _is_elsewhere(named, folder):
    """Whether a path is absolute and in another folder (also of another system)."""
    if re.match(r"[A-Za-z]:[\\/]|\\\\", named):  # written on Windows
        return True
    if not os.path.isabs(named):
        return False
    return os.path.realpath(os.path.dirname(named)) != os.path.realpath(folder)


def _prefixes(folder):
    return [
        name.removesuffix(".index")
        for name in names_in(folder)
        if name.endswith(".index")
    ]


def names_in(folder):
    """The names in a folder, in order.

    Raises:
      MigrateError: it cannot be read.
    """
    try:
        return sorted(os.listdir(folder))
    except OSError as error:
        raise MigrateError(f"cannot read {folder}: {error.strerror}") from error
