"""``legacy.recalibrate`` in sessions, against NumPy."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

import legacy
from bnlstm_compat import BNLSTMWeights, reference, spec
from helpers.rounding import within
from migrate.cells.layouts import LAYOUTS

D, H, M, T, B = 3, 4, 6, 6, 8
DECAY = 0.9
# A row held 0.1 of a float32 moment: its rounding, times ten, beside the recurrence's.
TOLERANCE = 3e-6
SITES = {"hh": "recurrent", "xh": "input", "c": "cell"}


class Graph:
    """A network with a dense head in a session, and its cell as arrays."""

    def __init__(self, lengths=False, dropout=0.0):
        np.random.seed(0)
        self.graph = tf.Graph()
        with self.graph.as_default():
            self.x = tf.placeholder(tf.float32, [None, None, D])
            self.lengths = tf.placeholder(tf.int32, [None]) if lengths else None
            self.training = tf.placeholder(tf.bool, [])
            cell = legacy.BNLSTMCell(H, self.training, M, decay=DECAY)
            kept = tf.nn.dropout(self.x, rate=dropout) if dropout else self.x
            self.outputs, _ = tf.nn.dynamic_rnn(
                cell, kept, sequence_length=self.lengths, dtype=tf.float32
            )
            self.size = tf.shape(self.x)[0]
            self.session = tf.Session(graph=self.graph)
            self.session.run(tf.global_variables_initializer())
            self.variables = {v.op.name: v for v in tf.global_variables()}
        self.graph.finalize()

    def values(self):
        return self.session.run(self.variables)

    def weights(self):
        leaves = {k.partition("BNLSTMCell/")[2]: v for k, v in self.values().items()}
        (per_step,) = [one for one in LAYOUTS if one.name == "per-step"]
        return per_step.to_keras(leaves)

    def feed(self, x, lengths=None):
        feed = {self.x: x, self.training: True}
        return feed if lengths is None else {**feed, self.lengths: lengths}

    def check(self, expected, rows=slice(None)):
        for name, table in self.weights().asdict().items():
            if name in expected:
                apart = np.abs(table[rows] - expected[name][rows]).max()
                apart /= np.abs(expected[name]).max()
                within("recalibration", apart, TOLERANCE, name)


def _batches(count=4, steps=T, size=B, seed=0):
    rng = np.random.default_rng(seed)
    return [
        rng.normal(0.5, 1, (size, steps, D)).astype("float32") for _ in range(count)
    ]


def _moments(weights, x):
    """By the reference; with M = T a momentum of 0 leaves each step's own."""
    return reference.run(weights, x, training=True, momentum=0.0).weights.asdict()


def _average(weights, batches, method, values=None):
    values = np.ones(len(batches)) if values is None else np.asarray(values)
    share = (values / values.sum())[:, None, None]
    found = [_moments(weights, x) for x in batches]
    expected = {}
    for site in spec.SITES:
        means, variances = (
            np.stack([f[f"{site}_moving_{kind}"] for f in found])
            for kind in ("mean", "variance")
        )
        mean = (share * means).sum(0)
        expected[f"{site}_moving_mean"] = mean
        variance = (share * variances).sum(0)
        if method == "pooled":
            variance += (share * (means - mean) ** 2).sum(0)
        expected[f"{site}_moving_variance"] = variance
    return expected


@pytest.mark.parametrize("method", ["mean", "pooled"])
@pytest.mark.parametrize("once", [True, False])
def test_equals_numpy(method, once):
    graph, batches = Graph(), _batches()
    expected = _average(graph.weights(), batches, method)
    trained = {k: v for k, v in graph.values().items() if "/pop_" not in k}
    done = []
    count = legacy.recalibrate(
        graph.session,
        graph.outputs,
        map(graph.feed, batches),
        decay=DECAY,
        method=method,
        each_row_once=once,
        progress=done.append,
    )
    assert (count, done) == (4, [1, 2, 3, 4])
    graph.check(expected)
    for name, value in trained.items():
        assert np.array_equal(graph.values()[name], value)


def test_batches_count_by_their_size():
    graph, batches = Graph(), [*_batches(), *_batches(1, size=3, seed=1)]
    expected = _average(graph.weights(), batches, "pooled", [8, 8, 8, 8, 3])
    legacy.recalibrate(
        graph.session,
        graph.outputs,
        map(graph.feed, batches),
        decay=DECAY,
        method="pooled",
        size=graph.size,
    )
    graph.check(expected)


def test_rows_not_reached_stay():
    graph, batches = Graph(), _batches(steps=4)
    legacy.recalibrate(
        graph.session, graph.outputs, map(graph.feed, batches), decay=DECAY
    )
    for name, table in graph.values().items():
        if "/pop_" in name:
            assert (table[4:] == float("pop_var" in name)).all()
    graph.check(_average(graph.weights(), batches, "mean"), slice(4))


