"""Every v1 layout: found, converted, equal to real TensorFlow, and back to the bit."""

import json
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

import migrate
from bnlstm_compat import BNLSTM
from helpers import checkpoints, recorded
from helpers.rounding import within
from migrate.bits import same_bits
from migrate.cells import known
from migrate.cells.at_steps import spelt_out
from migrate.cells.base import Cell, Layout, measure
from migrate.cells.inventory import take_inventory
from migrate.cells.layouts import BY_NAME, LAYOUTS, by_name, in_order, layout_of
from migrate.cells.merging import fold, unfold
from migrate.cells.search import search
from migrate.cells.settings import Settings
from migrate.cells.values import cell_weights, merged_variables, v1_variables
from migrate.cli.main import main
from migrate.models.build import build_rnn
from migrate.models.cells import cells_of, weights_of
from migrate.output import write as writers
from migrate.sources.base import Entry
from migrate.sources.checkpoint import Checkpoint

OF_LAYOUTS = recorded.FOLDER / "tf-1.15.5"
NEIGHBOURS = recorded.FOLDER.parent / "neighbours" / "recorded"
USUAL = Settings()
BATCH_NORMALISED = [layout for layout in LAYOUTS if layout.target == "BNLSTM"]
CONVERTED = [layout for layout in LAYOUTS if layout.lacking is None]


def _models(prefix, chosen=USUAL):
    """From scope to the Keras model of each RNN in a checkpoint."""
    checkpoint = Checkpoint(prefix)
    found = take_inventory(checkpoint.entries)
    assert not found.problems
    return {rnn.scope: build_rnn(rnn, checkpoint, chosen) for rnn in found.rnns}


# Recording -> what is a reference for inference: the outputs at the end, from the
# checkpoint. In `olavhn` they are a race (recordings/cells/README.md).
FINAL = {
    "olavhn_plain_lstm": "out|final|outputs",
    "comment_static": "out|final|outputs",
    "comment_dynamic": "out|final|outputs",
    "fork_names": "out|inference|outputs",
    "float64": "out|inference|outputs",
}


@pytest.mark.parametrize("name", FINAL)
def test_layouts_compute_what_tensorflow_did(name):
    recording = np.load(OF_LAYOUTS / f"{name}.npz")
    (model,) = _models(OF_LAYOUTS / "ckpt" / name).values()
    worst = recorded.difference(model(recording["in|x"]), recording[FINAL[name]])
    if name == "float64":  # a hundred roundings of 1e-16
        within("float64", worst, 1e-14)
    else:
        recorded.within(worst, recorded.INFERENCE)


@pytest.mark.parametrize("name", ["olavhn", "comment_static", "comment_dynamic"])
def test_layouts_train_as_tensorflow_did(name):
    """From the start, with the moments of the batch, which are no race."""
    recording = np.load(OF_LAYOUTS / f"{name}.npz")
    start = {
        key[3:].replace("\\", "/"): recording[key]
        for key in recording
        if key[:3] == "v0|"
    }
    entries = {k: Entry(a.shape, a.dtype.name) for k, a in start.items()}
    (rnn,) = take_inventory(entries).rnns
    model = build_rnn(rnn, start, Settings())
    outputs = model(recording["in|x"], training=True)
    worst = recorded.difference(outputs, recording["out|train|outputs"])
    recorded.within(worst, recorded.TRAINING)


