"""There and back: a v1 checkpoint in every format, and a v1 checkpoint again."""

import glob
import json
import os
import pathlib
import zipfile

import hypothesis
import hypothesis.strategies as st
import keras
import numpy as np
import pytest
import safetensors.numpy
import tensorflow as tf
from test_checkpoint import every_dtype

from helpers import checkpoints, recorded
from helpers.places import SHARED
from migrate import bits
from migrate.cells.inventory import take_inventory
from migrate.cells.settings import Settings
from migrate.cli.main import main
from migrate.output import write as writers
from migrate.output.conversion import Conversion
from migrate.output.formats import keras_files
from migrate.sources.checkpoint import Checkpoint
from migrate.sources.prefix import find_prefix
from migrate.verbs.diff import diff
from migrate.verbs.revert import revert

FORMATS = tuple(writers.MODELS)


def _prefixes(folder):
    """Every checkpoint in ``folder``; of shards the first."""
    files = {path.removesuffix(".index") for path in glob.glob(f"{folder}/*.index")}
    files |= set(glob.glob(f"{folder}/v1_format"))
    return sorted(files | set(glob.glob(f"{folder}/v1_shards-00000-*")))


def _expect_same(prefix, again):
    """The same variables in both checkpoints, parts too, to the bit."""
    source, found = Checkpoint(prefix), Checkpoint(again)
    assert dict(found.entries) == dict(source.entries)
    for name, array in source.items():
        assert bits.same_bits(array, found[name]), name


def _there_and_back(prefix, folder, formats=FORMATS, averages="raw"):
    source = Checkpoint(prefix)
    found = take_inventory(source.entries, averages=averages)
    writers.write(
        folder / "out", source, found, Settings(), formats=formats, averages=averages
    )
    for kind in formats:
        revert(folder / "out", folder / f"again-{kind}", kind=kind)
        _expect_same(prefix, folder / f"again-{kind}")


CKPT = recorded.FOLDER / "tf-1.15.5" / "ckpt"


@pytest.mark.parametrize(
    ("name", "formats"),
    [
        ("bidirectional", FORMATS),
        ("partitioned_and_averaged", ("weights.h5", "npz")),
        ("shards", ("tf",)),
        ("v1_shards", ("safetensors",)),
    ],
)
def test_there_and_back(name, formats, tmp_path):
    """The slow tests below take every file to every format."""
    _there_and_back(CKPT / name, tmp_path, formats)


@pytest.mark.slow
@pytest.mark.parametrize("version", recorded.VERSIONS)
def test_every_recording_there_and_back(version, tmp_path):
    for prefix in _prefixes(recorded.FOLDER / f"tf-{version}" / "ckpt"):
        folder = tmp_path / os.path.basename(prefix)
        _there_and_back(prefix, folder)


@pytest.mark.slow
@pytest.mark.shared("golden")
@pytest.mark.shared("real")
def test_shared_files_there_and_back(tmp_path):
    """Every make and layout, and the published checkpoint, that the project lacks."""
    prefixes = _prefixes(SHARED / "golden" / "tf-1.15.5" / "ckpt")
    own = {os.path.basename(prefix) for prefix in _prefixes(CKPT)}
    prefixes = [p for p in prefixes if os.path.basename(p) not in own]
    prefixes += _prefixes(SHARED / "real" / "seqsleepnet_1chan_eeg")
    assert prefixes
    for prefix in prefixes:
        _there_and_back(prefix, tmp_path / os.path.basename(prefix))