def test_shared_rows_get_the_exponential_average_of_their_steps():
    """Seven steps more than rows: by the definition, from a wider reference."""
    graph, batches = Graph(), _batches(1, steps=M + 7)
    tables = graph.weights().asdict()
    wide = {
        k: np.repeat(v[:1], M + 7, axis=0) if k in spec.STATISTICS else v
        for k, v in tables.items()
    }
    found = _moments(BNLSTMWeights(**wide), batches[0])
    late = DECAY ** np.arange(7, -1, -1.0)
    expected = {
        k: np.append(v[: M - 1], (late @ v[M - 1 :] / late.sum())[None], axis=0)
        for k, v in found.items()
        if k in spec.STATISTICS
    }
    legacy.recalibrate(
        graph.session, graph.outputs, map(graph.feed, batches), decay=DECAY
    )
    graph.check(expected)


def test_lengths():
    """Row 0 ends at 3, so that row 3 is shared by steps 3 to 5; rows 4, 5 are not
    reached."""
    graph, (x,) = Graph(lengths=True), _batches(1)
    lengths = np.array([3, 6, 2, 6, 5, 1, 4, 6])
    at_once = reference.run(
        graph.weights(), x, training=True, lengths=lengths, padding="v1"
    )
    legacy.recalibrate(
        graph.session, graph.outputs, [graph.feed(x, lengths)], decay=DECAY
    )
    values = graph.values()
    assert (values["rnn/BNLSTMCell/c/pop_var"][4:] == 1).all()
    # From 0 after three updates; from (0, 1), as the reference ran, 0.95^n is left.
    for site, name in (("c", "cell"), ("xh", "input")):
        first = getattr(at_once.weights, f"{name}_moving_mean")[:3] / 0.05
        apart = np.abs(values[f"rnn/BNLSTMCell/{site}/pop_mean"][:3] - first).max()
        within("recalibration", apart / np.abs(first).max(), TOLERANCE)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 300.0])
def test_rounding_is_no_other_decay(scale):
    """Of rows that a hundred steps share, and of large moments."""
    graph, batches = Graph(), _batches(2, steps=M + 100)
    feeds = [graph.feed(scale * x) for x in batches]
    legacy.recalibrate(graph.session, graph.outputs, feeds, decay=DECAY)


class TestRefused:
    """With a clear error, and the tables as they were."""

    @pytest.fixture
    def graph(self):
        graph = Graph()
        before = graph.values()
        yield graph
        for name, value in graph.values().items():
            assert np.array_equal(value, before[name])

    def run(self, graph, feeds, **options):
        legacy.recalibrate(
            graph.session, graph.outputs, feeds, **{"decay": DECAY, **options}
        )

    def test_no_feeds(self, graph):
        with pytest.raises(ValueError, match="at least one batch"):
            self.run(graph, [])

    def test_one_row(self, graph):
        with pytest.raises(ValueError, match="two rows"):
            self.run(graph, map(graph.feed, _batches(size=1)))

    def test_inference(self, graph):
        feeds = [{**graph.feed(x), graph.training: False} for x in _batches()]
        with pytest.raises(ValueError, match="is_training"):
            self.run(graph, feeds)

    @pytest.mark.parametrize("decay", [0.5, 0.89, 0.901, 0.95, 0.99])
    @pytest.mark.parametrize("once", [True, False])
    def test_another_decay(self, graph, decay, once):
        feeds = map(graph.feed, _batches())
        with pytest.raises(ValueError, match="another decay"):
            self.run(graph, feeds, decay=decay, each_row_once=once)

    def test_shared_rows_that_are_said_not_to_be(self, graph):
        feeds = map(graph.feed, _batches(steps=M + 2))
        with pytest.raises(ValueError, match="leave each_row_once out"):
            self.run(graph, feeds, each_row_once=True)

    def test_shapes(self, graph):
        batches = [*_batches(), np.zeros((B, T, D + 1))]
        with pytest.raises(ValueError, match="shape"):
            self.run(graph, map(graph.feed, batches))

    def test_not_finite(self, graph):
        batches = _batches()
        batches[2][0] = np.nan
        with pytest.raises(ValueError, match="not finite"):
            self.run(graph, map(graph.feed, batches))

    @pytest.mark.parametrize(
        "options", [{"decay": 1.0}, {"method": "median"}, {"scope": "elsewhere"}]
    )
    def test_options(self, graph, options):
        with pytest.raises(ValueError, match="Expected"):
            self.run(graph, map(graph.feed, _batches()), **options)


@pytest.mark.parametrize("once", [True, False])
def test_dropout_is_refused(once):
    graph = Graph(dropout=0.5)
    before = graph.values()
    feeds = map(graph.feed, _batches())
    with pytest.raises(ValueError, match="dropout"):
        legacy.recalibrate(
            graph.session, graph.outputs, feeds, decay=DECAY, each_row_once=once
        )
    for name, value in graph.values().items():
        assert np.array_equal(value, before[name])


def test_no_tables():
    with tf.Graph().as_default() as graph, tf.Session() as session:
        x = tf.constant(1.0)
        with pytest.raises(ValueError, match="pop_mean and pop_var"):
            legacy.recalibrate(session, x, [{}])
        assert not graph.finalized
