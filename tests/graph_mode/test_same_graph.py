"""Under ``python -m legacy`` scripts build the graphs, and draw the numbers, of 1.15.5.

tests/recordings/same_graph holds the scripts and what real TensorFlow 1.15.5 gave; its
record.py makes the recordings anew. All operations are compared, by name, type and
order, so that no difference can come in unnoticed: today there is none.
"""

import subprocess

import numpy as np
import pytest

from helpers.legacy_process import environment, legacy, runner, succeeded, write
from recordings.same_graph import record

# Run with the others by .ci/run; the rest are marked slow.
FAST = {"bnlstm", "dense", "dropout", "loops", "sizes"}


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(name, marks=() if name in FAST else pytest.mark.slow)
        for name in record.scripts()
    ],
)
def test_same_graph_and_numbers_as_real_tensorflow(script, tmp_path):
    wanted = record.recorded(script)
    assert wanted["tensorflow"] == "1.15.5"
    found = record.run(
        runner(),
        script,
        tmp_path,
        # On a busy machine, several threads take the draws of a loop in any order.
        env=environment(TF_NUM_INTEROP_THREADS="1"),
        stderr=subprocess.PIPE,
    )
    # Line by line, so that pytest shows the first operations that differ.
    assert lines(found) == lines(wanted)
    assert found["weights"] == wanted["weights"]
    distance = np.abs(np.subtract(found["losses"], wanted["losses"]))
    # Real 1.15.5 was measured to be that far from real 0.12.1 after some training
    # steps (tests/graph_mode/test_scripts.py).
    assert distance.max() <= 3e-5 * np.abs(wanted["losses"]).max()


def lines(seen):
    return [f"{name} {type_}" for name, type_ in seen["operations"]]


def test_every_script_is_recorded_with_five_losses():
    for script in record.scripts():
        wanted = record.recorded(script)
        assert len(wanted["losses"]) >= 5
        assert np.isfinite(wanted["losses"]).all()
        assert wanted["weights"] or script == "loops"


def test_functions_of_tensorflow_2_keep_their_operations(tmp_path):
    """What is built for eager execution is today's: Keras 3 may run beside a script."""
    script = write(
        tmp_path / "both.py",
        """
        import tensorflow as tf
        from tensorflow.python.eager import context

        def types(graph):
            return [op.type for op in graph.get_operations()]

        with context.eager_mode():
            function = tf.function(lambda x: tf.add(x, 1.0))
            assert float(function(tf.constant(1.0))) == 2.0
            concrete = function.get_concrete_function(tf.TensorSpec([], tf.float32))
            assert "AddV2" in types(concrete.graph), types(concrete.graph)
            ragged = tf.ragged.constant([[1.0], [2.0, 3.0]])
            assert float(tf.add(ragged, 1.0).flat_values[2]) == 4.0
        tf.add(tf.constant(1.0), 1.0)
        assert types(tf.get_default_graph())[-1] == "Add"
        ragged = tf.add(tf.ragged.constant([[1.0], [2.0, 3.0]]), 1.0)
        with tf.Session() as sess:
            assert sess.run(ragged.flat_values).tolist() == [2.0, 3.0, 4.0]
        print("well")
        """,
    )
    assert succeeded(legacy(script)) == "well\n"


def test_seeds_count_the_operations_of_the_graph(tmp_path):
    """(graph's seed, operations so far), but (0, 2**31 - 1) for (0, 0)."""
    script = write(
        tmp_path / "seeds.py",
        """
        import tensorflow as tf

        print(tf.get_seed(None), tf.get_seed(5))
        tf.set_random_seed(7)
        print(tf.get_seed(None), tf.get_seed(5))
        tf.constant(1.0) + 2.0
        print(tf.get_seed(None))
        with tf.Graph().as_default():
            tf.set_random_seed(0)
            print(tf.get_seed(None))
        """,
    )
    # As real 1.15.5 prints them.
    assert succeeded(legacy(script)).splitlines() == [
        "(None, None) (87654321, 5)",
        "(7, 0) (7, 5)",
        "(7, 3)",
        "(0, 2147483647)",
    ]
