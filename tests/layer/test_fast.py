"""The fast path: every mode and setting against the step path and the reference.

The step path (``general.sequence``, TensorFlow's own gradient) is itself judged by the
reference and the recordings (test_layer_recorded, test_lengths) and by differences
(test_gradients).
"""

import functools

import numpy as np
import pytest
import tensorflow as tf

from bnlstm_compat import BNLSTM, BNLSTMWeights, reference, spec
from bnlstm_compat.compute import choice, general, masks
from bnlstm_compat.compute.fused import sequence as fused
from helpers.filled_layers import needs_bfloat16
from helpers.rounding import ROUNDINGS, close, moved, within

slow = pytest.mark.slow
B, T, D, H, M = 7, 6, 3, 5, 4
LENGTHS = [3, 6, 1, 5, 6, 2, 4]
OPTIONS = {
    "plain": {},
    "v1": {"lengths": LENGTHS, "padding": "v1"},
    "masked": {"lengths": LENGTHS},
    "short": {"lengths": [3, 4, 1, 2, 4, 2, 3]},
    "dropout": {"recurrent_mask": True},
    "dropout_masked": {"recurrent_mask": True, "lengths": LENGTHS},
    "by_step": {"by_step": True},
    "by_step_masked": {"by_step": True, "lengths": LENGTHS},
    "relu_tanh": {"activation": tf.nn.relu, "recurrent_activation": tf.tanh},
    "sigmoid_linear": {"activation": tf.sigmoid, "recurrent_activation": tf.identity},
    "swapped": {"activation": tf.sigmoid, "recurrent_activation": tf.tanh},
    "keep": {"overflow": "keep"},
}
# B, T, D, H, M; by which sites ``choice.factored`` names (see the test of that).
SHAPES = {
    "input_factored": (B, T, D, H, M),
    "both_factored": (9, T, 1, 2, 8),
    "none_factored": (B, T + 1, 9, H, M),
}


def arrays(features, units, rows, by_step=False):
    """Weights of which none is at its starting value, in float64."""
    rng = np.random.default_rng(0)
    found = {}
    for weight in spec.WEIGHTS:
        shape = weight.shape(features, units, rows)
        if by_step and weight.name in spec.AFFINE:
            shape = (rows, *shape)
        found[weight.name] = rng.uniform(0.2, 1.0, shape)
        if weight.name.endswith("kernel"):
            found[weight.name] -= 0.6
    return found


class Problem:
    """A call of ``sequence`` and a loss of all that it returns."""

    def __init__(self, shape, by_step=False, **options):
        batch, steps, features, units, rows = shape
        rng = np.random.default_rng(1)

        def normal(*size):
            return tf.constant(rng.standard_normal(size))

        self.arrays = arrays(features, units, rows, by_step)
        self.w = {name: tf.constant(array) for name, array in self.arrays.items()}
        self.x = normal(batch, steps, features)
        self.state = normal(batch, units), normal(batch, units)
        self.step = tf.ones([batch, 1], tf.float64)
        self.into_loss = normal(batch, steps, units), *self.state
        if options.pop("recurrent_mask", False):
            kept = rng.random((batch, units)) > 0.3
            options["recurrent_mask"] = tf.constant(kept * 1.4)
        if "lengths" in options:
            lengths = (options["lengths"] * 2)[:batch]
            options["lengths"] = tf.constant(lengths, tf.int32)
        self.options = {
            "activation": tf.tanh,
            "recurrent_activation": tf.sigmoid,
            "epsilon": 1e-5,
            **options,
        }

    def run(self, sequence, x, training, *, to_input=True, **options):
        """Results and gradients by name."""
        options = {**self.options, **options}
        sources = {name: self.w[name] for name in spec.TRAINABLE}
        sources |= {"h": self.state[0], "c": self.state[1]}
        if to_input:
            sources["x"] = x
        with tf.GradientTape() as tape:
            tape.watch(sources)
            outputs, h, c, step, moments = sequence(
                self.w, x, *self.state, self.step, training=training, **options
            )
            if "lengths" in options:  # the rest is the layer's to fill
                outputs = masks.filled(outputs, options["lengths"], h, "zero")
            loss = sum(
                tf.reduce_sum(result * weight)
                for result, weight in zip((outputs, h, c), self.into_loss, strict=True)
            )
        found = {"outputs": outputs, "h": h, "c": c, "step": step}
        if training:
            found["rows"] = moments.rows
            ran = tf.cast(moments.rows >= 0, outputs.dtype)[:, None]
            for site in spec.SITES:
                found[f"{site}_mean"] = moments.mean[site] * ran
                found[f"{site}_variance"] = moments.variance[site] * ran
        gradients = tape.gradient(loss, sources)
        for name, gradient in gradients.items():
            found["d_" + name] = tf.convert_to_tensor(gradient)
        return found


