"""Out of Keras: saved files of old, SavedModels without this package, LiteRT."""

import contextlib
import importlib.util
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import documents
import migrate
from bnlstm_compat import BNLSTM, exporting
from bnlstm_compat.statistics.find import cells_in
from helpers import recorded
from helpers.filled_layers import LENGTHS, B, D, H, T, filled, mask_of
from helpers.places import RECORDINGS
from helpers.rounding import close

GUIDE = documents.ROOT / "docs" / "guides" / "deployment.md"
SAVED = RECORDINGS / "saved"
CKPT = recorded.FOLDER / "tf-1.15.5" / "ckpt"
# Two paths in float32 in inference: ``rounding.limits`` gives 0.8e-6 to 1.1e-6 for a
# layer of this size with any of these weights.
CLOSE = 1e-6


def _lacks(*modules):
    return any(importlib.util.find_spec(module) is None for module in modules)


needs_litert = pytest.mark.skipif(
    _lacks("keras.src.export.litert"), reason="this Keras has no export to LiteRT"
)
needs_onnx = pytest.mark.skipif(
    _lacks("keras.src.export.onnx", "tf2onnx", "onnxruntime"),
    reason="the extra [onnx] is not installed, or this Keras has no export to ONNX",
)


@pytest.fixture
def x():
    return np.random.default_rng(0).standard_normal((B, T, D)).astype(np.float32)


def test_files_of_this_release_still_open():
    spec = importlib.util.spec_from_file_location("make", SAVED / "make.py")
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    x = make.inputs()
    wanted = np.load(SAVED / "outputs.npz")
    for name, fresh in make.models().items():
        model = keras.saving.load_model(SAVED / f"{name}.keras", safe_mode=True)
        close("rounding", model(x), wanted[name], CLOSE, name)
        assert [w.name for w in model.weights] == [w.name for w in fresh.weights]
        assert [_plain(cell) for _, cell, _ in cells_in(model)] == [
            _plain(cell) for _, cell, _ in cells_in(fresh)
        ]


def _plain(cell):
    """A cell's configuration without its name."""
    config = cell.get_config()
    del config["name"]
    return config


_SERVE = """
import sys
import numpy as np, tensorflow as tf
loaded = tf.saved_model.load(sys.argv[1])
given = [tf.constant(a) for a in np.load(sys.argv[3]).values()]
given = given[0] if len(given) == 1 else given
np.save(sys.argv[2], loaded.serve(given))
assert "bnlstm_compat" not in sys.modules
"""


@pytest.mark.parametrize("masked", [pytest.param(False, marks=pytest.mark.slow), True])
def test_a_saved_model_needs_no_package_of_ours(x, masked, tmp_path):
    inputs = [keras.Input((None, D))]
    layer = filled(return_sequences=True, zero_output_for_mask=True, mode="auto")
    given = [x]
    if masked:
        inputs.append(keras.Input((None,), dtype="bool"))
        given.append(mask_of(LENGTHS, T))
    y = layer(inputs[0], mask=inputs[1] if masked else None)
    model = keras.Model(inputs if masked else inputs[0], y)
    model.export(tmp_path / "saved")
    served = tf.saved_model.load(tmp_path / "saved")
    np.savez(tmp_path / "in.npz", *given)
    subprocess.run(
        [
            sys.executable,
            "-c",
            _SERVE,
            *map(str, (tmp_path / "saved", tmp_path / "out.npy", tmp_path / "in.npz")),
        ],
        check=True,
        cwd=tmp_path,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
    )
    expected = model(given if masked else x)
    close("rounding", np.load(tmp_path / "out.npy"), expected, CLOSE)
    assert hasattr(served, "serve")


def _lite(content, *given):
    """What the plain interpreter gives, which has no operations of TensorFlow's."""
    assert b"Flex" not in content
    interpreter = tf.lite.Interpreter(model_content=content)
    details = interpreter.get_input_details()
    given = [next(a for a in given if a.dtype == d["dtype"]) for d in details]
    for detail, array in zip(details, given, strict=True):
        interpreter.resize_tensor_input(detail["index"], array.shape)
    interpreter.allocate_tensors()
    for detail, array in zip(details, given, strict=True):
        interpreter.set_tensor(detail["index"], array)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def _archive(model, batch, folder, **context):
    """A SavedModel of ``model`` for sequences [batch,T,D]."""
    archive = keras.export.ExportArchive()
    archive.track(model)
    with exporting(**context) if context else contextlib.nullcontext():
        archive.add_endpoint(
            "serve", lambda x: model(x, training=False), [tf.TensorSpec((batch, T, D))]
        )
        archive.write_out(str(folder))
    return tf.lite.TFLiteConverter.from_saved_model(str(folder))


@pytest.mark.parametrize("unroll", [False, True])
def test_litert_reads_a_saved_model_of_known_sizes(x, unroll, tmp_path):
    layer = filled(return_sequences=True, unroll=unroll, mode="auto")
    model = keras.Sequential([keras.Input((T, D)), layer])
    content = _archive(model, B, tmp_path / "saved").convert()
    close("rounding", _lite(content, x), layer(x), CLOSE)


def test_litert_reads_any_saved_model_that_is_made_for_it(x, tmp_path):
    layer = filled(return_sequences=True, mode="auto")
    model = keras.Sequential([keras.Input((T, D)), layer])
    content = _archive(model, None, tmp_path / "a", format="litert").convert()
    both = np.concatenate([x, 2 * x])
    close("rounding", _lite(content, both), layer(both), CLOSE)
    with pytest.raises(Exception, match="SELECT_TF_OPS"):
        _archive(model, None, tmp_path / "b").convert()


