"""Records what real, old TensorFlows compute with the scripts of this folder.

    python record.py PYTHON [SCRIPT ...]

PYTHON is an interpreter with TensorFlow 0.12.1 (Python 2.7), 1.0.0 (3.6) or 1.15.5
(3.7). Runs each script that belongs to that release (or those named) in a new folder,
and writes recorded/SCRIPT.json: {"tensorflow", "python", "numpy", "numbers"}, floats
to nine digits, which is all that float32 holds, and recorded/SCRIPT.txt, what it
printed. Of TEXTS, it writes the latter only. This script runs under any Python 3; see
README.md on how to add a script.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = "out.json"
# A script's own line on its release, and its arguments; one without any only prints.
_RECORDED = re.compile(r"^# Recorded with TensorFlow ([\d.]+)(?:: (.+))?$", re.MULTILINE)


def _scripts():
    """From each script's name to its release and its arguments."""
    found = {}
    for file in sorted(os.listdir(HERE)):
        if file.endswith(".py"):
            with open(os.path.join(HERE, file), encoding="utf-8") as text:
                line = _RECORDED.search(text.read())
            if line:
                found[file[:-3]] = line[1], shlex.split(line[2] or "")
    return found


# Script: (the release it was written for or the nearest here, its arguments).
SCRIPTS = {name: about for name, about in _scripts().items() if about[1]}
# Scripts that print, and compute nothing that is compared otherwise: their releases.
TEXTS = {name: release for name, (release, words) in _scripts().items() if not words}
# These print how long something took.
TIMED = {"char_rnn"}
_ABOUT = (
    "import sys, numpy, tensorflow; "
    "print(tensorflow.__version__, sys.version.split()[0], numpy.__version__)"
)


def run(command, script, folder, **options):
    """Runs ``command`` with a script and its arguments in ``folder``.

    Returns:
      The finished process; its numbers are in ``folder``/out.json.
    """
    path = os.path.join(HERE, script + ".py")
    _, arguments = SCRIPTS.get(script, (None, []))
    return subprocess.run(
        [*command, path, *arguments], cwd=folder, timeout=600, **options
    )


def printed(script):
    """What the real release printed."""
    with open(os.path.join(HERE, "recorded", script + ".txt"), encoding="utf-8") as f:
        return f.read()


def numbers(folder):
    """The numbers that a script wrote into ``folder``."""
    with open(os.path.join(folder, OUT)) as file:
        return json.load(file)


def _rounded(value):
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return value


def main(argv):
    python, wanted = argv[0], argv[1:]
    told = subprocess.check_output([python, "-c", _ABOUT], text=True)
    tensorflow, version, numpy = told.replace("'", "").strip("()\n").split()
    about = {"tensorflow": tensorflow.strip(","), "python": version.strip(",")}
    about["numpy"] = numpy
    releases = {script: release for script, (release, _) in SCRIPTS.items()}
    for script, release in {**releases, **TEXTS}.items():
        if script not in wanted and (wanted or release != about["tensorflow"]):
            continue
        path = os.path.join(HERE, "recorded", script)
        with tempfile.TemporaryDirectory() as folder:
            done = run([python], script, folder, check=True, capture_output=True)
            with open(path + ".txt", "wb") as file:
                file.write(done.stdout)
            if script in SCRIPTS:
                found = {**about, "numbers": _rounded(numbers(folder))}
                with open(path + ".json", "w") as file:
                    json.dump(found, file, sort_keys=True)
                    file.write("\n")
        print("recorded", os.path.relpath(path, HERE))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
