"""``python -m migrate doctor``: what it names, asks for, draws and refuses."""

import json
import sys

import numpy as np
import pytest

from helpers import aged, checkpoints, recorded
from helpers.places import SHARED
from migrate.cli.main import main

FAULTS = {
    "aged_healthy": {},
    "aged_long_table": {"never updated": range(10, 16)},
    "aged_beyond": {"raced": [5]},
    "aged_young": {"hardly updated": range(10)},
    "aged_constant": {"zero variance": range(4)},
    "aged_lengths": {
        "hardly updated": [9],
        "padding counted": range(2, 10),
        "row of the first sequence": range(2, 10),
    },
    "aged_olavhn": {
        "shared by all steps": [0],
        "updated at test time": [0],
        "hardly updated": [0],
    },
}


def _doctor(capfd, *argv):
    capfd.readouterr()
    code = main(["doctor", *map(str, argv)])
    return code, capfd.readouterr()


def _faults(cell):
    return {one["fault"]: one["rows"] for one in cell["findings"]}


@pytest.fixture
def data(tmp_path):
    """A function that writes a recording's inputs to a file and gives its name."""

    def write(recording):
        arrays = {"x": recording.x}
        if recording.lengths is not None:
            arrays["lengths"] = recording.lengths
        np.savez(tmp_path / "data.npz", **arrays)
        return tmp_path / "data.npz"

    return write


@pytest.mark.parametrize("name", aged.NAMES)
def test_every_fault_with_data(name, data, capfd):
    recording = aged.Aged(name)
    code, said = _doctor(capfd, recording.prefix, "--json", "--data", data(recording))
    found = json.loads(said.out)
    (cell,) = found["cells"]
    assert _faults(cell) == {fault: list(rows) for fault, rows in FAULTS[name].items()}
    assert code == bool(FAULTS[name])
    # Outputs are reproduced to 3e-5 of the largest; their gap to 1e-3 of itself.
    assert cell["gap"] == pytest.approx(recording.gap, rel=1e-3)
    asked = " ".join(found["not_told_by_a_checkpoint"])
    assert ("--lengths" in asked) == (recording.lengths is None)
    assert "--steps" not in asked
    for one in cell["findings"]:
        assert one["effect"]
        assert one["cure"]


def test_what_a_checkpoint_does_not_tell_is_asked_for(capfd):
    recording = aged.Aged("aged_lengths")
    code, said = _doctor(capfd, recording.prefix)
    assert code == 1
    assert "hardly updated, row 9:" in said.out
    assert "padding counted, rows" not in said.out
    for flag in ("--steps T", "--lengths SHORTEST:LONGEST", "--data FILE.npz"):
        assert flag in said.out
    code, said = _doctor(capfd, recording.prefix, "--lengths", "2:10", "--steps", 10)
    assert "padding counted, rows 2-9:" in said.out
    assert "row of the first sequence, rows 2-9:" in said.out
    assert "--lengths" not in said.out
    code, said = _doctor(capfd, aged.Aged("aged_healthy").prefix, "--steps", 12)
    assert code == 1
    assert "raced, row 9: steps 9-11 all update and read this row" in said.out


def test_healthy(capfd):
    code, said = _doctor(capfd, aged.Aged("aged_healthy").prefix)
    assert code == 0
    assert "no fault found" in said.out
    assert "row 0 was updated 300 times" in said.out


@pytest.mark.shared("real", "seqsleepnet_1chan_eeg")
def test_published_model(capfd):
    prefix = SHARED / "real/seqsleepnet_1chan_eeg/pretrained_model.ckpt"
    code, said = _doctor(capfd, prefix)
    assert code == 0
    assert said.out.count("no fault found") == 4


def test_the_comments_cell_under_dynamic_rnn(tmp_path, capfd):
    """By its variables: traced once, only step 0 has any."""
    rng = np.random.default_rng(0)
    scope = "rnn/CommentCell/"
    arrays = {"W_XH": (3, 20), "W_HH": (5, 20), "bias": (20,)}
    for site, size in (("bn_xWXH0", 20), ("bn_hWHH0", 20), ("bn_next_cell_state0", 5)):
        arrays |= {f"{site}/{part}": (size,) for part in ("gamma", "beta")}
    values = {
        scope + k: rng.normal(size=s).astype("float32") for k, s in arrays.items()
    }
    for site, size in (("bn_xWXH0", 20), ("bn_hWHH0", 20), ("bn_next_cell_state0", 5)):
        values[f"{scope}{site}/moving_mean"] = np.zeros(size, "float32")
        values[f"{scope}{site}/moving_variance"] = np.ones(size, "float32")
    prefix = checkpoints.write(tmp_path / "model.ckpt", values)
    code, said = _doctor(capfd, prefix, "--json")
    (cell,) = json.loads(said.out)["cells"]
    assert (code, cell["layout"]) == (1, "unrolled")
    assert _faults(cell) == {"updates inside the loop": [0], "never updated": [0]}


@pytest.mark.parametrize("name", ["comment_dynamic", "olavhn"])
def test_layouts_with_faults_of_their_own(name, capfd):
    prefix = recorded.FOLDER / "tf-1.15.5" / "ckpt" / name
    code, said = _doctor(capfd, prefix)
    assert code == 1
    wanted = {
        "comment_dynamic": ["updates inside the loop"],
        "olavhn": ["shared by all steps", "updated at test time"],
    }
    for fault in wanted[name]:
        assert f"{fault}, row 0:" in said.out


