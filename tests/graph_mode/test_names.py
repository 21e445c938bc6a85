"""Who gets TensorFlow 1, what is missing and how that is said, and what is native."""

import json
import os
import re
import sys

import pytest

from helpers.fresh import fresh
from helpers.legacy_process import ROOT, legacy, succeeded, write
from helpers.places import SHARED
from legacy.imports import errors, history


def test_answers_by_who_asks(tmp_path):
    packages = tmp_path / "lib" / "site-packages"
    write(
        packages / "installed.py",
        """
        import tensorflow as tf
        import numpy as np
        def later():
            import tensorflow
            return tensorflow
        """,
    )
    write(
        tmp_path / "script.py",
        f"""
        import importlib, sys
        sys.path.append({str(packages)!r})
        import installed
        import tensorflow as tf
        import numpy as np
        import tensorflow.contrib.rnn as rnn
        import tensorflow.python.ops.rnn_cell
        from tensorflow.contrib.rnn.python.ops import core_rnn_cell_impl
        from tensorflow.contrib.rnn.python.ops.core_rnn_cell_impl import GRUCell
        from tensorflow.models.rnn import rnn_cell, seq2seq
        from tensorflow.python.ops import array_ops
        from tensorflow.python.framework import ops
        real = sys.modules['tensorflow']
        assert installed.tf is real and installed.later() is real and tf is not real
        assert installed.tf.__version__[0] == '2' and tf.__version__ == '1.15.5'
        assert importlib.import_module('tensorflow') is tf
        assert __import__('tensorflow') is tf
        assert importlib.import_module('tensorflow.nn') is tf.nn
        assert tensorflow is tf and tf.contrib.rnn is rnn
        assert GRUCell is core_rnn_cell_impl.GRUCell is rnn.GRUCell
        assert rnn_cell.GRUCell is tf.nn.rnn_cell.GRUCell is GRUCell
        assert tf.python.ops.array_ops is array_ops is tf.array_ops
        assert ops.Tensor is tf.Tensor
        assert array_ops.concat is tf.concat is not real.concat
        assert np.int is int and not hasattr(installed.np, 'int')
        assert isinstance(np.zeros(2), installed.np.ndarray)
        namespace = {{}}
        exec('import tensorflow as x; from tensorflow import *', namespace)
        assert namespace['x'] is tf and namespace['concat'] is tf.concat
        tf.python.control_flow_ops = tf
        import keras, tf_keras
        assert keras.__version__[0] == '3' and tf_keras.__version__[0] == '2'
        model = keras.Sequential([keras.layers.Dense(2)])
        assert tf.keras.layers.Dense is tf_keras.layers.Dense
        assert not tf.executing_eagerly()
        variable = tf.get_variable('v', [2])
        assert 'RefVariable' in type(variable).__name__
        assert type(variable.get_shape()[0]).__name__ == 'Dimension'
        loop = tf.while_loop(lambda i: i < 3, lambda i: i + 1, [0])
        assert loop.op.type == 'Exit'
        print('fine')
        """,
    )
    assert succeeded(legacy("script.py", cwd=tmp_path)) == "fine\n"


MISSING = [
    ("tf.train.AdmOptimizer", ("AdmOptimizer", "use tf.train.AdamOptimizer")),
    ("tf.contrib.bigtable", ("tf.contrib.bigtable", "1.15.5", "tensorflow-io")),
    (
        "tf.estimator.BoostedTreesClassifier",
        ("tf.estimator.BoostedTreesClassifier", "(TensorFlow 1.15.5 had it)", "; use "),
    ),
    ("from tensorflow.contrib import absent_family", ("absent_family",)),
    ("import tensorflow.absent.deep", ("tf.absent",)),
    ("from tensorflow.python.ops.absent_ops import x", ("absent_ops",)),
    ("tf.keras.utils.multi_gpu_model", ("multi_gpu_model",)),
]


def test_missing_names_say_name_line_release_and_substitute(tmp_path):
    lines = ["import tensorflow as tf", "import traceback"]
    for statement, _ in MISSING:
        lines += ["try:", f"    {statement}", "except (AttributeError, ImportError):"]
        lines += ["    print(traceback.format_exc().splitlines()[-1])"]
    lines += ["assert not hasattr(tf, 'absent') and getattr(tf, 'absent', 1) == 1"]
    lines += ["try:", "    import tensorflow.absent", "except ImportError:"]
    lines += ["    tf.contrib.absent"]
    (tmp_path / "script.py").write_text("\n".join(lines) + "\n")
    run = legacy("script.py", cwd=tmp_path)
    said = run.stdout.splitlines()
    assert len(said) == len(MISSING)
    for position, (statement, parts) in enumerate(MISSING):
        number = 4 + 4 * position
        assert f"{tmp_path / 'script.py'}:{number}: " in said[position]
        for part in parts:
            assert part in said[position], statement
    assert run.returncode == 1
    *_, last = run.stderr.splitlines()
    assert f"script.py:{len(lines)}: tf.contrib.absent is not available" in last
    assert str(ROOT) not in run.stderr


