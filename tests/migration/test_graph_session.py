"""The user's graph in a session: as real TensorFlow ran it, in order, and harmless."""

import dataclasses

import numpy as np
import pytest

from helpers.recorded_graphs import (
    FOLDER,
    MODELS,
    Record,
    folder,
    meta,
    variant,
    variants,
)
from migrate.errors import MigrateError
from migrate.graph import Wrapper, find, read
from migrate.graph.session import UserGraph, border

# One of each family and kind.
FAST = {"foreign_names", "gamma_beta", "language", "conv_gru", "unrolled_comment"}
# Variants whose truth is a list of cells, not of what they lack.
EXPRESSIBLE = sorted(
    name for name, true in variants().items() if true and isinstance(true[0], dict)
)
# Recognised as no RNN.
LOOPS = {"tf-1.15.5/attention"}
# Several steps of these update one row of the statistics: a race in TensorFlow 1.
RACES = {"tf-1.15.5/" + n for n in ("few_rows", "gamma_beta", "shared_forget_bias")}
# Today's kernels against those of the time. Measured: 2.7e-7 in inference, 6.9e-7 in
# training; on the machines of ../shared/graphs/README.md 4.6e-7 and 1.5e-6.
INFERENCE, TRAINING = 6e-7, 3e-6
# Of the larger of 1 and the value. Measured: 1.2e-7, one unit in the last place.
STATISTICS = 3e-7


def opened(name):
    record = Record(folder(name) / "record.npz")
    return UserGraph(read(meta(name)), record.variables), record


def in_order(start, batches, decay, row):
    """Statistics [rows, .] after the moments ``batches`` [T, .], one after another."""
    table = np.array(start, np.float64)
    for t, batch in enumerate(batches):
        table[row(t)] = table[row(t)] * decay + batch * (1 - decay)
    return table


def test_feeds_at_a_border_carry_on_where_another_run_ended():
    """Two halves, states handed over, are the whole; the steps' counter with them."""
    user, record = opened("tf-1.15.5/settings")
    (rnn,) = find(user.graph).rnns
    x = record.feeds(False)["x"]
    whole = user.run(rnn, x)
    first = user.run(rnn, x[:, :4])
    second = user.run(rnn, x[:, 4:], initial_states=first.final_states)
    halves = np.concatenate([first.outputs, second.outputs], axis=1)
    assert np.array_equal(halves, whole.outputs)
    assert float(second.final_states[2][0, 0]) == x.shape[1]


def test_lengths_are_fed_and_full_without_them():
    user, record = opened("tf-1.15.5/foreign_names")
    (rnn,) = find(user.graph).rnns
    x = record.feeds(False)["x"]
    # The counter of row 0 picks every row's statistics, so row 0 is the longest.
    lengths = x.shape[1] - np.arange(len(x)) % x.shape[1]
    short, full = user.run(rnn, x, lengths).outputs, user.run(rnn, x).outputs
    for row, length in enumerate(lengths):
        assert np.array_equal(short[row, :length], full[row, :length])
        assert not short[row, length:].any()
    user, _ = opened("tf-1.15.5/settings")
    (rnn,) = find(user.graph).rnns
    with pytest.raises(MigrateError, match=r"encoder/BNCell .* takes no lengths"):
        user.run(rnn, x, lengths)