@functools.cache
def solved(options, shape, training):
    """A problem, and what the step path makes of it."""
    problem = Problem(SHAPES[shape], **OPTIONS[options])
    run = tf.function(
        functools.partial(problem.run, general.sequence, training=training)
    )
    return problem, run(problem.x)


def same(actual, expected, tolerance=1e-11):
    """In float64: 2**-53 is 1e-16, and small variances of seven rows enlarge it.

    A thousand times what is met, and still far below what any fault would change.
    """
    assert actual.keys() == expected.keys()
    for name, value in expected.items():
        value, mine = np.asarray(value), np.asarray(actual[name])
        scale = np.abs(value).max() + 1e-3
        within("float64", np.abs(mine - value).max() / scale, tolerance, name)


_AT_ONCE = {
    ("plain", "both_factored", True),
    ("by_step_masked", "input_factored", True),
    ("dropout_masked", "none_factored", True),
    ("v1", "none_factored", False),
    ("relu_tanh", "both_factored", True),
    ("sigmoid_linear", "input_factored", False),
}


@pytest.mark.parametrize(
    ("options", "shape", "training"),
    [
        pytest.param(*case, marks=[] if case in _AT_ONCE else slow)
        for case in (
            (options, shape, training)
            for options in OPTIONS
            for shape in SHAPES
            for training in (True, False)
        )
    ],
)
def test_equals_the_step_path(options, shape, training):
    problem, expected = solved(options, shape, training)
    same(problem.run(fused.sequence, problem.x, training, mode="plain"), expected)


@pytest.mark.parametrize("training", [True, pytest.param(False, marks=slow)])
@pytest.mark.parametrize("options", ["plain", pytest.param("masked", marks=slow)])
@pytest.mark.parametrize(
    ("mode", "outer"),
    [
        ("xla", "function"),
        ("xla", "jit"),
        ("plain", "jit"),
        ("plain", "unknown"),
        ("unrolled", "function"),
        pytest.param("xla", "eager", marks=slow),
        pytest.param("xla", "unknown", marks=slow),
        pytest.param("plain", "function", marks=slow),
        pytest.param("unrolled", "jit", marks=slow),
        pytest.param("auto", "unknown", marks=slow),
        pytest.param("auto", "function", marks=slow),
        pytest.param("auto", "jit", marks=slow),
    ],
)
def test_every_mode(mode, outer, options, training):
    problem, expected = solved(options, "both_factored", training)
    run = functools.partial(problem.run, fused.sequence, training=training, mode=mode)
    if outer == "unknown":  # batch and steps
        features = SHAPES["both_factored"][2]
        signature = [tf.TensorSpec((None, None, features), tf.float64)]
        run = tf.function(lambda x, run=run: run(x), input_signature=signature)
    elif outer != "eager":
        run = tf.function(run, jit_compile=outer == "jit")
    same(run(problem.x), expected)