def test_data_of_the_backward_cell_run_backwards(tmp_path, capfd):
    """Two directions with the same weights: mirrored data swap their gaps."""
    cells = {
        **checkpoints.cell("bidirectional_rnn/fw/BNLSTMCell"),
        **checkpoints.cell("bidirectional_rnn/bw/BNLSTMCell"),
    }
    prefix = checkpoints.write(tmp_path / "model.ckpt", cells)
    x = np.random.default_rng(0).normal(size=(8, 5, checkpoints.D))
    gaps = []
    for number, inputs in enumerate((x, x[:, ::-1])):
        np.savez(tmp_path / f"{number}.npz", x=inputs)
        _, said = _doctor(capfd, prefix, "--json", "--data", tmp_path / f"{number}.npz")
        gaps.append([cell["gap"] for cell in json.loads(said.out)["cells"]])
    assert gaps[0] == gaps[1][::-1]
    assert gaps[0][0] != gaps[0][1]


def test_data_for_the_layer_above_are_not_used(tmp_path, capfd):
    scope = "rnn/multi_rnn_cell/cell_{}/BNLSTMCell"
    cells = {
        **checkpoints.cell(scope.format(0)),
        **checkpoints.cell(scope.format(1), input_dim=checkpoints.H),
    }
    prefix = checkpoints.write(tmp_path / "model.ckpt", cells)
    np.savez(tmp_path / "x.npz", x=np.ones((2, 5, checkpoints.D)))
    _, said = _doctor(capfd, prefix, "--json", "--data", tmp_path / "x.npz")
    lower, upper = json.loads(said.out)["cells"]
    assert lower["gap"] is not None
    assert lower["data_not_used"] is None
    assert upper["gap"] is None
    assert "4 features" in upper["data_not_used"]


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_plot(kind, tmp_path, capfd):
    path = tmp_path / f"plot.{kind}"
    code, said = _doctor(capfd, aged.Aged("aged_constant").prefix, "--plot", path)
    assert code == 1
    assert f"Drew {path}" in said.out
    start = {"png": b"\x89PNG", "svg": b"<?xml"}[kind]
    assert path.read_bytes().startswith(start)
    (tmp_path / "other").touch()
    assert path.stat().st_mode == (tmp_path / "other").stat().st_mode  # by umask
    (tmp_path / "other").unlink()
    assert len(list(tmp_path.iterdir())) == 1
    if kind == "svg":
        text = path.read_text()
        assert text.count("<image") >= 6  # two tables of three sites


class TestRefused:
    """One line on stderr, exit code 2, nothing left behind."""

    @pytest.fixture
    def refused(self, tmp_path, capfd):
        prefix = aged.Aged("aged_healthy").prefix

        def run(*argv):
            before = checkpoints.state_of(tmp_path)
            code, said = _doctor(capfd, prefix, *argv)
            assert code == 2
            assert said.out == ""
            assert said.err.count("\n") == 1
            assert checkpoints.state_of(tmp_path) == before
            return said.err

        return run

    @pytest.mark.parametrize(
        ("arrays", "says"),
        [
            ({"y": np.ones(3)}, "expected an array x"),
            ({"x": np.ones((2, 3))}, "x.shape=(2, 3)"),
            ({"x": np.array([["a"]])}, "Received: x.shape"),
            ({"x": np.ones((2, 3, 4)), "lengths": np.ones(3, int)}, "lengths.shape"),
            ({"x": np.ones((2, 3, 4)), "lengths": np.array([1, 9])}, "up to 3"),
        ],
    )
    def test_arrays(self, refused, tmp_path, arrays, says):
        np.savez(tmp_path / "data.npz", **arrays)
        assert says in refused("--data", tmp_path / "data.npz")

    def test_data_that_are_no_file_of_arrays(self, refused, tmp_path):
        assert "cannot read" in refused("--data", tmp_path / "missing.npz")
        (tmp_path / "text.npz").write_text("no arrays")
        assert "cannot read" in refused("--data", tmp_path / "text.npz")
        np.save(tmp_path / "one.npy", np.ones(3))
        assert "cannot read" in refused("--data", tmp_path / "one.npy")

    def test_plots(self, refused, tmp_path):
        assert "cannot write" in refused("--plot", tmp_path / "plot.xyz")
        inside = tmp_path / "file" / "plot.png"
        inside.parent.touch()
        assert "cannot write" in refused("--plot", inside)

    def test_no_matplotlib(self, refused, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
        assert "pip install" in refused("--plot", tmp_path / "plot.png")

    @pytest.mark.parametrize("words", ["--steps 0", "--lengths 5:2", "--lengths 3"])
    def test_flags(self, words, capfd):
        assert main(["doctor", "model.ckpt", *words.split()]) == 2
        assert len(capfd.readouterr().err.splitlines()) == 1

    def test_no_batch_normalisation(self, tmp_path, capfd):
        prefix = checkpoints.write(tmp_path / "m.ckpt", {"w": np.ones((2, 2), "f")})
        code, said = _doctor(capfd, prefix)
        assert code == 2
        assert said.err.count("\n") == 1
