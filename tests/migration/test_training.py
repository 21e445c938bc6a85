"""Training that TensorFlow 1.15.5 broke off goes on in Keras as it went on there.

Recordings: tests/recordings/training/generate.py.
"""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

import migrate
from bnlstm_compat import BNLSTM
from helpers import checkpoints, recorded
from migrate.models.paths import Paths
from migrate.models.steps_taken import _exponents
from migrate.sources.checkpoint import Checkpoint

FAST = ("momentum", "adagrad", "rmsprop_centered", "adam_long")
FOLDER = recorded.FOLDER.parent / "training" / "recorded"
MAP = {"rnn": "rnn", "top": "top", "head": "head"}
MORE = 5
#: By the name of a recording: steps taken, and the optimizer of its script.
optimizers = keras.optimizers
MAKE = {
    "sgd": lambda: optimizers.SGD(
        optimizers.schedules.ExponentialDecay(0.2, 5, 0.5, staircase=True)
    ),
    "momentum": lambda: optimizers.SGD(0.05, momentum=0.9),
    "nesterov": lambda: optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "adagrad": lambda: optimizers.Adagrad(0.1),
    "rmsprop": lambda: optimizers.RMSprop(0.01, epsilon=1e-10),
    "rmsprop_momentum": lambda: optimizers.RMSprop(0.01, momentum=0.5, epsilon=1e-10),
    "rmsprop_centered": lambda: optimizers.RMSprop(
        0.01, momentum=0.5, epsilon=1e-10, centered=True
    ),
    "adam": lambda: optimizers.Adam(0.01, epsilon=1e-8),
    "adam_long": lambda: optimizers.Adam(0.01, epsilon=1e-8),
}


def _model():
    return keras.Sequential(
        [
            keras.Input((4, 3)),
            BNLSTM(4, 4, padding="v1", return_sequences=True, name="rnn"),
            keras.layers.LSTM(3, name="top"),
            keras.layers.Dense(2, name="head"),
        ]
    )


def _losses(name, load=True, count=MORE):
    """The next losses in Keras, those in TensorFlow, and the optimizer."""
    recording = np.load(FOLDER / "losses.npz")
    model, optimizer = _model(), MAKE[name]()
    migrate.load(model, FOLDER / name, map=MAP)
    if load:
        migrate.load_optimizer(optimizer, model, FOLDER / name, map=MAP)
    model.compile(optimizer, "mse", run_eagerly=True)
    losses = []
    for number in range(_steps(name), _steps(name) + count):
        batch = (
            recording[key][number % len(recording["x"])] for key in ("x", "target")
        )
        losses.append(model.train_on_batch(*batch))
        model.reset_metrics()
    return losses, recording[name][:count], optimizer


def _steps(name):
    return 1000 if name == "adam_long" else 7


@pytest.mark.parametrize(
    "name",
    [
        name if name in FAST else pytest.param(name, marks=pytest.mark.slow)
        for name in MAKE
    ],
)
def test_the_next_losses_are_those_of_tensorflow(name):
    losses, expected, optimizer = _losses(name)
    recorded.within(recorded.difference(losses, expected), recorded.ADAM_LOSSES)
    assert int(optimizer.iterations.numpy()) == _steps(name) + MORE
    losses, expected, _ = _losses(name, load=False, count=3)
    assert recorded.difference(losses, expected) > 500 * recorded.ADAM_LOSSES


def _words():
    words = keras.Input((4,), dtype="int32")
    summed = keras.ops.sum(keras.layers.Embedding(40, 3, name="table")(words), axis=1)
    return keras.Model(words, keras.layers.Dense(2, name="head")(summed))


