"""Out of Keras: saved files of old, SavedModels without this package, LiteRT."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnlstm_compat.cells import cells_in
from layers import LENGTHS, B, D, T, filled, mask_of
from rounding import close

SAVED = Path(__file__).parent / "saved"
# Two paths in float32 in inference: ``rounding.limits`` gives 0.8e-6 to 1.1e-6 for a
# layer of this size with any of these weights.
CLOSE = 1e-6


@pytest.fixture
def x():
    return np.random.default_rng(0).standard_normal((B, T, D)).astype(np.float32)


def test_files_of_this_release_still_open():
    spec = importlib.util.spec_from_file_location("make", SAVED / "make.py")
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    x = make.inputs()
    recorded = np.load(SAVED / "outputs.npz")
    for name, fresh in make.models().items():
        model = keras.saving.load_model(SAVED / f"{name}.keras", safe_mode=True)
        close("rounding", model(x), recorded[name], CLOSE, name)
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


@pytest.mark.parametrize("masked", [False, True])
def test_a_saved_model_needs_no_package_of_ours(x, masked, tmp_path):
    inputs = [keras.Input((None, D))]
    layer = filled(return_sequences=True, zero_output_for_mask=True)
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


def _saved(layer, batch, folder):
    model = keras.Sequential([keras.Input((T, D)), layer])
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(
        "serve", lambda x: model(x, training=False), [tf.TensorSpec((batch, T, D))]
    )
    archive.write_out(str(folder))
    return tf.lite.TFLiteConverter.from_saved_model(str(folder))


@pytest.mark.parametrize("unroll", [False, True])
def test_litert_with_known_sizes_needs_its_own_operations_only(x, unroll, tmp_path):
    layer = filled(return_sequences=True, unroll=unroll)
    content = _saved(layer, B, tmp_path / "saved").convert()
    interpreter = tf.lite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    actual = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    close("rounding", actual, layer(x), CLOSE)


def test_litert_with_an_unknown_batch_needs_select_operations(tmp_path):
    converter = _saved(filled(return_sequences=True), None, tmp_path / "saved")
    with pytest.raises(Exception, match="SELECT_TF_OPS"):
        converter.convert()
    converter.target_spec.supported_ops = [
        tf.lite.OpsSet.TFLITE_BUILTINS,
        tf.lite.OpsSet.SELECT_TF_OPS,
    ]
    converter._experimental_lower_tensor_list_ops = False
    assert b"FlexTensorList" in converter.convert()