def test_no_message_denies_a_name_that_a_release_had():
    """Of all that the real releases showed (tests/recordings/names/other_names.py)."""
    modules = (
        "learn.monitors",
        "learn.io",
        "learn.learn_runner",
        "predictor",
        "staging",
    )
    for name in modules:
        assert history.releases(f"tf.contrib.{name}"), name
    assert history.releases("tf.contrib.tpu.TPUEstimator") == ["1.15.5"]
    assert history.releases("tf.test.mock") == ["1.0.0", "1.15.5"]
    # Where the lists are silent, so is the message.
    for name in ("tf.contrib.rnn.python.ops.x", "tf.python.x", "tf.train.Saver.x"):
        assert "not among" not in errors.describe(name)
    for name in ("tf.nothing", "tf.train.nothing", "tf.contrib.learn.monitors.Nothing"):
        assert "not among the public names" in errors.describe(name)
    assert "not among" not in errors.describe("tf.contrib.learn.io.dask_io")


@pytest.mark.shared("tf1_api")
@pytest.mark.parametrize("release", history.RELEASES)
def test_lists_of_names_have_every_public_name_of_the_release(release):
    listed = SHARED / "tf1_api" / f"tf-{release}.txt"
    for name in listed.read_text().split():
        assert release in history.releases(name), name


def test_coverage_command_prints_the_promised_shares():
    figures = json.loads(succeeded(legacy("--coverage", "--json")))
    shares = {
        (release, group): value["resolved"] / value["total"]
        for release, groups in figures.items()
        for group, value in groups.items()
    }
    assert shares["1.0.0", "core"] == 1
    assert shares["1.15.5", "core"] >= 0.98
    assert shares["0.12.1", "core"] == 1
    families = [key for key in shares if key[1] not in ("core", "contrib.*")]
    assert len(families) == 6 + 8 + 8
    low = {key: shares[key] for key in families if shares[key] < 0.9}
    assert not low
    for groups in figures.values():
        for value in groups.values():
            assert value["total"] == value["resolved"] + len(value["missing"])


@pytest.mark.slow
def test_install_serves_a_notebook_and_refuses_to_come_late(tmp_path):
    write(
        tmp_path / "early.py",
        """
        import legacy
        returned = legacy.install()
        legacy.install()
        import tensorflow as tf
        assert returned is tf and not tf.executing_eagerly()
        print(tf.split(1, 2, tf.zeros([1, 4]))[0].shape)
        import keras, numpy as np
        from keras import layers
        model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
        try:
            model.predict(np.zeros((4, 3)), verbose=0)
        except RuntimeError:
            print('not by Keras 3')
        model = tf.keras.Sequential([tf.keras.layers.Dense(2, input_shape=(3,))])
        print(model.predict(np.zeros((4, 3))).shape)
        """,
    )
    write(
        tmp_path / "late.py",
        """
        import tensorflow as tf
        import legacy
        try:
            legacy.install()
        except RuntimeError as error:
            print(error)
        """,
    )
    plain = (sys.executable,)
    early = legacy("early.py", cwd=tmp_path, interpreter=plain)
    assert succeeded(early) == "(1, 2)\nnot by Keras 3\n(4, 2)\n"
    assert early.stderr.count("legacy: keras is Keras 3, whose models can neither") == 1
    write(tmp_path / "wrong.py", "import legacy\nlegacy.install()\nimport not_there\n")
    wrong = legacy("wrong.py", cwd=tmp_path, interpreter=plain)
    assert "No module named 'not_there'" in wrong.stderr
    assert str(ROOT) not in wrong.stderr
    late = succeeded(legacy("late.py", cwd=tmp_path, interpreter=plain))
    assert "before TensorFlow is first imported" in late
    assert "for TensorFlow 1 or for Keras 3, not for both" in late


def test_importing_legacy_imports_nothing_heavy():
    code = (
        "import sys, legacy; "
        "print([m for m in ('numpy', 'tensorflow', 'keras') if m in sys.modules])"
    )
    assert fresh(code) == "[]\n"


@pytest.mark.slow
def test_warnings_are_off_unless_verbose(tmp_path):
    write(
        tmp_path / "script.py",
        """
        import tensorflow as tf
        cell = tf.nn.rnn_cell.BasicLSTMCell(3)
        tf.nn.dynamic_rnn(cell, tf.zeros([2, 3, 4]), dtype=tf.float32)
        tf.initialize_all_variables()
        tf.to_float(1)
        """,
    )
    quiet = legacy("script.py", cwd=tmp_path)
    succeeded(quiet)
    assert not re.search("deprecat", quiet.stderr, re.IGNORECASE)
    loud = legacy("--verbose", "script.py", cwd=tmp_path)
    succeeded(loud)
    assert "is deprecated" in loud.stderr


