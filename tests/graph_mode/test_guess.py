"""Which release a script was written for: marks in code that can run, and only there.

Origin of the marks: the name lists of real 0.12.1, 1.0.0 and 1.15.5, and the argument
orders that real 0.12.1 takes (tests/recordings/releases).
"""

import subprocess
import sys
import textwrap

import pytest

from helpers.legacy_process import environment, legacy
from legacy.script import guess

HEAD = "import tensorflow as tf\n"
OLD = "tf.concat(1, [a, b])"
CASES = {
    "no marks": ("x = tf.zeros([2])", "1.15.5", None),
    "a call form": (f"x = {OLD}", "0.12.1", "calls tf.concat"),
    "a name that is gone": ("x = tf.mul(a, b)", "0.12.1", "uses tf.mul"),
    "a method's name": ("x = tf.unpack(a)", "0.12.1", "uses tf.unpack"),
    "a name of 1.0": (
        "tf.contrib.seq2seq.simple_decoder_fn_train(s)",
        "1.0.0",
        "simple_decoder_fn_train",
    ),
    "a module of 1.0": (
        "from tensorflow.contrib.rnn.python.ops import core_rnn_cell_impl",
        "1.0.0",
        "core_rnn_cell_impl",
    ),
    "a function never called": (f"def f():\n    return {OLD}", "1.15.5", None),
    "a function called": (f"def f():\n    return {OLD}\nf()", "0.12.1", "concat"),
    "called by a dead function": (
        f"def f():\n    return {OLD}\ndef g():\n    return f()",
        "1.15.5",
        None,
    ),
    "main": (f"def main(_):\n    return {OLD}\ntf.app.run()", "0.12.1", "concat"),
    "passed by name": (f"def f():\n    return {OLD}\nd = dict(f=f)", "0.12.1", "c"),
    "a constant test": (f"if False:\n    {OLD}", "1.15.5", None),
    "the other branch": (f"if not 1:\n    pass\nelse:\n    {OLD}", "0.12.1", "c"),
    "a constant name": (f"OLD = False\nif OLD:\n    {OLD}", "1.15.5", None),
    "a name given twice": (
        f"OLD = False\nOLD = ask()\nif OLD:\n    {OLD}",
        "0.12.1",
        "concat",
    ),
    "while": (f"while 0:\n    {OLD}", "1.15.5", None),
    "after a return": (f"def f():\n    return 1\n    {OLD}\nf()", "1.15.5", None),
    "a version test": (
        f"if tf.__version__ < '1':\n    {OLD}\nelse:\n    tf.concat([a, b], 1)",
        "1.15.5",
        None,
    ),
    "a version test in a value": (
        f"x = {OLD} if tf.__version__[0] == '0' else 1",
        "1.15.5",
        None,
    ),
    "hasattr": ("if hasattr(tf, 'mul'):\n    f = tf.mul", "1.15.5", None),
    "a fallback": (
        "try:\n    f = tf.mul\nexcept AttributeError:\n    f = tf.multiply",
        "1.15.5",
        None,
    ),
    "a fallback by any error": (
        f"try:\n    {OLD}\nexcept:\n    tf.concat([a, b], 1)",
        "1.15.5",
        None,
    ),
    "a try that guards a run": (
        f"try:\n    {OLD}\nexcept KeyboardInterrupt:\n    pass",
        "0.12.1",
        "concat",
    ),
    "a cell never used": (
        f"class C(tf.nn.rnn_cell.RNNCell):\n    def __call__(self, x):\n        {OLD}",
        "1.15.5",
        None,
    ),
    "a cell that is used": (
        f"class C(tf.nn.rnn_cell.RNNCell):\n    def __call__(self, x):\n        {OLD}\n"
        "C()",
        "0.12.1",
        "concat",
    ),
    "a method of a model": (
        f"class M(object):\n    def f(self):\n        {OLD}\nM().f()",
        "0.12.1",
        "concat",
    ),
    "a method never called": (
        f"class M(object):\n    def f(self):\n        {OLD}\nM()",
        "1.15.5",
        None,
    ),
    "a property": (
        f"class M:\n    @property\n    def f(self):\n        return {OLD}\nM().f",
        "0.12.1",
        "concat",
    ),
    "a decorator that registers": (
        f"@app.route('/')\ndef f():\n    return {OLD}",
        "0.12.1",
        "concat",
    ),
    "a lambda": (f"f = lambda: {OLD}", "0.12.1", "concat"),
    "a name that 1.0 brought": ("tf.layers.dense(a, 2)", "1.15.5", None),
    "a name that came later": ("tf.data.Dataset", "1.15.5", "tf.data.Dataset"),
    "two ages": (f"{OLD}\ntf.layers.dense(a, 2)", "1.0.0", "tf.layers.dense"),
    "three ages": (f"{OLD}\ntf.data.Dataset", "1.15.5", "tf.data.Dataset"),
    "a cell with call": (
        "class C(tf.nn.rnn_cell.RNNCell):\n"
        f"    def call(self, x, s):\n        return {OLD}\nC()",
        "1.15.5",
        "call()",
    ),
    "Python 2": (f"print 'x'\n{OLD}", "0.12.1", "concat"),
}


