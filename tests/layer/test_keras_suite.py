"""Keras's own tests, applied to ``BNLSTM``: its harness for layers, and LSTM's numbers.

With scales of one, statistics of (0, 1) and an epsilon of zero, batch normalisation in
inference changes nothing, and ``BNLSTM`` must give to the last digit that Keras checks
what Keras's tests expect of ``keras.layers.LSTM``.
"""

import keras
import numpy as np
import pytest
from keras.src import testing

from bnlstm_compat import BNLSTM, BNLSTMCell
from helpers.rounding import close

MASK = np.arange(2) < np.array([[2], [1], [2]])
HARNESS = testing.TestCase()
WEIGHTS = {
    "expected_num_trainable_weights": 7,
    "expected_num_non_trainable_weights": 6,
    "supports_masking": True,
}


@pytest.mark.parametrize(
    ("options", "more"),
    [
        ({"dropout": 0.5}, {"call_kwargs": {"training": True}}),
        (
            {"dropout": 0.5, "recurrent_dropout": 0.5, "unroll": True},
            {"call_kwargs": {"training": True}},
        ),
        pytest.param(
            {"padding": "v1"},
            {"call_kwargs": {"training": True, "mask": MASK}},
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"go_backwards": True, "affine_per_step": True},
            {"call_kwargs": {"training": True, "mask": MASK}},
            marks=pytest.mark.slow,
        ),
        (
            {
                "return_sequences": True,
                "kernel_regularizer": "l2",
                "recurrent_regularizer": "l2",
                "beta_regularizer": "l1",
                "gamma_regularizer": "l1",
            },
            {
                "expected_output_shape": (3, 2, 3),
                "expected_num_losses": 7,
                "call_kwargs": {"mask": MASK},
            },
        ),
        (
            {"return_state": True},
            {"expected_output_shape": ((3, 3), (3, 3), (3, 3), (3, 1))},
        ),
        ({"bias_correction": True}, {"expected_num_non_trainable_weights": 7}),
    ],
)
def test_harness(options, more):
    """Building, shapes, symbolic and eager calls, saving, ``fit``, mixed precision."""
    expected = {"expected_output_shape": (3, 3), **WEIGHTS}
    HARNESS.run_layer_test(
        BNLSTM,
        init_kwargs={"units": 3, "max_bn_steps": 4, **options},
        input_shape=(3, 2, 4),
        expected_num_seed_generators=1 if "dropout" in options else 0,
        run_training_check="return_state" not in options,
        # All outputs would have to be float16; the counter stays float32.
        run_mixed_precision_check="return_state" not in options,
        **{**expected, **more},
    )


def test_harness_of_the_cell():
    sizes = (3, 3, 1)
    HARNESS.run_layer_test(
        BNLSTMCell,
        init_kwargs={"units": 3, "max_bn_steps": 4, "dropout": 0.5},
        input_shape=(3, 4),
        call_kwargs={
            "states": [np.zeros((3, size), np.float32) for size in sizes],
            "training": True,
        },
        expected_num_trainable_weights=7,
        expected_num_non_trainable_weights=6,
        expected_num_seed_generators=1,
        # The harness calls without states there; in a loop, below, both are checked.
        run_training_check=False,
        run_mixed_precision_check=False,
    )


@pytest.mark.parametrize("stacked", [pytest.param(False, marks=pytest.mark.slow), True])
def test_harness_of_cells_in_a_loop(stacked):
    cells = [BNLSTMCell(3, 4, recurrent_dropout=0.2) for _ in range(2)]
    count = 2 if stacked else 1
    HARNESS.run_layer_test(
        keras.layers.RNN,
        init_kwargs={"cell": cells if stacked else cells[0]},
        input_shape=(3, 2, 4),
        call_kwargs={"training": True, "mask": MASK},
        expected_output_shape=(3, 3),
        expected_num_trainable_weights=7 * count,
        expected_num_non_trainable_weights=6 * count,
        expected_num_seed_generators=count,
        supports_masking=True,
    )


