"""The command line: what it says, its exit codes, and what it leaves behind."""

import errno
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import safetensors.numpy

import migrate
from bnlstm_compat import BNLSTM
from helpers import checkpoints, recorded
from helpers.places import ROOT
from migrate.cells.inventory import take_inventory
from migrate.cells.settings import Settings
from migrate.cli import show
from migrate.cli.main import main
from migrate.demo.demo import CHECKPOINT
from migrate.output import write as writers
from migrate.proof import verdict
from migrate.sources.checkpoint import Checkpoint

_CPP_LOG = re.compile(r"([IWE]\d{4}|\d{4}-\d\d-\d\d) \d\d:\d\d:")


def _fails(capfd, *argv):
    """The one line on stderr of a command that must end with 2."""
    capfd.readouterr()
    assert main([str(word) for word in argv]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("migrate: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    return err


@pytest.fixture
def source(tmp_path):
    """A folder with a copy of the demo's checkpoint, and its prefix."""
    folder = tmp_path / "source"
    folder.mkdir()
    for file in Path(CHECKPOINT).parent.glob("model.ckpt.*"):
        shutil.copy(file, folder)
    return folder / "model.ckpt"


@pytest.fixture
def unchanged(source, tmp_path):
    """Fails if a test leaves anything behind, or touches the source."""
    before = checkpoints.state_of(source.parent), sorted(os.listdir(tmp_path))
    yield
    assert (checkpoints.state_of(source.parent), sorted(os.listdir(tmp_path))) == before


def test_inspect_json(source, capfd):
    assert main(["inspect", str(source), "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    kinds = {rnn["scope"]: rnn["kind"] for rnn in found["rnns"]}
    assert kinds == {"frames": "bidirectional", "epochs": "stack"}
    cells = [cell for rnn in found["rnns"] for cell in rnn["cells"]]
    sizes = [(c["input_dim"], c["units"], c["max_bn_steps"]) for c in cells]
    assert sorted(sizes) == [(4, 8, 10), (4, 8, 10), (8, 4, 10), (16, 8, 10)]
    assert len(found["optimizer_slots"]) == 60
    assert "head/kernel" in found["other_variables"]
    assert found["variables"] == 52 + 60 + len(found["other_variables"])


def test_inspect_shows_every_cell_and_variable(source, capfd):
    assert main(["inspect", str(source)]) == 0
    out = capfd.readouterr().out
    for word in ("frames/bw/BNLSTMCell", "per-step", "30 Adam_1", "global_step"):
        assert word in out


def test_convert_then_verify(source, tmp_path, capfd):
    out = tmp_path / "out"
    assert main(["convert", str(source), str(out)]) == 0
    said = capfd.readouterr().out
    assert "Assumed" in said
    assert "--decay" in said
    assert sorted(os.listdir(out)) == [
        "epochs.keras",
        "frames.keras",
        "report.json",
        "variables.safetensors",
    ]
    assert main(["verify", str(source), str(out)]) == 0
    said = capfd.readouterr().out
    assert said.count("same bits") == 4
    assert "Equal: 4 of 4 cells" in said
    assert main(["verify", str(source), str(out), "--tolerance", "1e-12"]) == 1
    assert "DIFFERENT" in capfd.readouterr().out


@pytest.mark.slow
def test_verify_sees_what_the_layer_does_past_the_length(source, tmp_path, capfd):
    out = tmp_path / "out"
    assert main(["convert", str(source), str(out)]) == 0
    model = keras.saving.load_model(out / "epochs.keras")
    model.layers[-1].zero_output_for_mask = False
    model.save(out / "epochs.keras")
    assert main(["verify", str(source), str(out)]) == 1
    assert "Different: 3 of 4 cells" in capfd.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("name", ["kernel", "cell_moving_variance", "input_gamma"])
def test_verify_sees_one_changed_bit(source, tmp_path, name, capfd):
    out = tmp_path / "out"
    assert main(["convert", str(source), str(out)]) == 0
    path = out / "frames.keras"
    model = keras.saving.load_model(path)
    variable = getattr(model.layers[0].forward_layer.cell, name)
    array = variable.value.numpy()
    array.view(np.uint32)[0, ...].flat[0] ^= 1
    variable.assign(array)
    model.save(path)
    assert main(["verify", str(source), str(out)]) == 1
    said = capfd.readouterr().out
    assert "the bits differ in" in said
    assert "(weights)" in said
    assert "Different: 3 of 4 cells" in said


@pytest.mark.slow
def test_verify_sees_one_changed_variable(source, tmp_path, capfd):
    out = tmp_path / "out"
    assert main(["convert", str(source), str(out)]) == 0
    path = out / "variables.safetensors"
    variables = safetensors.numpy.load_file(path)
    variables["head/kernel"] = variables["head/kernel"] * np.float32(1.0000001)
    safetensors.numpy.save_file(variables, path)
    assert main(["verify", str(source), str(out)]) == 1
    assert "head/kernel" in capfd.readouterr().out


def test_settings_reach_the_layers(source, tmp_path):
    out = tmp_path / "out"
    options = ["--epsilon", "0.001", "--decay", "0.5", "--activation", "relu"]
    assert main(["convert", str(source), str(out), *options]) == 0
    model = keras.saving.load_model(out / "epochs.keras")
    for layer in model.layers:
        assert (layer.cell.epsilon, layer.cell.momentum) == (0.001, 0.5)
        assert layer.cell.activation is keras.activations.relu
    report = json.loads((out / "report.json").read_text())
    for rnn in report["rnns"]:
        assert rnn["settings"]["decay"] == {"value": 0.5, "assumed": False}


@pytest.mark.slow
def test_verify_takes_the_settings_of_the_conversion(source, tmp_path):
    out = str(tmp_path / "out")
    # Not relu: weights trained for tanh then give moments near zero, which amplify
    # rounding (2.6e-5 on TensorFlow 2.16).
    options = ["--decay", "0.5", "--activation", "sigmoid", "--epsilon", "1e-3"]
    assert main(["convert", str(source), out, *options]) == 0
    assert main(["verify", str(source), out]) == 0


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("command", ["inspect", "convert", "verify"])
class TestNoCheckpoint:
    """Each command, on what is not a checkpoint."""

    def _argv(self, command, source, where):
        return [command, where] + ([source.parent / "out"] * (command != "inspect"))

    def test_no_such_file(self, capfd, source, command):
        for name, hint in (
            ("model.chpt", "; did you mean model.ckpt?"),
            ("nothing", f"; in {source.parent} there is model.ckpt"),
            ("absent/model.ckpt", f"; there is no folder {source.parent / 'absent'}"),
        ):
            argv = self._argv(command, source, source.parent / name)
            err = _fails(capfd, *argv)
            assert "no checkpoint at" in err
            assert err.rstrip().endswith(hint)

    def test_folder_without_a_checkpoint(self, capfd, source, command):
        argv = self._argv(command, source, source.parent)
        assert "latest checkpoint; name one of the checkpoints" in _fails(capfd, *argv)
        empty = source.parent / "empty"
        empty.mkdir()
        argv = self._argv(command, source, empty)
        assert "without a checkpoint: expected" in _fails(capfd, *argv)
        (empty / "notes.txt").touch()
        assert "In it: notes.txt" in _fails(capfd, *argv)
        argv = self._argv(command, source, empty / "notes.txt")
        assert "it is no checkpoint, or its files are" in _fails(capfd, *argv)
        shutil.rmtree(empty)

    def test_files_that_may_not_be_read(self, capfd, source, command, monkeypatch):
        """As for people who lack the right: an administrator has it always."""

        def refuse(path):
            raise PermissionError(errno.EACCES, "Permission denied", path)

        monkeypatch.setattr("os.listdir", refuse)
        argv = self._argv(command, source, source.parent)
        assert "source: Permission denied" in _fails(capfd, *argv)
        monkeypatch.undo()
        monkeypatch.setattr("migrate.sources.bundle.read_v2", refuse)
        err = _fails(capfd, *self._argv(command, source, source))
        assert "model.ckpt.index: Permission denied" in err
        assert "damaged" not in err


def _damaged(source, how):
    data = source.with_name("model.ckpt.data-00000-of-00001")
    index = source.with_name("model.ckpt.index")
    if how == "no data":
        data.unlink()
    elif how == "truncated data":
        data.write_bytes(data.read_bytes()[:1000])
    elif how == "empty data":
        data.write_bytes(b"")
    elif how == "truncated index":
        index.write_bytes(index.read_bytes()[:-10])
    else:
        path = data if how.endswith("data") else index
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 16
        path.write_bytes(content)


@pytest.mark.parametrize(
    "how",
    [
        "no data",
        "truncated data",
        "empty data",
        "truncated index",
        "a flipped bit in the data",
        "a flipped bit in the index",
    ],
)
def test_damaged_files(how, source, tmp_path, capfd):
    _damaged(source, how)
    before = checkpoints.state_of(tmp_path)
    err = _fails(capfd, "convert", source, tmp_path / "out")
    assert "incomplete or damaged" in err
    assert checkpoints.state_of(tmp_path) == before
    if how == "no data":
        assert "0 of its 1 data files" in _fails(capfd, "inspect", source)


def test_without_a_known_cell(tmp_path, capfd):
    variables = {
        "rnn/lstm_cell/kernel": np.ones((3, 4), np.float32),
        "global_step": np.int64(1),
    }
    prefix = checkpoints.write(tmp_path / "m", variables)
    err = _fails(capfd, "convert", prefix, tmp_path / "out")
    for word in ("no cell of a known layout", "rnn/lstm_cell/kernel", "(--graph FILE"):
        assert word in err
    assert not (tmp_path / "out").exists()


def test_half_a_cell(tmp_path, capfd):
    variables = checkpoints.cell("net/rnn/BNLSTMCell")
    del variables["net/rnn/BNLSTMCell/hh/pop_var"]
    prefix = checkpoints.write(tmp_path / "m", variables)
    assert main(["inspect", prefix]) == 0  # it lists every file
    told = capfd.readouterr().out
    for text in (told, _fails(capfd, "convert", prefix, tmp_path / "out")):
        assert "net/rnn/BNLSTMCell is not a complete per-step cell" in text
        assert "hh/pop_var missing" in text
    assert not (tmp_path / "out").exists()


def test_half_a_cell_beside_a_whole_one(tmp_path, capfd):
    """Shown by inspect, of no matter to load by scope; but nothing is left out."""
    variables = {**checkpoints.cell("good/BNLSTMCell"), "other/hh/scale": np.ones(4)}
    prefix = checkpoints.write(tmp_path / "m", variables)
    assert main(["inspect", prefix]) == 0
    assert "Incomplete cell: other is not a complete" in capfd.readouterr().out
    layer = BNLSTM(checkpoints.H, checkpoints.M)
    migrate.load(layer, prefix, scope="good")
    np.testing.assert_array_equal(
        layer.cell.export_weights().kernel, variables["good/BNLSTMCell/W_xh"]
    )
    out = tmp_path / "out"
    assert "other is not a complete" in _fails(capfd, "convert", prefix, out)
    whole = checkpoints.write(tmp_path / "whole", checkpoints.cell("good/BNLSTMCell"))
    assert main(["convert", whole, str(out)]) == 0
    assert "other is not a complete" in _fails(capfd, "verify", prefix, out)


def test_a_shape_that_does_not_fit(tmp_path, capfd):
    variables = checkpoints.cell("rnn/BNLSTMCell")
    variables["rnn/BNLSTMCell/c/scale"] = np.ones(9, np.float32)
    prefix = checkpoints.write(tmp_path / "m", variables)
    err = _fails(capfd, "convert", prefix, tmp_path / "out")
    assert "c/scale has shape (9,), expected (4,)" in err
    assert not (tmp_path / "out").exists()


def test_out_exists(source, tmp_path, capfd):
    out = tmp_path / "out"
    assert main(["convert", str(source), str(out)]) == 0
    before = checkpoints.state_of(tmp_path)
    assert "--force" in _fails(capfd, "convert", source, out)
    assert checkpoints.state_of(tmp_path) == before
    options = ["--force", "--decay", "0.5"]
    assert main(["convert", str(source), str(out), *options]) == 0
    report = json.loads((out / "report.json").read_text())
    assert report["rnns"][0]["settings"]["decay"]["value"] == 0.5
    assert sorted(os.listdir(tmp_path)) == ["out", "source"]


def test_force_replaces_only_what_convert_made(source, tmp_path, capfd):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years of work")
    (tmp_path / "file").write_text("also precious")
    before = checkpoints.state_of(tmp_path)
    for out in (precious, tmp_path / "file"):
        assert "not made by convert" in _fails(capfd, "convert", source, out, "--force")
    (precious / "report.json").write_text('{"accuracy": 0.9}')
    assert "not made by convert" in _fails(
        capfd, "convert", source, precious, "--force"
    )
    (precious / "report.json").unlink()
    made = tmp_path / "made"
    assert main(["convert", str(source), str(made)]) == 0
    shutil.copy(made / "epochs.keras", made / "epochs.keras.trained")
    assert "other files" in _fails(capfd, "convert", source, made, "--force")
    assert (made / "epochs.keras.trained").exists()
    shutil.rmtree(made)
    capfd.readouterr()
    err = _fails(capfd, "convert", source, source.parent, "--force")
    assert "holds the checkpoint itself" in err
    assert checkpoints.state_of(tmp_path) == before


def test_a_key_pressed_while_renaming(source, tmp_path, monkeypatch):
    out = tmp_path / "out"
    assert main(["convert", str(source), str(out)]) == 0
    before, rename = checkpoints.state_of(out), os.rename

    def interrupted(start, end):
        rename(start, end)
        if os.fspath(start) == str(out):
            raise KeyboardInterrupt

    monkeypatch.setattr(os, "rename", interrupted)
    assert main(["convert", str(source), str(out), "--force"]) == 130
    assert checkpoints.state_of(out) == before
    assert sorted(os.listdir(tmp_path)) == ["out", "source"]


def test_leftovers_of_a_longer_name_are_not_ours(source, tmp_path):
    left = tmp_path / ".run.v2.abcdefgh.making" / "replaced"
    left.mkdir(parents=True)
    assert main(["convert", str(source), str(tmp_path / "run")]) == 0
    assert left.is_dir()
    assert (tmp_path / "run" / "report.json").exists()


@pytest.mark.usefixtures("unchanged")
def test_unwritable_out(source, capfd):
    # Below a file: unwritable for everyone, root included.
    below = source.with_name("model.ckpt.index") / "out"
    for out in (below, "/proc/out"):
        assert "cannot write" in _fails(capfd, "convert", source, out)


def test_a_full_disk_leaves_nothing(tmp_path):
    """A limit on the size of files, in a process of its own, stands for the disk."""
    variables = {**checkpoints.cell("rnn/BNLSTMCell"), "big": np.zeros(10**6)}
    prefix = checkpoints.write(tmp_path / "m", variables)
    code = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10**6, 10**6))\n"
        "from migrate.cli.main import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    out = tmp_path / "new" / "out"
    done = subprocess.run(
        [sys.executable, "-c", code, "convert", prefix, str(out)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("migrate: cannot write")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_a_damaged_checkpoint_leaves_no_new_folders(source, tmp_path, capfd):
    _damaged(source, "a flipped bit in the data")
    _fails(capfd, "convert", source, tmp_path / "new" / "deep" / "out")
    assert sorted(os.listdir(tmp_path)) == ["source"]


def test_out_that_appears_meanwhile_is_kept(source, tmp_path, capfd, monkeypatch):
    out = tmp_path / "out"

    def fill(*arguments):
        out.mkdir()
        (out / "thesis.txt").write_text("years of work")
        return writers_fill(*arguments)

    writers_fill = writers._fill
    monkeypatch.setattr(writers, "_fill", fill)
    assert "another process" in _fails(capfd, "convert", source, out)
    assert sorted(os.listdir(tmp_path)) == ["out", "source"]
    assert os.listdir(out) == ["thesis.txt"]


def test_force_sees_through_links(source, tmp_path, capfd):
    link = tmp_path / "link"
    link.symlink_to(source.parent)
    before = checkpoints.state_of(source.parent)
    for given, out in ((link / "model.ckpt", source.parent), (source, link)):
        err = _fails(capfd, "convert", given, out, "--force")
        assert "holds the checkpoint itself" in err
    assert checkpoints.state_of(source.parent) == before


def test_an_unexpected_fault_is_one_line_unless_asked_for(source, capfd, monkeypatch):
    def fault(*_):
        raise ZeroDivisionError("by\nzero")

    monkeypatch.setattr("migrate.cells.inventory.search", fault)
    assert "ZeroDivisionError: by zero" in _fails(capfd, "inspect", source)
    with pytest.raises(ZeroDivisionError):
        main(["--traceback", "inspect", str(source)])


def _edit_report(out, activation=None, **values):
    path = out / "report.json"
    report = json.loads(path.read_text())
    report["rnns"][0].update(values)
    if activation is not None:
        report["rnns"][0]["settings"]["activation"]["value"] = activation
    path.write_text(json.dumps(report))


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        (lambda out: shutil.rmtree(out), "not a folder that convert made"),
        (lambda out: (out / "report.json").write_text("{"), "cannot be read"),
        (lambda out: _edit_report(out, settings=None), "cannot be read"),
        (lambda out: _edit_report(out, files=None), "cannot be read"),
        (lambda out: _edit_report(out, activation="no"), "Received: no"),
        (lambda out: (out / "epochs.keras").unlink(), "cannot be opened"),
        (lambda out: (out / "epochs.keras").write_bytes(b"PK"), "cannot be opened"),
    ],
)
def test_verify_of_an_unusable_output(damage, word, source, tmp_path, capfd):
    out = tmp_path / "out"
    assert main(["convert", str(source), str(out)]) == 0
    damage(out)
    assert word in _fails(capfd, "verify", source, out)


def test_verify_of_another_checkpoint(source, tmp_path, capfd):
    out = tmp_path / "out"
    other = recorded.load("1.15.5", "basic").checkpoint
    assert main(["convert", str(other), str(out)]) == 0
    assert "another checkpoint" in _fails(capfd, "verify", source, out)


def test_unknown_activation(source, tmp_path, capfd):
    argv = ["convert", source, tmp_path / "out", "--activation", "nonsense"]
    assert "Received: nonsense" in _fails(capfd, *argv)


@pytest.mark.parametrize(
    ("argv", "part"),
    [
        ([], "required: COMMAND; see python -m migrate"),
        (["explode"], "'inspect'"),
        (["convert", "a"], "required: OUT; see python -m migrate convert"),
        (["convert", "a", "b", "--decay", "1"], "a number from 0 to below 1. Received"),
        (["convert", "a", "b", "--epsilon", "inf"], "a number from 0. Received: inf"),
        (["convert", "a", "b", "--forget-bias", "-inf"], "expected one argument"),
        (
            ["convert", "a", "b", "--epsilom", "1"],
            "--epsilom 1; see python -m migrate c",
        ),
        (["verify", "a", "b", "--tolerance", "x"], "a number from 0. Received: x"),
        (["verify", "a", "b", "--regularization"], "--regularization"),
        (["doctor", "a", "--lengths", "3"], "SHORTEST:LONGEST, such as 2:10. Rec"),
    ],
)
def test_wrong_words(argv, part, capfd):
    assert main(argv) == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("migrate: ")
    assert part in line
    assert line.endswith(" -h")


def test_the_demo_says_first_what_it_needs(monkeypatch, capfd):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert main(["demo"]) == 2
    out, err = capfd.readouterr()
    assert "pip install scikit-learn" in err
    assert "Inspect" not in out


@pytest.mark.slow
def test_demo_in_a_fresh_process(tmp_path):
    kept = tmp_path / "kept"
    done = subprocess.run(
        [sys.executable, "-m", "migrate", "demo", "--keep", str(kept)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # TensorFlow's threads log, in some runs only, past every setting of theirs.
    lines = [line for line in done.stderr.splitlines() if not _CPP_LOG.match(line)]
    assert lines == []
    assert "Equal: 4 of 4 cells" in done.stdout
    assert done.stdout.count(": equal (1.15.5 and 0.12.1 differ") == 2
    assert (kept / "converted" / "frames.keras").exists()
    old, new = re.findall(r"(?:graph|layer) +(0\.\d{4})", done.stdout)
    assert float(old) > 0.8
    assert new == old


def test_verify_says_what_it_does_not_compare(tmp_path, capfd):
    """The comment's cell, unrolled: TensorFlow 1 counts padding, the layer does not."""
    rng = np.random.default_rng(0)
    shapes = {"W_XH": (3, 16), "W_HH": (4, 16), "bias": (16,)}
    for step in range(2):
        for site, size in (("xWXH", 16), ("hWHH", 16), ("next_cell_state", 4)):
            for part in ("gamma", "beta", "moving_mean", "moving_variance"):
                shapes[f"bn_{site}{step}/{part}"] = (size,)
    variables = {
        f"rnn/cell/{leaf}": rng.uniform(0.5, 1, shape).astype(np.float32)
        for leaf, shape in shapes.items()
    }
    prefix = checkpoints.write(tmp_path / "m", variables)
    assert main(["convert", prefix, str(tmp_path / "out")]) == 0
    assert main(["verify", prefix, str(tmp_path / "out")]) == 0
    assert "rnn/cell: not compared: training, random lengths" in capfd.readouterr().out


def test_progress_on_a_terminal(capfd, monkeypatch):
    """Names as they are, though they look like markup; and the remaining time."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with show.progress("Converting") as update:
        update(1, 4, "a[bold]b[/]\n\x1b[2J")
        update(2, 4, "x" * 65536 + "/end")
    err = capfd.readouterr().err
    assert "...xxx" in err
    assert "xx/end" in err
    plain = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", err)  # without colours
    assert re.search(r" 50% (\d+|-):[-\d]{2}:[-\d]{2}", plain)
    with show.progress("Converting") as update:
        update(1, 4, "a[bold]b[/]\n\x1b[2J")
    err = capfd.readouterr().err
    assert "Converting a[bold]b[/]" in err
    assert "\x1b[2J" not in err


def test_progress_counts_every_byte_twice(source, tmp_path):
    """Read, then written and read again; so it ends where all is done."""
    checkpoint, seen = Checkpoint(source), []
    writers.write(
        tmp_path / "out",
        checkpoint,
        take_inventory(checkpoint.entries),
        Settings(),
        formats=("keras", "npz"),
        progress=lambda *told: seen.append(told),
    )
    done, total, _ = seen[-1]
    assert done == total == 2 * sum(array.nbytes for array in checkpoint.values())
    assert [told[0] for told in seen] == sorted({told[0] for told in seen})


def test_relative_difference():
    a = np.array([1.0, 2.0, -4.0])
    assert verdict.relative_difference(a * 1.1, a) == pytest.approx(0.1)
    assert verdict.relative_difference(np.array([1.0, np.nan]), a[:2]) == float("inf")
    assert verdict.relative_difference(np.zeros(2), np.zeros(2)) == 0
