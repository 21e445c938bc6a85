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
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = "out.json"
# Script: (the release it was written for or the nearest here, its arguments).
SCRIPTS = {
    "attention": ("1.15.5", [OUT]),
    "basecaller": ("0.12.1", [OUT]),
    "bnlstm_alone": ("0.12.1", [OUT]),
    "bnlstm_wrapped": ("0.12.1", [OUT]),
    "char_rnn": ("0.12.1", [OUT]),
    "crf_tagger": ("1.15.5", [OUT]),
    "data_1_15": ("1.15.5", [OUT]),
    "estimator_1_15": ("1.15.5", [OUT]),
    "flags_app": (
        "1.0.0",
        ["--out", OUT, "--hidden=5", "--noshuffle", "--verbose=false", "--other", "3"],
    ),
    "hparams_1_4": ("1.15.5", [OUT, "--hparams", "dropout=0.0"]),
    # Runs on 1.0.0 too, whose moving variances alone differ (biased until 1.1).
    "layers_classifier": ("1.15.5", [OUT]),
    "mnist_tutorial": ("1.0.0", [OUT]),
    "own_cells": ("0.12.1", [OUT]),
    "ptb_python2": ("0.12.1", [OUT]),
    "queue_reader": ("0.12.1", [OUT]),
    "static_contrib": ("1.0.0", [OUT]),
    "summaries_saver": ("0.12.1", [OUT]),
    "translate_1_0": ("1.0.0", [OUT]),
}
# Scripts that print, and compute nothing that is compared otherwise: their releases.
TEXTS = {
    "deep_1_15": "1.15.5",
    "events_1_15": "1.15.5",
    "private_0_12": "0.12.1",
    "text_0_12": "0.12.1",
    "text_1_0": "1.0.0",
    "text_1_15": "1.15.5",
}
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
