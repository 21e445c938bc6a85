"""Layout files: checkpoints without a graph, under names of their own."""

import pathlib
import re
import shutil

import numpy as np
import pytest

import migrate
from bnlstm_compat import BNLSTM
from helpers import checkpoints
from helpers import recorded_graphs as graph_recordings
from helpers.places import ROOT
from helpers.recorded_graphs import Record
from migrate.cells import custom
from migrate.cells.layouts import BY_NAME
from migrate.cells.others import wrapper_of
from migrate.cli.main import main

PAGE = ROOT / "docs" / "reference" / "layouts.md"
# Against what real TensorFlow 1.15.5 recorded; ../shared/graphs/README.md has measured
# 4.6e-7 and 1.5e-6 for its own graphs on other machines, and the bound of
# training is that of the layer's own rounding.
INFERENCE, TRAINING, STATISTICS = 6e-7, 3e-5, 3e-7

FOREIGN = """
family = "bn-lstm"
gates = "ijfo"

[variables]
kernel_x = "kernel"
kernel_h = "recurrent_kernel"
"bn_h/gamma" = "recurrent_gamma"
"bn_h/beta" = "recurrent_beta"
"bn_h/running_mean" = "recurrent_moving_mean"
"bn_h/running_var" = "recurrent_moving_variance"
"bn_x/gamma" = "input_gamma"
"bn_x/running_mean" = "input_moving_mean"
"bn_x/running_var" = "input_moving_variance"
"bn_c/gamma" = "cell_gamma"
"bn_c/beta" = "cell_beta"
"bn_c/running_mean" = "cell_moving_mean"
"bn_c/running_var" = "cell_moving_variance"

[settings]
epsilon = 1e-5
decay = 0.95
activation = "tanh"
recurrent_activation = "sigmoid"
forget_bias = 0.0
"""


def without_graph(name, folder):
    """The prefix of a recorded model's copy, without its .meta; and the record."""
    source = graph_recordings.folder(f"tf-1.15.5/{name}")
    folder.mkdir()
    for path in source.glob("model.ckpt-*"):
        if path.suffix != ".meta":
            shutil.copy(path, folder)
    return str(folder / "model.ckpt-40"), Record(source / "record.npz")


@pytest.fixture
def foreign(tmp_path):
    """Prefix, record, and the layout file of the cell with names of its own."""
    prefix, record = without_graph("foreign_names", tmp_path / "foreign")
    file = tmp_path / "mine.toml"
    file.write_text(FOREIGN)
    return prefix, record, str(file)


def _difference(layer, record, scope="encoder", tensor="encoder/transpose_1"):
    feeds = record.feeds(False)
    x, lengths = feeds["x"], feeds.get("lengths")
    mask = None
    if lengths is not None:
        mask = np.arange(x.shape[1]) < lengths[:, None]
    found = {}
    for training in (False, True):
        expected = record.outputs(training)[tensor]
        actual = np.asarray(layer(x, mask=mask, training=training))
        found[training] = np.abs(actual - expected).max()
    return found


def test_foreign_names_go_through_every_verb(foreign, tmp_path, capfd):
    prefix, _, file = foreign
    choice = ["--layout", f"encoder/BNCell={file}"]
    out, again = str(tmp_path / "out"), str(tmp_path / "again")
    assert main(["inspect", prefix]) == 0
    told = capfd.readouterr().out
    assert "encoder/BNCell holds the matrices kernel_x" in told
    assert main(["convert", prefix, out]) == 2
    error = capfd.readouterr().err
    assert error.count("\n") == 1
    for word in ("--layout SCOPE=FILE.toml", "--graph", "by rules", "encoder/BNCell"):
        assert word in error
    assert main(["inspect", prefix, *choice]) == 0
    assert main(["convert", prefix, out, *choice]) == 0
    assert "Assumed" not in capfd.readouterr().out
    pathlib.Path(file).unlink()  # report.json keeps the layout
    assert main(["verify", prefix, out]) == 0
    assert main(["revert", out, again]) == 0
    assert main(["diff", prefix, again]) == 0
    assert main(["diff", prefix, out]) == 0
    report = migrate.convert(
        again, tmp_path / "two", layouts={"encoder/BNCell": _definition()}
    ).report
    (cell,) = report["rnns"][0]["cells"]
    assert cell["definition"]["variables"]["kernel_x"] == "kernel"
    assert cell["settings"]["epsilon"] == {"value": 1e-5, "origin": "given"}


