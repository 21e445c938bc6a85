"""Each contrib family against what real TensorFlow 1.15.5, 1.0.0 and 0.12.1 computed.

The recordings are written by generate.py, scenario by scenario; a replay compares
variables (names, shapes, order), outputs and gradients in a process of its own.
"""

import pytest

from helpers.legacy_process import python
from helpers.places import RECORDINGS
from legacy.contrib.written import written

CONTRIB = RECORDINGS / "contrib"

FAMILIES = sorted(p.stem for p in (CONTRIB / "scenarios").glob("[a-z]*.py"))
# All but these are slow tests: a process each, for up to a minute.
FIRST = {"cudnn_rnn"}


@pytest.mark.parametrize(
    "family",
    [
        pytest.param(name, marks=() if name in FIRST else pytest.mark.slow)
        for name in FAMILIES
    ],
)
def test_family_gives_what_real_tensorflow_gave(family):
    assert list((CONTRIB / "recorded").glob(f"{family}-*.npz"))
    run = python(CONTRIB / "replay.py", family)
    assert run.returncode == 0, run.stdout + run.stderr[-2000:]


def test_modules_say_which_names_they_write(tmp_path):
    (tmp_path / "one.py").write_text('__all__ = [\n    "A",\n    "b",\n]\n')
    (tmp_path / "rest.py").write_text("A = 1\n")
    assert written("p", [str(tmp_path)]) == {"A": "p.one:A", "b": "p.one:b"}
    (tmp_path / "two.py").write_text('__all__ = ["b"]\n')
    with pytest.raises(ValueError, match=r"p\.two and p\.one:b are of one name"):
        written("p", [str(tmp_path)])


def test_every_name_resolves():
    run = python(CONTRIB / "names.py")
    assert run.returncode == 0, run.stdout + run.stderr[-2000:]
