"""What people hand over as a source, and its graph: every kind, by all its names."""

import re
import shutil
import warnings

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf

import migrate
from bnlstm_compat import BNLSTM
from helpers import checkpoints
from helpers import recorded_graphs as graph_recordings
from migrate.bits import same_bits
from migrate.cli.main import main
from migrate.errors import MigrateWarning
from migrate.graph import Graph, find, read
from migrate.graph import open as opening
from migrate.graph.names import stored_names
from migrate.graph.open import open_source
from migrate.graph.session import UserGraph

v1 = tf.compat.v1
_OF_TENSORFLOW = re.compile(r"[EWI]\d{4} |WARNING: All log messages before")
MODEL = "tf-1.15.5/conv_gru"
POINTER = (
    b"version https://git-lfs.github.com/spec/v1\noid sha256:"
    + b"0" * 64
    + b"\nsize 9\n"
)


@pytest.fixture(scope="module")
def recorded():
    return graph_recordings.folder(MODEL)


@pytest.fixture
def model(tmp_path):
    """A folder with the checkpoint and graph of a model with one per-step cell."""
    place = tmp_path / "model"
    shutil.copytree(graph_recordings.folder("tf-1.15.5/settings"), place)
    return place


def run(capfd, *argv):
    """The exit code of a command, and what it wrote: (code, stdout, stderr's lines)."""
    capfd.readouterr()
    code = main([str(item) for item in argv])
    out, err = capfd.readouterr()
    ours = [line for line in err.splitlines() if not _OF_TENSORFLOW.match(line)]
    return code, out, ours


def save(prefix, build, write=None, **options):
    """Builds a TensorFlow 1 graph, and saves a checkpoint with its .meta; the session's
    values by names of variables. ``write``: what to save, by name; default: all."""
    with tf.Graph().as_default():
        made = build()
        saver = v1.train.Saver(write(made) if write else None, **options)
        with v1.Session() as session:
            for (
                one
            ) in v1.global_variables():  # in order: an average starts from another
                session.run(one.initializer)
            saver.save(session, str(prefix))
            return session.run({v.op.name: v for v in v1.global_variables()})


def variable(name, shape=(2, 3), **options):
    return v1.get_variable(
        name,
        shape,
        initializer=v1.random_normal_initializer(seed=len(name)),
        use_resource=False,
        **options,
    )


def cell_variables(scope="rnn/BNLSTMCell", seed=0):
    """As ``checkpoints.cell``, as variables of a graph."""
    return [
        v1.get_variable(name, initializer=value, use_resource=False)
        for name, value in checkpoints.cell(scope, seed=seed).items()
    ]


# Kinds of sources


@pytest.mark.parametrize(
    ("name", "label"),
    [
        (".", "model.ckpt-40.meta"),
        ("checkpoint", "model.ckpt-40.meta"),
        ("model.ckpt-40", "model.ckpt-40.meta"),
        ("model.ckpt-40.index", "model.ckpt-40.meta"),
        ("model.ckpt-40.meta", "model.ckpt-40.meta"),
        ("model.ckpt-40.data-00000-of-00001", "model.ckpt-40.meta"),
        ("saved_model", "saved_model.pb"),
        ("saved_model/saved_model.pb", "saved_model.pb"),
    ],
)
def test_a_checkpoint_by_any_of_its_names(recorded, name, label):
    source = open_source(recorded / name)
    assert isinstance(source.graph, Graph)
    assert source.graph.label == label
    with graph_recordings.record(MODEL) as record:
        expected = {
            key[2:].replace("\\", "/"): record[key] for key in record if key[:2] == "v|"
        }
    assert set(expected) == set(source)
    assert all(same_bits(source[key], expected[key]) for key in expected)


@pytest.mark.parametrize("model", [MODEL, "tf-1.15.5/language"])
@pytest.mark.parametrize("text", [False, True])
def test_a_frozen_graph(model, text, tmp_path):
    """Its constants are the variables that the checkpoint has and inference needs."""
    folder = graph_recordings.folder(model)
    path = folder / "frozen.pb"
    if text:
        path = tmp_path / "frozen.pbtxt"
        graph_def = v1.GraphDef.FromString((folder / "frozen.pb").read_bytes())
        path.write_text(str(graph_def))
    source, checkpoint = open_source(path), open_source(folder)
    needed = {
        name
        for name in checkpoint
        if "Adam" not in name and "_power" not in name and name != "global_step"
    }
    assert set(source) == needed
    assert all(same_bits(source[name], checkpoint[name]) for name in needed)
    assert {name: source.entries[name] for name in needed} == {
        name: checkpoint.entries[name] for name in needed
    }
    assert source.graph.frozen
    assert source.files() == [str(path)]
    assert open_source(path, graph=False).graph is None


