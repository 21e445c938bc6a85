"""The era's Python, NumPy, flags, files and MNIST reader, against recordings of it.

tests/recordings/era/recorded was written by real Python 2.7, NumPy 1.16.6 and 1.18.5,
and TensorFlow 1.15.5, with tests/recordings/era/record.py.
"""

import base64
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import textwrap
import warnings

import numpy as np
import pytest

from helpers.legacy_process import legacy, runner, succeeded, write
from helpers.places import RECORDINGS, ROOT
from legacy.era import (
    lost_methods,
    numpy_changes,
    numpy_names,
    one_element,
    patterns,
    source,
    translate,
)
from legacy.era.python2 import files, pickles
from recordings.era import expressions

ERA = RECORDINGS / "era"
RECORDED = ERA / "recorded"
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([str(ROOT), str(ERA)]),
}


def run_legacy(script, folder, *arguments):
    """Runs a script, given as a path or as text, under the runner in ``folder``."""
    if isinstance(script, str):
        path = folder / "script.py"
        path.write_text(textwrap.dedent(script))
        script = path
    return subprocess.run(
        [*runner(), str(script), *arguments],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=300,
    )


def recorded(name):
    return json.loads((RECORDED / name).read_text())


@pytest.fixture
def compiled(tmp_path):
    """Compiles text as a user's file; gives the code and what was announced."""

    def compile_text(text, in_package=False):
        path = tmp_path / "module.py"
        path.write_text(textwrap.dedent(text))
        told = []
        return source.compile_file(str(path), told.append, in_package), told

    lost_methods.install()
    translate.install()
    one_element.install()
    return compile_text


def execute(code):
    namespace = {"__name__": "module"}
    exec(code, namespace)
    return namespace


# Python 2 and lost methods