def _definition():
    from migrate.cells.definitions import tomllib

    return {"name": "mine", **tomllib.loads(FOREIGN)}


def test_foreign_names_give_what_tensorflow_computed(foreign, capfd):
    prefix, record, file = foreign
    layer = BNLSTM(6, 9, padding="v1", return_sequences=True, zero_output_for_mask=True)
    with pytest.raises(migrate.MigrateError, match="no cell of a known layout"):
        migrate.load(layer, prefix)
    migrate.load(layer, prefix, layouts={"encoder/BNCell": file})
    found = _difference(layer, record)
    assert found[False] <= INFERENCE
    assert found[True] <= TRAINING
    after = migrate.read(prefix, layouts={"encoder/BNCell": file})
    weights = layer.cell.export_weights()
    for site in ("input", "recurrent", "cell"):
        name = f"encoder/BNCell/bn_{site[0].replace('r', 'h').replace('i', 'x')}"
        expected = record.statistics[f"{name}/running_mean"]
        actual = getattr(weights, f"{site}_moving_mean")
        if site != "cell":
            order = [2, 0, 3, 1]  # f, i, o, j out of i, j, f, o
            parts = np.split(expected, 4, axis=1)
            expected = np.concatenate([parts[k] for k in order], axis=1)
        assert np.abs(actual - expected).max() <= STATISTICS
    assert list(after) == ["encoder/BNCell"]


def test_doctor_takes_a_layout_file(foreign, capfd):
    prefix, _, file = foreign
    code = main(["doctor", prefix, "--layout", f"encoder/BNCell={file}"])
    assert code in (0, 1)
    assert "encoder/BNCell (mine, D 3, H 6, M 9)" in capfd.readouterr().out


def test_a_layout_file_beside_its_graph_must_say_what_the_graph_says(foreign, tmp_path):
    _, _, file = foreign
    folder = graph_recordings.folder("tf-1.15.5/foreign_names")
    prefix = str(folder / "model.ckpt-40")
    (cell,) = migrate.inspect(prefix, layouts={"encoder/BNCell": file}).inventory.cells
    assert cell.settings["epsilon"].origin == "graph"
    wrong = {**_definition(), "gates": "fioj"}
    with pytest.raises(migrate.MigrateError, match="leave --layout out"):
        migrate.inspect(prefix, layouts={"encoder/BNCell": wrong})


def _page_blocks():
    return re.findall(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)


def test_the_example_of_the_page_is_the_per_step_cell(tmp_path, capfd):
    example, _, _ = _page_blocks()
    file = tmp_path / "example.toml"
    file.write_text(example)
    prefix = checkpoints.write(tmp_path / "m", checkpoints.cell("rnn/Cell"))
    choice = ["--layout", f"rnn/Cell={file}"]
    assert main(["convert", prefix, str(tmp_path / "out"), *choice]) == 0
    assert main(["verify", prefix, str(tmp_path / "out")]) == 0
    as_file = migrate.read(prefix, layouts={"rnn/Cell": file})["rnn/Cell"]
    known = migrate.read(prefix)["rnn/Cell"]
    for mine, usual in zip(as_file.tolist(), known.tolist(), strict=True):
        np.testing.assert_array_equal(mine, usual)