@pytest.mark.parametrize("name", ["olavhn", *FINAL])
def test_layouts_come_back_to_the_bit(name, tmp_path):
    """Through the files that convert wrote, which keep what Keras's weights fold."""
    prefix, out = OF_LAYOUTS / "ckpt" / name, tmp_path / "out"
    assert main(["convert", str(prefix), str(out)]) == 0
    kept = safetensors.numpy.load_file(out / "variables.safetensors")
    checkpoint = Checkpoint(prefix)
    rnns = take_inventory(checkpoint.entries).rnns
    for rnn in rnns:
        model = keras.saving.load_model(out / writers.file_name(rnn.scope))
        for cell, keras_cell in zip(rnn.cells, cells_of(model), strict=True):
            back = v1_variables(cell, weights_of(keras_cell), kept)
            assert sorted(back) == sorted(cell.variables.values())
            for variable, array in back.items():
                assert same_bits(array, checkpoint[variable]), variable
    report = json.loads((out / "report.json").read_text())
    assert sorted(t["name"] for t in report["tensors"]) == sorted(checkpoint)
    placed = {t["name"]: t for t in report["tensors"]}
    for rnn in rnns:
        for cell in rnn.cells:
            assert all("rule" in placed[n] for n in cell.variables.values())


@pytest.mark.parametrize(
    "name",
    [
        "olavhn",
        pytest.param("comment_static", marks=pytest.mark.slow),
    ],
)
def test_verify_proves_layouts_without_a_graph_cell(name, tmp_path, capfd):
    prefix, out = str(OF_LAYOUTS / "ckpt" / name), tmp_path / "out"
    assert main(["convert", prefix, str(out)]) == 0
    assert main(["verify", prefix, str(out)]) == 0
    assert "its equations in float64" in capfd.readouterr().out
    if name != "olavhn":
        return
    # And sees a weight that is not the checkpoint's.
    (file,) = out.glob("*.keras")
    model = keras.saving.load_model(file)
    beta = cells_of(model)[0].recurrent_beta
    beta.assign(beta + 1e-3)
    model.save(file)
    assert main(["verify", prefix, str(out)]) == 1
    assert "(weights)" in capfd.readouterr().out


def _shapes(layout, d, h, m):
    patterns = getattr(layout, "roles", ())
    spelled = [name for pattern in patterns for name in spelt_out(pattern, m)]
    leaves = layout.shapes_for(spelled)
    sizes = {"D": d, "H": h, "M": m, "P": 2, "D+H": d + h}
    sizes |= {f"{n}H": n * h for n in (2, 3, 4)}
    return {leaf: tuple(sizes[a] for a in axes) for leaf, axes in leaves.items()}


def _cell(layout, shapes, scope, dtype="float32"):
    leaves = layout.shapes_for({layout.suffix(leaf): None for leaf in shapes})
    sizes = measure(leaves, shapes)
    variables = {leaf: f"{scope}/{layout.suffix(leaf)}" for leaf in shapes}
    return Cell(
        scope,
        layout.name,
        sizes["D"],
        sizes["H"],
        layout.steps(leaves, sizes),
        dtype,
        variables,
    )


FINITE = {"allow_nan": False, "allow_infinity": False}


@st.composite
def cells(draw, layouts=CONVERTED):
    """A layout, a cell of it, and its arrays by leaf."""
    layout = draw(st.sampled_from(layouts))
    d, h, m = (draw(st.integers(1, 4)) for _ in range(3))
    dtype = draw(st.sampled_from(["float32", "float64"]))
    shapes = _shapes(layout, d, h, m)
    arrays = {
        leaf: draw(
            arrays_of.arrays(
                dtype,
                shape,
                elements=st.floats(-1e4, 1e4, width=int(dtype[-2:]), **FINITE),
                fill=st.nothing() if "bias" in leaf or "offset" in leaf else None,
            )
        )
        for leaf, shape in shapes.items()
    }
    return layout, _cell(layout, shapes, "a/b", dtype), arrays


@settings(max_examples=50, deadline=None)
@given(cells())
def test_any_cell_comes_back_to_the_bit(drawn):
    layout, cell, arrays = drawn
    folded = layout.merged(cell)
    assert set(folded) <= set(arrays)
    assert set(layout.places(cell)) == set(arrays)
    weights = layout.to_keras(arrays)
    back = layout.from_keras(weights, {leaf: arrays[leaf] for leaf in folded})
    assert set(back) == set(arrays)
    for leaf, array in arrays.items():
        assert same_bits(np.asarray(back[leaf]), array), leaf


