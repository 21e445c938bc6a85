"""Compiling takes seconds: it is done for a few shapes, not for each that comes."""

import numpy as np
import pytest
import tensorflow as tf

from bnlstm_compat.compute import choice
from bnlstm_compat.compute.fused import sequence as fused
from helpers.filled_layers import B, D, filled, random_weights
from helpers.rounding import close

# As between all paths in float64: tests/layer/test_fast.py.
EXACT = 1e-11


@pytest.fixture
def compiled(monkeypatch):
    """The shapes of x [T,B,D] that would be compiled, as they come.

    What is counted are traces; XLA itself has no part in it.
    """
    found = []

    def function(part, setting, jit):
        def traced(*arguments):
            found.append(tuple(arguments[0]["x"].shape))
            return part(setting, *arguments)

        return tf.function(traced, autograph=False) if jit else _bound(part, setting)

    def _bound(part, setting):
        return lambda *arguments: part(setting, *arguments)

    monkeypatch.setattr(fused, "_function", function)
    # Functions are kept by setting. Here each is new, and is not kept.
    for cached in ("_functions", "_inference_function"):
        monkeypatch.setattr(fused, cached, getattr(fused, cached).__wrapped__)
    return found


@pytest.mark.parametrize("training", [False, True])
def test_changing_shapes_do_not_compile_again_and_again(compiled, training):
    options = {"weights": random_weights(np.float64), "return_sequences": True}
    layer, plain = (filled(mode=mode, **options) for mode in ("auto", "plain"))
    run = tf.function(lambda x: layer(x, training=training), autograph=False)
    rng = np.random.default_rng(0)
    shapes = [(B, steps) for steps in range(2, 7)] + [(B - 1, 3), (B, 2), (B, 3)]
    for shape in shapes:
        x = rng.standard_normal((*shape, D))
        close("float64", run(x), plain(x, training=training), EXACT)
    wanted = [(steps, B, D) for _, steps in shapes[: choice.SHAPES_COMPILED]]
    assert compiled == wanted
    for one, other in zip(layer.weights, plain.weights, strict=True):
        close("float64", one, other, EXACT, one.name)


def test_a_last_batch_is_compiled_and_passes_are_counted_apart(compiled):
    layer = filled(mode="auto")
    for training in (False, True, False, True):
        run = tf.function(lambda x, training=training: layer(x, training=training))
        for rows in (B, B - 1, B):
            run(np.zeros((rows, 3, D), np.float32))
    assert {rows for _, rows, _ in compiled} == {B, B - 1}
    assert len(compiled) >= 4


def test_steps_that_are_not_known_are_never_compiled(compiled):
    layer = filled(mode="auto")
    run = tf.function(
        lambda x: layer(x, training=True), input_signature=[tf.TensorSpec((B, None, D))]
    )
    for steps in (2, 3):
        run(np.zeros((B, steps, D), np.float32))
    assert not compiled
