"""Writes recorded/FAMILY-RELEASE.npz with the real TensorFlow that runs it.

    PYTHON_OF_THE_RELEASE tests/recordings/contrib/generate.py rnn layers ...

Needs only NumPy and that TensorFlow; run once for each of 1.15.5, 1.0.0 and 0.12.1.
"""

import importlib
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import harness  # noqa: E402


def main(families):
    import tensorflow as tf

    for family in families:
        module = importlib.import_module("scenarios." + family)
        results = {}
        for build in harness.scenarios(module):
            if tf.__version__ in build.releases:
                results[build.__name__] = harness.run(tf, build)
        if results:
            path = os.path.join(
                HERE, "recorded", family + "-" + tf.__version__ + ".npz"
            )
            harness.save(
                path, "TensorFlow " + tf.__version__ + ", generate.py", results
            )
            print("%s: %d scenarios" % (os.path.basename(path), len(results)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