@pytest.mark.parametrize("name", MODELS)
def test_the_whole_graph_gives_what_real_tensorflow_recorded(name):
    user, record = opened(name)
    passes = []
    for training, tolerance in ((False, INFERENCE), (True, TRAINING), (False, 0)):
        expected, feeds = record.outputs(training), record.feeds(training)
        passes.append(user.run_whole(feeds, tuple(expected), updates=training))
        if tolerance:
            for tensor, value in expected.items():
                assert np.abs(passes[-1][0][tensor] - value).max() <= tolerance, tensor
    (before, _), (_, statistics), (after, _) = passes
    for tensor, value in before.items():  # A training pass leaves nothing behind.
        assert np.array_equal(after[tensor], value)
    assert set(record.statistics) == set(statistics)
    for variable, value in record.statistics.items() if name not in RACES else ():
        error = np.abs(statistics[variable] - value)
        assert (error / np.maximum(1, np.abs(value))).max() <= STATISTICS


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] * (name.split("/")[1] not in FAST))
        for name in MODELS
        if name not in LOOPS
    ],
)
def test_an_rnn_at_its_border_is_the_rnn_inside_the_graph(name):
    """With the values that reach it there: the same bits."""
    user, record = opened(name)
    rnns = find(user.graph).rnns
    assert rnns
    for rnn in rnns:
        for training in (False, True):
            feeds = record.feeds(training)
            inside, moved = user.run_whole(feeds, border(rnn), updates=training)
            x = stacked(inside, rnn.inputs)
            given = [inside[state] for state in rnn.initial_states]
            lengths = inside[rnn.lengths] if rnn.lengths else None
            for states in (None, given):
                alone = user.run(rnn, x, lengths, states, training)
                assert np.array_equal(alone.outputs, stacked(inside, rnn.outputs))
                for state, value in zip(
                    rnn.final_states, alone.final_states, strict=True
                ):
                    assert np.array_equal(inside[state], value)
                for variable, value in alone.statistics.items():
                    assert np.array_equal(moved[variable], value)
            changed = [
                variable
                for variable, value in alone.statistics.items()
                if not np.array_equal(value, record.variables[variable])
            ]
            assert bool(changed) == (training and rnn.cells[0].family == "bn-lstm")


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPRESSIBLE)
def test_so_is_one_in_every_way_to_write_it(name):
    """Graphs without a checkpoint: any values will do."""
    graph, random = read(variant(name)), np.random.RandomState(0)
    values = {
        variable: np.abs(random.randn(*shape)).astype(dtype) + 0.3
        for variable, (shape, dtype, _) in graph.variables.items()
    }
    x = random.randn(4, 5, 3).astype("f")
    feeds = {"x": x, "keep": 1.0, "n": [5, 3, 2, 4]}
    feeds = {key: value for key, value in feeds.items() if key in graph.placeholders}
    rnns = [rnn for rnn in find(graph).rnns if rnn.expressible]
    assert rnns
    user = UserGraph(graph, values)
    for rnn in rnns:
        for training in (False, True):
            for switch, dtype in graph.placeholders.items():
                if dtype == "bool":
                    feeds[switch] = training != (switch in rnn.inverted)
            inside, _ = user.run_whole(feeds, border(rnn), updates=training)
            x, outputs = stacked(inside, rnn.inputs), stacked(inside, rnn.outputs)
            if rnn.time_major:
                x, outputs = x.swapaxes(0, 1), outputs.swapaxes(0, 1)
            lengths = inside[rnn.lengths] if rnn.lengths else None
            alone = user.run(rnn, x, lengths, training=training)
            assert np.array_equal(alone.outputs, outputs)
            for state, value in zip(rnn.final_states, alone.final_states, strict=True):
                assert np.array_equal(inside[state], value)


def stacked(values, tensors):
    if isinstance(tensors, str):
        return values[tensors]
    return np.stack([values[name] for name in tensors], axis=1)


@pytest.mark.parametrize("name", sorted(RACES))
def test_updates_of_one_row_come_in_order(name):
    """Against the recurrence in NumPy, and with the same bits in 20 runs."""
    user, record = opened(name)
    (rnn,) = find(user.graph).rnns
    (cell,) = rnn.cells
    x, decay = record.feeds(True)["x"], cell.settings["decay"].value
    runs = [user.run(rnn, x, training=True).statistics for _ in range(20)]
    for variable in runs[0]:
        assert len({run[variable].tobytes() for run in runs}) == 1
    z = x.astype(np.float64) @ record.variables[cell.variables["kernel"]]
    for role, moments in (
        ("input_moving_mean", z.mean(axis=0)),
        ("input_moving_variance", z.var(axis=0)),
    ):
        variable = cell.variables[role]
        start = record.variables[variable]
        rows = len(start) if cell.per_step else None
        expected = in_order(
            np.atleast_2d(start),
            moments,
            decay,
            lambda t, rows=rows: 0 if rows is None else min(t, rows - 1),
        )
        error = np.abs(runs[0][variable] - expected)
        # Measured: 4e-7 of the value, from squares summed in float32.
        assert (error / np.maximum(1, np.abs(expected))).max() <= 1e-6


