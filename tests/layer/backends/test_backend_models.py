"""Whole models on the backend in use: fit, files, statistics, checkpoints."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from running import BACKEND, arrays, call

import bnlstm_compat
import migrate
from bnlstm_compat import BNLSTM, reference, spec
from helpers import recorded
from helpers.filled_layers import B, D, H, M, T, mask_of
from helpers.places import RECORDINGS, ROOT
from helpers.rounding import close, within

SAVED = RECORDINGS / "saved"
# Two paths in float32 in inference, as in test_export.py; between backends ten times
# that is promised.
CLOSE = 1e-6
# As in test_recalibration.py.
TOLERANCE = 2e-6


@pytest.fixture
def x():
    return np.random.default_rng(0).standard_normal((64, T, D)).astype("float32")


def _model(**options):
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.layers.Bidirectional(
                BNLSTM(H, M, return_sequences=True, dropout=0.1, **options)
            ),
            BNLSTM(H, T, recurrent_dropout=0.1),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )


def _recorded():
    sys.path.insert(0, str(SAVED))
    import make

    return make.inputs(), np.load(SAVED / "outputs.npz")


@pytest.mark.parametrize("name", ["layer", "options"])
def test_files_of_tensorflow_give_its_outputs(name):
    """A layer, both directions, and a loop of cells with options of every kind."""
    x, wanted = _recorded()
    model = keras.saving.load_model(SAVED / f"{name}.keras")
    close("rounding", model.predict(x, verbose=0), wanted[name], CLOSE, name)


_READ = """
import sys
import keras, numpy as np
import bnlstm_compat
model = keras.saving.load_model(sys.argv[1])
np.save(sys.argv[3], model.predict(np.load(sys.argv[2]), verbose=0))
"""


def test_a_model_is_built_trained_saved_and_opened_by_tensorflow(x, tmp_path):
    """Two layers of which one has both directions; Keras learns the shapes in fit."""
    model = _model()
    model.compile("adam", "sparse_categorical_crossentropy")
    y = (x[:, :, 0].sum(axis=1) > 0).astype("int32")
    losses = model.fit(x, y, batch_size=24, epochs=4, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    for layer in (*_ends(model.layers[0]), model.layers[1]):
        for name in spec.STATISTICS:
            table = arrays(getattr(layer.cell, name))
            assert np.isfinite(table).all()
            moved = (table != ("variance" in name)).any(axis=1)
            # The mean of h before the first step stays 0.
            assert moved[1:].all(), name
            assert moved[0] or name == "recurrent_moving_mean"
    expected = model.predict(x, verbose=0)
    assert np.isfinite(model.evaluate(x, y, verbose=0))
    path = tmp_path / "model.keras"
    model.save(path)
    again = keras.saving.load_model(path)
    close("rounding", again.predict(x, verbose=0), expected, CLOSE)
    if BACKEND == "tensorflow":
        return
    np.save(tmp_path / "x.npy", x)
    files = [tmp_path / name for name in ("model.keras", "x.npy", "y.npy")]
    subprocess.run(
        [sys.executable, "-c", _READ, *map(str, files)],
        check=True,
        env={
            **os.environ,
            "KERAS_BACKEND": "tensorflow",
            "PYTHONPATH": str(ROOT),
        },
    )
    close("rounding", np.load(tmp_path / "y.npy"), expected, CLOSE)


def _ends(layer):
    return layer.forward_layer, layer.backward_layer


def test_masks_of_a_functional_model(x):
    """Keras passes them on, and learns shapes from tensors without values."""
    lengths = np.arange(64) % T + 1
    padded = np.where(mask_of(lengths, T)[..., None], x, -1.0).astype("float32")
    inputs = keras.Input((None, D))
    layer = BNLSTM(H, M, return_sequences=True, zero_output_for_mask=True)
    y = layer(keras.layers.Masking(-1.0)(inputs))
    model = keras.Model(inputs, y)
    expected = reference.run(layer.cell.export_weights(), x, lengths=lengths).outputs
    close("rounding", model.predict(padded, verbose=0), expected, CLOSE)
    model.compile("sgd", "mse")
    model.fit(padded, np.zeros((64, T, H)), verbose=0)
    assert (arrays(layer.cell.input_moving_mean) != 0).any(axis=1).all()


@pytest.mark.parametrize("method", ["mean", "pooled"])
def test_recalibration_equals_numpy(x, method):
    keras.utils.set_random_seed(0)
    layer = BNLSTM(H, T, return_sequences=True)
    layer.build((None, T, D))
    before = layer.cell.export_weights()
    batches = [x[:24], x[24:48], x[48:]]
    found = [
        reference.run(before, x, training=True, momentum=0.0).weights for x in batches
    ]
    values = np.array([len(x) for x in batches], float)[:, None, None]
    assert bnlstm_compat.recalibrate(layer, batches, method, verbose=0) is layer
    for site in spec.SITES:
        names = [f"{site}_moving_{kind}" for kind in ("mean", "variance")]
        means, variances = (np.stack([getattr(f, n) for f in found]) for n in names)
        mean = (values * means).sum(0) / values.sum()
        variance = (values * variances).sum(0) / values.sum()
        if method == "pooled":
            variance += (values * (means - mean) ** 2).sum(0) / values.sum()
        for name, table in zip(names, (mean, variance), strict=True):
            apart = np.abs(arrays(getattr(layer.cell, name)) - table).max()
            scale = max(np.abs(table).max(), 1e-3)
            within("recalibration", apart / scale, TOLERANCE, name)
    assert layer.cell.collector is None


def test_recalibration_of_a_model_by_an_array_and_by_batches(x):
    """The same statistics, no dropout, and wider tables where they are asked for."""
    one, other = _model(), _model()
    for model in (one, other):
        model.build((None, T, D))
    bnlstm_compat.recalibrate(one, x, batch_size=32, verbose=0)
    pairs = [(x[:32], 0), (x[32:], 0)]
    bnlstm_compat.recalibrate(other, pairs, verbose=0)
    for a, b in zip(one.weights, other.weights, strict=True):
        np.testing.assert_array_equal(arrays(a), arrays(b))
    wide = bnlstm_compat.widen(one, T)
    close("rounding", call(wide, x), call(one, x), CLOSE)
    assert _ends(wide.layers[0])[1].max_bn_steps == T
    with pytest.raises(ValueError, match="batch 1"):
        bnlstm_compat.recalibrate(one, [x[:, :, :1]], verbose=0)


def test_states_of_stateful_layers_are_put_back(x):
    layer = BNLSTM(H, T, stateful=True)
    layer.build((B, T, D))
    call(layer, x[:B])
    before = [arrays(state) for state in layer.states]
    with pytest.warns(UserWarning, match="fewer than"):
        bnlstm_compat.recalibrate(layer, [x[:B, :3], x[B : 2 * B, 3:]], verbose=0)
    for state, kept in zip(layer.states, before, strict=True):
        np.testing.assert_array_equal(arrays(state), kept)


def test_diagnosis(x):
    layer = BNLSTM(H, T, padding="masked")
    layer.build((None, T, D))
    (found,) = bnlstm_compat.diagnose(layer, x=x)
    assert [one.fault for one in found.findings] == ["never updated"]
    bnlstm_compat.recalibrate(layer, x, verbose=0)
    (found,) = bnlstm_compat.diagnose(layer, x=x)
    assert not found.findings
    assert found.gap < 1


def test_a_checkpoint_fills_a_layer():
    """TensorFlow is installed, but not what Keras runs on."""
    recording = recorded.load(recorded.LAST, "bidirectional")
    units = recording.rnn.cells[0].units
    layer = keras.layers.Bidirectional(
        BNLSTM(
            units,
            recording.rnn.cells[0].max_bn_steps,
            padding="v1",
            momentum=recording.decay,
            return_sequences=True,
        )
    )
    layer.build((None, None, recording.x.shape[2]))
    migrate.load(layer, recording.checkpoint, scope=recording.rnn.scope)
    worst = recorded.difference(
        call(layer, recording.x), recording["out|final|outputs"]
    )
    recorded.within(worst, recorded.INFERENCE, "outputs")


@pytest.mark.slow
def test_digits(tmp_path):
    """Three epochs: each backend in the same range, and better recalibrated."""
    datasets = pytest.importorskip("sklearn.datasets")
    digits = datasets.load_digits()
    x = (digits.images / 16.0).astype("float32")
    y = digits.target.astype("int32")
    found = []
    for seed in range(3):
        keras.utils.set_random_seed(seed)
        model = keras.Sequential(
            [keras.Input((8, 8)), BNLSTM(48, 8), keras.layers.Dense(10)]
        )
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(0.01), loss)
        model.fit(x[:1400], y[:1400], batch_size=50, epochs=3, verbose=0)

        def accuracy(model=model):
            right = model.predict(x[1400:], verbose=0).argmax(axis=1) == y[1400:]
            return right.mean()

        before = accuracy()
        for name in spec.STATISTICS:
            assert np.isfinite(arrays(getattr(model.layers[0].cell, name))).all()
        bnlstm_compat.recalibrate(model, x[:1400], batch_size=50, verbose=0)
        found.append((before, accuracy()))
    print(f"digits on {BACKEND}: before and after recalibration {found}")
    before, after = np.array(found).T
    # Seen of three seeds each on TensorFlow and torch: .76 to .86 before, .874 to .932
    # after, .903 and .909 on average.
    assert (after > before).all()
    assert abs(after.mean() - 0.906) < 0.03
