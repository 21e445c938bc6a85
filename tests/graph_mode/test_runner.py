"""The runner behaves as plain Python does, but for TensorFlow."""

import json
import re
import shlex
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from helpers.legacy_process import ROOT, environment, legacy, runner, succeeded, write

PLAIN = (sys.executable,)
# Lines that TensorFlow's C++ part prints while it is imported.
_NOISE = re.compile(
    r"WARNING: All log messages|[IWE]0000|\d{4}-\d\d-\d\d .*: [IWE] |To enable the foll"
)


def both(*arguments, cwd):
    """The same command line under plain Python and under the runner."""
    return [
        legacy(*arguments, cwd=cwd, interpreter=interpreter)
        for interpreter in (PLAIN, runner(fresh=True))
    ]


def own_lines(text):
    return [line for line in text.splitlines() if not _NOISE.match(line)]


def test_script_sees_what_it_sees_under_plain_python(tmp_path):
    write(tmp_path / "src" / "beside.py", "WHERE = __file__\n")
    write(
        tmp_path / "src" / "script.py",
        """
        '''Doc.'''
        import os, sys, pickle
        import __main__
        import beside

        class Thing(object):
            pass

        print(sys.argv, os.getcwd(), sys.path[0], __file__, __name__, __doc__)
        print(__package__, __spec__, beside.WHERE, __main__ is sys.modules['__main__'])
        copy = pickle.loads(pickle.dumps(Thing()))
        print(__main__.Thing is Thing, type(copy) is Thing)
        print(sorted(k for k in globals() if k.startswith('__')), __builtins__)
        sys.exit(7)
        """,
    )
    plain, ours = both("src/script.py", "--flag", "-m", "x", cwd=tmp_path)
    names = "'__annotations__', "
    assert ours.stdout.replace(names, "") == plain.stdout.replace(names, "")
    assert ours.returncode == plain.returncode == 7


@pytest.mark.parametrize(
    "ending",
    [
        "raise ValueError('wrong')",
        "value = {}\nvalue['a'] = int('1')\nvalue[[]] = '%d' % 'x'",
        "int('x')",
        "import beside; beside.fail()",
        "import not_there",
        "sys.exit('a message')",
        "x = = 1",
        "import wrong",
        "os._exit(5)",
    ],
)
def test_errors_and_exits_are_plain_pythons(tmp_path, ending):
    write(
        tmp_path / "beside.py",
        """
        def fail():
            try:
                {}['key']
            except KeyError as error:
                raise RuntimeError('after it') from error
        """,
    )
    write(tmp_path / "wrong.py", "y = = 1")
    write(tmp_path / "script.py", f"import os, sys\n{ending}\n")
    plain, ours = both("script.py", cwd=tmp_path)
    assert ours.returncode == plain.returncode
    assert own_lines(ours.stderr) == own_lines(plain.stderr)


def test_keyboard_interrupt_kills_as_under_plain_python(tmp_path):
    script = write(
        tmp_path / "script.py",
        """
        import tensorflow as tf, time
        print('ready', flush=True)
        time.sleep(60)
        """,
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "legacy", script],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell starts what runs in the background with SIGINT ignored, and children
        # inherit that: Python then installs no handler.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert own_lines(errors)[0] == "Traceback (most recent call last):"
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert "legacy/" not in errors


def test_module_of_a_package(tmp_path):
    package = tmp_path / "package"
    write(package / "__init__.py", "")
    write(package / "part.py", "import tensorflow as tf\nNAME = tf.__version__\n")
    write(
        package / "train.py",
        """
        import sys
        from . import part
        print(part.NAME, sys.argv, __package__, __name__, __spec__.name, sys.path[0])
        """,
    )
    write(package / "__main__.py", "import sys; print('main', sys.argv)\n")
    run = succeeded(
        legacy("-m", "package.train", "--steps", "3", cwd=tmp_path, fresh=True)
    )
    argv = [str(package / "train.py"), "--steps", "3"]
    assert run.split("\n")[0] == (
        f"1.15.5 {argv} package __main__ package.train {tmp_path}"
    )
    run = succeeded(legacy("-m", "package", cwd=tmp_path, fresh=True))
    assert run == f"main {[str(package / '__main__.py')]}\n"


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ((), "expected a script"),
        (("absent.py",), "absent.py"),
        (("-m", "absent.module"), "absent.module"),
        (("--json", "script.py"), "--check"),
        (("--bogus", "script.py"), "--bogus"),
        (("--check", "absent.py"), "absent.py"),
        (("--check", "broken.py"), "broken.py:1: invalid syntax"),
        (("--check", "binary.py"), "binary.py: not a Python file: source code"),
        (("--check", "imports.py"), "binary.py: not a Python file: source code"),
    ],
)
def test_wrong_command_lines_say_so_in_one_line(tmp_path, arguments, part):
    write(tmp_path / "script.py", "")
    write(tmp_path / "broken.py", "x = = 1")
    write(tmp_path / "imports.py", "import binary")
    (tmp_path / "binary.py").write_bytes(b"\x00\x01\xff")
    run = legacy(*arguments, cwd=tmp_path)
    assert run.returncode == 2
    (line,) = own_lines(run.stderr)
    assert line.startswith("legacy: ")
    assert part in line


