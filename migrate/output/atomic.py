"""Whole or not at all: what is made is made in a folder beside, then renamed."""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import tempfile

from migrate.errors import MigrateError

_SUFFIX = ".making"
#: Where in a workplace a folder waits that is being replaced.
_REPLACED = "replaced"


@contextlib.contextmanager
def workplace(target):
    """A temporary folder beside ``target``, for what will be renamed to it.

    Parents are made, and removed again where nothing was put into them. What a process
    that was killed left for the same target is cleaned up first.

    Raises:
      MigrateError: it cannot be made; also for any ``OSError`` inside.
    """
    parent, name = os.path.split(os.path.abspath(target))
    made, folder, lock = [], None, None
    try:
        made = _make_folders(parent)
        with locked(parent):
            _clean(parent, name)
            folder = tempfile.mkdtemp(_SUFFIX, _prefix(name), parent)
            lock = _lock(folder)
        yield folder
    except OSError as error:
        raise unwritable(target, error) from error
    finally:
        if folder is not None:
            _take_back(folder, parent)
            shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)
        _remove_empty(made)


def write_file(target, content: bytes) -> None:
    """Writes a file, complete or not at all; an earlier one is replaced.

    Raises:
      MigrateError: it cannot be written.
    """
    target = os.path.abspath(target)
    with workplace(target) as folder:
        draft = os.path.join(folder, "new")
        with open(draft, "wb") as stream:
            stream.write(content)
        os.replace(draft, target)


def unwritable(target, error):
    """The error for a target that cannot be written."""
    reason = getattr(error, "strerror", None) or " ".join(str(error).split())[:200]
    return MigrateError(f"cannot write {target}: {reason}")


@contextlib.contextmanager
def locked(folder):
    """Keeps other processes of ours from renaming in ``folder``, for a moment."""
    lock = _lock(folder, wait=True)
    try:
        yield
    finally:
        if lock is not None:
            os.close(lock)


def publish_folder(folder, target, before):
    """Renames a finished folder inside a workplace to ``target``.

    Args:
      before: ``state(target)`` when the work began; nobody may have changed it since.
    """
    open_to_others(folder)
    with locked(os.path.dirname(target)):
        if state(target) != before:
            raise MigrateError(f"{target} was made by another process meanwhile")
        work = os.path.dirname(folder)
        try:
            if before is not None:
                os.rename(target, os.path.join(work, _REPLACED))
            os.rename(folder, target)
        except BaseException:  # a key was pressed, perhaps
            _restore(work, target)
            raise


def _restore(folder, target):
    """Puts back what waits in a workplace, if nothing has taken its place."""
    replaced = os.path.join(folder, _REPLACED)
    if os.path.isdir(replaced) and not os.path.lexists(target):
        os.rename(replaced, target)


def publish_files(folder, parent, last):
    """Puts the finished files of a workplace into ``parent``, the file ``last`` last.

    They get a second name there and keep the one in the workplace. So it is known, also
    to the process that cleans up after one that was killed, what was put there, and it
    is taken back unless it is whole. Nothing is overwritten.

    On a file system without second names the files are renamed, and after a kill those
    that were stay.
    """
    for name in sorted(os.listdir(folder), key=lambda name: (name == last, name)):
        source, target = os.path.join(folder, name), os.path.join(parent, name)
        try:
            os.link(source, target)
        except FileExistsError:
            raise
        except OSError:
            os.rename(source, target)


def _take_back(folder, parent):
    """Removes from ``parent`` what ``publish_files`` put there, unless that is all."""
    names = os.listdir(folder)
    put = [name for name in names if _same_file(folder, parent, name)]
    if len(put) < len(names):
        for name in put:
            os.unlink(os.path.join(parent, name))


def _same_file(folder, parent, name):
    try:
        return os.path.samefile(os.path.join(folder, name), os.path.join(parent, name))
    except OSError:
        return False


def state(path):
    """What changes when ``path`` is replaced; None if there is nothing."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def open_to_others(folder):
    """Gives a private temporary folder and its files the person's usual rights."""
    mask = os.umask(0)
    os.umask(mask)
    os.chmod(folder, 0o777 & ~mask)
    for name in os.listdir(folder):
        os.chmod(os.path.join(folder, name), 0o666 & ~mask)


def _prefix(name):
    if len(name) > 100:  # most file systems end at 255 bytes
        name = name[:60] + hashlib.sha256(name.encode()).hexdigest()[:16]
    return f".{name}."


def _lock(folder, wait=False):
    """A lock that ends with the process, however that ends; None if it is taken."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:  # taken, or a file system without locks
        os.close(handle)
        return None
    return handle


def _clean(parent, name):
    """Removes workplaces of processes that are no more, for the target ``name``."""
    ours = re.compile(re.escape(_prefix(name)) + "[^.]+" + re.escape(_SUFFIX))
    for entry in os.listdir(parent):
        if ours.fullmatch(entry):
            left = os.path.join(parent, entry)
            try:
                lock = _lock(left)
            except FileNotFoundError:  # its process has just removed it
                continue
            if lock is None:
                continue
            _restore(left, os.path.join(parent, name))
            _take_back(left, parent)
            shutil.rmtree(left, ignore_errors=True)
            os.close(lock)


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
