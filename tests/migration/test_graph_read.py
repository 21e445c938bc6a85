"""Graphs read from every kind of file; other files called what they are; damage."""

import random
import zipfile
from pathlib import Path

import pytest

from helpers import recorded_graphs as graph_recordings
from helpers.recorded_graphs import folder, meta, record
from migrate.errors import MigrateError
from migrate.graph import find, read, what_is
from migrate.graph.nodes import MOST_NODES


def test_a_meta_file():
    graph = read(meta("tf-1.15.5/conv_gru"))
    assert graph.label == "model.ckpt-40.meta"
    assert not graph.frozen
    with record("tf-1.15.5/conv_gru") as arrays:
        shapes = {
            key[2:].replace("\\", "/"): arrays[key].shape
            for key in arrays
            if key.startswith("v|")
        }
    assert {name: v.shape for name, v in graph.variables.items()} == shapes
    assert {v.kind for v in graph.variables.values()} == {"reference"}
    assert graph.saver_names == {name: name for name in shapes}
    assert set(graph.placeholders) >= {"x", "is_training", "input_y"}
    assert len(graph.collections["update_ops"]) == 4
    assert "gru/fw/gru_cell/gates/kernel" in graph.collections["trainable_variables"]


def test_a_frozen_graph_holds_its_variables_as_constants(tmp_path):
    path = folder("tf-1.15.5/language") / "frozen.pb"
    graph = read(path)
    assert graph.frozen
    with record("tf-1.15.5/language") as arrays:
        for name, value in graph.constants.items():
            assert (value == arrays["v|" + name.replace("/", "\\")]).all()
    assert len(graph.constants) == 7
    from google.protobuf import text_format

    text = tmp_path / "frozen.pbtxt"
    text.write_text(text_format.MessageToString(graph.graph_def))
    cells = find(read(text)).cells
    assert [dict(cell.variables) for cell in cells] == [
        {
            role: f"lm/rnn/multi_rnn_cell/cell_{k}/basic_lstm_cell/{role}"
            for role in ("kernel", "bias")
        }
        for k in range(2)
    ]


def test_a_saved_model():
    graph = read(folder("tf-1.15.5/conv_gru") / "saved_model")
    ((_, outputs),) = graph.signatures.values()
    assert outputs == {"probabilities": "probabilities:0"}
    assert [cell.family for cell in find(graph).cells] == ["gru", "gru"]


def _write(path, data):
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        (
            "a.ckpt",
            b"version https://git-lfs.github.com/spec/v1\noid x",
            "git lfs pull",
        ),
        ("a.h5", b"\x89HDF\r\n\x1a\n rest", "keras.models.load_model"),
        ("a.index", b"....._CHECKPOINTABLE_OBJECT_GRAPH....", "tf.train.Checkpoint"),
        ("a.tflite", b"1234TFL3", "TensorFlow Lite"),
        ("a.safetensors", b"12345678{}", "safetensors"),
    ],
)
def test_other_files_are_called_what_they_are(tmp_path, name, data, words):
    path = _write(tmp_path / name, data)
    assert words in what_is(path)
    with pytest.raises(MigrateError, match=words):
        read(path)


def test_a_keras_file(tmp_path):
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
    assert "load_model" in what_is(path)


def test_a_saved_model_of_tensorflow_2(tmp_path):
    from tensorflow.core.protobuf import saved_model_pb2

    saved = saved_model_pb2.SavedModel()
    saved.meta_graphs.add().object_graph_def.nodes.add()
    _write(tmp_path / "saved_model.pb", saved.SerializeToString())
    assert "TensorFlow 2 SavedModel" in what_is(tmp_path)


def test_a_graph_without_values(tmp_path):
    from google.protobuf import text_format

    graph = read(meta("tf-1.15.5/language"))
    path = tmp_path / "graph.pbtxt"
    path.write_text(text_format.MessageToString(graph.graph_def))
    assert "without values" in what_is(path)
    assert len(find(read(path)).cells) == 2  # it is a graph all the same


def test_what_is_knows_its_own():
    for path in (
        meta("tf-1.15.5/language"),
        folder("tf-1.15.5/conv_gru") / "saved_model",
    ):
        assert what_is(path) is None
    assert what_is(folder("tf-1.15.5/conv_gru") / "frozen.pb") is None
    assert what_is(folder("tf-1.15.5/conv_gru") / "model.ckpt-40") is None


def _outcome(path):
    try:
        find(read(path))
    except MigrateError as error:
        return "two lines" if "\n" in str(error) else "error"
    return "found"


@pytest.mark.parametrize("model", ["tf-1.15.5/conv_gru", "tf-1.15.5/language"])
def test_cut_and_flipped_graphs_end_in_one_line(tmp_path, model):
    draw, whole = random.Random(model), Path(meta(model)).read_bytes()
    outcomes = set()
    for _ in range(40):
        cut = whole[: draw.randrange(len(whole))]
        outcomes.add(_outcome(_write(tmp_path / "cut.meta", cut)))
        flipped = bytearray(whole)
        for _ in range(draw.choice([1, 4, 40])):
            flipped[draw.randrange(len(flipped))] ^= 1 << draw.randrange(8)
        outcomes.add(_outcome(_write(tmp_path / "flipped.meta", bytes(flipped))))
    assert "error" in outcomes <= {"error", "found"}


def _graph_def(*nodes):
    from tensorflow.core.framework import graph_pb2

    graph = graph_pb2.GraphDef()
    for name, op, inputs in nodes:
        graph.node.add(name=name, op=op, input=inputs)
    return graph


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ([("a", "Neg", ["b"]), ("b", "Neg", ["a"])], "waits for itself"),
        ([("a", "Neg", ["b"])], "not there"),
        ([("a", "NoOp", []), ("a", "NoOp", [])], "one name"),
        ([("a", "Neg", ["a"])], "waits for itself"),
    ],
)
def test_graphs_that_cannot_be(tmp_path, nodes, words):
    path = _write(tmp_path / "a.pb", _graph_def(*nodes).SerializeToString())
    with pytest.raises(MigrateError, match=words):
        read(path)


def test_too_many_nodes_are_counted_before_they_are_read(tmp_path):
    one = _graph_def(("n", "NoOp", [])).SerializeToString()
    path = _write(tmp_path / "a.pb", one * (MOST_NODES + 1))
    with pytest.raises(MigrateError, match="nodes"):
        read(path)


def test_negative_shapes(tmp_path):
    graph = read(meta("tf-1.15.5/language"))
    node = next(n for n in graph.graph_def.node if n.op == "VariableV2")
    node.attr["shape"].shape.dim[0].size = -7
    path = _write(tmp_path / "a.pb", graph.graph_def.SerializeToString())
    with pytest.raises(MigrateError, match="shape"):
        find(read(path))


def test_a_function_of_python_is_not_run(tmp_path):
    graph = read(meta("tf-1.15.5/language"))
    node = next(n for n in graph.graph_def.node if n.op == "Tanh")
    node.op = "PyFunc"
    path = _write(tmp_path / "a.pb", graph.graph_def.SerializeToString())
    result = find(read(path))
    assert not any(rnn.expressible for rnn in result.rnns)


def test_recordings_are_small():
    sizes = [path.stat().st_size for path in graph_recordings.FOLDER.glob("*.xz")]
    assert sum(sizes) < 3 << 20
    others = {"variants.tar.xz", "fed.tar.xz", "wholes.tar.xz"}
    assert len(sizes) == len(graph_recordings.MODELS) + len(others)