@pytest.mark.parametrize("sample", ["python2_sample", "python2_library"])
def test_python_2_prints_what_real_python_2_printed(tmp_path, sample):
    script = ERA / f"{sample}.py"
    before = script.read_bytes()
    done = run_legacy(script, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (RECORDED / f"{sample}.txt").read_text()
    told = [line for line in done.stderr.splitlines() if "is Python 2" in line]
    assert len(told) == 1
    assert "not changed" in told[0]
    assert script.read_bytes() == before


def test_cells_of_a_notebook_are_read_as_files_are(tmp_path):
    """In a real IPython, the shell below every notebook kernel."""
    pytest.importorskip("IPython")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(NOTEBOOK)],
        cwd=tmp_path,
        env={**ENVIRONMENT, "IPYTHONDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    # Releases of IPython count cells that run by `run_cell` from 0 or from 1.
    said = re.sub(r"Out\[\d\]", "Out[0]", done.stdout)
    assert said == NOTEBOOK_SAYS, done.stdout + done.stderr
    assert done.stderr.count("Python 2") == 1


NOTEBOOK = """
    from IPython.core.interactiveshell import InteractiveShell
    shell = InteractiveShell.instance()
    for cell in (
        "print('three', 7 / 2)",
        "import sys\\nfrom legacy import era\\nfrom legacy.imports import ownership\\n"
        "era.install(ownership.is_user, lambda line: print(line, file=sys.stderr))",
        "print('still three', 7 / 2)",
        "print 'two', 7 / 2, {'a': 1}.has_key('a'),\\nprint u'caf\\\\xe9'",
        "class A:\\n    def f(self):\\n        print round(2.5), xrange(2)[1]",
        "A().f()\\n7 / 2",
        "print(f'{7 / 2}', end='!\\\\n')",
                "print map(str, [7 / 2])",
    ):
        shell.run_cell(cell)
"""
NOTEBOOK_SAYS = """three 3.5
still three 3.5
two 3 True café
3.0 1
Out[0]: 3
3!
['3']
"""


def test_modules_beside_the_script_are_translated_too(tmp_path):
    (tmp_path / "beside.py").write_text(
        "def half(n):\n    print 'half'\n    return n / 2\n"
    )
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("import inner\n")
    (tmp_path / "package" / "inner.py").write_text("depth = 0777\n")
    done = run_legacy(
        """
        import beside, package
        print(beside.half(7), package.inner.depth)
        """,
        tmp_path,
    )
    assert done.returncode == 0, done.stderr
    # As real 2.7 printed it: the script is Python 2 as well, by its modules.
    assert done.stdout == "half\n(3, 511)\n"
    told = [line for line in done.stderr.splitlines() if "is Python 2" in line]
    names = [pathlib.Path(line.partition(" is Python 2")[0]).name for line in told]
    assert names == ["beside.py", "__init__.py", "inner.py"]
    assert not list(tmp_path.rglob("__pycache__"))


@pytest.mark.parametrize(
    "text",
    [
        "print 'x'",
        "for i in xrange(3): pass",
        "import cPickle\nimport numpy",
        "x = unicode('a')",
        "def f(x):\n    return long(x)",
        "print ('%d') % 1",
        "import sys\nprint >>sys.stderr, 'x'",
        "print ('a'), 'b'",
        "print ('{}').format(1)",
        "x = [1] + {}.values()",
        "x = {1: 2}.keys()[0]",
        "x = map(int, '12')[0], len(zip('ab', 'cd'))",
        "x = range(2) + [5]",
        "{}.items().sort()",
    ],
)
def test_python_2_is_recognised(compiled, text):
    _, told = compiled(text)
    assert len(told) == 1


@pytest.mark.parametrize(
    "text",
    [
        "print('x', 7 / 2)",
        "from six.moves import xrange\nx = xrange(3)",
        "from six.moves import *\nx = xrange(3)",
        "try:\n    xrange\nexcept NameError:\n    xrange = range\nx = xrange(2)",
        "try:\n    import cPickle as pickle\nexcept ImportError:\n    import pickle",
        "import sys\nif sys.version_info[0] < 3:\n    x = unicode('a')",
        "def f(long, cmp):\n    return long + cmp",
        "x = {}.get('xrange')",
        "print\nprint(3) or print(4)\nx = [print]",
        "x = [1] + list(map(int, '2')), range(3)[1], len(range(3)), len({}.keys())",
        "import pandas\nx = pandas.DataFrame({'a': [1]}).keys()[0]",
        "try:\n    x = {}.keys()[0]\nexcept TypeError:\n    x = 1",
    ],
)
def test_files_for_python_3_or_both_are_left_alone(compiled, text):
    code, told = compiled(text)
    assert told == []
    execute(code)


def test_async_and_await_are_names_where_python_3_6_had_names(compiled):
    text = """
        # async in a comment
        class Flags: async = 1
        def run(async=False, **others):
            await = 3
            return async, await, others
        Flags.async += 1
        found = run(async=Flags.async, x="async"), getattr(Flags, "async")
        async def later(): return 1
        """
    code, told = compiled(text)
    assert execute(code)["found"] == ((2, 3, {"x": "async"}), 2)
    assert told == []
    code, told = compiled("def f(async):\n    return async / 2\nprint f(7)")
    assert execute(code)["f"](7) == 3
    assert len(told) == 1


def test_if_one_file_is_no_python_3_all_are_python_2(compiled, monkeypatch, tmp_path):
    monkeypatch.setattr(source, "_all_python_2", False)
    (tmp_path / "main.py").write_text("print 'x'")
    (tmp_path / "other.py").write_text("def f(async): return 1")
    assert not source.whole_program([str(tmp_path / "other.py")])
    assert execute(compiled("a = 7 / 2")[0])["a"] == 3.5
    assert source.whole_program([str(tmp_path / each) for each in os.listdir(tmp_path)])
    code, told = compiled("a = 7 / 2")
    assert (execute(code)["a"], told) == (3, [])
    # What only Python 3 can read stays Python 3.
    code, told = compiled("def f(*, a: int = 1):\n    nonlocal_ = f'{a!r:>{3}}'\n")
    execute(code)


def test_patterns_split_as_up_to_python_3_6(compiled):
    """Python 2.7 and 3.6 gave these; ``python2_library`` has 2.7's own."""
    patterns.install()
    text = """
        import re
        a = re.split(r"(\\W+)?", "Mary went."), re.split("x*", "axbcx", maxsplit=1)
        b = re.split("b*", "abc", flags=re.I), re.split(",", "a,b"), re.split("", "ab")
        """
    found = execute(compiled(text)[0])
    assert found["a"] == (["Mary", " ", "went", ".", ""], ["a", "bcx"])
    # Up to Python 3.6, the last one was an error.
    assert found["b"] == (["a", "c"], ["a", "b"], ["", "a", "b", ""])


def test_division_follows_the_source(compiled):
    text = "import numpy as np\na = 7 / 2\nb = np.arange(4) / 2\nc = 1.0 / 2\nprint '',"
    found = execute(compiled(text)[0])
    assert (found["a"], found["b"].tolist(), found["c"]) == (3, [0, 0, 1, 1], 0.5)
    found = execute(compiled("from __future__ import division\n" + text)[0])
    assert found["a"] == 3.5
    assert execute(compiled("a = 7 / 2")[0])["a"] == 3.5


def test_lines_of_translated_files_are_those_of_the_file(compiled):
    text = "print 'x'\nimport sys\nreload(sys)\nx = sorted([1], cmp=cmp)\n\n\n1 / 0\n"
    with pytest.raises(ZeroDivisionError) as caught:
        execute(compiled(text)[0])
    lines = [e.lineno for e in caught.traceback if e.path.name == "module.py"]
    assert [line + 1 for line in lines] == [7]


def test_neighbours_in_a_package_are_found_by_short_names(compiled, tmp_path):
    (tmp_path / "__init__.py").touch()
    (tmp_path / "neighbour.py").touch()
    text = "import neighbour\nprint neighbour"
    with pytest.raises(ImportError, match="relative import"):
        execute(compiled(text, in_package=True)[0])
    with pytest.raises(ModuleNotFoundError, match="neighbour"):
        execute(compiled(text)[0])


def test_what_is_no_python_keeps_python_3s_error(compiled):
    with pytest.raises(SyntaxError) as caught:
        compiled("x = 1\ny = = 2\n")
    assert caught.value.lineno == 2


def test_latin_1_sources_are_read(tmp_path):
    path = tmp_path / "latin.py"
    path.write_bytes(b"name = 'caf\xe9'\r\nprint name\r\n")
    told = []
    code = source.compile_file(str(path), told.append)
    assert len(told) == 1
    assert "café" in code.co_consts


def test_parse_gives_the_translated_tree(tmp_path):
    path = tmp_path / "old.py"
    path.write_text("print 1\nx = xrange(3)\n")
    assert [node.lineno for node in source.parse(str(path)).body] == [1, 2]


def test_lost_methods_only_serve_types_that_lost_them(compiled):
    found = execute(
        compiled("""
        import numpy as np
        array = np.arange(4)
        array.itemset(1, 7)
        matrix = np.zeros((2, 2))
        matrix.itemset((0, 1), 5.0)
        matrix.itemset(1, 1, 6.0)
        told = ("abc".decode("utf-8"), b"abc".decode("utf-8"), b"x".encode("utf-8"))
        pairs = list({1: 2}.iteritems())
        first = iter([3]).next()
        raw = array.tostring()
        mode = open(__file__, "rU").mode if "__file__" in globals() else "r"

        class Own:
            def decode(self):
                return "own"

        own = Own().decode()
        try:
            (3).decode()
        except AttributeError as error:
            refused = str(error)
        """)[0]
    )
    assert found["array"].tolist() == [0, 7, 2, 3]
    assert found["matrix"].tolist() == [[0, 5], [0, 6]]
    assert found["told"] == ("abc", "abc", b"x")
    assert found["pairs"] == [(1, 2)]
    assert found["first"] == 3
    assert found["raw"] == found["array"].tobytes()
    assert found["own"] == "own"
    assert "'int' object has no attribute 'decode'" in found["refused"]


def told(value):
    """As ``told`` of tests/recordings/era/python2_pickles.py tells of real Python 2's
    values."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "S":
        return [value.dtype.str, [list(one) for one in value.tolist()]]
    if isinstance(value, np.ndarray):
        return [value.dtype.str, told(value.tolist())]
    if isinstance(value, np.generic):
        return [value.dtype.str, value.item()]
    if isinstance(value, dict):
        return sorted([told(key), told(one)] for key, one in value.items())
    if isinstance(value, (list, tuple)):
        return [told(one) for one in value]
    return value.isoformat() if isinstance(value, datetime.datetime) else value


def test_pickles_of_python_2_hold_what_its_files_hold(tmp_path):
    """Strings equal what a file with their bytes gives; arrays keep theirs."""
    cases = recorded("python2_pickles.json")["cases"]
    assert len(cases) == 60
    for name, data, wanted in cases:
        found = pickles.loads(base64.b64decode(data))
        assert told(found) == wanted, name
        (tmp_path / "old.pickle").write_bytes(base64.b64decode(data))
        assert told(pickles.load(files.open_(tmp_path / "old.pickle"))) == wanted, name
    word = next(iter(pickles.loads(base64.b64decode(cases[0][1]))))
    (tmp_path / "words").write_bytes(b"caf\xc3\xa9")
    assert files.open_(tmp_path / "words").read() in ("café", word)


def test_pickled_arrays_that_python_2_saved_are_read(tmp_path):
    (tmp_path / "old.npy").write_bytes(
        base64.b64decode(recorded("python2_pickles.json")["npy"])
    )
    found = numpy_changes.load(tmp_path / "old.npy").item()
    assert found["café"] == "café"
    assert found["weights"].tolist() == [1, 1]


# NumPy


@pytest.mark.parametrize("version", ["1.16.6", "1.18.5"])
def test_every_name_of_old_numpy_is_there_or_left_out_by_rule(version):
    names = {*recorded(f"numpy-{version}.json")["names"]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy's own, on names that it will remove
        for name in names - numpy_names.LEFT_OUT - numpy_names.NAMES.keys():
            assert hasattr(np, name), name


def test_numpy_gives_what_old_numpy_gave(tmp_path):
    """Each expression, written into a user's script; packages keep their NumPy."""
    script = "import json, math, expressions\nimport numpy as np\nfound = {}\n"
    for text in expressions.EXPRESSIONS:
        script += f"found[{text!r}] = expressions.plain(({text}))\n"
    script += textwrap.dedent("""
        json.dump(found, open("found.json", "w"))
        import keras, scipy, sys
        real = sys.modules["numpy"]
        assert not hasattr(real, "asscalar") and real.array is not np.array
        assert isinstance(np.zeros(2), real.ndarray)
        try:
            np.array([[1], [1, 2]], dtype=np.float32)
        except ValueError:
            pass
        else:
            raise AssertionError("rows of unequal length became floats")
        import numpy.linalg as linalg
        from numpy import in1d, array
        from numpy.random import RandomState
        assert array([[1], [1, 2]]).dtype == object and in1d([1], [1]).all()
        np.save("objects.npy", {"a": 1})
        assert np.load("objects.npy").item() == {"a": 1}
    """)
    done = run_legacy(script, tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "found.json").read_text())
    wanted = recorded("numpy-1.16.6.json")["values"]
    assert {text: value for text, value in found.items() if value != wanted[text]} == {}


