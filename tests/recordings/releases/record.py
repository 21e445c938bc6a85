"""Records what real, old TensorFlows do with the cases of this folder.

    python record.py PYTHON [CASES ...]

PYTHON is an interpreter with TensorFlow 0.12.1, 1.0.0 or 1.15.5. Writes
recorded/CASES-RELEASE.json.gz, floats to nine digits. Runs under any Python 3.
"""

import gzip
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
# The files of cases/, with the releases that each is recorded on.
CASES = {
    "stacks": ("0.12.1", "1.0.0", "1.15.5"),
    "defaults": ("0.12.1", "1.0.0", "1.15.5"),
    "cells_in_layers": ("1.15.5",),
    "keras_1_15": ("1.15.5",),
    "modules_0_12": ("0.12.1",),
    "modules_1_15": ("1.15.5",),
    "canned_1_15": ("1.15.5",),
}
# All but this one, which is the nearest to the cell, are slow tests.
FIRST = ("stacks", "1.0.0")


def path_of(name, release):
    return os.path.join(HERE, "recorded", f"{name}-{release}.json.gz")


def read(name, release):
    with gzip.open(path_of(name, release), "rt") as file:
        return json.load(file)


def run(command, name, release, **options):
    """What ``command`` (an interpreter, or the runner) gives for a file of cases."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out.json")
        script = os.path.join(HERE, "harness.py")
        done = subprocess.run(
            [*command, script, name, out, release],
            cwd=folder,
            timeout=600,
            capture_output=True,
            text=True,
            **options,
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-3000:])
        with open(out) as file:
            return json.load(file), done.stderr


def main(argv):
    python, wanted = argv[0], argv[1:]
    release = subprocess.check_output(
        [python, "-c", "import tensorflow as tf; print(tf.__version__)"], text=True
    ).strip()
    for name, releases in CASES.items():
        if release not in releases or (wanted and name not in wanted):
            continue
        found, _ = run([python], name, release)
        made_by = {"tensorflow": release, "by": "record.py", "cases": found}
        # No time in the file, so that the same cases give the same bytes.
        text = json.dumps(made_by, sort_keys=True, separators=(",", ":"))
        with open(path_of(name, release), "wb") as file:
            file.write(gzip.compress(text.encode(), mtime=0))
        failed = [case for case in found if "raises" in found[case]]
        print(f"recorded {name}, {release}: {len(found)} cases; they raise:", *failed)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
