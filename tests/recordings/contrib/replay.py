"""Replays a family's scenarios under today's TensorFlow and compares with recorded.

python tests/recordings/contrib/replay.py FAMILY [RELEASE [SCENARIO]]      exit 1 and a
list on a difference
"""

import glob
import importlib
import json
import os
import sys
import traceback
import warnings

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, TESTS, os.path.dirname(TESTS)]
warnings.simplefilter("ignore")

import harness  # noqa: E402
import numpy as np  # noqa: E402

from helpers.rounding import record  # noqa: E402

# Of an array's largest value: other kernels, other order of sums. Each run prints the
# largest difference that it met.
OUTPUTS, GRADIENTS = 5e-6, 5e-5
# A gradient that is small because terms near 1 cancel keeps their rounding (measured
# 7e-8).
ROUNDING = 2e-7


# The largest relative differences of a run, by kind.
worst = {"outputs": 0.0, "gradients": 0.0}


class Family:
    """`tf.contrib.rnn` and its like, from the tables in `legacy.contrib`."""

    def __init__(self, path):
        self._path = path

    def __getattr__(self, name):
        from legacy.contrib import FAMILIES, names_of

        inner = f"{self._path}.{name}".lstrip(".")
        home = FAMILIES.get(self._path)
        if home:
            target = names_of(home).get(name)
            if target is not None:
                return resolve(target)
        if inner in FAMILIES or any(key.startswith(inner + ".") for key in FAMILIES):
            return Family(inner)
        raise AttributeError(f"tf.contrib.{inner}")


def resolve(target):
    if not isinstance(target, str):
        return target
    module, _, attribute = target.partition(":")
    module = importlib.import_module(module)
    for part in attribute.split(".") if attribute else ():
        module = getattr(module, part)
    return module


class Facade:
    """compat.v1 with `contrib`; the runner's own facade is tested elsewhere."""

    def __init__(self):
        import tensorflow.compat.v1 as tf

        from legacy.contrib import setup

        tf.disable_v2_behavior()
        tf.logging.set_verbosity(tf.logging.ERROR)
        setup()
        self._tf, self.contrib = tf, Family("")

    def __getattr__(self, name):
        return getattr(self._tf, name)


def differences(build, recording, outputs, shapes, release):
    expected_shapes = json.loads(str(recording[build.__name__ + "|variables"]))
    if not build.names or release != "1.15.5":
        expected_shapes = [[None, shape] for _, shape in expected_shapes]
        shapes = [[None, shape] for _, shape in shapes]
    if expected_shapes != shapes:
        yield f"variables: expected {expected_shapes}\n    received {shapes}"
    keys = {k.split("|")[1] for k in recording if k.startswith(build.__name__ + "|")}
    seen = {"variables"}
    for key, value in outputs.items():
        stored = key
        if key + "#json" in keys:
            stored = key + "#json"
            value = harness.as_json(harness.as_text(value.tolist()))
        seen.add(stored)
        if stored not in keys:
            yield f"{key}: not in the recording file"
            continue
        expected = recording[f"{build.__name__}|{stored}"]
        if expected.shape != value.shape:
            yield f"{key}: expected shape {expected.shape}, received {value.shape}"
        elif expected.dtype.kind == "f":
            limit = GRADIENTS if key.startswith("grad") else OUTPUTS
            scale = max(np.abs(expected).max(initial=0), 1e-30)
            gap = np.abs(expected - value).max(initial=0)
            kind = "gradients" if limit == GRADIENTS else "outputs"
            if gap > ROUNDING or limit == OUTPUTS:
                worst[kind] = max(worst[kind], gap / scale)
                record(f"contrib {kind}", float(gap / scale), limit)
            if not gap <= limit * scale + (ROUNDING if limit == GRADIENTS else 0):
                gap /= scale
                yield f"{key}: relative difference {gap:.2g} (limit {limit})"
        elif not np.array_equal(expected, value):
            yield f"{key}: expected {expected.tolist()}, received {value.tolist()}"
    if keys - seen:
        yield f"missing: {sorted(keys - seen)}"


def brief(text, frame=("/legacy/", "/scenarios/")):
    """The frames of a traceback that are ours, and its last lines."""
    lines = text.splitlines()
    ours = [line for line in lines if any(part in line for part in frame)]
    return "\n".join(ours + lines[-6:])[:3000]


def main(family, release=None, only=None):
    from legacy import release as releases

    module = importlib.import_module("scenarios." + family)
    tf, failed, done = Facade(), 0, 0
    for path in sorted(glob.glob(os.path.join(HERE, "recorded", family + "-*.npz"))):
        recording = dict(np.load(path))
        of = path[:-4].rpartition("-")[2]
        for build in harness.scenarios(module):
            if of not in build.releases or (release and release != of):
                continue
            if only and build.__name__ != only:
                continue
            releases.tell(of)
            try:
                outputs, shapes = harness.run(tf, build)
                gaps = list(differences(build, recording, outputs, shapes, of))
            except Exception:
                gaps = [brief(traceback.format_exc())]
            failed, done = failed + bool(gaps), done + 1
            for gap in gaps:
                print(f"{family}.{build.__name__} ({of}): {gap}")
    print(f"{family}: {done - failed} of {done} scenarios agree")
    print(
        "largest relative difference: outputs {outputs:.1e}, gradients "
        "{gradients:.1e}".format(**worst)
    )
    return int(bool(failed) or not done)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
