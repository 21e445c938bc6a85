"""Folders that version 0.1 converted still verify, revert and diff."""

import json
import shutil

import numpy as np
import pytest

import migrate
from helpers import recorded
from helpers.places import RECORDINGS
from migrate.cli.main import main

OUTPUTS = RECORDINGS / "outputs_0.1"
SOURCES = recorded.FOLDER / "tf-1.15.5" / "ckpt"
NAMES = ("olavhn", "bidirectional_lengths", "comment_static")


@pytest.mark.parametrize(
    "name", [NAMES[0], *(pytest.param(n, marks=pytest.mark.slow) for n in NAMES[1:])]
)
def test_they_verify_revert_and_diff(name, tmp_path, capfd):
    report = json.loads((OUTPUTS / name / "report.json").read_text())
    assert "bnlstm-compat" not in report["made_by"]  # of 0.1 indeed
    assert main(["verify", str(SOURCES / name), str(OUTPUTS / name)]) == 0
    assert "Equal" in capfd.readouterr().out
    reverted = tmp_path / "model.ckpt"
    assert migrate.revert(OUTPUTS / name, reverted).changed == []
    assert migrate.diff(SOURCES / name, reverted) == []
    assert migrate.diff(SOURCES / name, OUTPUTS / name) == []


def test_their_layouts_names_stay_accepted(tmp_path):
    """olavhn is called shared now, comment unrolled."""
    for name, scope, old, new in (
        ("olavhn", "rnn/BNLSTMCell", "olavhn", "shared"),
        ("comment_static", "rnn/CommentCell", "comment", "unrolled"),
    ):
        found = migrate.inspect(SOURCES / name, layouts={scope: old})
        assert [cell.layout for cell in found.inventory.cells] == [new]
        out = tmp_path / name
        assert (
            main(
                ["convert", str(SOURCES / name), str(out), "--layout", f"{scope}={old}"]
            )
            == 0
        )
        report = json.loads((out / "report.json").read_text())
        assert report["rnns"][0]["cells"][0]["layout"] == new
        assert "bnlstm-compat" in report["made_by"]


def test_a_changed_weight_is_seen(tmp_path):
    """So the checks above can fail."""
    out = tmp_path / "out"
    shutil.copytree(OUTPUTS / "comment_static", out)
    (file,) = (f for f in out.glob("*.npz") if f.name != "variables.npz")
    with np.load(file) as arrays:
        values = dict(arrays)
    values["cell_0/kernel"] = values["cell_0/kernel"] * np.float32(1.001)
    np.savez(file, **values)
    assert main(["verify", str(SOURCES / "comment_static"), str(out)]) == 1