def test_a_frozen_graph_whose_reads_were_optimised_away(tmp_path):
    """Constants that reach a layer's operation; not an initial state, nor a shape."""
    with tf.Graph().as_default() as graph:
        x = v1.placeholder(tf.float32, [None, 3], name="x")
        kernel = tf.constant(np.ones((3, 4), np.float32), name="dense/kernel")
        bias = tf.constant(np.ones(4, np.float32), name="dense/bias")
        gamma = tf.constant(np.ones((2, 4), np.float32), name="norm/gamma")
        y = tf.nn.bias_add(tf.matmul(x, kernel), bias) * gamma[0]
        state = tf.constant(np.zeros((1, 4), np.float32), name="state")
        tf.concat([y, tf.tile(state, tf.constant([2, 1]))], axis=0)
    (tmp_path / "m.pb").write_bytes(graph.as_graph_def().SerializeToString())
    assert set(open_source(tmp_path / "m.pb")) == {
        "dense/kernel",
        "dense/bias",
        "norm/gamma",
    }


@pytest.mark.parametrize("name", ["model.ckpt-40.meta", "frozen.pb", "saved_model"])
def test_every_command_takes_it(recorded, name, tmp_path, capfd):
    source, out = recorded / name, tmp_path / "out"
    code, shown, errors = run(capfd, "inspect", source)
    assert (code, errors) == (0, [])
    assert "gru/fw/gru_cell" in shown
    assert f"graph {source.name}" in shown or "graph saved_model.pb" in shown
    assert run(capfd, "convert", source, out)[0] == 0
    assert run(capfd, "verify", source, out)[0] == 0
    assert run(capfd, "diff", source, out)[0] == 0
    assert run(capfd, "diff", source, recorded / "model.ckpt-40")[0] == (
        1 if name == "frozen.pb" else 0
    )
    assert run(capfd, "revert", out, tmp_path / "again")[0] == 0
    layer = keras.layers.Bidirectional(keras.layers.GRU(5, reset_after=False))
    migrate.load(layer, source)
    cells = migrate.read(source)
    kernel = cells["gru/bw/gru_cell"].kernel
    assert same_bits(
        keras.ops.convert_to_numpy(layer.backward_layer.cell.kernel), kernel
    )


def test_doctor_takes_a_meta(model, capfd):
    code, shown, errors = run(capfd, "doctor", model / "model.ckpt-40.meta")
    assert code in (0, 1)
    assert errors == []
    assert "encoder/BNCell" in shown


def test_values_and_graphs_are_read_when_asked_for(model, monkeypatch):
    def no_reading(*_):
        raise AssertionError

    monkeypatch.setattr(opening, "read", no_reading)
    monkeypatch.setattr(
        "migrate.sources.checkpoint.Checkpoint._read", no_reading, raising=True
    )
    source = open_source(model)
    assert len(source.entries) > 13
    with pytest.raises(AssertionError):
        _ = source.graph
    with pytest.raises(AssertionError):
        _ = source["global_step"]
    assert main(["inspect", str(model), "--no-graph"]) == 0
    monkeypatch.undo()
    monkeypatch.setattr(opening, "read", no_reading)
    assert migrate.diff(model, model / "model.ckpt-40") == []


def test_a_source_is_given_back_as_it_is(recorded):
    source = open_source(recorded)
    assert open_source(source) is source
    with pytest.raises(migrate.MigrateError, match="which has its own"):
        open_source(source, graph=recorded / "model.ckpt-40.meta")


# Which graph is a checkpoint's


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        (["model.ckpt-40.meta", "model.ckpt-41.meta"], "model.ckpt-40.meta"),
        (["model.ckpt-20.meta", "model.ckpt-37.meta", "a.meta"], "model.ckpt-37.meta"),
        (["model.ckpt.meta", "a.meta"], "model.ckpt.meta"),
        (["graph.meta"], "graph.meta"),
        (["a.meta", "b.meta"], None),
        ([], None),
    ],
)
def test_the_graph_beside_a_checkpoint(model, there, taken):
    content = (model / "model.ckpt-40.meta").read_bytes()
    (model / "model.ckpt-40.meta").unlink()
    for name in there:
        (model / name).write_bytes(content)
    graph = open_source(model / "model.ckpt-40").graph
    assert (graph and graph.label) == taken