@pytest.mark.parametrize("shape", ["none_factored", "input_factored"])
@pytest.mark.parametrize("mode", ["xla", pytest.param("plain", marks=slow)])
def test_steps_that_no_row_reaches(mode, shape):
    problem, expected = solved("short", shape, True)
    run = functools.partial(problem.run, fused.sequence, training=True, mode=mode)
    same(tf.function(run)(problem.x), expected)


@pytest.mark.parametrize("mode", ["plain", "xla"])
@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ("plain", "none_factored"),
        pytest.param("short", "none_factored", marks=slow),
        pytest.param("dropout_masked", "none_factored", marks=slow),
        pytest.param("by_step", "input_factored", marks=slow),
    ],
)
def test_kernel_gradients_in_pieces(options, shape, mode, monkeypatch):
    """What is done with a few hundred rows, here with fewer; the last piece is less."""
    monkeypatch.setattr(choice, "ROWS_OF_A_PIECE", 1)
    batch, steps, features, units, _ = SHAPES[shape]
    assert choice.pieces(steps, batch, units, features) == choice.MOST_PIECES
    problem, expected = solved(options, shape, True)
    run = functools.partial(problem.run, fused.sequence, training=True, mode=mode)
    same(tf.function(run)(problem.x), expected)


def test_pieces_are_for_few_rows_that_are_known():
    assert choice.pieces(20, 32, 64, 128) == choice.MOST_PIECES
    assert choice.pieces(20, 10, 64, 128) == 1
    assert choice.pieces(100, 32, 64, 128) == 1
    assert choice.pieces(20, 64, 1000, 50) == 1
    assert choice.pieces(None, 32, 64, 128) == choice.pieces(20, None, 64, 128) == 1


@pytest.mark.parametrize("outer", ["function", pytest.param("jit", marks=slow)])
@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ("plain", "both_factored"),
        ("dropout_masked", "none_factored"),
        pytest.param("by_step", "input_factored", marks=slow),
        pytest.param("v1", "none_factored", marks=slow),
    ],
)
def test_large_matmuls_in_inference(options, shape, outer, monkeypatch):
    """What "auto" does with many rows and units, here with few."""
    monkeypatch.setattr(choice, "LARGE_ROWS", 1)
    monkeypatch.setattr(choice, "LARGE_UNITS", 1)
    problem, expected = solved(options, shape, False)
    run = functools.partial(problem.run, fused.sequence, training=False, mode="auto")
    run = tf.function(run, jit_compile=outer == "jit")
    same(run(problem.x), expected)
    library = run.get_concrete_function(problem.x).graph.as_graph_def().library
    compiled = [
        f.signature.name for f in library.function if "_XlaMustCompile" in f.attr
    ]
    assert len(compiled) == 1
    assert "after_matmuls" in compiled[0]


@pytest.mark.parametrize("training", [True, pytest.param(False, marks=slow)])
@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ("plain", "both_factored"),
        ("swapped", "input_factored"),
        pytest.param("dropout_masked", "input_factored", marks=slow),
        pytest.param("by_step_masked", "both_factored", marks=slow),
        pytest.param("relu_tanh", "both_factored", marks=slow),
    ],
)
def test_gates_in_one_tensor(options, shape, training, monkeypatch):
    """What compiled code does with large batches, here with small ones."""
    monkeypatch.setattr(choice, "ELEMENTS_FOR_JOINED_GATES", 1)
    batch, _, _, units, _ = SHAPES[shape]
    assert choice.joined_gates(batch, units)
    problem, expected = solved(options, shape, training)
    run = functools.partial(problem.run, fused.sequence, training=training, mode="xla")
    same(tf.function(run)(problem.x), expected)