@settings(max_examples=40, deadline=None)
@given(cells(BATCH_NORMALISED), st.integers(0, 2**32 - 1))
def test_any_change_goes_into_one_variable(drawn, seed):
    """Weights changed in Keras come back as they are; what did not change, stays."""
    layout, cell, arrays = drawn
    folded = layout.merged(cell)
    weights = layout.to_keras(arrays).asdict()
    rng = np.random.default_rng(seed)
    changed = rng.uniform(size=weights["recurrent_beta"].shape) < 0.5
    beta = weights["recurrent_beta"]
    new = rng.normal(size=beta.shape).astype(beta.dtype)
    weights["recurrent_beta"] = np.where(changed, new, beta)
    weights = type(layout.to_keras(arrays))(**weights)
    kept = {leaf: arrays[leaf] for leaf in folded}
    for originals in (kept, None):
        back = layout.from_keras(weights, originals)
        again = layout.to_keras(back).asdict()
        for name, array in weights.asdict().items():
            np.testing.assert_array_equal(again[name], array, name)
    if "bias" in folded:
        back = layout.from_keras(weights, kept)
        np.testing.assert_array_equal(back["bias"], arrays["bias"])


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_folding_and_back(data):
    values = st.floats(-(2.0**99), 2.0**99, width=32, **FINITE)
    draw = arrays_of.arrays(np.float32, 4, elements=values, fill=st.nothing())
    parts = [data.draw(draw) for _ in range(3)]
    total = data.draw(draw)
    same = unfold(fold(*parts), *parts)
    assert all(same_bits(a, b) for a, b in zip(same, parts, strict=True))
    moved = unfold(total, *parts)
    np.testing.assert_array_equal(fold(*moved), total)


def test_a_forget_bias_that_rounding_hides_comes_back():
    """1e-9 + 1 is 1 in float32."""
    layout = BY_NAME["basic-lstm"]
    kernel = np.zeros((3, 8), np.float32)
    bias = np.full(8, 1e-9, np.float32)
    weights = layout.to_keras({"kernel": kernel, "bias": bias})
    assert weights.bias.tolist()[2:4] == [1, 1]
    back = layout.from_keras(weights, {"bias": bias})
    assert same_bits(back["bias"], bias)


def _spelled(layout, scope, seed=0, d=3, h=4, m=2):
    rng = np.random.default_rng(seed)
    return {
        f"{scope}/{layout.suffix(leaf)}": rng.uniform(0.5, 1.0, shape).astype("f")
        for leaf, shape in _shapes(layout, d, h, m).items()
    }


def _own_name(layout):
    """A scope's last component that the layout asks for."""
    if layout.cell_names is None:
        return "Cell"
    name = layout.cell_names.pattern.removesuffix(r"(_\d+)?").strip("()").split("|")[0]
    assert layout.cell_names.fullmatch(name)
    return name


def _file(name, place, *layouts):
    return SimpleNamespace(__name__=name, PLACE=place, LAYOUTS=layouts)


