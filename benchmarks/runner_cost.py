"""What the runner costs: at start, and for each training step.

    python benchmarks/runner_cost.py [--rounds N]

Start: a script of one line, ``import tensorflow``, under the runner, against plain
Python importing TensorFlow and tf_keras. Step: a script that builds the same LSTM and
trains it, under the runner and under plain ``tensorflow.compat.v1``, in turn; medians
over all steps but the first ten. Prints both, and the ratio.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent

PLAIN_START = "import tensorflow, tf_keras"
RUNNER_START = "import tensorflow"
PLAIN_HEAD = "import tensorflow.compat.v1 as tf\ntf.disable_v2_behavior()\n"
RUNNER_HEAD = "import tensorflow as tf\n"
STEPS = """
import time, numpy as np
np.random.seed(0)
x = tf.placeholder(tf.float32, [32, 20, 16])
cell = tf.nn.rnn_cell.LSTMCell(64)
outputs, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
loss = tf.reduce_mean(tf.square(outputs))
train = tf.train.AdamOptimizer(1e-3).minimize(loss)
batch = np.random.normal(size=(32, 20, 16)).astype(np.float32)
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for step in range(310):
        start = time.perf_counter()
        session.run([train, loss], {x: batch})
        if step >= 10:
            print(time.perf_counter() - start)
"""


def run(script, *command):
    """Seconds that the process took, and what it printed."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "TF_USE_LEGACY_KERAS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
    }
    start = time.perf_counter()
    printed = subprocess.run(
        [sys.executable, *command, script],
        env=environment,
        check=True,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ).stdout
    return time.perf_counter() - start, printed


def main(argv):
    """Prints the two measurements; returns 0."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args(argv).rounds
    sides = {"plain": (), "runner": ("-m", "legacy")}
    with tempfile.TemporaryDirectory() as folder:
        scripts = {
            ("start", "plain"): PLAIN_START,
            ("start", "runner"): RUNNER_START,
            ("steps", "plain"): PLAIN_HEAD + STEPS,
            ("steps", "runner"): RUNNER_HEAD + STEPS,
        }
        seconds = {key: [] for key in scripts}
        for key, text in scripts.items():
            pathlib.Path(folder, "_".join(key) + ".py").write_text(text)
        for _ in range(rounds):
            for kind, side in scripts:
                script = os.path.join(folder, f"{kind}_{side}.py")
                taken, printed = run(script, *sides[side])
                values = [taken] if kind == "start" else map(float, printed.split())
                seconds[kind, side] += values
    middle = {key: statistics.median(values) for key, values in seconds.items()}
    start = middle["start", "runner"] - middle["start", "plain"]
    plain, ours = middle["steps", "plain"], middle["steps", "runner"]
    print(f"start: {start:+.2f} s over importing TensorFlow and tf_keras")
    print(f"step: {1e3 * ours:.3f} ms, plain {1e3 * plain:.3f} ms", end=", ")
    print(f"ratio {ours / plain:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
