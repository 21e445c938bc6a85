"""Records the era from real, old interpreters.

    PYTHON record.py    (in turn Python 2.7 with TensorFlow 0.12.1, 3.6 with 1.0.0 and
                         3.7 with 1.15.5; runs under each)

Writes recorded/numpy-VERSION.json (names, and from 1.16.6
the values of expressions.py) and, from
1.15.5, recorded/mnist.json (batches of the tutorials' reader); from Python 2.7,
what python2_sample.py and python2_library.py print, and python2_pickles.json.
"""
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
RECORDED = os.path.join(HERE, "recorded")


def write(name, value, indent=0):
    with open(os.path.join(RECORDED, name), "w") as f:
        json.dump(value, f, sort_keys=True, indent=indent)
        f.write("\n")


def main():
    import expressions
    import mnist_files

    if sys.version_info[0] == 2:
        import python2_pickles

        for sample in ("python2_sample", "python2_library"):
            path = os.path.join(HERE, sample + ".py")
            told = subprocess.check_output([sys.executable, path], cwd=tempfile.mkdtemp())
            with open(os.path.join(RECORDED, sample + ".txt"), "wb") as f:
                f.write(told)
        write("python2_pickles.json", python2_pickles.recording(), indent=None)
        return 0
    about = {"python": sys.version.split()[0], "numpy": np.__version__}
    names = [name for name in dir(np) if not name.startswith("_")]
    found = dict(about, names=names)
    if np.__version__ == "1.16.6":
        found["values"] = expressions.values({"np": np})
    write("numpy-%s.json" % np.__version__, found)
    import tensorflow as tf
    if tf.__version__ == "1.15.5":
        from tensorflow.examples.tutorials.mnist import input_data
        write("mnist.json", dict(about, tensorflow=tf.__version__, batches=mnist_files.batches(input_data)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