def test_averages_there_and_back(tmp_path):
    prefix = CKPT / "partitioned_and_averaged"
    _there_and_back(prefix, tmp_path, ("keras", "npz"), "averaged")
    source = Checkpoint(prefix)
    model = keras.saving.load_model(tmp_path / "out" / "rnn.keras")
    average = source["rnn/BNLSTMCell/W_xh/ExponentialMovingAverage"]
    assert model.layers[0].cell.export_weights().kernel.tobytes() == average.tobytes()
    assert average.tobytes() != source["rnn/BNLSTMCell/W_xh"].tobytes()
    with np.load(tmp_path / "out" / "variables.npz", allow_pickle=False) as others:
        raw = others["rnn/BNLSTMCell/W_xh"]
    assert raw.tobytes() == source["rnn/BNLSTMCell/W_xh"].tobytes()
    assert main(["verify", str(prefix), str(tmp_path / "out")]) == 0


HOSTILE = (
    "../../escaped",
    "/absolute",
    "a/../../b",
    "..",
    "control\0\n\x1b[31m\x7f",
    "x" * 65536,
    "__metadata__",
    "%__metadata__",
    "variables",
    "report.json",
    "ends/",
    "UPPER/upper",
    "upper/upper",
    "a.npy",
    "\N{SNOWMAN}",
)


def _hostile():
    """Variables with hostile names, also of cells, and of every dtype."""
    variables = {name: np.full(2, n, np.int32) for n, name in enumerate(HOSTILE)}
    for number, scope in enumerate(("../../up", "c\0\n", "y" * 65000)):
        variables |= checkpoints.cell(scope, seed=number, dtype=np.float64)
    return variables | every_dtype()


def test_hostile_names_and_every_dtype(tmp_path):
    """Nothing is written outside of OUT, and nothing is lost."""
    inner = tmp_path / "a" / "b" / "c"
    inner.mkdir(parents=True)
    prefix = checkpoints.write(tmp_path / "m", _hostile())
    before = sorted(os.listdir(tmp_path))
    _there_and_back(prefix, inner, ("keras", "npz"))
    assert sorted(os.listdir(tmp_path)) == before
    assert os.listdir(tmp_path / "a") == ["b"]
    assert os.listdir(tmp_path / "a" / "b") == ["c"]
    assert not os.path.exists("/absolute")
    files = sorted(os.listdir(inner / "out"))
    assert all(name.isprintable() and len(name) < 200 for name in files)
    # Archives, too, unpack to nowhere else; and nowhere is a pickle, whose first opcode
    # is 0x80 from protocol 2 on.
    for path in [*inner.glob("out/*.npz"), *inner.glob("out/*.keras")]:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                assert not name.startswith("/")
                assert ".." not in name.split("/")
                assert name.isprintable()
                assert not archive.read(name).startswith(b"\x80")


def test_the_library_reads_what_is_streamed(tmp_path):
    tensors = {**checkpoints.cell("rnn/BNLSTMCell"), **every_dtype()}
    prefix = checkpoints.write(tmp_path / "m", tensors)
    out = str(tmp_path / "out")
    assert main(["convert", prefix, out, "--format", "safetensors"]) == 0
    source, others = Checkpoint(prefix), {}
    with safetensors.safe_open(f"{out}/variables.safetensors", "numpy") as stream:
        for name in stream.keys():  # noqa: SIM118 - it is no mapping
            if source.entries[name].dtype != "bfloat16":  # not in each release of it
                others[name] = stream.get_tensor(name)
    for name in ("float16", "int64", "bool", "qint8", "float64/empty"):
        assert bits.same_bits(others[name], source[name])
    cell = safetensors.numpy.load_file(f"{out}/rnn.safetensors")
    assert cell["cell_0/kernel"].tobytes() == source["rnn/BNLSTMCell/W_xh"].tobytes()


_components = st.text("abcXYZ019_.-", min_size=1, max_size=8)
_scopes = st.lists(_components, min_size=1, max_size=4).map("/".join)
_numbers = ("float16", "float32", "float64", "int8", "uint16", "int64", "complex64")