def _with_lengths(rnn):
    """The guide's function, which gives a model of sequences lengths as well."""
    names = {"keras": keras}
    exec(_block("def with_lengths"), names)
    return names["with_lengths"](rnn)


def _block(start):
    """The guide's block of Python that begins so."""
    page = GUIDE.read_text(encoding="utf-8")
    codes = [block.text for block in documents.blocks(page)]
    (code,) = (code for code in codes if code.startswith(start))
    return compile(code, GUIDE.name, "exec")


def _of_a_checkpoint(folder, name="bidirectional"):
    """What ``convert`` makes of a recorded checkpoint, with lengths; and inputs."""
    migrate.convert(str(CKPT / name), str(folder / "out"))
    (file,) = (folder / "out").glob("*.keras")
    model = _with_lengths(keras.saving.load_model(file))
    size = model.input_shape[0][-1]
    frames = np.random.default_rng(1).standard_normal((B, T, size)).astype(np.float32)
    return model, [frames, mask_of(LENGTHS, T)]


@needs_litert
@pytest.mark.parametrize(
    "name", ["bidirectional", pytest.param("stacked", marks=pytest.mark.slow)]
)
def test_litert_runs_what_convert_wrote(name, tmp_path):
    model, given = _of_a_checkpoint(tmp_path, name)
    model.export(tmp_path / "m.tflite", format="litert", verbose=False)
    content = (tmp_path / "m.tflite").read_bytes()
    close("rounding", _lite(content, *given), model(given), CLOSE)


@needs_litert
@pytest.mark.slow
@pytest.mark.parametrize("padding", ["masked", "v1"])
def test_litert_of_a_stack_from_keras(x, padding):
    inputs = [keras.Input((T, D), batch_size=B), keras.Input((T,), B, "bool")]
    options = {"return_sequences": True, "mode": "auto", "padding": padding}
    deep = {**options, "affine_per_step": True, "go_backwards": True}
    y = filled(**options)(inputs[0], mask=inputs[1])
    y = BNLSTM(H, 4, **deep)(y, mask=inputs[1])
    model = keras.Model(inputs, y)
    content = tf.lite.TFLiteConverter.from_keras_model(model).convert()
    given = [x, mask_of(LENGTHS, T)]
    close("rounding", _lite(content, *given), model(given), CLOSE)


@pytest.mark.slow
@needs_onnx
@pytest.mark.parametrize(
    "options", [{"unroll": True}, {"activation": "elu"}, {"stateful": True}]
)
def test_onnx_of_other_forms(x, options, tmp_path):
    steps = T if "unroll" in options else None
    batch = B if "stateful" in options else None
    layer = filled(return_sequences=True, mode="auto", **options)
    inputs = keras.Input((steps, D), batch_size=batch)
    model = keras.Model(inputs, layer(inputs))
    expected = np.asarray(model(x))
    if layer.stateful:
        layer.reset_states()
    model.export(tmp_path / "m.onnx", format="onnx", verbose=False)
    close("rounding", _onnx(tmp_path / "m.onnx", x), expected, CLOSE)


@pytest.mark.slow
@needs_onnx
def test_onnx_runs_what_convert_wrote(tmp_path):
    model, given = _of_a_checkpoint(tmp_path)
    expected = model(given)
    model.export(tmp_path / "m.onnx", format="onnx", verbose=False)
    close("rounding", _onnx(tmp_path / "m.onnx", *given), expected, CLOSE)


def _onnx(path, *given):
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path))
    feeds = {
        item.name: next(a for a in given if ("bool" in item.type) == (a.dtype == bool))
        for item in session.get_inputs()
    }
    return session.run(None, feeds)[0]


@pytest.fixture
def guide(tmp_path, monkeypatch):
    """A function that runs a block of the guide by its first words."""
    monkeypatch.chdir(tmp_path)
    names = {}

    def run(start):
        exec(_block(start), names)
        return names

    model = run("import keras")["model"]
    for weight in model.weights:  # none at its starting value
        weight.assign(np.random.default_rng(2).uniform(0.2, 1, weight.shape) - 0.1)
    names["expected"] = model([names["x"], names["mask"]])
    return run


def test_the_guide_to_saved_models(guide):
    names = guide("import tensorflow")
    close("rounding", names["outputs"], names["expected"], CLOSE)
    graph = names["served"].signatures["serve"].graph.as_graph_def()
    assert "_XlaMustCompile" not in str(graph)


@needs_litert
@pytest.mark.slow
def test_the_guide_to_litert(guide):
    guide("import tensorflow")
    names = guide('model.export("model.tflite"')
    close("rounding", names["outputs"], names["expected"], CLOSE)
    content = guide("with bnlstm_compat.exporting")["content"]
    one = names["x"][:1], names["mask"][:1]
    close("rounding", _lite(content, *one), names["expected"][:1], CLOSE)


@needs_onnx
def test_the_guide_to_onnx(guide):
    names = guide("import onnxruntime")
    close("rounding", names["outputs"], names["expected"], CLOSE)


def test_a_graph_that_stays_is_compiled_still(x):
    layer = filled(return_sequences=True, mode="auto")

    def compiled():
        function = tf.function(lambda x: layer(x), autograph=False)
        graph = function.get_concrete_function(tf.TensorSpec((B, T, D))).graph
        return "_XlaMustCompile" in str(graph.as_graph_def())

    assert compiled()
    for format in ("litert", "onnx", "saved_model"):
        with exporting(format):
            assert not compiled()
    assert compiled()
    with (
        pytest.raises(ValueError, match="'litert' or 'onnx' or 'saved_model'"),
        exporting("tflite"),
    ):
        pass
