"""Reading, loading and converting checkpoints."""

import json
import shutil

import keras
import numpy as np
import pytest
import safetensors.numpy

import migrate
from bnlstm_compat import BNLSTM, BNLSTMCell
from helpers import checkpoints, recorded
from helpers.fresh import fresh
from migrate.cells.inventory import take_inventory
from migrate.cells.known.per_step import PER_STEP
from migrate.cli.main import main
from migrate.output import write as writers
from migrate.sources.checkpoint import Checkpoint


def _bnlstm(**options):
    return BNLSTM(checkpoints.H, checkpoints.M, return_sequences=True, **options)


def _expect(cell, variables, scope):
    """The Keras cell holds the variables of that scope, to the bit."""
    arrays = PER_STEP.from_keras(cell.export_weights())
    for leaf, array in arrays.items():
        assert array.tobytes() == variables[f"{scope}/{leaf}"].tobytes(), leaf


@pytest.mark.parametrize(("version", "name"), recorded.LAST_FIRST)
def test_converted_models_compute_what_tensorflow_did(version, name, tmp_path):
    recording = recorded.load(version, name)
    options = ["--activation", recording.activation, "--decay", str(recording.decay)]
    out = tmp_path / "out"
    assert main(["convert", str(recording.checkpoint), str(out), *options]) == 0
    model = keras.saving.load_model(out / writers.file_name(recording.rnn.scope))
    if recording.name == "initial_state":
        outputs = model.layers[0](recording.x, initial_state=recording.initial_state())
    else:
        outputs = model(recording.x, mask=recording.mask)
    worst = recorded.difference(outputs, recording["out|final|outputs"])
    recorded.within(worst, recorded.INFERENCE)

    source = Checkpoint(recording.checkpoint)
    report = json.loads((out / "report.json").read_text())
    assert sorted(t["name"] for t in report["tensors"]) == sorted(source)
    others = safetensors.numpy.load_file(out / "variables.safetensors")
    cells = {n for cell in recording.rnn.cells for n in cell.variables.values()}
    assert sorted(others) == sorted(set(source) - cells)
    for other, array in others.items():
        assert (array.dtype, array.shape) == (source[other].dtype, source[other].shape)
        assert array.tobytes() == source[other].tobytes()


def test_output_opens_after_importing_the_layers_alone(tmp_path):
    out = tmp_path / "out"
    recording = recorded.load("1.15.5", "bidirectional")
    assert main(["convert", str(recording.checkpoint), str(out)]) == 0
    code = (
        "import sys, bnlstm_compat, keras\n"
        f"model = keras.saving.load_model({str(out / 'bidirectional_rnn.keras')!r})\n"
        "assert 'migrate' not in sys.modules and 'legacy' not in sys.modules\n"
        "print(model.layers[0].__class__.__name__, model.count_params())"
    )
    found = fresh(code)
    size = sum(
        array.size
        for weights in migrate.read(recording.checkpoint).values()
        for array in weights.tolist()
    )
    assert found.split() == ["Bidirectional", str(size)]


def test_kinds_of_network(tmp_path):
    variables = {
        **checkpoints.cell("rnn/BNLSTMCell"),
        **checkpoints.cell("deep/frame_rnn_layer/fw/BNLSTMCell", seed=1),
        **checkpoints.cell("deep/frame_rnn_layer/bw/BNLSTMCell", seed=2),
        **checkpoints.cell("old/RNN/MultiRNNCell/Cell0/BNLSTMCell", seed=3),
        **checkpoints.cell("old/RNN/MultiRNNCell/Cell1/BNLSTMCell", input_dim=4),
        **checkpoints.cell("half/fw/BNLSTMCell", seed=5),
        **checkpoints.cell("gap/multi_rnn_cell/cell_0/BNLSTMCell", seed=6),
        **checkpoints.cell("gap/multi_rnn_cell/cell_2/BNLSTMCell", seed=7),
        **checkpoints.cell("twins/A", seed=8),
        **checkpoints.cell("twins/B", seed=9),
        "rnn/BNLSTMCell/W_xh/Adam": np.zeros((3, 16), np.float32),
        "head/kernel": np.zeros((4, 2), np.float32),
        "global_step": np.int64(7),
    }
    found = take_inventory(
        Checkpoint(checkpoints.write(tmp_path / "m", variables)).entries
    )
    assert {(rnn.scope, rnn.kind, len(rnn.cells)) for rnn in found.rnns} == {
        ("rnn", "single", 1),
        ("deep/frame_rnn_layer", "bidirectional", 2),
        ("old/RNN", "stack", 2),
        ("half/fw", "single", 1),
        ("gap/multi_rnn_cell/cell_0", "single", 1),
        ("gap/multi_rnn_cell/cell_2", "single", 1),
        ("twins/A", "single", 1),
        ("twins/B", "single", 1),
    }
    assert found.slots == {"rnn/BNLSTMCell/W_xh/Adam": "rnn/BNLSTMCell/W_xh"}
    assert found.others == ("global_step", "head/kernel")
    assert not found.problems
    names = [writers.file_name(rnn.scope) for rnn in found.rnns]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    "scope",
    [
        "../../etc/x",
        "/abs",
        "a.b",
        "a/b",
        "a//b",
        "",
        "a\x00b",
        "a\nb",
        "x" * 5000,
        "%",
    ],
)
def test_file_names_stay_in_the_folder(scope):
    name = writers.file_name(scope)
    assert "/" not in name
    assert not name.startswith(".")
    assert name.isprintable()
    assert len(name) < 200