def test_a_script_that_may_not_be_read(tmp_path, monkeypatch):
    """As for people who lack the right: an administrator has it always."""
    from legacy import runner

    script = write(tmp_path / "script.py", "")
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(runner._UsageError, match="permission denied"):
        runner._script(str(script))


def test_port_cell_replaces_copies_and_nothing_else(tmp_path):
    signature = (
        "self, num_units, is_training_tensor, max_bn_steps, initial_scale=0.1, "
        "activation=None, decay=0.95"
    )
    write(
        tmp_path / "BNLSTMCell.py",
        f"""
        class Cell(object):
            def __init__({signature}): pass
        class Other(object):
            def __init__(self, num_units): pass
        """,
    )
    write(
        tmp_path / "script.py",
        f"""
        import BNLSTMCell as module
        class BNLSTMCell(object):
            def __init__({signature}): pass
        for cls in (BNLSTMCell, module.Cell, module.Other):
            print(cls.__module__)
        """,
    )
    run = legacy("--port-cell", "script.py", cwd=tmp_path)
    assert succeeded(run).split() == ["legacy.cell", "legacy.cell", "BNLSTMCell"]
    told = [line for line in own_lines(run.stderr) if "replaced" in line]
    assert len(told) == 2
    assert str(tmp_path / "BNLSTMCell.py") + ":1" in told[0]
    run = succeeded(legacy("script.py", cwd=tmp_path))
    assert run.split() == ["__main__", "BNLSTMCell", "BNLSTMCell"]


@pytest.mark.parametrize(
    ("script", "parts"),
    [
        ("print('done')", ("made no class of that name",)),
        (
            "class BNLSTMCell(object):\n    def __init__(self, units): pass\n"
            "print('done')\nimport sys; sys.exit()",
            ("script.py:1: class BNLSTMCell(self, units)", "is_training_tensor"),
        ),
    ],
)
def test_port_cell_that_replaces_nothing_says_so(tmp_path, script, parts):
    write(tmp_path / "script.py", script)
    run = legacy("--port-cell", "script.py", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, "done\n")
    (line,) = own_lines(run.stderr)
    assert line.startswith("legacy: --port-cell replaced nothing: expected a class")
    assert all(part in line for part in parts)