@pytest.mark.parametrize("options", ["plain", "dropout_masked"])
@pytest.mark.parametrize("mode", ["plain", "xla"])
def test_gradients_taken_twice_from_one_tape(mode, options):
    """What a pass backward frees, or writes over, is there for the next one."""
    problem, _ = solved(options, "none_factored", True)

    def twice(x):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(sources := [problem.w["recurrent_kernel"], x])
            outputs, h, c, _, _ = fused.sequence(
                problem.w,
                x,
                *problem.state,
                problem.step,
                training=True,
                mode=mode,
                **problem.options,
            )
            loss = tf.reduce_sum(outputs * problem.into_loss[0]) + tf.reduce_sum(h * c)
        return tape.gradient(loss, sources), tape.gradient(loss, sources)

    for run in (twice, tf.function(twice)):
        for first, second in zip(*run(problem.x), strict=True):
            assert np.abs(first).max() > 0
            np.testing.assert_array_equal(second, first)


@pytest.mark.parametrize("mode", ["plain", pytest.param("xla", marks=slow)])
def test_gradients_of_weights_alone(mode):
    """Where no tape watches x, less is kept for its gradient."""
    problem, expected = solved("plain", "both_factored", True)
    run = tf.function(functools.partial(problem.run, fused.sequence, mode=mode))
    found = run(problem.x, training=True, to_input=False)
    assert expected.keys() - found.keys() == {"d_x"}
    same(found, {name: expected[name] for name in found})


def layer_of(problem, shape, mode, **options):
    """A ``BNLSTM`` with the weights of a problem."""
    _, _, features, units, rows = shape
    layer = BNLSTM(
        units,
        rows,
        return_sequences=True,
        return_state=True,
        mode=mode,
        **{"dtype": "float64", **options},
    )
    layer.build((None, None, features))
    layer.cell.import_weights(BNLSTMWeights(**problem.arrays))
    return layer


@pytest.mark.parametrize(
    ("mode", "jit"),
    [
        *((mode, False) for mode in choice.MODES),
        ("auto", True),
        *(pytest.param(mode, True, marks=slow) for mode in choice.MODES[1:]),
    ],
)
def test_layer_equals_the_reference_in_every_mode(mode, jit):
    """Outputs, states and statistics, in training and then in inference."""
    shape = SHAPES["both_factored"]
    problem = Problem(shape)
    layer = layer_of(problem, shape, mode)

    @functools.partial(tf.function, jit_compile=jit)
    def both(x):
        return layer(x, training=True), layer(x, training=False)

    weights = layer.cell.export_weights()
    for training, results in zip((True, False), both(problem.x), strict=True):
        expected = reference.run(weights, problem.x, training=training)
        weights = expected.weights
        same(
            dict(enumerate(results)),
            dict(enumerate([expected.outputs, expected.h, expected.c, expected.step])),
        )
    same(layer.cell.export_weights().asdict(), weights.asdict())


def test_the_shapes_are_what_they_say():
    for name, sites in (
        ("input", {"input"}),
        ("both", {"input", "recurrent"}),
        ("none", set()),
    ):
        batch, steps, features, units, _ = SHAPES[f"{name}_factored"]
        assert choice.factored(steps, batch, units, features, False) == sites


def test_moments_of_the_input_s_product_for_few_rows_that_are_known():
    assert choice.factored(20, 64, 1000, 50, False) == set()
    assert choice.factored(100, 64, 1000, 50, False) == {"input"}
    assert choice.factored(None, 64, 1000, 50, False) == {"input"}
    assert choice.factored(20, None, 1000, 50, False) == set()


def test_where_the_scales_of_inference_go():
    assert choice.folded(20, 64, 64, 50, True) == set()
    assert choice.folded(20, 64, 64, 50, False) == {"input"}
    assert choice.folded(20, 32, 64, 128, False) == set()
    assert choice.folded(200, 64, 250, 50, True) == {"input"}
    assert choice.folded(None, 64, 64, 50, True) == {"input"}
    assert choice.folded(29, 640, 64, 32, True) == {"input", "recurrent"}
    assert choice.folded(20, 64, 64, 1, True) == {"input"}