def test_the_page_names_every_key_role_and_setting():
    text = PAGE.read_text()
    for family in custom.FAMILIES:
        assert f"`{family}`" in text
        for name in custom.DEFAULTS[family]:
            assert f"`{name}`" in text
    for kind in custom.GRU_KINDS[:1] + custom.GRU_KINDS[2:]:
        assert all(f"`{role}`" in text for role in (*kind[0], *kind[1]))
    for role in {*BY_NAME["shared"].roles.values()}:
        assert f"`{role}`" in text


def _wrong(*changes, remove=()):
    data = _definition()
    data["variables"] = dict(data["variables"])
    for name in remove:
        del data["variables"][name]
    for change in changes:
        for key, value in change.items():
            data[key] = {**data[key], **value} if isinstance(value, dict) else value
    return data


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            _wrong({"variables": {"kernel_x": "kernal"}}, {"gates": "fij"}),
            [
                "variables.kernel_x: unknown role 'kernal' (did you mean kernel?)",
                "no variable has the role kernel",
                "gates: expected each of the letters f, i, o, j once. Received: 'fij'",
            ],
        ),
        (
            _wrong({"variables": {"kernel_z": "kernel"}}),
            [
                "the role kernel is given to kernel_x, kernel_z",
                "variables.kernel_z: there is no such variable (did you mean kernel_",
            ],
        ),
        (
            _wrong(remove=["bn_c/running_var", "bn_x/running_mean"]),
            ["no variable has the role", "input_moving_mean", "cell_moving_variance"],
        ),
        (_wrong({"per_step": "yes"}), ["per_step: expected true or false"]),
        (_wrong({"famly": "lstm"}), ["famly: unknown key (did you mean family?)"]),
        (_wrong({"family": "rnn"}), ["family: expected bn-lstm, lstm, gru"]),
        (
            _wrong({"settings": {"epsilon": "small", "decay": 1.5, "momentum": 1}}),
            [
                "settings.epsilon: expected a number",
                "settings.decay: expected a number below 1",
                "settings.momentum: unknown setting",
            ],
        ),
        (
            _wrong({"variables": {"k{t}": "kernel"}}, remove=["kernel_x"]),
            ["variables.k{t}: {t} is for"],
        ),
        (
            _wrong(
                {"variables": {"bn_x{t}/m": "input_moving_mean"}},
                remove=["bn_x/running_mean"],
            ),
            ["expected {t} in all statistics", "variables.bn_x{t}/m: there is no"],
        ),
        (_wrong({"name": "per-step"}), ["name: per-step is a known layout"]),
    ],
)
def test_all_that_is_wrong_is_told_at_once(data, words, foreign):
    prefix, *_ = foreign
    with pytest.raises(migrate.MigrateError) as caught:
        migrate.inspect(prefix, layouts={"encoder/BNCell": data})
    text = str(caught.value)
    assert all(word in text for word in words), text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("nowhere.toml", ["cannot read the layout file nowhere.toml"]),
        ({"family": "lstm"}, ["variables: missing"]),
    ],
)
def test_no_layout_at_all(given, words, foreign):
    with pytest.raises(migrate.MigrateError) as caught:
        migrate.inspect(foreign[0], layouts={"encoder/BNCell": given})
    assert all(word in str(caught.value) for word in words)


def test_a_file_that_is_no_toml_and_a_scope_that_is_not_there(foreign, tmp_path, capfd):
    prefix, _, file = foreign
    bad = tmp_path / "bad.toml"
    bad.write_text("family = ")
    assert main(["inspect", prefix, "--layout", f"encoder/BNCell={bad}"]) == 2
    assert "is not TOML" in capfd.readouterr().err
    assert main(["inspect", prefix, "--layout", f"encodr/BNCell={file}"]) == 2
    error = capfd.readouterr().err
    assert "no variables under encodr/BNCell (did you mean encoder/BNCell" in error


# What a layout does not explain: the rows of the table that need no graph.