@pytest.mark.parametrize("name", ["adam", "adagrad", "momentum", "rmsprop"])
def test_tables_of_words(name):
    """Equal with dense gradients under Adam and Adagrad; else it is said."""
    recording, prefix = np.load(FOLDER / "losses.npz"), FOLDER / f"words_{name}"
    model, optimizer = _words(), MAKE[name]()
    given = {"table": "table", "head": "head"}
    migrate.load(model, prefix, map=given)
    lazy = name in ("momentum", "rmsprop")
    says = "losses will differ" if lazy else "convert_to_tensor"
    with pytest.warns(UserWarning, match=says):
        migrate.load_optimizer(optimizer, model, prefix, map=given)
    losses = []
    for number in range(7, 7 + MORE):
        batch = [recording[key][number] for key in ("words", "target")]
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(batch[0]) - batch[1]) ** 2)
        gradients = tape.gradient(loss, model.trainable_variables)
        gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]
        optimizer.apply(gradients, model.trainable_variables)
        losses.append(float(loss))
    expected = recording[f"words_{name}"]
    worst = recorded.difference(losses, expected)
    assert losses[0] == pytest.approx(expected[0], rel=recorded.ADAM_LOSSES)
    if lazy:  # 3e-4 and 6e-2: another way of training, no rounding
        assert worst > 1e-4
    else:
        recorded.within(worst, recorded.ADAM_LOSSES)


# What can not go on, and what need not.


@pytest.fixture(scope="module")
def model():
    """Loading leaves its weights alone, so that one does for all tests."""
    return _model()


def _changed(tmp_path, name, change):
    """A recording's checkpoint with other variables."""
    variables = dict(Checkpoint(FOLDER / name))
    change(variables)
    return checkpoints.write(tmp_path / "changed", variables)


def _state(optimizer):
    return [np.array(variable) for variable in optimizer.variables]


