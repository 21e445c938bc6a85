"""Old call forms against what real TensorFlow 0.12.1 computed with them."""

import json

import numpy as np

from helpers.legacy_process import legacy, succeeded
from helpers.places import RECORDINGS
from helpers.rounding import within

FOLDER = RECORDINGS / "names"
# Real 0.12.1 against real 1.15.5 on like arithmetic.
TOLERANCE = 6e-7


def test_forms_of_012_give_what_012_gave(tmp_path):
    succeeded(legacy(FOLDER / "forms_012.py", tmp_path / "forms.json"))
    ours = json.loads((tmp_path / "forms.json").read_text())["results"]
    recorded = json.loads((FOLDER / "forms_012.json").read_text())
    assert "TensorFlow 0.12.1" in recorded["made"]
    assert sorted(ours) == sorted(recorded["results"])
    for name, wanted in recorded["results"].items():
        assert len(ours[name]) == len(wanted), name
        for position, value in enumerate(wanted):
            got = np.asarray(ours[name][position])
            value = np.asarray(value)
            assert got.shape == value.shape, (name, position)
            scale = max(np.abs(value).max(), 1e-30)
            error = np.abs(got - value).max() / scale
            within("inference", error, TOLERANCE, f"{name}, {position}")