@st.composite
def _synthetic(draw):
    """Cells under random scopes, and other variables of random names and dtypes."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    variables = {}
    for number, scope in enumerate(
        draw(st.lists(_scopes, min_size=1, max_size=3, unique=True))
    ):
        sizes = [draw(st.integers(1, 5)) for _ in range(3)]
        dtype = draw(st.sampled_from([np.float32, np.float64]))
        variables |= checkpoints.cell(f"{scope}/cell", *sizes, number, dtype)
    for name in draw(st.lists(_scopes, max_size=5, unique=True)):
        shape = draw(st.lists(st.integers(0, 4), max_size=3))
        dtype = np.dtype(draw(st.sampled_from(_numbers)))
        raw = rng.bytes(int(np.prod(shape)) * dtype.itemsize)  # any bits, NaNs too
        variables[f"other/{name}"] = np.frombuffer(raw, dtype).reshape(shape)
    return variables


@hypothesis.given(
    _synthetic(),
    st.sampled_from(FORMATS),
)
@hypothesis.settings(
    max_examples=5, deadline=None, derandomize=True, print_blob=True, database=None
)
def test_any_checkpoint_there_and_back(tmp_path_factory, variables, kind):
    folder = tmp_path_factory.mktemp("any")
    prefix = checkpoints.write(folder / "m", variables)
    _there_and_back(prefix, folder, (kind,))


def test_what_was_trained_comes_back(tmp_path, capfd):
    prefix, out, again = str(CKPT / "bidirectional"), tmp_path / "out", tmp_path / "b"
    assert main(["convert", prefix, str(out)]) == 0
    path = out / "bidirectional_rnn.keras"
    model = keras.saving.load_model(path)
    kernel = model.layers[0].backward_layer.cell.kernel
    kernel.assign(kernel * 2)
    model.save(path)
    capfd.readouterr()
    assert main(["revert", str(out), str(again)]) == 0
    name = "bidirectional_rnn/bw/BNLSTMCell/W_xh"
    said = capfd.readouterr().out
    assert "1 have changed since the conversion" in said
    assert name in said
    (found,) = diff(prefix, again)
    assert (found.name, found.how) == (name, "other values")
    np.testing.assert_array_equal(Checkpoint(again)[name], 2 * Checkpoint(prefix)[name])


def test_a_variable_changed_by_hand_comes_back(tmp_path):
    prefix, out, again = str(CKPT / "stacked"), tmp_path / "out", tmp_path / "b"
    assert main(["convert", prefix, str(out)]) == 0
    path = out / "variables.safetensors"
    variables = safetensors.numpy.load_file(path)
    variables["beta1_power"] = np.array(0.5, np.float32)
    safetensors.numpy.save_file(variables, path)
    assert main(["revert", str(out), str(again)]) == 0
    assert [found.name for found in diff(prefix, again)] == ["beta1_power"]


def test_tensorflow_restores_what_is_reverted(tmp_path):
    """Parts, too: TensorFlow's own restore op reads them one by one."""
    prefix, out, again = (
        CKPT / "partitioned_and_averaged",
        tmp_path / "o",
        tmp_path / "b",
    )
    assert main(["convert", str(prefix), str(out)]) == 0
    assert main(["revert", str(out), str(again)]) == 0
    for which in (prefix, again):
        (part,) = tf.raw_ops.RestoreV2(
            prefix=str(which),
            tensor_names=["embedding"],
            shape_and_slices=["11 4 4,4:0,4"],
            dtypes=[tf.float32],
        )
        assert part.numpy().tobytes() == Checkpoint(prefix)["embedding"][4:8].tobytes()


def test_diff(tmp_path, capfd):
    a = checkpoints.write(tmp_path / "a", {"x": np.ones(2), "s": np.array([b"a"])})
    b = checkpoints.write(
        tmp_path / "b",
        {"x": np.array([1, 1.5]), "y": np.ones(1), "s": np.array([b"b"])},
    )
    assert main(["diff", a, a]) == 0
    assert "Equal" in capfd.readouterr().out
    assert main(["diff", a, b, "--json"]) == 1
    assert json.loads(capfd.readouterr().out) == [
        {"name": "s", "how": "other values", "largest": None},
        {"name": "x", "how": "other values", "largest": 0.5},
        {"name": "y", "how": f"only in {b}", "largest": None},
    ]
    assert main(["diff", a, str(tmp_path / "none")]) == 2