def test_files_of_layouts_are_put_in_order():
    """All of the folder; no two of one place or name."""
    (folder,) = known.__path__
    files = {path.stem for path in Path(folder).glob("[!_]*.py")}
    modules = {name: import_module(f"{known.__name__}.{name}") for name in files}
    assert sum(len(module.LAYOUTS) for module in modules.values()) == len(LAYOUTS)
    one, two, three = LAYOUTS[:3]
    late, early = _file("late", 20, one), _file("early", 3, two, three)
    assert in_order([late, early]) == (two, three, one)
    with pytest.raises(ValueError, match="b has the PLACE 20, which late has, too"):
        in_order([late, _file("b", 20, two)])
    alias = replace(two, aliases=(one.name,))
    with pytest.raises(ValueError, match=f"two layouts are called {one.name}: "):
        by_name([one, alias])


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_every_layout_is_found_by_its_names(layout):
    scope = f"rnn/{_own_name(layout)}"
    arrays = _spelled(layout, scope)
    entries = {k: Entry(a.shape, "float32") for k, a in arrays.items()}
    if layout.by_choice:  # never guessed, but named
        found = take_inventory(entries)
        assert not found.cells
        assert f"--layout {scope}={layout.name} explains" in found.problems[0].text
    found = take_inventory(entries, {scope: layout.name} if layout.by_choice else None)
    assert not found.problems
    if layout.lacking:
        assert not found.cells
        assert layout.lacking in found.notes[0].text
        return
    (cell,) = found.cells
    assert (cell.layout, cell.scope, cell.input_dim, cell.units) == (
        layout.name,
        scope,
        3,
        4,
    )
    assert sorted(cell.variables.values()) == sorted(arrays)
    assert found.others == ()


@pytest.mark.slow
def test_cells_of_several_layouts_in_one_file(tmp_path, capfd):
    variables = {"global_step": np.int64(3)}
    names = ("per-step", "per-step-all", "olavhn", "comment", "lstm-0.12", "cudnn-gru")
    for number, layout in enumerate(map(BY_NAME.get, names)):
        scope = f"net{number}/rnn/{_own_name(layout)}"
        variables |= _spelled(layout, scope, seed=number)
    prefix, out = checkpoints.write(tmp_path / "m", variables), tmp_path / "out"
    assert main(["convert", prefix, str(out)]) == 0
    assert main(["verify", prefix, str(out)]) == 0
    assert "Equal: 6 of 6 cells" in capfd.readouterr().out


def _with_bias():
    return checkpoints.cell("rnn/Cell") | {"rnn/Cell/bias": np.ones(16, np.float32)}


def _with_both_names():
    variables = checkpoints.cell("rnn/Cell")
    return variables | {f"{k}_all": a for k, a in variables.items() if "/pop_" in k}


def _as_definition(layout, **more):
    """A known layout as one of one's own, with more variables."""
    layout = BY_NAME[layout]
    variables = {layout.suffix(name): role for name, role in layout.roles.items()}
    family = "bn-lstm" if layout.target == "BNLSTM" else "lstm"
    data = {"family": family, "gates": layout.gates, "variables": variables | more}
    return data | {"ignore": [] if more else ["**"]}


@pytest.mark.parametrize(
    ("make", "names", "chosen", "more"),
    [
        (_with_bias, ["per-step", "shared-lstm"], "per-step", {"bias": "bias"}),
        (_with_bias, ["per-step", "shared-lstm"], "shared-lstm", {}),
        (_with_both_names, ["per-step", "per-step-all"], "per-step-all", {}),
    ],
)
def test_ambiguity_is_an_error_until_someone_decides(
    make, names, chosen, more, tmp_path, capfd
):
    """The name of a layout that leaves variables out decides nothing: they may be part
    of the cell. A layout that gives them a role, or ignores them, does."""
    prefix, out = checkpoints.write(tmp_path / "m", make()), str(tmp_path / "out")
    for choice in ([], ["--layout", f"rnn/Cell={chosen}"]):
        assert main(["convert", prefix, out, *choice]) == 2
        error = capfd.readouterr().err
        assert error.count("\n") == 1
        assert all(name in error for name in (chosen, "--layout rnn/Cell=FILE.toml"))
        assert choice or all(name in error for name in names)
    assert main(["inspect", prefix]) == 0
    assert "could be a cell of the layout" in capfd.readouterr().out
    layouts = {"rnn/Cell": _as_definition(chosen, **more)}
    made = migrate.convert(prefix, out, layouts=layouts)
    assert made.report["rnns"][0]["cells"][0]["layout"] == "own"
    assert main(["verify", prefix, out]) == 0  # the report knows what was decided
    again = str(tmp_path / "again")
    assert main(["revert", out, again]) == 0
    assert main(["diff", prefix, again]) == 0  # nothing was lost
    target = BNLSTM(4, 5) if chosen != "shared-lstm" else keras.layers.LSTM(4)
    with pytest.raises(migrate.MigrateError, match="--layout"):
        migrate.load(target, prefix)
    with pytest.raises(migrate.MigrateError, match="does not explain"):
        migrate.load(target, prefix, layouts={"rnn/Cell": chosen})
    migrate.load(target, prefix, layouts=layouts)


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ("rnn/Cell=nothing", ["expected one of the layouts", "nothing"]),
        ("elsewhere=per-step", ["no variables of a per-step cell", "elsewhere"]),
        ("rnn/Cell=comment", ["not a complete unrolled cell", "missing"]),
        ("rnn/Cell", ["expected --layout SCOPE=NAME"]),
    ],
)
def test_a_wrong_choice_of_layout(choice, words, tmp_path, capfd):
    prefix = checkpoints.write(tmp_path / "m", checkpoints.cell("rnn/Cell"))
    assert main(["convert", prefix, str(tmp_path / "out"), "--layout", choice]) == 2
    error = capfd.readouterr().err
    assert all(word in error for word in words)