@pytest.mark.parametrize(
    ("name", "unexplained", "layout", "decay"),
    [
        ("gamma_beta", "xh/gamma", "shared-gamma-beta", 0.99),
        ("input_offset", "xh/offset", "per-step-input-offset", 0.95),
    ],
)
def test_forks_are_asked_for_and_then_right(
    name, unexplained, layout, decay, tmp_path, capfd
):
    prefix, record = without_graph(name, tmp_path / name)
    out = str(tmp_path / "out")
    assert main(["convert", prefix, out]) == 2
    error = capfd.readouterr().err
    assert unexplained in error
    assert f"--layout encoder/BNCell={layout}" in error
    steps = record.feeds(False)["x"].shape[1]
    epsilon = 1e-3 if layout.startswith("shared") else 1e-5
    rows = 1 if layout.startswith("shared") else steps
    layer = BNLSTM(
        6, rows, padding="v1", return_sequences=True, epsilon=epsilon, momentum=decay
    )
    settings = migrate.Settings(decay=decay)
    with pytest.raises(migrate.MigrateError, match=unexplained):
        migrate.load(layer, prefix, settings=settings)
    other = "shared-lstm" if rows == 1 else "per-step"  # the advice of old
    with pytest.raises(migrate.MigrateError, match="does not explain"):
        migrate.load(layer, prefix, layouts={"encoder/BNCell": other})
    migrate.load(layer, prefix, layouts={"encoder/BNCell": layout}, settings=settings)
    found = _difference(layer, record)
    assert found[False] <= INFERENCE
    assert found[True] <= TRAINING
    choice = ["--layout", f"encoder/BNCell={layout}", "--decay", str(decay)]
    assert main(["convert", prefix, out, *choice]) == 0
    assert main(["verify", prefix, out]) == 0
    again = str(tmp_path / "again")
    assert main(["revert", out, again]) == 0
    assert main(["diff", prefix, again]) == 0


def test_a_cell_in_an_attention_wrapper_is_refused_until_someone_decides(
    tmp_path, capfd
):
    prefix, _ = without_graph("attention", tmp_path / "attention")
    out, scope = str(tmp_path / "out"), "a/rnn/attention_cell_wrapper/basic_lstm_cell"
    assert main(["inspect", prefix]) == 0
    told = capfd.readouterr().out
    assert f"Unexplained variables: {scope} is wrapped" in told
    assert "layer_norm_basic_lstm_cell is a cell that normalises" in told
    for choice in ([], ["--layout", f"{scope}=basic-lstm"]):
        assert main(["convert", prefix, out, *choice]) == 2
        assert "attention_cell_wrapper attends" in capfd.readouterr().err
    cell = {
        "name": "inner",
        "family": "lstm",
        "gates": "ijfo",
        "variables": {"kernel": "kernel", "bias": "bias"},
        "ignore": ["/a/rnn/attention_cell_wrapper/**"],
        "settings": {"forget_bias": 1.0},
    }
    made = migrate.convert(prefix, out, layouts={scope: cell})
    kept = {row["name"] for row in made.report["tensors"]}
    assert {name for name in kept if "/attention/" in name}


# Names as TensorFlow 0.12.1, 1.0.0 and 1.15.5 make them.
@pytest.mark.parametrize(
    ("variable", "scope"),
    [
        ("RNN/AttentionCellWrapper/Attention/AttnW", "RNN"),
        ("rnn/output_projection_wrapper/weights", "rnn"),
        (
            "rnn/multi_rnn_cell/cell_0/input_projection_wrapper/kernel",
            "rnn/multi_rnn_cell/cell_0",
        ),
        ("rnn/embedding_wrapper/embedding", "rnn"),
        ("rnn/carry_w", "rnn"),
        ("rnn/carry_b_1", "rnn"),
        ("decoder/attention_wrapper_1/attention_layer/kernel", "decoder"),
        ("rnn/basic_lstm_cell/kernel", None),
        ("carry_all/kernel", None),
    ],
)
def test_wrappers_are_known_by_their_names(variable, scope):
    found = wrapper_of(variable)
    assert (found and found[0]) == scope