def test_saver_restores_names_of_earlier_releases(tmp_path):
    write(
        tmp_path / "script.py",
        """
        import numpy as np
        import tensorflow as tf

        def value(shape, start):
            return np.arange(np.prod(shape), dtype=np.float32).reshape(shape) + start

        def save(names):
            with tf.Graph().as_default(), tf.Session() as session:
                for number, (name, shape) in enumerate(names):
                    tf.Variable(value(shape, number), name=name)
                session.run(tf.initialize_all_variables())
                return tf.train.Saver().save(session, './old')

        def restore(path):
            with tf.Graph().as_default(), tf.Session() as session:
                cells = [tf.nn.rnn_cell.BasicLSTMCell(2) for _ in range(2)]
                cell = tf.nn.rnn_cell.MultiRNNCell(cells)
                tf.nn.dynamic_rnn(cell, tf.zeros([1, 3, 2]), dtype=tf.float32)
                tf.train.Saver().restore(session, path)
                return [session.run(v) for v in tf.global_variables()]

        for scope, weights, biases in (
                ('RNN/MultiRNNCell/Cell%d/BasicLSTMCell/Linear', 'Matrix', 'Bias'),
                ('rnn/multi_rnn_cell/cell_%d/basic_lstm_cell', 'weights', 'biases')):
            names = []
            for layer in range(2):
                names.append((scope % layer + '/' + weights, [4, 8]))
                names.append((scope % layer + '/' + biases, [8]))
            for number, got in enumerate(restore(save(names))):
                assert (got == value(names[number][1], number)).all()
        try:
            restore(save([('other', [2])]))
        except tf.errors.NotFoundError:
            print('refused')
        """,
    )
    run = legacy("script.py", cwd=tmp_path)
    assert succeeded(run) == "refused\n"
    assert run.stderr.count("under the names of an earlier release") == 2


@pytest.mark.slow
@pytest.mark.tf1
def test_checkpoints_cross_over_to_real_1_15(tmp_path):
    interpreter = os.environ["REAL_TF1"]
    write(
        tmp_path / "script.py",
        """
        import sys
        import numpy as np
        import tensorflow as tf
        x = tf.constant(np.linspace(-1, 1, 24).reshape(2, 3, 4).astype(np.float32))
        cell = tf.nn.rnn_cell.MultiRNNCell([
            tf.nn.rnn_cell.LSTMCell(3, use_peepholes=True), tf.nn.rnn_cell.GRUCell(3)])
        outputs, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
        loss = tf.reduce_mean(tf.square(outputs - 1))
        train = tf.train.AdamOptimizer(0.1).minimize(loss)
        saver = tf.train.Saver()
        with tf.Session() as session:
            if sys.argv[1] == 'save':
                session.run(tf.global_variables_initializer())
                session.run(train)
                saver.save(session, sys.argv[2])
            else:
                saver.restore(session, sys.argv[2])
            print(repr(session.run(outputs).astype(float).ravel().tolist()))
        """,
    )
    sides = {"real": (interpreter,), "ours": (sys.executable, "-m", "legacy")}
    for saver, reader in (("real", "ours"), ("ours", "real")):
        printed = []
        for side, verb in ((saver, "save"), (reader, "restore")):
            path = f"./{saver}/model"
            run = legacy("script.py", verb, path, cwd=tmp_path, interpreter=sides[side])
            printed.append(json.loads(succeeded(run)))
        # Real 1.15.5 against 1.0.0 in inference (tests' recording table): 6e-7.
        scale = max(map(abs, printed[0]))
        for saved, restored in zip(*printed, strict=True):
            assert abs(saved - restored) <= 6e-7 * scale


def test_scipy_optimizer_meets_bounds_and_constraints(tmp_path):
    pytest.importorskip("scipy")
    write(
        tmp_path / "script.py",
        """
        import numpy as np
        import tensorflow as tf
        v = tf.Variable([7.0, 7.0])
        loss = tf.reduce_sum(tf.square(v))
        make = tf.contrib.opt.ScipyOptimizerInterface
        problems = [
            make(loss, options={'maxiter': 100}),
            make(loss, equalities=[v[1] - 1], inequalities=[v[0] - 0.5],
                 method='SLSQP'),
            make(loss, var_to_bounds={v: ([1, 2], np.inf)}),
        ]
        with tf.Session() as session:
            for problem in problems:
                session.run(tf.global_variables_initializer())
                problem.minimize(session)
                print([abs(round(float(x), 3)) for x in session.run(v)])
        """,
    )
    printed = succeeded(legacy("script.py", cwd=tmp_path)).splitlines()
    assert printed == ["[0.0, 0.0]", "[0.5, 1.0]", "[1.0, 2.0]"]