def test_a_chosen_layout_needs_no_usual_name(tmp_path):
    """A cell of TensorFlow's own in a scope that a script named."""
    layout = BY_NAME["gru"]
    variables = _spelled(layout, "encoder/mine")
    entries = {k: Entry(a.shape, "float32") for k, a in variables.items()}
    assert not take_inventory(entries).cells
    (cell,) = take_inventory(entries, {"encoder/mine": "gru"}).cells
    assert (cell.layout, cell.units) == ("gru", 4)


def test_the_search_asks_layouts_alone():
    """A new layout is one object: nothing else knows names."""
    mine = Layout(
        name="mine",
        summary="",
        target="LSTM",
        defaults={},
        shapes={"kernel_of_mine": ("D", "4H"), "other_of_mine": ("H", "4H")},
    )
    entries = {"s/kernel_of_mine": Entry((2, 12), "float32")}
    entries["s/other_of_mine"] = Entry((3, 12), "float32")
    (cell,) = search((mine,), entries, {}).cells
    assert (cell.scope, cell.input_dim, cell.units) == ("s", 2, 3)


# Against real TensorFlow: tests/recordings/neighbours/generate.py.


def _neighbours(name="neighbours-1.15.5"):
    recording = np.load(NEIGHBOURS / f"{name}.npz")
    lengths = recording["in|lengths"]
    x = recording["in|x"]
    return recording, x, np.arange(x.shape[1]) < lengths[:, None]


RECURRENT = {
    "basic": "LSTM",
    "long": "LSTM",
    "block": "LSTM",
    "stack": "LSTM",
    "gated": "GRU",
    "both": "GRU",
    "cudnn/rnn": "LSTM",
    "cudnn_gru/rnn": "GRU",
}


@pytest.mark.parametrize("version", recorded.VERSIONS)
def test_recurrent_neighbours_compute_what_tensorflow_did(version):
    recording, x, mask = _neighbours(f"neighbours-{version}")
    models = _models(NEIGHBOURS / f"neighbours-{version}")
    seen = [scope for scope in RECURRENT if scope in recording]
    assert len(seen) == (8 if version == "1.15.5" else 5)
    for scope in seen:
        model = models[scope]
        (kind,) = {type(cell).__name__ for cell in cells_of(model)}
        assert kind == f"{RECURRENT[scope]}Cell"
        worst = recorded.difference(model(x, mask=mask), recording[scope])
        recorded.within(worst, recorded.INFERENCE, scope)