def test_file_names_differ_where_scopes_do():
    scopes = ["a/b", "a.b", "a%2Fb", "a%2Eb", "", "%", ".", "x" * 500, "x" * 501]
    assert len({writers.file_name(scope) for scope in scopes}) == len(scopes)


@pytest.fixture
def several(tmp_path):
    """A checkpoint with a single RNN, a pair and a stack."""
    variables = {
        **checkpoints.cell("one/rnn/BNLSTMCell"),
        **checkpoints.cell("pair/fw/BNLSTMCell", seed=1),
        **checkpoints.cell("pair/bw/BNLSTMCell", seed=2),
        **checkpoints.cell("deep/multi_rnn_cell/cell_0/BNLSTMCell", seed=3),
        **checkpoints.cell(
            "deep/multi_rnn_cell/cell_1/BNLSTMCell", input_dim=4, seed=4
        ),
    }
    return checkpoints.write(tmp_path / "model.ckpt", variables), variables


@pytest.mark.parametrize(
    "scope", ["one/rnn", "one/rnn/BNLSTMCell", "pair/fw", "/pair/bw/"]
)
def test_load_one(several, scope):
    prefix, variables = several
    layer = migrate.load(_bnlstm(), prefix, scope=scope)
    whole = scope.strip("/")
    whole += "" if whole.endswith("BNLSTMCell") else "/BNLSTMCell"
    _expect(layer.cell, variables, whole)


def test_load_a_cell_and_a_built_layer(several):
    prefix, variables = several
    cell = migrate.load(BNLSTMCell(4, 5), prefix, scope="one/rnn")
    _expect(cell, variables, "one/rnn/BNLSTMCell")
    layer = _bnlstm()
    layer(np.zeros((2, 3, checkpoints.D), np.float32))
    migrate.load(layer, prefix + ".index", scope="one/rnn")
    _expect(layer.cell, variables, "one/rnn/BNLSTMCell")


def test_load_a_pair_needs_no_scope_where_one_fits(several):
    prefix, variables = several
    layer = migrate.load(keras.layers.Bidirectional(_bnlstm()), prefix)
    _expect(layer.forward_layer.cell, variables, "pair/fw/BNLSTMCell")
    _expect(layer.backward_layer.cell, variables, "pair/bw/BNLSTMCell")


def _stacks():
    two = [_bnlstm(), _bnlstm()]
    inputs = keras.Input((None, checkpoints.D))
    return {
        "sequential": keras.Sequential([inputs, *two]),
        "unbuilt": keras.Sequential([_bnlstm(), _bnlstm()]),
        "list": [_bnlstm(), _bnlstm()],
        "cells": keras.layers.RNN([BNLSTMCell(4, 5), BNLSTMCell(4, 5)]),
    }


@pytest.mark.parametrize("kind", ["sequential", "unbuilt", "list", "cells"])
def test_load_a_stack(several, kind):
    prefix, variables = several
    layer = migrate.load(_stacks()[kind], prefix, scope="deep")
    cells = layer.cell.cells if kind == "cells" else None
    if cells is None:
        cells = [member.cell for member in (layer if kind == "list" else layer.layers)]
    for number, cell in enumerate(cells):
        _expect(cell, variables, f"deep/multi_rnn_cell/cell_{number}/BNLSTMCell")


