"""Models that real TensorFlow trained, with their graphs: unpacked when asked for."""

import atexit
import functools
import json
import shutil
import tarfile
import tempfile
from pathlib import Path

import numpy as np

from helpers.places import RECORDINGS

FOLDER = RECORDINGS / "graphs"
#: "tf-1.15.5/sleep" and so on.
MODELS = sorted(
    path.name.removesuffix(".tar.xz").replace("-", "/", 2).replace("/", "-", 1)
    for path in FOLDER.glob("tf-*.tar.xz")
)


@functools.cache
def _root():
    folder = tempfile.mkdtemp(prefix="graph-recordings-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


@functools.cache
def folder(model: str) -> Path:
    """The folder of a model: checkpoint, .meta, record.npz; yours to read only."""
    place = _root() / model.replace("/", "-")
    with tarfile.open(FOLDER / f"{model.replace('/', '-')}.tar.xz") as archive:
        # Python before 3.10.12 and 3.11.4 has no filters; the archives are our own.
        kinds = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(place, **kinds)
    for path in place.rglob("*"):  # so that anyone can change copies of it
        path.chmod(path.stat().st_mode | 0o200)
    (inner,) = place.iterdir() if "/" in model else (place,)
    return inner


def meta(model: str) -> str:
    """The path of a model's .meta."""
    (path,) = folder(model).glob("*.meta")
    return str(path)


def record(model: str):
    """What was recorded: an NpzFile; README.md of the recordings has the keys."""
    return np.load(folder(model) / "record.npz", allow_pickle=False)


def truth(model: str) -> dict:
    """The ``meta`` of a record: outputs, switch, cells with their true settings."""
    with record(model) as arrays:
        return json.loads(str(arrays["meta"]))


@functools.cache
def variants() -> dict:
    """What is true of each variant (``variants.py``), by name."""
    return {
        name: what
        for name, what in json.loads(
            (folder("variants") / "truth.json").read_text()
        ).items()
        if name != "made by"
    }


def variant(name: str) -> str:
    """The path of a variant's .meta."""
    return str(folder("variants") / f"{name}.meta")


class Record:
    """What a ``record.npz`` holds, by kind.

    ``meta``; ``variables`` (name -> array, the start of all passes), ``statistics``
    (after one training pass); ``feeds(training)``: placeholder -> array, the switch
    with them; ``outputs(training)``: tensor -> array.
    """

    def __init__(self, path):
        with np.load(path, allow_pickle=False) as file:
            self._arrays = {k.replace("\\", "/"): file[k] for k in file.files}
        self.meta = json.loads(str(self._arrays["meta"]))
        self.variables = self._below("v|")
        self.statistics = self._below("stat|")

    def _below(self, start):
        return {
            key[len(start) :]: array
            for key, array in self._arrays.items()
            if key.startswith(start)
        }

    def feeds(self, training):
        """Values of all placeholders."""
        return {**self._below("feed|"), **dict.fromkeys(self.meta["switch"], training)}

    def outputs(self, training):
        """The recorded tensors."""
        return self._below("out|train|" if training else "out|inference|")