@pytest.mark.parametrize("extra", ["bias", "gamma", "h/extra", "xh/offset"])
def test_what_no_layout_explains_is_refused_and_then_ignored(extra, tmp_path, capfd):
    variables = checkpoints.cell("rnn/Cell")
    variables |= {
        f"rnn/Cell/{extra}": np.ones(16, np.float32),
        f"rnn/Cell/{extra}/Adam": np.ones(16, np.float32),
        "rnn/Cell/W_xh/Adam_1": np.ones_like(variables["rnn/Cell/W_xh"]),
        "rnn/Cell/rnn/Cell/xh/pop_mean/biased": variables["rnn/Cell/xh/pop_mean"],
        "rnn/Cell/rnn/Cell/xh/pop_mean/local_step": np.float32(3),
        "rnn/Cell/beta1_power": np.float32(0.9),
        "head/kernel": np.ones((4, 2), np.float32),
    }
    prefix, out = checkpoints.write(tmp_path / "m", variables), tmp_path / "out"
    assert main(["convert", prefix, str(out)]) == 2
    error = capfd.readouterr().err
    assert extra in error
    assert "Adam" not in error
    assert "biased" not in error
    assert "beta1_power" not in error
    assert "head" not in error
    definition = {
        "family": "bn-lstm",
        "gates": "fioj",
        "variables": BY_NAME["per-step"].roles,
        "ignore": [extra],
    }
    made = migrate.convert(prefix, out, layouts={"rnn/Cell": definition})
    assert f"rnn/Cell/{extra}" in {row["name"] for row in made.report["tensors"]}
    assert main(["verify", prefix, str(out)]) == 0


def test_verify_refuses_what_an_earlier_release_dropped(tmp_path, capfd):
    """A conversion of the cell as it was, and a source that has more."""
    variables = checkpoints.cell("rnn/Cell")
    whole, out = checkpoints.write(tmp_path / "w", variables), str(tmp_path / "out")
    assert main(["convert", whole, out]) == 0
    variables["rnn/Cell/gamma"] = np.ones(16, np.float32)
    prefix = checkpoints.write(tmp_path / "m", variables)
    assert main(["verify", prefix, out]) == 2
    assert "gamma, which the layout per-step does not explain" in capfd.readouterr().err


def test_a_file_without_any_cell_is_listed(tmp_path, capfd):
    variables = {
        "dense/kernel": np.ones((3, 4), np.float32),
        "dense/kernel/Adam": np.ones((3, 4), np.float32),
        "global_step": np.int64(7),
    }
    prefix = checkpoints.write(tmp_path / "m", variables)
    assert main(["inspect", prefix]) == 0
    told = capfd.readouterr().out
    assert "dense/kernel" in told
    assert "[3, 4]" in told
    report = migrate.inspect(prefix).asdict()
    assert report["rnns"] == []
    assert report["counters"] == ["global_step"]
    assert main(["convert", prefix, str(tmp_path / "out")]) == 2
    error = capfd.readouterr().err
    assert "lstm-peepholes" not in error
    assert "SCOPE=FILE.toml" in error


def test_load_of_an_unexplained_cell_beside_a_known_one(tmp_path):
    variables = checkpoints.cell("good/Cell") | checkpoints.cell("bad/Cell")
    variables["bad/Cell/gamma"] = np.ones(16, np.float32)
    prefix = checkpoints.write(tmp_path / "m", variables)
    layer = BNLSTM(checkpoints.H, checkpoints.M)
    with pytest.raises(migrate.MigrateError, match="bad/Cell also holds gamma"):
        migrate.load(layer, prefix, scope="bad")
    migrate.load(layer, prefix, scope="good")