@pytest.mark.parametrize("outer", ["function", pytest.param("jit", marks=slow)])
@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ("plain", "input_factored"),
        pytest.param("by_step_masked", "input_factored", marks=slow),
    ],
)
def test_long_sequences_in_inference(options, shape, outer, monkeypatch):
    """What compiled code does with many numbers, here with few."""
    monkeypatch.setattr(choice, "NUMBERS_OF_ALL_STEPS", 0)
    batch, steps, features, units, _ = SHAPES[shape]
    assert choice.folded(steps, batch, units, features, True) == {"input"}
    problem, expected = solved(options, shape, False)
    run = functools.partial(problem.run, fused.sequence, training=False, mode="xla")
    same(tf.function(run, jit_compile=outer == "jit")(problem.x), expected)


# What stands in columns of h (or of x) is nearly the same in all of them, or nearly a
# constant, or larger than any output of a tanh.
ILL_CONDITIONED = {
    "equal columns": lambda z: z[:, :1] + 1e-3 * z,
    "nearly constant": lambda z: 0.9 + 1e-3 * z,
    "large": lambda z: 1e3 * (1 + z[:, :1] + 1e-3 * z),
}


@pytest.mark.parametrize("name", ILL_CONDITIONED)
@pytest.mark.parametrize("site", ["recurrent", "input"])
def test_moments_of_ill_conditioned_matrices(name, site):
    """One step in float32, against float64, as near as its inputs' rounding allows.

    A variance is what a column of the kernel leaves of the correlations: among these
    kernels are some that leave a millionth of the terms. A variance that is summed from
    those in float32 fails here.
    """
    batch, units, features = 64, 4, 4
    assert choice.factored(1, batch, units, features, False) == {"recurrent", "input"}
    rng = np.random.default_rng(2)
    problem = Problem((batch, 1, features, units, 1))
    kernel = {"recurrent": "recurrent_kernel", "input": "kernel"}[site]
    place = {"recurrent": "h", "input": "x"}[site]

    def run(sequence, dtype, arrays):
        w = {name: tf.cast(tensor, dtype) for name, tensor in problem.w.items()}
        w[kernel] = tf.constant(arrays["kernel"], dtype)
        given = {"x": problem.x, "h": problem.state[0], "c": problem.state[1]}
        given[place] = arrays["left"]
        given = [tf.cast(z, dtype) for z in (*given.values(), problem.step)]
        outputs, *_, moments = sequence(w, *given, training=True, **problem.options)
        found = {"outputs": outputs, "variance": moments.variance[site]}
        return {name: np.asarray(value, np.float64) for name, value in found.items()}

    for _ in range(6):
        left = ILL_CONDITIONED[name](rng.standard_normal((batch, 4)))
        arrays = {"kernel": rng.uniform(-0.4, 0.4, (4, 4 * units)), "left": left}
        arrays = {name: array.astype(np.float32) for name, array in arrays.items()}
        if site == "input":
            arrays["left"] = arrays["left"][:, None]
        exact = functools.partial(run, general.sequence, tf.float64)
        allowed, expected = moved(exact, arrays, draws=4), exact(arrays)
        for what, value in run(fused.sequence, tf.float32, arrays).items():
            limit = ROUNDINGS * allowed[what]
            close("rounding", value, expected[what], limit, what)


def test_a_column_that_cancels_is_finite():
    """Its variance is below the rounding of the covariance's terms."""
    problem = Problem((64, 1, 2, 4, 1))
    problem.w["recurrent_kernel"] = tf.constant(
        np.repeat([[1.0], [-1.0], [1.0], [-1.0]], 16, 1), tf.float32
    )
    w = {name: tf.cast(tensor, tf.float32) for name, tensor in problem.w.items()}
    column = 1e4 * np.asarray(problem.state[0])[:, :1]
    h = tf.constant(column * (1 + 1e-6 * np.arange(4)), tf.float32)
    x, c, step = (
        tf.cast(z, tf.float32) for z in (problem.x, problem.state[1], problem.step)
    )
    outputs, *_, moments = fused.sequence(
        w, x, h, c, step, training=True, **problem.options
    )
    assert np.isfinite(outputs).all()
    assert (moments.variance["recurrent"].numpy() >= 0).all()