ADAM = functools.partial(optimizers.Adam, 0.01, epsilon=1e-8)
SCHEDULE = optimizers.schedules.ExponentialDecay(0.1, 5, 0.5)
REFUSED = {
    "beta": ("adam", lambda: ADAM(beta_1=0.8), ["beta1_power = 0.43", "beta_1=0.8"]),
    "betas": ("adam_long", lambda: ADAM(beta_2=0.99), ["do not fit", "iterations="]),
    "another optimizer": (
        "adam",
        lambda: optimizers.RMSprop(0.01),
        ["head/bias/RMSProp, for head/bias (there is head/bias/Adam, "],
    ),
    "slots that nobody asks for": (
        "adam",
        lambda: optimizers.SGD(0.01),
        ["head/kernel/Momentum, for head/kernel (there is head/kernel/Adam"],
    ),
    "no slots": ("sgd", ADAM, ["missing", "rnn/BNLSTMCell/W_xh/Adam, for rnn"]),
    "no momentum": (
        "momentum",
        lambda: optimizers.SGD(0.05),
        ["head/bias has the slots head/bias/Momentum, the optimizer asks for none"],
    ),
    "centered": (
        "rmsprop_centered",
        lambda: optimizers.RMSprop(0.01),
        ["head/bias/RMSProp_2, the optimizer asks for 2"],
    ),
    "not centered": (
        "rmsprop",
        lambda: optimizers.RMSprop(0.01, centered=True),
        ["asks for 3"],
    ),
    "a schedule under momentum": (
        "momentum",
        lambda: optimizers.SGD(SCHEDULE, momentum=0.9),
        ["as a number", "set optimizer.learning_rate"],
    ),
    "a schedule without a count": (
        "none",
        lambda: optimizers.Adagrad(SCHEDULE),
        ["does not say how many steps", "global_step: none"],
    ),
    "AdamW": ("adam", lambda: optimizers.AdamW(0.01), ["expected a keras.optimizers."]),
    "amsgrad": ("adam", lambda: ADAM(amsgrad=True), ["had no amsgrad"]),
    "averages": ("adam", lambda: ADAM(use_ema=True), ["had no use_ema"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit(name, model, tmp_path):
    recording, make, words = REFUSED[name]
    prefix = FOLDER / recording
    if recording == "none":
        prefix = _changed(tmp_path, "adagrad", lambda v: v.pop("global_step"))
    optimizer = make()
    before = _state(optimizer)
    with pytest.raises(migrate.MigrateError) as caught:
        migrate.load_optimizer(optimizer, model, prefix, map=MAP)
    told = str(caught.value)
    assert all(word in told for word in words), told
    if isinstance(caught.value, migrate.LoadError):
        assert told.startswith(f"{prefix} does not fit.\n")
    else:
        assert "\n" not in told
    after = _state(optimizer)
    assert len(after) == len(before)
    assert all((a == b).all() for a, b in zip(after, before, strict=True))


def test_every_gap_is_told_at_once(model, tmp_path):
    def change(variables):
        for name in ("head/kernel/Adam", "head/kernel/Adam_1", "top/a", "rnn/b"):
            variables.pop(name, None)
        del variables["rnn/BNLSTMCell/W_hh/Adam_1"]

    prefix = _changed(tmp_path, "adam", change)
    with pytest.raises(migrate.LoadError) as caught:
        migrate.load_optimizer(ADAM(), model, prefix, map={"rnn": "rnn", "top": "top"})
    assert caught.value.missing == ("what fills head/kernel", "what fills head/bias")
    with pytest.raises(migrate.LoadError) as caught:
        migrate.load_optimizer(ADAM(), model, prefix, map=MAP)
    assert caught.value.missing == ("head/kernel/Adam, for head/kernel",)
    (sentence,) = caught.value.mismatched
    assert "rnn/BNLSTMCell/W_hh has the slots rnn/BNLSTMCell/W_hh/Adam, " in sentence


def test_an_optimizer_of_another_name(model, tmp_path):
    def change(variables):
        for name in [name for name in variables if "/Adam" in name]:
            variables[name.replace("/Adam", "/Mine")] = variables.pop(name)

    prefix = _changed(tmp_path, "adam", change)
    one, other = ADAM(), ADAM()
    migrate.load_optimizer(one, model, prefix, map=MAP, name="Mine")
    migrate.load_optimizer(other, model, FOLDER / "adam", map=MAP)
    for a, b in zip(_state(one), _state(other), strict=True):
        np.testing.assert_array_equal(a, b)


def test_frozen_weights_need_no_slots(tmp_path):
    def change(variables):
        for name in [name for name in variables if name.startswith("head/kernel/")]:
            del variables[name]

    prefix = _changed(tmp_path, "adam", change)
    model = _model()
    model.get_layer("head").trainable = False
    optimizer = migrate.load_optimizer(ADAM(), model, prefix, map=MAP)
    assert len(optimizer.variables) == 2 + 2 * len(model.trainable_variables)


def test_slots_are_turned_as_their_variables_are(model):
    """By the bits: matrices of TensorFlow's cell are split and reordered in Keras."""
    optimizer = migrate.load_optimizer(ADAM(), model, FOLDER / "adam", map=MAP)
    source = Checkpoint(FOLDER / "adam")
    paths = {id(weight): path for path, weight in Paths(model).weights.items()}
    for slot, name in (
        (optimizer._momentums, "Adam"),
        (optimizer._velocities, "Adam_1"),
    ):
        of = {
            paths[id(weight)]: np.array(variable)
            for weight, variable in zip(model.trainable_variables, slot, strict=True)
        }
        whole = source[f"top/basic_lstm_cell/kernel/{name}"]
        i, j, f, o = np.split(whole, 4, axis=1)
        turned = np.concatenate([i, f, j, o], axis=1)
        np.testing.assert_array_equal(of["top/lstm_cell/kernel"], turned[:4])
        np.testing.assert_array_equal(of["top/lstm_cell/recurrent_kernel"], turned[4:])
        i, j, f, o = np.split(source[f"top/basic_lstm_cell/bias/{name}"], 4)
        # The forget bias, which is in the weight, is not in its slots.
        np.testing.assert_array_equal(
            of["top/lstm_cell/bias"], np.concatenate([i, f, j, o])
        )


@pytest.mark.parametrize("name", ["olavhn", "comment_static", "cudnn_gru"])
def test_layouts_that_fold_what_was_trained_are_refused(name):
    if name == "cudnn_gru":
        prefix = (
            recorded.FOLDER.parent / "neighbours" / "recorded" / "neighbours-1.15.5"
        )
        layer, scope = keras.layers.GRU(5), "cudnn_gru"
        layer.build((None, None, 3))
        rest = {"**": None}
    else:
        prefix = recorded.FOLDER / "tf-1.15.5" / "ckpt" / name
        (cell,) = migrate.read(prefix).values()
        options = {"affine_per_step": cell.affine_per_step}
        layer = BNLSTM(cell.units, cell.max_bn_steps, **options)
        layer.build((None, None, cell.input_dim))
        (scope,) = migrate.read(prefix)
        rest = {}
    with pytest.raises(migrate.MigrateError, match="make a new optimizer"):
        migrate.load_optimizer(ADAM(), layer, prefix, map={scope: ".", **rest})


def _counted(model, prefix, make=ADAM, **options):
    optimizer = migrate.load_optimizer(make(), model, prefix, map=MAP, **options)
    return int(optimizer.iterations.numpy())


def test_counts_of_steps(model, tmp_path):
    """Adam's own one goes before ``global_step``; where a schedule needs them alike,
    somebody has to decide."""
    scheduled = functools.partial(optimizers.Adam, SCHEDULE)
    other = _changed(tmp_path, "adam", lambda v: v.update(global_step=np.int64(99)))
    assert _counted(model, other) == 7
    with pytest.raises(migrate.MigrateError, match="one counter"):
        _counted(model, other, scheduled)
    assert _counted(model, other, scheduled, iterations=99) == 99
    alike = _changed(tmp_path, "adam", lambda v: v.update(global_step=np.int64(7)))
    assert _counted(model, alike, scheduled) == 7
    # After 1,000 steps one of the powers is 0, and the other decides.
    lost = _changed(tmp_path, "adam_long", lambda v: v.pop("global_step"))
    assert _counted(model, lost) == 1000

    def both_gone(variables):
        variables["beta2_power"] = np.float32(0)
        variables["global_step"] = np.int64(200000)

    assert _counted(model, _changed(tmp_path, "adam_long", both_gone)) == 200000

    def two_adams(variables):
        for beta in (1, 2):
            power = variables[f"beta{beta}_power"]
            times = np.float32({1: 0.9, 2: 0.999}[beta])
            variables[f"beta{beta}_power_1"] = power * times

    several = _changed(tmp_path, "adam", two_adams)
    with pytest.raises(migrate.MigrateError, match="fit several counts"):
        _counted(model, several)
    assert _counted(model, several, iterations=8) == 8

    def two_steps(variables):
        variables["other/global_step"] = np.int64(3)

    with pytest.raises(migrate.MigrateError, match=r"global_step: 3, 7"):
        _counted(model, _changed(tmp_path, "adagrad", two_steps), MAKE["adagrad"])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("beta", [0.5, 0.9, 0.999])
def test_powers_count_exactly(dtype, beta):
    """Multiplied step by step, as TensorFlow did, whatever rounding does to them."""
    power, tiny = dtype(beta), np.finfo(dtype).tiny
    for n in range(20000):
        if power < tiny:
            least, most = _exponents(dtype(0), beta)
            assert least <= n
            assert most == np.inf
            return
        if n % 97 == 0 or n < 10:
            assert _exponents(np.asarray(power), beta) == (n, n)
        power = dtype(power * dtype(beta))
    assert _exponents(np.asarray(power), beta + 1e-4)[1] == -1


def test_an_optimizer_that_belongs_to_another_model(model):
    optimizer = ADAM()
    optimizer.build(_model().trainable_variables)
    with pytest.raises(migrate.MigrateError, match="a new optimizer"):
        migrate.load_optimizer(optimizer, model, FOLDER / "adam", map=MAP)