def test_a_script_from_a_pipe_runs(tmp_path):
    command = f"{shlex.quote(sys.executable)} -m legacy <(printf %b {{}}) --flag"
    for text in (r"import sys\nprint(sys.argv[1:])", r"import sys\nprint sys.argv[1:]"):
        run = subprocess.run(
            ["bash", "-c", command.format(shlex.quote(text))],
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert run.stdout == "['--flag']\n", run.stderr


def test_check_lists_names_of_the_script_and_its_modules(tmp_path):
    write(
        tmp_path / "beside.py",
        """
        from tensorflow.contrib import nonsense
        from tensorflow.python.ops import array_ops
        import numpy as np
        a = np.float(1)
        b = array_ops.concat(1, [a, a])
        """,
    )
    script = write(
        tmp_path / "script.py",
        """
        import tensorflow as tf
        import beside
        RNNCell = tf.nn.rnn_cell.RNNCell
        print "Python 2", tf.matmul
        tf.thing = 1
        tf.thing
        raise SystemExit(tf.nothing_like_it)
        """,
    )
    before = script.read_bytes()
    run = legacy("--check", "--json", "script.py", cwd=tmp_path)
    assert run.returncode == 1
    rows = {(row["name"], row["line"]): row for row in json.loads(run.stdout)}
    status = {key: row["status"] for key, row in rows.items()}
    assert status["tf.matmul", 4] == "native"
    assert status["tf.nn.rnn_cell.RNNCell", 3] == "emulated"
    assert status["numpy.float", 4] == "emulated"
    assert status["tf.python.ops.array_ops.concat", 5] == "emulated"
    assert status["tf.contrib.nonsense", 1] == "missing"
    assert status["tf.nothing_like_it", 7] == "missing"
    assert not any(name == "tf.thing" for name, _ in status)
    assert rows["tf.contrib.nonsense", 1]["file"] == str(tmp_path / "beside.py")
    assert "advice" in rows["tf.nothing_like_it", 7]
    assert script.read_bytes() == before
    good = write(tmp_path / "good.py", "import tensorflow as tf\ntf.mul\n")
    run = legacy("--check", good)
    assert "tf.mul" in succeeded(run)
    assert "1 emulated, 0 missing" in run.stdout


NUMPY_FORMS = """
    import numpy as np
    a = np.array([1], copy=False)
    b = np.array([[1], [2, 3]])
    c = np.vstack([row] for row in a), np.sum(x for x in a)
    d = a.astype(np.float32) * np.sqrt(2. / 3), 2 * np.sqrt(3)
    e = np.uint8(200) + 100
"""


@pytest.mark.slow
def test_what_numpy_2_changed_is_told_and_checked(tmp_path):
    script = write(tmp_path / "script.py", NUMPY_FORMS)
    run = legacy("--check", "--json", script)
    rows = json.loads(succeeded(run))
    found = {(row["line"], row["status"]) for row in rows if "of a" in row["name"]}
    assert found == {(4, "emulated")}
    judged = {(row["line"], row["status"]) for row in rows if row["line"] > 1}
    two = np.lib.NumpyVersion(np.__version__) >= "2.0.0"
    assert {(2, "emulated"), (3, "emulated"), (4, "emulated")} <= judged
    kept = {(5, "by value"), (6, "by value")}
    assert judged & kept == (kept if two else set())
    assert "Not judged: values" in succeeded(legacy("--check", script))
    lines = [
        line
        for line in own_lines(legacy(script).stderr)
        if "pip install 'numpy<2'" in line
    ]
    assert len(lines) == two
    plain = write(tmp_path / "plain.py", "import numpy as np\nprint(np.sqrt(4.) * 2)")
    run = legacy(plain)
    assert (succeeded(run), own_lines(run.stderr)) == ("4.0\n", [])


@pytest.mark.slow
def test_children_of_multiprocessing_are_of_tensorflow_1_too(tmp_path):
    package = tmp_path / "package"
    write(package / "__init__.py", "")
    write(package / "part.py", "import tensorflow as tf\nNAME = tf.__version__\n")
    script = write(
        package / "train.py",
        """
        import multiprocessing, sys
        import tensorflow as tf
        if __package__:
            from . import part
        else:
            import part
        x = tf.placeholder(tf.float32)

        def work(i):
            return i / 2, tf.__version__, part.NAME, sys.argv[1:]

        if __name__ == '__main__':
            pool = multiprocessing.get_context(sys.argv[1]).Pool(1)
            print pool.map(work, [3])
        """,
    )
    said = "[(1, '1.15.5', '1.15.5', ['{}'])]\n"
    run = legacy(script.name, "forkserver", cwd=package, fresh=True)
    assert succeeded(run) == said.format("forkserver")
    run = legacy("-m", "package.train", "spawn", cwd=tmp_path, fresh=True)
    assert succeeded(run) == said.format("spawn")


@pytest.mark.slow
def test_check_of_a_module_imports_no_package(tmp_path):
    package = tmp_path / "package"
    write(package / "__init__.py", "raise SystemExit('imported')")
    write(package / "part.py", "import tensorflow as tf\ntf.mul\n")
    write(package / "inner" / "__main__.py", "import tensorflow as tf\ntf.sub\n")
    run = legacy("--check", "-m", "package.part", cwd=tmp_path)
    assert "tf.mul" in succeeded(run)
    run = legacy("--check", "-m", "package.inner", cwd=tmp_path)
    assert "tf.sub" in succeeded(run)
    run = legacy("--check", "-m", "package.part.absent", cwd=tmp_path)
    assert run.returncode == 2
    assert "no module named package.part.absent" in run.stderr


def test_import_errors_of_a_package_itself_are_plain_pythons(tmp_path):
    write(tmp_path / "package" / "__init__.py", "import not_there")
    write(tmp_path / "package" / "part.py", "")
    plain, ours = both("-m", "package.part", cwd=tmp_path)
    assert ours.returncode == plain.returncode == 1
    last = "ModuleNotFoundError: No module named 'not_there'"
    assert own_lines(ours.stderr)[-1] == own_lines(plain.stderr)[-1] == last
    assert str(ROOT) not in ours.stderr


@pytest.mark.slow
def test_check_does_not_count_what_a_script_is_prepared_to_miss(tmp_path):
    script = write(
        tmp_path / "script.py",
        """
        import tensorflow as tf
        try:
            from tensorflow.contrib import nonsense
        except (KeyError, ImportError):
            nonsense = None
        if hasattr(tf, 'asked_for'):
            tf.asked_for.deeper()
        def function(tf, other=tf.zeros):
            return tf.parameter
        table = lambda tf: tf.parameter
        """,
    )
    run = legacy("--check", "--json", script)
    rows = {row["name"]: row["status"] for row in json.loads(succeeded(run))}
    assert rows == {
        "tf": "native",
        "tf.contrib.nonsense": "guarded",
        "tf.asked_for": "guarded",
        "tf.zeros": "native",
    }
    more = "try: tf.bad\nexcept KeyError: tf.worse\n"
    # Another way out is looked at only if the first one is missing.
    more += "try: tf.ones\nexcept AttributeError: tf.elder\n"
    more += "try: tf.twos\nexcept AttributeError: tf.eldest\n"
    write(script, script.read_text() + more)
    run = legacy("--check", script)
    assert run.returncode == 1
    assert "3 missing, 4 guarded" in run.stdout
