"""A published checkpoint, SeqSleepNet for one EEG channel, against real TF 1.15.5.

Its licence (CC BY-NC 4.0) keeps it out of this repository: these tests run where the
folder ``shared`` stands beside the checkout, and are skipped elsewhere.
"""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import migrate
from bnlstm_compat import BNLSTM
from helpers import checkpoints, recorded
from helpers.places import SHARED
from helpers.rounding import within
from migrate.cli.main import main
from migrate.sources.checkpoint import Checkpoint

FOLDER = SHARED / "real" / "seqsleepnet_1chan_eeg"
CHECKPOINT = FOLDER / "pretrained_model.ckpt"
# Ill-conditioned: real 0.12.1 is 3.4e-6 from 1.15.5, exact arithmetic 4.2e-6.
TOLERANCE = 5e-6
SCOPES = {"frame_rnn_layer": (29, 32), "epoch_rnn_layer": (20, 128)}

pytestmark = pytest.mark.shared("real", "seqsleepnet_1chan_eeg")


@pytest.fixture(scope="session")
def results():
    return np.load(FOLDER / "tf-1.15.5.npz")


@pytest.fixture(scope="session")
def converted(tmp_path_factory):
    out = tmp_path_factory.mktemp("real") / "out"
    before = checkpoints.state_of(FOLDER)
    assert main(["convert", str(CHECKPOINT), str(out)]) == 0
    assert checkpoints.state_of(FOLDER) == before
    return out


def test_inspect(capfd):
    assert main(["inspect", str(CHECKPOINT), "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert [rnn["kind"] for rnn in found["rnns"]] == ["bidirectional"] * 2
    for rnn in found["rnns"]:
        steps, features = SCOPES[rnn["scope"]]
        for cell in rnn["cells"]:
            sizes = cell["input_dim"], cell["units"], cell["max_bn_steps"]
            assert sizes == (features, 64, steps)
    slots = {name.rpartition("/")[2] for name in found["optimizer_slots"]}
    assert slots == {"Adam", "Adam_1"}
    for name in ("global_step", "output_layer/output/weights", "beta1_power"):
        assert name in found["other_variables"]


@pytest.mark.slow
def test_convert_then_verify(converted, capfd):
    assert main(["verify", str(CHECKPOINT), str(converted)]) == 0
    said = capfd.readouterr().out
    assert said.count("same bits") == 4
    assert "Equal: 4 of 4" in said


@pytest.mark.parametrize("mode", ["eager", "function", "jit"])
@pytest.mark.parametrize("scope", SCOPES)
def test_loaded_models_give_what_tensorflow_1_gave(converted, results, scope, mode):
    model = keras.saving.load_model(converted / f"{scope}.keras")
    call = model
    if mode != "eager":
        call = tf.function(model, jit_compile=mode == "jit")
    outputs = call(tf.constant(results[f"{scope}|x"]))
    for end, mine in zip(("fw", "bw"), tf.split(outputs, 2, axis=2), strict=True):
        worst = recorded.difference(mine, results[f"{scope}|full|{end}"])
        within("SeqSleepNet", worst, TOLERANCE)


@pytest.mark.parametrize("lengths", ["full", "lengths"])
@pytest.mark.parametrize("scope", SCOPES)
def test_load_gives_outputs_states_and_training(results, scope, lengths):
    steps, features = SCOPES[scope]
    layer = keras.layers.Bidirectional(
        BNLSTM(64, steps, padding="v1", return_sequences=True, return_state=True)
    )
    layer.build((None, steps, features))
    migrate.load(layer, CHECKPOINT, scope=scope)
    x, mask = results[f"{scope}|x"], None
    if lengths == "lengths":
        mask = np.arange(steps) < results[f"{scope}|lengths"][:, None]
    for training, start in ((False, ""), (True, "train_")):
        outputs, *states = layer(x, mask=mask, training=training)
        tolerance = recorded.TRAINING if training else TOLERANCE
        kind = "training" if training else "SeqSleepNet"
        ends = zip(("fw", "bw"), tf.split(outputs, 2, axis=2), strict=True)
        for end, mine in ends:
            expected = results[f"{scope}|{lengths}|{start}{end}"]
            worst = recorded.difference(mine, expected)
            within(kind, worst, tolerance)
        if not training:
            for name, mine in zip(
                ("h_fw", "c_fw", None, "h_bw", "c_bw", None), states, strict=True
            ):
                if name is not None:
                    expected = results[f"{scope}|{lengths}|{name}"]
                    worst = recorded.difference(mine, expected)
                    within(kind, worst, tolerance)


class Holder(keras.layers.Layer):
    """A layer of somebody's own, with weights of these shapes."""

    def __init__(self, name, **shapes):
        super().__init__(name=name)
        for key, shape in shapes.items():
            setattr(self, key, self.add_weight(name=key, shape=shape))
        self.built = True

    def call(self, x):
        """Nothing."""
        return x


def test_the_whole_network_and_its_training_go_on(results):
    """Everything that the checkpoint holds has a place, slots and counters included."""

    def rnn(scope):
        steps, features = SCOPES[scope]
        layer = keras.layers.Bidirectional(
            BNLSTM(64, steps, padding="v1", return_sequences=True), name=scope
        )
        layer.build((None, steps, features))
        return layer

    class Network(keras.Model):
        def __init__(self):
            super().__init__()
            self.filters = Holder("filters", kernel=(129, 32))
            self.frames = rnn("frame_rnn_layer")
            self.attention = Holder("attention", w=(128, 64), b=(64,), u=(64,))
            self.epochs = rnn("epoch_rnn_layer")
            self.out = keras.layers.Dense(5)
            self.out.build((None, 128))
            self.built = True

    model = Network()
    given = {
        "filterbank-layer-eeg/Variable": "filters/kernel",
        "frame_attention_layer/Variable": "attention/w",
        "frame_attention_layer/Variable_1": "attention/b",
        "frame_attention_layer/Variable_2": "attention/u",
        "output_layer/output": "out",
        "*_rnn_layer": "*_rnn_layer",
    }
    migrate.load(model, CHECKPOINT, map=given)
    source = Checkpoint(CHECKPOINT)
    kernel = keras.ops.convert_to_numpy(model.out.kernel)
    np.testing.assert_array_equal(kernel, source["output_layer/output/weights"])
    x = results["epoch_rnn_layer|x"]
    forward = np.array(model.epochs(x))[..., :64]
    worst = recorded.difference(forward, results["epoch_rnn_layer|full|fw"])
    within("SeqSleepNet", worst, TOLERANCE)
    optimizer = keras.optimizers.Adam(1e-4, epsilon=1e-8)
    migrate.load_optimizer(optimizer, model, CHECKPOINT, map=given)
    # Its beta1_power is 0 by now, its beta2_power 2.8e-31.
    assert int(optimizer.iterations.numpy()) == int(source["global_step"]) == 70320
    slots = {slot.rpartition("/")[2] for slot in source if "/Adam" in slot}
    assert slots == {"Adam", "Adam_1"}
    assert len(optimizer.variables) == 2 + len([s for s in source if "/Adam" in s])