# Networks of cells that scripts wrote: NETWORKS of generate.py.
NETWORKS = sorted(
    path.stem
    for path in NEIGHBOURS.glob("*.npz")
    if not path.stem.startswith(("neighbours-", "transposed-"))
)


@pytest.mark.parametrize("name", NETWORKS)
def test_recorded_networks_compute_what_tensorflow_did(name):
    recording, x, mask = _neighbours(name)
    models = _models(NEIGHBOURS / name)
    assert {key for key in recording if not key.startswith("in|")} == models.keys()
    for scope, model in models.items():
        worst = recorded.difference(model(x, mask=mask), recording[scope])
        recorded.within(worst, recorded.INFERENCE, scope)


def test_a_forget_bias_is_not_in_a_checkpoint():
    recording, x, mask = _neighbours()
    prefix = NEIGHBOURS / "neighbours-1.15.5"
    model = _models(prefix, Settings(forget_bias=0.0))["bare"]
    worst = recorded.difference(model(x, mask=mask), recording["bare"])
    recorded.within(worst, recorded.INFERENCE)
    layer = keras.layers.LSTM(5, return_sequences=True, zero_output_for_mask=True)
    migrate.load(layer, prefix, scope="bare", settings=Settings(forget_bias=0.0))
    worst = recorded.difference(layer(x, mask=mask), recording["bare"])
    recorded.within(worst, recorded.INFERENCE)


def test_what_keras_cannot_express_is_said_and_kept(tmp_path, capfd):
    prefix, out = str(NEIGHBOURS / "neighbours-1.15.5"), tmp_path / "out"
    assert main(["convert", prefix, str(out)]) == 0
    capfd.readouterr()
    assert main(["inspect", prefix]) == 0
    told = capfd.readouterr().out
    assert "wide/lstm_cell has peepholes and a projection of the output" in told
    kept = safetensors.numpy.load_file(out / "variables.safetensors")
    wide = [name for name in Checkpoint(prefix) if name.startswith("wide/")]
    assert len(wide) == 6
    assert set(wide) <= set(kept)


@pytest.mark.slow
def test_verify_proves_stacks_in_a_bidirectional_rnn(tmp_path):
    prefix, out = str(NEIGHBOURS / "deep-1.15.5"), str(tmp_path / "out")
    assert main(["convert", prefix, out]) == 0
    assert main(["verify", prefix, out]) == 0


def test_stacks_in_a_bidirectional_rnn_are_one_model(tmp_path):
    recording, x, mask = _neighbours("deep-1.15.5")
    prefix, out = str(NEIGHBOURS / "deep-1.15.5"), tmp_path / "out"
    assert main(["convert", prefix, str(out)]) == 0
    model = keras.saving.load_model(out / "deep.keras")
    outputs = model(x, mask=mask)
    recorded.within(recorded.difference(outputs, recording["deep"]), recorded.INFERENCE)
    halves = {
        end: [
            BNLSTM(
                5,
                6,
                padding="v1",
                return_sequences=True,
                zero_output_for_mask=place == 1,
            )
            for place in range(2)
        ]
        for end in ("forward", "backward")
    }
    migrate.load(halves, prefix, scope="deep")
    y = x
    for layer in halves["forward"]:
        y = layer(y, mask=mask)
    worst = recorded.difference(y, recording["deep"][..., :5])
    recorded.within(worst, recorded.INFERENCE)


def test_folded_variables_are_named():
    checkpoint = Checkpoint(NEIGHBOURS / "neighbours-1.15.5")
    (cell,) = (
        cell
        for cell in take_inventory(checkpoint.entries).cells
        if cell.scope == "basic/basic_lstm_cell"
    )
    assert merged_variables(cell) == ["basic/basic_lstm_cell/bias"]
    weights = cell_weights(checkpoint, cell)
    assert layout_of(cell).target == "LSTM"
    assert (weights.input_dim, weights.units) == (3, 5)