@pytest.mark.parametrize(
    ("layer", "scope", "words"),
    [
        (lambda: _bnlstm(), None, ["no scope was given", "'one/rnn/", "'pair/fw/"]),
        (lambda: _bnlstm(), "two", ["there is no 'two'", "'one/rnn/BNLSTMCell'"]),
        (
            lambda: BNLSTM(4, 5, dtype="float64"),
            "one/rnn",
            ["is float32", "dtype='float32'"],
        ),
        (lambda: [_bnlstm(), _bnlstm(), _bnlstm()], "deep", ["no stack RNN of 3"]),
        (lambda: BNLSTM(4, 6), "one/rnn", ["max_bn_steps=5", "max_bn_steps=6"]),
        (lambda: BNLSTM(8, 5), "one/rnn", ["units=4", "units=8"]),
        (lambda: keras.layers.Dense(4), "one/rnn", ["expected a BNLSTM", "Received"]),
        (lambda: keras.layers.LSTM(4), "one/rnn", ["needs a BNLSTM layer"]),
    ],
)
def test_load_says_what_does_not_fit(several, layer, scope, words):
    with pytest.raises(migrate.MigrateError) as caught:
        migrate.load(layer(), several[0], scope=scope)
    for word in words:
        assert word in str(caught.value)


def test_load_assigns_nothing_where_one_cell_does_not_fit(several):
    layers = [_bnlstm(), BNLSTM(4, 9)]
    for layer in layers:
        layer.build((None, None, 3 if layer is layers[0] else 4))
    before = layers[0].cell.export_weights().tolist()
    with pytest.raises(migrate.MigrateError, match="max_bn_steps"):
        migrate.load(layers, several[0], scope="deep")
    for old, new in zip(before, layers[0].cell.export_weights().tolist(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_load_names_cells_that_share_a_scope(tmp_path):
    variables = {**checkpoints.cell("twins/A"), **checkpoints.cell("twins/B", seed=1)}
    prefix = checkpoints.write(tmp_path / "m", variables)
    layer = migrate.load(_bnlstm(), prefix, scope="twins/B")
    _expect(layer.cell, variables, "twins/B")
    with pytest.raises(migrate.MigrateError, match="could be several") as caught:
        migrate.load(_bnlstm(), prefix, scope="twins")
    assert "'twins/A', 'twins/B'" in str(caught.value)


@pytest.mark.slow
def test_networks_whose_cells_do_not_fit_together(tmp_path, capfd):
    variables = {
        **checkpoints.cell("skip/multi_rnn_cell/cell_0/BNLSTMCell"),
        **checkpoints.cell("skip/multi_rnn_cell/cell_1/BNLSTMCell", input_dim=7),
        **checkpoints.cell("uneven/fw/BNLSTMCell"),
        **checkpoints.cell("uneven/bw/BNLSTMCell", input_dim=7),
        **checkpoints.cell("both/fw/BNLSTMCell"),
        **checkpoints.cell("both/bw/BNLSTMCell", units=2, max_bn_steps=9),
        **checkpoints.cell("both/multi_rnn_cell/cell_0/BNLSTMCell"),
        **checkpoints.cell("both/multi_rnn_cell/cell_1/BNLSTMCell", input_dim=4),
    }
    prefix, out = checkpoints.write(tmp_path / "m", variables), str(tmp_path / "out")
    found = take_inventory(Checkpoint(prefix).entries)
    assert {(rnn.scope, rnn.kind) for rnn in found.rnns} == {
        ("skip/multi_rnn_cell/cell_0", "single"),
        ("skip/multi_rnn_cell/cell_1", "single"),
        ("uneven/fw", "single"),
        ("uneven/bw", "single"),
        ("both", "bidirectional"),
        ("both/multi_rnn_cell", "stack"),
    }
    assert main(["convert", prefix, out]) == 0
    assert main(["verify", prefix, out]) == 0
    assert "Equal: 8 of 8" in capfd.readouterr().out


def test_a_cell_without_steps_is_not_whole(tmp_path):
    variables = checkpoints.cell("rnn/BNLSTMCell", max_bn_steps=0)
    prefix = checkpoints.write(tmp_path / "m", variables)
    with pytest.raises(migrate.MigrateError, match="expected no zeros"):
        migrate.read(prefix)


def test_slots_are_known_in_the_scope_of_their_optimizer(tmp_path):
    variables = {
        **checkpoints.cell("rnn/BNLSTMCell"),
        "train/rnn/BNLSTMCell/W_xh/Adam": np.zeros((3, 16), np.float32),
        "train/other/W_xh/Adam": np.zeros(3, np.float32),
    }
    prefix = checkpoints.write(tmp_path / "m", variables)
    found = take_inventory(Checkpoint(prefix).entries)
    assert found.slots == {"train/rnn/BNLSTMCell/W_xh/Adam": "rnn/BNLSTMCell/W_xh"}
    assert found.others == ("train/other/W_xh/Adam",)


@pytest.fixture
def v1_shards(tmp_path):
    """A V1 checkpoint in three shards, by real TensorFlow 1.15.5."""
    for file in (recorded.FOLDER / "tf-1.15.5" / "ckpt").glob("v1_shards-*"):
        shutil.copy(file, tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "name",
    ["v1_shards", "v1_shards-?????-of-00003", "v1_shards-00001-of-00003", "", "state"],
)
def test_v1_shards_by_every_name(v1_shards, name):
    if name in ("", "state"):
        state = 'model_checkpoint_path: "/gone/v1_shards-?????-of-00003"\n'
        (v1_shards / "checkpoint").write_text(state)
        name = "checkpoint" if name else ""
    checkpoint = Checkpoint(v1_shards / name)
    assert len(checkpoint.files()) == 3
    expected = np.load(recorded.FOLDER / "tf-1.15.5" / "v1_shards.npz")
    start = "v1|"
    values = {k[len(start) :]: expected[k] for k in expected if k.startswith(start)}
    assert sorted(checkpoint) == sorted(k.replace("\\", "/") for k in values)
    for key, value in values.items():
        array = checkpoint[key.replace("\\", "/")]
        assert (array.dtype, array.tobytes()) == (value.dtype, value.tobytes())


def test_v1_shards_convert_and_verify(v1_shards):
    prefix, out = str(v1_shards / "v1_shards"), str(v1_shards / "out")
    assert main(["convert", prefix, out]) == 0
    assert main(["verify", prefix, out]) == 0


@pytest.mark.parametrize("name", ["v1_shards", "v1_shards-00000-of-00003"])
def test_a_missing_v1_shard_is_said(v1_shards, name):
    (v1_shards / "v1_shards-00001-of-00003").unlink()
    with pytest.raises(migrate.MigrateError, match="2 of its 3 data files"):
        Checkpoint(v1_shards / name)


@pytest.mark.parametrize(
    "content",
    [
        'model_checkpoint_path: "m"\n',
        'model_checkpoint_path: "/a/machine/that/is/gone/m"\n',
        'model_checkpoint_path: "sub/../m"\nall_model_checkpoint_paths: "n"\n',
    ],
)
def test_the_latest_checkpoint_of_a_folder(tmp_path, content):
    prefix = checkpoints.write(tmp_path / "m", checkpoints.cell("rnn/BNLSTMCell"))
    (tmp_path / "checkpoint").write_text(content)
    assert len(Checkpoint(tmp_path)) == 13
    assert Checkpoint(prefix + ".data-00000-of-00001").prefix == prefix


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"model_checkpoint_path: 3"])
def test_an_unreadable_checkpoint_file(tmp_path, content):
    checkpoints.write(tmp_path / "m", checkpoints.cell("rnn/BNLSTMCell"))
    (tmp_path / "checkpoint").write_bytes(content)
    with pytest.raises(
        migrate.MigrateError, match="name one of the checkpoints in it: m"
    ):
        Checkpoint(tmp_path)


def test_float64_cells_stay_float64(tmp_path):
    variables = checkpoints.cell("rnn/BNLSTMCell", dtype=np.float64)
    prefix = checkpoints.write(tmp_path / "m", variables)
    out = str(tmp_path / "out")
    assert main(["convert", prefix, out]) == 0
    model = keras.saving.load_model(f"{out}/rnn.keras")
    _expect(model.layers[0].cell, variables, "rnn/BNLSTMCell")
    assert main(["verify", prefix, out]) == 0


def test_layout_and_its_reverse():
    variables = checkpoints.cell("")
    weights = PER_STEP.to_keras(variables)
    again = PER_STEP.from_keras(weights)
    assert sorted(again) == sorted(variables)
    for leaf, array in variables.items():
        assert again[leaf].tobytes() == array.tobytes()