def test_resource_variables_partitions_and_tables():
    """Made by recordings/graph_variables/make.py. Its variables are read before the
    loop, so that every step starts from the first value: the last step's stays."""
    place = FOLDER.parent / "graph_variables"
    record = Record(place / "record.npz")
    user = UserGraph(read(place / "model.ckpt.meta"), record.variables)
    for training, tolerance in ((False, INFERENCE), (True, TRAINING)):
        expected, feeds = record.outputs(training), record.feeds(training)
        got, statistics = user.run_whole(feeds, tuple(expected))
        for tensor, value in expected.items():
            assert np.abs(got[tensor] - value).max() <= tolerance, tensor
    mean, cell = "xh/pop_mean", "model/rnn/cell/"
    last = got["model/x"][:, -1].astype(np.float64) @ record.variables[cell + "W_xh"]
    decay = record.meta["decay"]
    start = record.variables[cell + mean]
    error = statistics[cell + mean] - (start * decay + last.mean(0) * (1 - decay))
    assert np.abs(error).max() <= STATISTICS
    (rnn,) = find(user.graph).rnns
    feeds = record.feeds(True)
    for _ in range(20):
        again = user.run(rnn, got["model/x"], feeds["model/lengths"], training=True)
        assert np.array_equal(again.outputs, got["model/outputs"])
        assert np.array_equal(again.statistics[cell + mean], statistics[cell + mean])


@pytest.mark.parametrize("name", ["language", "conv_gru"])
def test_frozen_graphs_and_saved_models_run(name):
    place = folder("tf-1.15.5/" + name)
    record = Record(place / "record.npz")
    users = [UserGraph(read(place / "frozen.pb"), {})]
    if (place / "saved_model").is_dir():
        users.append(UserGraph(read(place / "saved_model"), record.variables))
    for user in users:
        feeds = {k: v for k, v in record.feeds(False).items() if k in user.graph}
        got, _ = user.run_whole(feeds, ("logits",))
        error = np.abs(got["logits"] - record.outputs(False)["logits"])
        assert error.max() <= INFERENCE


def test_dropout_in_the_loop_is_turned_off():
    user, record = opened("tf-1.15.5/language")
    (rnn,) = find(user.graph).rnns
    inside, _ = user.run_whole({**record.feeds(False), "keep": 0.5}, border(rnn))
    alone = user.run(rnn, inside[rnn.inputs], training=True)
    expected = record.outputs(False)[rnn.outputs]
    assert np.abs(inside[rnn.outputs] - expected).max() > 0.1
    assert np.abs(alone.outputs - expected).max() <= INFERENCE
    fixed = dataclasses.replace(rnn, wrappers=(Wrapper("dropout", "cell/drop", None),))
    with pytest.raises(MigrateError, match=r"dropout with a rate .*cell/drop"):
        user.run(fixed, inside[rnn.inputs])


def test_what_is_not_given_or_does_not_fit_is_named():
    user, record = opened("tf-1.15.5/settings")
    feeds, names = record.feeds(False), ("logits",)
    (rnn,) = find(user.graph).rnns
    lacking = {k: v for k, v in feeds.items() if k != "is_training"}
    for given, fetched, message in (
        (lacking, names, "placeholders is_training; give .*--data"),
        ({**feeds, "nobody": 1}, names, "no 'nobody'; its placeholders are input_y, "),
        (feeds, ("gone:0",), "no 'gone:0'"),
        ({**feeds, "x": "text"}, names, "x in .* takes float32. Received: <U4"),
        ({**feeds, "x": np.zeros([2, 3])}, names, "cannot run the graph model.ckpt-40"),
    ):
        with pytest.raises(MigrateError, match=message) as caught:
            user.run_whole(given, fetched)
        assert "\n" not in str(caught.value)
    kernel = "encoder/BNCell/W_xh"
    for value, message in (
        ({}, f"the variable {kernel}, and the checkpoint has none"),
        ({kernel: np.zeros([2, 2], "f")}, r"W_xh with shape \[3, 24\], and .*\[2, 2\]"),
    ):
        others = {k: v for k, v in record.variables.items() if k != kernel}
        with pytest.raises(MigrateError, match=message):
            UserGraph(user.graph, {**others, **value}).run(rnn, feeds["x"])
    once = dataclasses.replace(rnn, initial_states=("input_y",) * 3)
    with pytest.raises(MigrateError, match=r"two states from one tensor, input_y\."):
        user.run(once, feeds["x"], initial_states=[0, 1, 0])
    written_out = dataclasses.replace(rnn, inputs=("x", "x"))
    with pytest.raises(MigrateError, match=r"written out for 2 steps\. Received: 9"):
        user.run(written_out, feeds["x"])