@pytest.mark.parametrize(
    "policy", [pytest.param("mixed_bfloat16", marks=needs_bfloat16), "mixed_float16"]
)
@pytest.mark.parametrize("mode", ["plain", pytest.param("xla", marks=slow)])
def test_mixed_precision(policy, mode, monkeypatch):
    """As near to float64 as the step path of the same policy."""
    monkeypatch.setattr(choice, "ELEMENTS_FOR_JOINED_GATES", 1)
    shape = 9, T, 3, 2, 8
    problem = Problem(shape)

    def run(mode, dtype):
        layer = layer_of(problem, shape, mode, dtype=dtype)
        weights = layer.trainable_weights
        with tf.GradientTape() as tape:
            outputs = layer(problem.x, training=True)[0]
            loss = tf.reduce_sum(tf.cast(outputs, tf.float64) * problem.into_loss[0])
        gradients = tape.gradient(loss, [weight.value for weight in weights])
        assert all(g.dtype == weights[0].dtype for g in gradients)
        found = dict(zip(spec.TRAINABLE, gradients, strict=True))
        tables = layer.cell.export_weights().asdict()
        found |= {name: tables[name] for name in spec.STATISTICS}
        found["outputs"] = outputs
        return {name: np.asarray(z, np.float64) for name, z in found.items()}

    expected = run("general", "float64")

    def furthest(found):
        return max(
            np.linalg.norm(found[name] - value) / np.linalg.norm(value)
            for name, value in expected.items()
        )

    # Two draws of one rounding: either may be the further. Of four inputs tried, the
    # fast path was 0.25 to 0.8 times as far as the step path.
    limit = 2 * furthest(run("general", policy))
    within("half precision", furthest(run(mode, policy)), limit)


def test_a_second_derivative_is_refused():
    problem = Problem(SHAPES["input_factored"])
    layer = layer_of(problem, SHAPES["input_factored"], "plain")

    def second(layer):
        with tf.GradientTape() as outer:
            outer.watch(problem.x)
            with tf.GradientTape() as tape:
                tape.watch(problem.x)
                loss = tf.reduce_sum(layer(problem.x, training=True)[0] ** 2)
            first = tape.gradient(loss, problem.x)
        return outer.gradient(first, problem.x)

    with pytest.raises(NotImplementedError, match="mode='general'"):
        second(layer)
    general = layer_of(problem, SHAPES["input_factored"], "general")
    assert np.abs(second(general)).max() > 0


@pytest.mark.parametrize("training", [True, pytest.param(False, marks=slow)])
@pytest.mark.parametrize(
    "how", ["function", pytest.param("nested", marks=slow), "loop"]
)
@pytest.mark.parametrize("mode", ["plain", pytest.param("auto", marks=slow)])
def test_gradient_of_x_that_no_tape_of_the_graph_watches(mode, how, training):
    """A function, or a loop's body, is traced before it is known who wants x's."""
    shape = SHAPES["none_factored"]
    problem = Problem(shape)
    scale = tf.Variable(np.linspace(0.5, 1.5, shape[2]))  # moments undo a single one

    def gradient(layer):
        def once(x):
            return layer(x, training=training)[0]

        def twice(x):
            def step(t, x):
                return t + 1, x + tf.reduce_sum(once(x), 2, keepdims=True)

            return tf.while_loop(lambda t, _: t < 2, step, (0, x))[1]

        call = twice if how == "loop" else tf.function(once)

        def taken():
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(call(problem.x * scale) ** 2)
            return tape.gradient(loss, scale)

        return (taken if how == "function" else tf.function(taken))()

    found, expected = (gradient(layer_of(problem, shape, m)) for m in (mode, "general"))
    assert np.abs(expected).max() > 1e-3
    same({"d_scale": found}, {"d_scale": expected})
