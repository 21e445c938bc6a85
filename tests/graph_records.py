"""Whole models that real TensorFlow 1 trained, with their graphs and what they compute.

They stand in ``recordings/graphs``; one that is not there is taken from ``../shared``
beside the checkout.
"""

import json
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
_PLACES = (HERE / "recordings" / "graphs", HERE.parent.parent / "shared" / "graphs")
STEM = "model.ckpt-40"


def folder(name):
    """The folder of the model ``"tf-1.15.5/sleep"``."""
    return next((p / name for p in _PLACES if (p / name).is_dir()), _PLACES[0] / name)


class Record:
    """What a ``record.npz`` holds.

    ``meta``; ``variables``, ``statistics`` (after one training pass): name -> array;
    ``feeds(training)``: placeholder -> array; ``outputs(training)``: tensor -> array.
    """

    def __init__(self, path):
        with np.load(path) as file:
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
        """Values of all placeholders, the switch with them."""
        return {**self._below("feed|"), **dict.fromkeys(self.meta["switch"], training)}

    def outputs(self, training):
        """The recorded tensors by name."""
        return self._below("out|train|" if training else "out|inference|")