# TensorFlow names


def test_flags_files_shapes_and_removed_names(tmp_path):
    """What no release of today does, in one process."""
    (tmp_path / "other.py").write_text("answer = 6 * 7\n")
    done = run_legacy(
        """
        import collections, inspect, sys, time, threading
        import tensorflow as tf
        from absl import flags as absl_flags

        flags = tf.app.flags
        flags.DEFINE_string("name", "n", "a name")
        flags.DEFINE_integer("count", 3, "a number")
        flags.DEFINE_boolean("fast", False, "a choice")
        flags.DEFINE_float("rate", .5, "another")
        flags.DEFINE_string("log_dir", "mine", "absl has a flag of this name, too")
        flags.DEFINE_string("nothing", None, "no default")
        FLAGS = flags.FLAGS
        assert FLAGS._parse_flags() in ([], ["--unknown=1", "rest"])
        old = FLAGS.__flags
        assert sorted(old) == ["count", "fast", "log_dir", "name", "nothing", "rate"]
        assert {k: v for k, v in old.items()} == dict(
            name="given", count=4, fast=True, rate=.5, log_dir="mine", nothing=None)
        assert str(old["fast"]) == "True" and "{}".format(old["fast"]) == "True"
        assert repr(old["name"]) == "'given'" and old["name"].value == "given"
        assert old["fast"].value is True and old["count"].value == 4
        assert FLAGS.count == 4 and absl_flags.FLAGS.count == 4
        FLAGS.count = 5
        FLAGS.made = [1]
        assert FLAGS.count == 5 and FLAGS.made == [1] and "made" in FLAGS.__flags
        assert FLAGS["count"].value == 5 and "count" in FLAGS
        try:
            FLAGS.absent
        except AttributeError as error:
            assert "absent" in str(error)
        else:
            raise AssertionError("a flag from nowhere")
        for name in list(FLAGS._flags()):
            if name == "rate":
                FLAGS.__delattr__(name)
        assert "rate" not in FLAGS.__flags

        with tf.gfile.GFile("text", "w") as f:
            f.write("caf\\u00e9\\nb\\n")
        open("graph", "wb").write(b"\\xff\\xfe\\x00")
        assert tf.gfile.GFile("text").read().decode("utf-8") == "caf\\u00e9\\nb\\n"
        assert tf.gfile.Open("text", "rb").read().decode("utf-8") == "caf\\u00e9\\nb\\n"
        assert tf.gfile.FastGFile("graph", "r").read() == b"\\xff\\xfe\\x00"
        assert list(tf.gfile.GFile("text", "r")) == ["caf\\u00e9\\n", "b\\n"]

        x = tf.placeholder(tf.float32, [None, 6])
        shape = x.get_shape()
        assert shape[1].value == 6 and shape[0].value is None
        assert shape.as_list() == [None, 6]
        assert x.shape[1] // 4 == 1 and int(shape[1]) * 2 == 12 and shape[1] == 6
        assert tf.zeros([shape[1], 2]).shape.as_list() == [6, 2]

        assert isinstance([], collections.Iterable) and time.clock() > 0
        assert inspect.getargspec(lambda a, b=1: a).defaults == (1,)
        assert threading.Thread().isAlive() is False
        import imp
        assert imp.load_source("loaded", "other.py").answer == 42
        print("all of it")
        """,
        tmp_path,
        *["--name=given", "--count", "4", "--fast", "--unknown=1", "rest"],
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "all of it\n"


def test_mnist_reader_gives_tensorflows_batches(tmp_path):
    done = run_legacy(
        """
        import gzip, json, os, shutil, mnist_files
        from tensorflow.examples.tutorials.mnist import input_data
        found = mnist_files.batches(input_data)
        json.dump(found, open("found.json", "w"))
        os.mkdir("plain")
        mnist_files.write("plain", pack=False)
        sets = input_data.read_data_sets("plain", validation_size=4)
        assert sets.train.num_examples == 26 and sets.train.images.max() <= 1
        try:
            input_data.read_data_sets("plain", validation_size=99)
        except ValueError as error:
            assert "99" in str(error)
        else:
            raise AssertionError("99 of 30")
        os.rename("plain/t10k-labels-idx1-ubyte", "plain/train-images-idx3-ubyte")
        shutil.copy("plain/train-labels-idx1-ubyte", "plain/t10k-labels-idx1-ubyte")
        try:
            input_data.read_data_sets("plain")
        except ValueError as error:
            assert "2051" in str(error) and "2049" in str(error)
        else:
            raise AssertionError("labels taken for images")
        """,
        tmp_path,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "found.json").read_text())
    wanted = recorded("mnist.json")["batches"]
    assert found.keys() == wanted.keys()
    for name in wanted:
        compare(found[name], wanted[name])