def test_the_graph_beside_a_checkpoint_without_a_folder(model, monkeypatch):
    monkeypatch.chdir(model)
    assert open_source("model.ckpt-40").graph.label == "model.ckpt-40.meta"
    (model / "model.ckpt-40.meta").rename("model.ckpt-39.meta")
    assert open_source("model.ckpt-40").graph.label == "model.ckpt-39.meta"


def test_the_graph_that_is_named(model, tmp_path, capfd):
    other = tmp_path / "elsewhere.meta"
    (model / "model.ckpt-40.meta").rename(other)
    assert open_source(model).graph is None
    graph = open_source(model, graph=other).graph
    assert graph.label == "elsewhere.meta"
    assert open_source(model, graph=graph).graph is graph
    assert open_source(model, graph=False).graph is None
    code, shown, _ = run(capfd, "inspect", model, "--graph", other)
    assert code == 0
    assert "graph elsewhere.meta" in shown
    pbtxt = tmp_path / "graph.pbtxt"
    pbtxt.write_text(str(graph.graph_def))
    assert open_source(model, graph=pbtxt).graph.label == "graph.pbtxt"
    code, _, (error,) = run(capfd, "inspect", model, "--graph", other, "--no-graph")
    assert code == 2
    assert "not allowed with" in error
    code, _, (error,) = run(capfd, "inspect", model, "--graph", tmp_path / "none.meta")
    assert code == 2
    assert "none.meta" in error


@pytest.mark.parametrize("sharded", [False, True])
def test_a_v1_checkpoint_with_its_graph(tmp_path, sharded):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = save(
            tmp_path / "old.ckpt",
            cell_variables,
            write_version=v1.train.SaverDef.V1,
            sharded=sharded,
            pad_step_number=False,
        )
    assert not list(tmp_path.glob("*.index"))
    for name in ("old.ckpt", "old.ckpt.meta"):
        source = open_source(tmp_path / name)
        assert source.graph.label == "old.ckpt.meta"
        assert all(same_bits(source[key], values[key]) for key in values)


# Graphs that are damaged, or belong to other variables


def _cut(meta):
    meta.write_bytes(meta.read_bytes()[:-1000])