def test_a_saved_models_variables(tmp_path):
    """A folder with saved_model.pb and variables/, as TensorFlow 1 exports it."""
    (tmp_path / "variables").mkdir()
    (tmp_path / "saved_model.pb").write_bytes(b"")
    prefix = checkpoints.write(
        tmp_path / "variables" / "variables", checkpoints.cell("rnn/BNLSTMCell")
    )
    assert find_prefix(tmp_path) == prefix
    argv = ["convert", str(tmp_path), str(tmp_path / "out"), "--no-graph"]
    assert main(argv) == 0
    assert diff(tmp_path, tmp_path / "out") == []


@pytest.mark.parametrize(
    ("kind", "damage", "word"),
    [
        ("keras", "rnn.keras", "cannot be opened"),
        ("weights.h5", "rnn.weights.h5", "cannot be opened"),
        ("tf", "rnn.tf.index", "incomplete or damaged"),
        ("safetensors", "rnn.safetensors", "cannot be read"),
        ("npz", "rnn.npz", "cannot be read"),
        ("keras", "variables.safetensors", "cannot be read"),
    ],
)
def test_a_damaged_conversion(all_formats, tmp_path, kind, damage, word, capfd):
    path = all_formats / damage
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    capfd.readouterr()
    argv = ["revert", str(all_formats), str(tmp_path / "b"), "--format", kind]
    try:
        assert main(argv) == 2
    finally:
        path.write_bytes(whole)
    err = capfd.readouterr().err
    assert word in err
    assert err.count("\n") == 1
    assert os.listdir(tmp_path) == []


@pytest.fixture(scope="module")
def all_formats(tmp_path_factory):
    folder = tmp_path_factory.mktemp("formats")
    variables = {**checkpoints.cell("rnn/BNLSTMCell"), "step": np.int64(3)}
    prefix = checkpoints.write(folder / "m", variables)
    argv = ["convert", prefix, str(folder / "out"), "--format", ",".join(FORMATS)]
    assert main(argv) == 0
    return folder / "out"


def test_revert_overwrites_nothing(all_formats, tmp_path, capfd):
    left = tmp_path / "left.data-00000-of-00001"
    left.write_bytes(b"precious")
    taken = checkpoints.write(tmp_path / "taken", {"x": np.ones(1)})
    before = checkpoints.state_of(tmp_path)
    for ckpt, word in (
        (tmp_path / "left", "has no index"),
        (taken, "exists"),
        (all_formats / "inside", "inside the conversion"),
    ):
        capfd.readouterr()
        assert main(["revert", str(all_formats), str(ckpt)]) == 2
        assert word in capfd.readouterr().err
    assert checkpoints.state_of(tmp_path) == before


def test_every_format_verifies(all_formats, tmp_path):
    """And an output without ``.keras`` files, too."""
    prefix = str(all_formats.parent / "m")
    out = str(tmp_path / "out")
    assert main(["convert", prefix, out, "--format", "npz", "--format", "tf"]) == 0
    assert main(["verify", prefix, out]) == 0
    report = Conversion(out).report
    assert report["formats"] == ["npz", "tf"]
    assert report["others"] == ["variables.npz"]


@pytest.mark.parametrize("many", [1, 8])
def test_room_for_a_file_is_enough(many, tmp_path):
    layers = [keras.layers.GRU(1, return_sequences=True) for _ in range(many)]
    model = keras.Sequential([keras.Input((None, 2)), *layers])
    path = tmp_path / "model.weights.h5"
    model.save_weights(path)
    assert path.stat().st_size <= keras_files.room(model)