@pytest.mark.parametrize("name", CASES)
def test_release_of(name, tmp_path):
    text, release, why = CASES[name]
    script = tmp_path / "script.py"
    script.write_text(HEAD + text + "\n")
    found, reason = guess.release_of(script)
    assert found == release, reason
    assert (reason is None) == (why is None)
    assert why is None or (why in reason and "script.py:" in reason)


def test_other_files_count_as_far_as_they_run(tmp_path):
    (tmp_path / "main.py").write_text(HEAD + "import cells\ncells.new()\n")
    cells = tmp_path / "cells.py"
    body = f"{HEAD}def new():\n    pass\ndef old():\n    {OLD}\n"
    cells.write_text(body + f"if __name__ == '__main__':\n    {OLD}\n")
    assert guess.release_of(tmp_path / "main.py") == ("1.15.5", None)
    cells.write_text(body.replace("    pass", "    old()"))
    release, why = guess.release_of(tmp_path / "main.py")
    assert release == "0.12.1"
    assert why.startswith("cells.py:5 ")


STACK = HEAD + textwrap.dedent("""
    import sys
    def never():
        return tf.concat(1, [1, 2])
    cell = tf.nn.rnn_cell.BasicLSTMCell(4)
    stack = tf.nn.rnn_cell.MultiRNNCell([cell] * 2)
    tf.nn.dynamic_rnn(stack, tf.zeros([2, 3, int(sys.argv[1])]), dtype=tf.float32)
    print(len(tf.global_variables()), tf.__version__)
""")


@pytest.mark.parametrize(
    ("options", "width", "output", "line"),
    [
        pytest.param(
            *([], 4, "2 1.15.5", "TensorFlow 1.15 is assumed (nothing in the script"),
            marks=pytest.mark.slow,
        ),
        ([], 3, "4 1.15.5", "TensorFlow 1.0 is assumed (one BasicLSTMCell is called"),
        pytest.param(
            *(["--release", "1.15"], 4, "2 1.15.5", None), marks=pytest.mark.slow
        ),
        (["--release", "1.0"], 4, "4 1.0.0", None),
    ],
)
def test_the_guess_is_said_where_it_matters(options, width, output, line, tmp_path):
    script = tmp_path / "stack.py"
    script.write_text(STACK)
    done = legacy(*options, script, width)
    assert done.stdout.strip() == output, done.stderr
    said = [text for text in done.stderr.splitlines() if "is assumed" in text]
    assert len(said) == (line is not None), done.stderr
    if line:
        assert line in said[0]
        assert "--release" in said[0]


def test_a_wrong_release(tmp_path):
    done = legacy("--release", "2.0", tmp_path / "any.py")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "0.12, 1.0 or 1.15" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_install_takes_a_release():
    code = "import legacy; tf = legacy.install(release='1.0'); print(tf.__version__)"
    run = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert run.stdout == "1.0.0\n"