def compare(found, wanted):
    """Equal, numbers to the rounding of a float32 sum."""
    if isinstance(wanted, list):
        assert len(found) == len(wanted)
        for one, other in zip(found, wanted, strict=True):
            compare(one, other)
    elif isinstance(wanted, float):
        assert found == pytest.approx(wanted, rel=1e-7)
    else:
        assert found == wanted


def test_mnist_without_files_or_network_names_the_files(tmp_path):
    done = run_legacy(
        """
        import sys
        import keras
        def unreachable():
            raise Exception("URL fetch failure")
        keras.datasets.mnist.load_data = unreachable
        from tensorflow.examples.tutorials.mnist import input_data
        input_data.read_data_sets("nowhere", one_hot=True)
        """,
        tmp_path,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    line = done.stderr.splitlines()[-1]
    for name in ("train-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", "nowhere"):
        assert name in line


@pytest.mark.slow
def test_mnist_without_files_comes_from_keras(tmp_path):
    done = run_legacy(
        """
        import keras, numpy as np
        images = np.zeros((7000, 28, 28), np.uint8)
        labels = np.arange(7000, dtype=np.uint8) % 10
        keras.datasets.mnist.load_data = lambda: ((images, labels), (images, labels))
        from tensorflow.examples.tutorials.mnist import input_data
        sets = input_data.read_data_sets("nowhere", one_hot=True)
        assert sets.train.images.shape == (2000, 784)
        assert sets.test.labels.shape == (7000, 10)
        assert sets.validation.labels[3].tolist() == np.eye(10)[3].tolist()
        """,
        tmp_path,
    )
    assert done.returncode == 0, done.stderr


OLD_FLAGS = """
    import tensorflow as tf
    tf.app.flags.DEFINE_boolean("fp16", True, "a choice")
    tf.app.flags.DEFINE_integer("epochs", 3, "a number")
    FLAGS = tf.app.flags.FLAGS
    def main(argv):
        print(FLAGS.fp16, FLAGS.epochs, argv[1:])
    {mark}
    if __name__ == "__main__":
        tf.app.run()
"""


@pytest.mark.parametrize(
    ("mark", "printed"),
    [
        # What real 0.12.1 and real 1.15.5 print.
        ("two = tf.mul(1, 2)", "False 5 []"),
        ("two = 1", "True 5 ['False']"),
    ],
)
def test_a_boolean_flag_takes_the_next_word_up_to_1_4(tmp_path, mark, printed):
    script = write(tmp_path / "script.py", OLD_FLAGS.format(mark=mark))
    run = legacy(script, "--fp16", "False", "--epochs=5")
    assert succeeded(run).strip() == printed


def test_tensor_arrays_pack_and_unpack(tmp_path):
    script = write(
        tmp_path / "script.py",
        """
        import tensorflow as tf
        array = tf.TensorArray(tf.float32, 2).unpack(tf.constant([1., 2.]))
        with tf.Session() as session:
            print(session.run(array.pack()).tolist())
        """,
    )
    assert succeeded(legacy(script)).strip() == "[1.0, 2.0]"
