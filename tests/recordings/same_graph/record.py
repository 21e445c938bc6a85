"""Records the graphs that real TensorFlow 1.15.5 builds, and the numbers they give.

    python record.py PYTHON [SCRIPT ...]

PYTHON is an interpreter with TensorFlow 1.15.5. Runs each script of the folder scripts
(or those named) in a new folder, and writes recorded/SCRIPT.json.gz: {"tensorflow",
"operations": [[name, type], ...] in the order in which they were made, "weights":
{variable: first sixteen digits of the SHA-256 of its first value's bytes}, "losses": of
the first five steps}. This script runs under any Python 3.
"""

import gzip
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
_VERSION = "import tensorflow; print(tensorflow.__version__)"


def scripts():
    """The names of all scripts."""
    names = os.listdir(os.path.join(HERE, "scripts"))
    names = {name[:-3] for name in names if name.endswith(".py")}
    return sorted(names - {"seen"})


def recorded(script):
    """What real TensorFlow gave for ``script``."""
    path = os.path.join(HERE, "recorded", script + ".json.gz")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return json.load(file)


def run(command, script, folder, **options):
    """Runs ``command`` with a script in ``folder``; returns what the script saw."""
    path = os.path.join(HERE, "scripts", script + ".py")
    out = os.path.join(folder, "seen.json")
    subprocess.run(
        [*command, path, out], cwd=folder, timeout=600, check=True, **options
    )
    with open(out, encoding="utf-8") as file:
        return json.load(file)


def main(argv):
    """Records the scripts that ``argv`` names after the interpreter, or all."""
    python, wanted = argv[0], argv[1:] or scripts()
    version = subprocess.check_output([python, "-c", _VERSION], text=True).strip()
    for script in wanted:
        with tempfile.TemporaryDirectory() as folder:
            found = run([python], script, folder, stderr=subprocess.DEVNULL)
        text = json.dumps({"tensorflow": version, **found}, sort_keys=True)
        path = os.path.join(HERE, "recorded", script + ".json.gz")
        with open(path, "wb") as file:
            # Without a time or a name: the same record is the same file.
            file.write(gzip.compress(text.encode(), mtime=0))
        print("recorded", os.path.relpath(path, HERE))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