def test_a_model_is_unpacked_elsewhere(all_formats, monkeypatch):
    """Keras 3.4 unpacks weights beside the file that it is given."""
    (path,) = all_formats.glob("*.keras")
    given, load = [], keras_files._load

    def noted(path):
        given.append(pathlib.Path(path))
        return load(path)

    monkeypatch.setattr(keras_files, "_load", noted)
    keras_files.KERAS.read(path, None)
    assert given[0].parent != path.parent


def test_unknown_formats(capfd):
    assert main(["convert", "a", "b", "--format", "keras,pickle"]) == 2
    assert "Received: 'pickle'" in capfd.readouterr().err


def test_report_tells_where_each_tensor_went(all_formats):
    report = json.loads((all_formats / "report.json").read_text())
    source = Checkpoint(all_formats.parent / "m")
    assert [row["name"] for row in report["tensors"]] == list(source)
    for row in report["tensors"]:
        assert row["sha256"] == bits.checksum(source[row["name"]])
        expected = "variables.npz" if row["name"] == "step" else "rnn.npz"
        assert expected in {place["file"] for place in row["places"]}
    (row,) = (row for row in report["tensors"] if row["name"].endswith("hh/scale"))
    assert (row["layout"], row["leaf"]) == ("per-step", "hh/scale")
    assert row["rule"]
    assert row["places"][0]["as"] == "cell 0: recurrent_gamma"


def test_report_tells_what_was_folded(tmp_path):
    """And where the originals are, from which the bits come back."""
    prefix, out = CKPT / "olavhn", tmp_path / "out"
    assert main(["convert", str(prefix), str(out)]) == 0
    report = json.loads((out / "report.json").read_text())
    folded = {
        row["leaf"]: [place["file"] for place in row["places"]]
        for row in report["tensors"]
        if row.get("folded")
    }
    assert sorted(folded) == ["bias", "hh/offset", "xh/offset"]
    for files in folded.values():
        assert files == ["rnn.keras", "variables.safetensors"]


class _Boom:
    """Leaves a mark where it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return open, (str(self.mark), "w")


def test_no_pickle_is_loaded(all_formats, tmp_path, capfd):
    path, mark = all_formats / "variables.npz", tmp_path / "mark"
    whole = path.read_bytes()
    np.savez(path, step=np.array([_Boom(mark)], object))
    try:
        argv = ["revert", str(all_formats), str(tmp_path / "b"), "--format", "npz"]
        assert main(argv) == 2
    finally:
        path.write_bytes(whole)
    assert "cannot be read" in capfd.readouterr().err
    assert os.listdir(tmp_path) == []


def test_keras_files_open_in_safe_mode(all_formats, tmp_path, capfd):
    """Keras keeps a lambda as code, which would run."""
    path, mark = all_formats / "rnn.keras", tmp_path / "mark"
    whole = path.read_bytes()
    name = str(mark)  # a text, for Keras keeps what the lambda sees as JSON
    code = keras.layers.Lambda(lambda x: [pathlib.Path(name).touch(), x][1])
    keras.Sequential([keras.Input((2,)), code]).save(path)
    mark.unlink()  # made when the layer was tried
    try:
        assert main(["revert", str(all_formats), str(tmp_path / "b")]) == 2
    finally:
        path.write_bytes(whole)
    err = capfd.readouterr().err
    assert "cannot be opened" in err
    assert err.count("\n") == 1
    assert os.listdir(tmp_path) == []


@pytest.mark.slow
@hypothesis.given(_synthetic())
@hypothesis.settings(
    max_examples=10, deadline=None, derandomize=True, print_blob=True, database=None
)
def test_any_checkpoint_in_every_format(tmp_path_factory, variables):
    folder = tmp_path_factory.mktemp("any")
    prefix = checkpoints.write(folder / "m", variables)
    _there_and_back(prefix, folder)