@pytest.mark.parametrize(
    ("padding", "mode"),
    [("masked", "concat"), pytest.param("v1", "sum", marks=pytest.mark.slow)],
)
def test_harness_of_bidirectional(padding, mode):
    HARNESS.run_layer_test(
        keras.layers.Bidirectional,
        init_kwargs={"layer": BNLSTM(4, 2, padding=padding), "merge_mode": mode},
        input_shape=(3, 2, 4),
        call_kwargs={"training": True, "mask": MASK},
        expected_output_shape=(3, 8 if mode == "concat" else 4),
        expected_num_trainable_weights=14,
        expected_num_non_trainable_weights=12,
        supports_masking=True,
    )


@keras.saving.register_keras_serializable("tests")
class LikeLSTM(BNLSTM):
    """``BNLSTM`` with the arguments of an LSTM, that computes one in inference."""

    def __init__(
        self,
        units,
        bias_initializer="zeros",
        use_bias=True,
        unit_forget_bias=True,
        implementation=None,
        **options,
    ):
        given = {
            "bias_initializer": bias_initializer,
            "use_bias": use_bias,
            "unit_forget_bias": unit_forget_bias,
        }
        super().__init__(
            units,
            10,
            beta_initializer=bias_initializer if use_bias else "zeros",
            gamma_initializer="ones",
            unit_forget_bias=unit_forget_bias and use_bias,
            epsilon=0.0,
            **options,
        )
        self._given = {**given, **options}

    def build(self, sequences_shape, initial_state_shape=None):
        super().build(sequences_shape, initial_state_shape)
        self.cell.cell_beta.assign(keras.ops.zeros_like(self.cell.cell_beta))

    def get_config(self):
        names = ("return_sequences", "return_state", "go_backwards", "stateful")
        return {
            "units": self.units,
            **self._given,
            **{name: getattr(self, name) for name in (*names, "name")},
        }


@pytest.mark.parametrize(
    ("module", "case", "names"),
    [
        (
            "lstm_test",
            "LSTMTest",
            # Left out: basics (counts of weights), and masking's left-padded mask.
            ["correctness0", "correctness1", "statefulness", "pass_initial_state"],
        ),
        (
            "bidirectional_test",
            "SimpleRNNTest",
            # Left out: the tests of SimpleRNN, GRU and cuDNN, and the count of states.
            ["statefulness", "pass_initial_state", "output_shape"],
        ),
    ],
)
def test_what_keras_expects_of_its_lstm(module, case, names, monkeypatch):
    module = pytest.importorskip(
        f"keras.src.layers.rnn.{module}", reason="this Keras ships without its tests"
    )
    monkeypatch.setattr(module.layers, "LSTM", LikeLSTM)
    for name in names:
        getattr(module, case)(f"test_{name}").debug()


def test_what_keras_expects_of_its_lstm_under_masks(monkeypatch):
    """Keras's test of masks ends with a left-padded one, which is refused here."""
    module = pytest.importorskip(
        "keras.src.layers.rnn.lstm_test", reason="this Keras ships without its tests"
    )
    checked = []
    original = module.LSTMTest.assertAllClose
    monkeypatch.setattr(
        module.LSTMTest,
        "assertAllClose",
        lambda self, *a, **k: (checked.append(1), original(self, *a, **k)),
    )
    monkeypatch.setattr(module.layers, "LSTM", LikeLSTM)
    with pytest.raises(ValueError, match="right-padded"):
        module.LSTMTest("test_masking").debug()
    assert len(checked) == 5


def test_an_lstm_itself():
    """The adapter is one: the same numbers as ``keras.layers.LSTM``, gates permuted."""
    x = np.random.default_rng(0).standard_normal((4, 6, 3))
    mask = np.arange(6) < np.array([[6], [2], [4], [1]])
    options = {"return_sequences": True, "dtype": "float64"}
    lstm = keras.layers.LSTM(5, use_cudnn=False, **options)
    expected = lstm(x, mask=mask)
    layer = LikeLSTM(5, **options)
    layer.build(x.shape)
    i, f, j, o = range(4)
    for name, variable in zip(
        ("kernel", "recurrent_kernel", "recurrent_beta"), lstm.weights, strict=True
    ):
        parts = np.split(keras.ops.convert_to_numpy(variable), 4, axis=-1)
        getattr(layer.cell, name).assign(
            np.concatenate([parts[gate] for gate in (f, i, o, j)], axis=-1)
        )
    # Values below one, some dozens of roundings in six steps, each of 2**-53 = 1e-16.
    close("float64", layer(x, mask=mask), expected, 1e-14)