DAMAGE = {
    "cut": (_cut, "cannot read a graph from"),
    "empty": (lambda meta: meta.write_bytes(b""), "cannot read a graph from"),
    "a pointer": (lambda meta: meta.write_bytes(POINTER), "a Git LFS pointer"),
    "another model's": (
        lambda meta: shutil.copy(graph_recordings.meta("tf-1.15.5/language"), meta),
        "does not belong to",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_graph_that_cannot_be_used(model, damage, tmp_path, capfd):
    out = tmp_path / "out"
    change, words = DAMAGE[damage]
    assert run(capfd, "convert", model, out)[0] == 0
    change(model / "model.ckpt-40.meta")
    for argv in (["inspect", model], ["doctor", model]):
        code, _, lines = run(capfd, *argv)
        assert code in (0, 1)
        (line,) = lines
        assert line.startswith("migrate: warning: ")
        assert words in line
        assert line.endswith("; going on without a graph")
    code, _, lines = run(capfd, "diff", model, out)
    assert (code, lines) == (0, [])
    for argv in (["convert", model, tmp_path / "new"], ["verify", model, out]):
        code, _, lines = run(capfd, *argv)
        assert code == 2
        (line,) = lines
        assert words in line
        assert "--no-graph" in line
        if damage == "cut":
            code, _, lines = run(capfd, *argv, "--no-graph")
            assert (code, lines) == (0, [])
    named = ["inspect", model, "--graph", model / "model.ckpt-40.meta"]
    code, _, (line,) = run(capfd, *named)
    assert code == 2
    assert words in line
    assert "--no-graph" not in line


def test_the_only_graph_there_may_be_another_checkpoints(model, tmp_path, capfd):
    (model / "model.ckpt-40.meta").unlink()
    shutil.copy(graph_recordings.meta("tf-1.15.5/language"), model / "other.meta")
    code, _, lines = run(capfd, "convert", model, tmp_path / "out")
    assert code == 0
    (line,) = lines
    assert "other.meta does not belong to" in line


def test_a_graph_with_another_shape_is_anothers(tmp_path):
    save(tmp_path / "m", lambda: [variable("a"), variable("b"), variable("c")])
    save(tmp_path / "n", lambda: [variable("a"), variable("b"), variable("c", (4, 3))])
    shutil.copy(tmp_path / "n.meta", tmp_path / "m.meta")
    with pytest.raises(migrate.MigrateError, match=r"its c is \[4, 3\], .*\[2, 3\]"):
        _ = open_source(tmp_path / "m").graph
    with pytest.raises(migrate.MigrateError, match="does not belong to"):
        _ = open_source(tmp_path / "m", graph=read(tmp_path / "n.meta")).graph


@pytest.mark.parametrize("which", ["some", "more"])
def test_a_graph_may_have_fewer_variables_or_more(tmp_path, which):
    names = [f"v{number}" for number in range(10)]
    save(
        tmp_path / "all",
        lambda: [variable(name) for name in names],
        (lambda made: made[:3]) if which == "some" else None,
    )
    if which == "more":
        save(tmp_path / "few", lambda: [variable(name) for name in names[:3]])
        shutil.copy(tmp_path / "few.meta", tmp_path / "all.meta")
    assert open_source(tmp_path / "all").graph is not None


# Names


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


def test_names_of_a_saver_of_averages_and_of_parts(tmp_path):
    def build():
        renamed, plain = variable("model/w"), variable("model/b")
        averages = v1.train.ExponentialMovingAverage(0.9)
        averages.apply([plain])
        with v1.variable_scope("p", partitioner=v1.fixed_size_partitioner(2)):
            parts = variable("table", (6, 3))
        return renamed, plain, averages.average(plain), parts

    def write(made):
        renamed, plain, average, parts = made
        return {
            "old/weights": renamed,
            "model/b": plain,
            "old/average": average,
            "p/table": parts,
        }

    values = save(tmp_path / "m", build, write)
    source = open_source(tmp_path / "m")
    assert set(source) == {"old/weights", "model/b", "old/average", "p/table"}
    names = stored_names(source.graph, source.entries)
    assert names == {
        "model/w": "old/weights",
        "model/b": "model/b",
        "model/b/ExponentialMovingAverage": "old/average",
        "p/table/part_0": "p/table",
        "p/table/part_1": "p/table",
    }
    for name in ("model/w", "model/b", "model/b/ExponentialMovingAverage"):
        assert same_bits(source[names[name]], values[name])
    parts = [values[f"p/table/part_{number}"] for number in (0, 1)]
    assert same_bits(source["p/table"], np.concatenate(parts))
    graph_def = tmp_path / "graph.pbtxt"  # which does not say what is part of what
    graph_def.write_text(str(source.graph.graph_def))
    again = open_source(tmp_path / "m", graph=graph_def)
    assert stored_names(again.graph, again.entries) == names


@pytest.mark.parametrize("resource", [False, True])
def test_a_partitioned_cell_is_found_and_runs(tmp_path, resource):
    """A cell of TensorFlow 1 written out: its kernel is two variables in the graph."""

    def build():
        x = v1.placeholder(tf.float32, [None, 5, 3], name="x")
        c = h = tf.zeros([tf.shape(x)[0], 4])
        with v1.variable_scope("rnn/basic_lstm_cell", use_resource=resource):
            partitioner = v1.fixed_size_partitioner(2)
            normal = v1.random_normal_initializer(seed=1)
            kernel = v1.get_variable(
                "k", [7, 16], initializer=normal, partitioner=partitioner
            )
            bias = v1.get_variable(
                "b", [16], initializer=normal, partitioner=partitioner
            )
        for step in range(5):
            z = tf.matmul(tf.concat([x[:, step], h], 1), kernel) + bias
            i, j, f, o = tf.split(z, 4, 1)
            c = c * tf.sigmoid(f) + tf.sigmoid(i) * tf.tanh(j)
            h = tf.tanh(c) * tf.sigmoid(o)
        tf.identity(h, name="out")

    values = save(tmp_path / "m", build)
    source = open_source(tmp_path / "m")
    (cell,) = find(source.graph).cells
    roles = {"kernel": "rnn/basic_lstm_cell/k", "bias": "rnn/basic_lstm_cell/b"}
    assert dict(cell.variables) == roles
    parts = [values[f"rnn/basic_lstm_cell/k/part_{n}"] for n in (0, 1)]
    kernel = np.concatenate(parts)
    names = stored_names(source.graph, source.entries)
    assert same_bits(source[names[roles["kernel"]]], kernel)
    bias = np.concatenate([values[f"rnn/basic_lstm_cell/b/part_{n}"] for n in (0, 1)])
    x = np.random.default_rng(0).standard_normal((2, 5, 3)).astype(np.float32)
    with UserGraph(source.graph, source) as graph:
        (out,) = graph.run_whole({"x": x}, ["out"])[0].values()
    c = h = np.zeros((2, 4))
    for step in range(5):
        z = np.concatenate([x[:, step], h], 1) @ kernel + bias
        i, j, f, o = np.split(z, 4, 1)
        c = c * _sigmoid(f) + _sigmoid(i) * np.tanh(j)
        h = np.tanh(c) * _sigmoid(o)
    # One matmul and five steps in float32; measured 1.1e-7.
    np.testing.assert_allclose(out, h, atol=2e-6)


# What else people hand over


def _object_based(folder):
    tf.train.Checkpoint(v=tf.Variable([1.0])).write(str(folder / "model.ckpt-1"))
    return folder / "model.ckpt-1"


def _state_of_object_based(folder):
    checkpoints.write(folder / "old", checkpoints.cell("rnn/BNLSTMCell"))
    _object_based(folder)
    (folder / "checkpoint").write_text('model_checkpoint_path: "model.ckpt-1"\n')
    return folder


def _saved_model_2(folder):
    module = tf.Module()
    module.v = tf.Variable([1.0])
    tf.saved_model.save(module, str(folder / "saved"))
    return folder / "saved"


def _hdf5(folder):
    with h5py.File(folder / "weights.h5", "w") as file:
        file["kernel"] = np.ones(3)
    return folder / "weights.h5"


def _keras(folder):
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(
        folder / "m.keras"
    )
    return folder / "m.keras"


def _lfs(*names):
    def make(folder):
        prefix = checkpoints.write(folder / "m", checkpoints.cell("rnn/BNLSTMCell"))
        for name in names:
            (folder / name).write_bytes(POINTER)
        return prefix

    return make


def _lfs_frozen(folder):
    (folder / "m.pb").write_bytes(POINTER)
    return folder / "m.pb"


def _lfs_v1(folder):
    (folder / "old.ckpt").write_bytes(POINTER)
    return folder / "old.ckpt"


def _opaque(folder):
    return checkpoints.write(
        folder / "m",
        {"cudnn_lstm/opaque_kernel": np.ones(9, np.float32), "w": np.ones(2)},
    )


def _valueless(folder):
    save(folder / "m", cell_variables)
    graph = read(folder / "m.meta")
    (folder / "graph.pbtxt").write_text(str(graph.graph_def))
    return folder / "graph.pbtxt"


def _lone_meta(folder):
    save(folder / "m", cell_variables)
    (folder / "m.index").unlink()
    return folder / "m.meta"


OTHERS = {
    "object-based checkpoint": (_object_based, ["object-based", "tf.train.Checkpoint"]),
    "the latest one": (_state_of_object_based, ["object-based", "tf.train.Checkpoint"]),
    "SavedModel of TensorFlow 2": (
        _saved_model_2,
        ["SavedModel", "tf.saved_model.load"],
    ),
    "HDF5": (_hdf5, ["HDF5", "load_weights"]),
    ".keras": (_keras, ["Keras 3", "keras.models.load_model"]),
    "pointer index": (_lfs("m.index"), ["Git LFS pointer", "git lfs pull"]),
    "pointer data": (
        _lfs("m.data-00000-of-00001"),
        ["data-00000-of-00001 is a Git LFS pointer", "git lfs pull"],
    ),
    "pointer frozen": (_lfs_frozen, ["Git LFS pointer", "git lfs pull"]),
    "pointer V1": (_lfs_v1, ["Git LFS pointer", "git lfs pull"]),
    "opaque": (_opaque, ["cudnn_lstm/opaque_kernel", "SAVEABLE_OBJECTS"]),
    "graph without values": (_valueless, ["graph without values", "--graph", "prefix"]),
    "meta alone": (_lone_meta, ["graph without values", "--graph", "prefix"]),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_what_else_people_hand_over_is_called_what_it_is(kind, tmp_path, capfd):
    make, words = OTHERS[kind]
    path = make(tmp_path)
    commands = [["inspect", path], ["convert", path, tmp_path / "out"]]
    if kind == "opaque":  # a checkpoint that can be read: inspect lists what is in it
        code, shown, _ = run(capfd, *commands.pop(0))
        assert code == 0
        for word in words:
            assert word in shown, shown
    for argv in commands:
        code, _, lines = run(capfd, *argv)
        assert code == 2
        (line,) = lines
        assert line.startswith("migrate: ")
        for word in words:
            assert word in line, line
    assert not (tmp_path / "out").exists()
    layer = BNLSTM(4, 5)
    with pytest.raises(migrate.MigrateError):
        migrate.load(layer, path)


def test_an_opaque_kernel_beside_its_canonical_form_is_no_matter(tmp_path, capfd):
    scope = "cudnn_lstm/rnn/multi_rnn_cell/cell_0/cudnn_compatible_lstm_cell"
    variables = {
        "cudnn_lstm/opaque_kernel": np.ones(9, np.float32),
        f"{scope}/kernel": np.ones((7, 16), np.float32),
        f"{scope}/bias": np.ones(16, np.float32),
    }
    prefix = checkpoints.write(tmp_path / "m", variables)
    code, shown, _ = run(capfd, "inspect", prefix)
    assert code == 0
    assert "SAVEABLE_OBJECTS" not in shown
    del variables[f"{scope}/bias"]
    variables |= checkpoints.cell("rnn/BNLSTMCell")
    prefix = checkpoints.write(tmp_path / "n", variables)
    code, shown, _ = run(capfd, "inspect", prefix)
    assert code == 0
    assert "SAVEABLE_OBJECTS" in shown


def test_what_is_no_graph_to_go_with(model, recorded, capfd):
    frozen = recorded / "frozen.pb"
    code, _, (line,) = run(capfd, "inspect", frozen, "--graph", frozen)
    assert code == 2
    assert "which is a graph itself" in line
    code, _, (line,) = run(capfd, "inspect", model, "--graph", frozen)
    assert code == 2
    assert "does not belong to" in line


# The ``checkpoint`` file of a folder


@pytest.mark.parametrize("exists", [True, False])
def test_a_state_that_names_another_folder(tmp_path, exists, capfd):
    old, new = tmp_path / "old", tmp_path / "new"
    for seed, folder in enumerate((old, new)):
        folder.mkdir()
        checkpoints.write(folder / "m-1", checkpoints.cell("rnn/BNLSTMCell", seed=seed))
    (new / "checkpoint").write_text(f'model_checkpoint_path: "{old / "m-1"}"\n')
    if not exists:
        shutil.rmtree(old)
    code, shown, lines = run(capfd, "inspect", new)
    assert code == 0
    assert str(new / "m-1") in shown
    assert len(lines) == 1
    assert str(old / "m-1") in lines[0]
    assert f"taken is {new / 'm-1'}" in lines[0]
    with pytest.warns(MigrateWarning, match="in another folder"):
        cells = migrate.read(new)
    (weights,) = cells.values()
    expected = checkpoints.cell("rnn/BNLSTMCell", seed=1)
    assert same_bits(weights.kernel, expected["rnn/BNLSTMCell/W_xh"])


@pytest.mark.parametrize("named", ["/gone/m-1", "m-1", "C:\\\\models\\\\m-1", "./m-1"])
def test_a_state_that_names_the_files_beside_it(tmp_path, named, capfd):
    checkpoints.write(tmp_path / "m-1", checkpoints.cell("rnn/BNLSTMCell"))
    (tmp_path / "checkpoint").write_text(f'model_checkpoint_path: "{named}"\n')
    code, _, lines = run(capfd, "inspect", tmp_path)
    assert code == 0
    assert len(lines) == ("/gone" in named or "C:" in named)


def test_a_state_that_names_its_own_folder_is_no_matter(tmp_path, capfd):
    checkpoints.write(tmp_path / "m-1", checkpoints.cell("rnn/BNLSTMCell"))
    absolute = f'model_checkpoint_path: "{tmp_path.resolve() / "m-1"}"\n'
    (tmp_path / "checkpoint").write_text(absolute)
    assert run(capfd, "inspect", tmp_path)[2] == []


def test_a_state_whose_files_are_elsewhere_only(tmp_path, capfd):
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    checkpoints.write(old / "m-1", checkpoints.cell("rnn/BNLSTMCell"))
    (new / "checkpoint").write_text(f'model_checkpoint_path: "{old / "m-1"}"\n')
    code, _, (line,) = run(capfd, "inspect", new)
    assert code == 2
    assert f"names {old / 'm-1'}; name the checkpoint itself" in line
