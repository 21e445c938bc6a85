"""Runs the tests that hold limits under settings that change rounding; makes a table.

    python tests/settings.py [--only SETTING ...] [--slow] [PYTEST-ARGUMENT ...]
    python tests/settings.py --list

Each setting is a run of the README's test command with other environment variables.
``--slow`` adds the slow tests. Other arguments go to pytest in their place (files,
``-k``).

The largest differences go to ``processors.json`` in ``docs/evidence``, where a run
replaces what an earlier one of the same setting left, and from there into the table of
``processors.md``. The exit code is 1 if a test failed under any setting.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parent
DOCS = TESTS.parent / "docs" / "evidence"
RESULTS, DOCUMENT = DOCS / "processors.json", DOCS / "processors.md"
#: The variable that names the folder into which ``rounding.within`` records.
RECORD = "BNLSTM_COMPAT_DIFFERENCES"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"

_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)
#: The packages whose versions stand above the table.
PACKAGES = ("tensorflow", "keras", "numpy")
#: What stands in the results for tests that were not chosen by hand.
ALL = "the README's test command"
#: From a setting's name to its environment variables.
SETTINGS = {
    "none": {},
    "oneDNN on": {"TF_ENABLE_ONEDNN_OPTS": "1"},
    "oneDNN off": {"TF_ENABLE_ONEDNN_OPTS": "0"},
    "oneDNN for AVX2": {"ONEDNN_MAX_CPU_ISA": "AVX2"},
    "oneDNN for AVX-512": {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE"},
    "oneDNN off, for AVX2": {
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
    },
    "XLA for SSE4.2": {"XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2"},
    "XLA for AVX2": {"XLA_FLAGS": "--xla_cpu_max_isa=AVX2"},
    "oneDNN and XLA for AVX2": {
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
    },
    "OpenBLAS for Haswell": {"OPENBLAS_CORETYPE": "Haswell"},
    "OpenBLAS for Nehalem": {"OPENBLAS_CORETYPE": "Nehalem"},
    "one thread": dict.fromkeys(_THREADS, "1"),
    "two threads": dict.fromkeys(_THREADS, "2"),
}
#: The columns, and the limit where it is one figure.
KINDS = {
    "inference": "6e-7",
    "training": "3e-5",
    "gradients": "2e-4",
    "statistics": "3e-7",
    "losses": "2e-6",
    "after Adam": "1e-6 and more",
    "SeqSleepNet": "5e-6",
    "contrib outputs": "5e-6",
    "contrib gradients": "5e-5",
    "recalibration": "2e-6 and more",
    "replicas": "1e-5",
    "rounding": "computed",
    "half precision": "computed",
    "differences": "2e-6",
    "float64": "1e-14 to 1e-11",
}


def run(setting, arguments, slow):
    """Runs pytest under a setting; gives what ``RESULTS`` keeps of it."""
    variables = SETTINGS[setting]
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile"]
    command += [] if slow else ["-m", "not slow"]
    with tempfile.TemporaryDirectory() as folder:
        start = time.monotonic()
        done = subprocess.run(
            [*command, *arguments],
            cwd=TESTS.parent,
            env={**os.environ, **variables, RECORD: folder},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        lines = [
            json.loads(line)
            for file in Path(folder).iterdir()
            for line in file.read_text(encoding="utf-8").splitlines()
        ]
        seconds = time.monotonic() - start
    tail = done.stdout.strip().splitlines()[-1]
    failed = re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    if done.returncode not in (0, 1):  # not of tests that ran
        raise SystemExit(done.stdout[-3000:])
    print(f"{setting}: {tail}", *failed, sep="\n  ", flush=True)
    return {
        "variables": variables,
        "tests": shlex.join(arguments) or ALL,
        "slow": slow,
        "seconds": round(seconds),
        "passed": int((re.search(r"(\d+) passed", tail) or [0, 0])[1]),
        "failed": failed,
        "kinds": largest(lines),
    }


def largest(lines):
    """From kind to the largest difference, and to the largest share of its limit."""
    found = {}
    for line in lines:
        share = line["difference"] / line["limit"] if line["limit"] else 0.0
        most = found.setdefault(line["kind"], {"difference": 0.0, "share": 0.0})
        most["difference"] = max(most["difference"], line["difference"])
        if share >= most["share"]:
            most |= {"share": share, "test": line["test"]}
    return found


def processor():
    """The machine, for the table's head."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        text = info.read_text(encoding="utf-8", errors="replace")
        name = (re.search(r"model name\s*: (.*)", text) or [0, name])[1]
        name += ", AVX-512" * ("avx512f" in text)
    versions = (f"{p} {importlib.metadata.version(p)}" for p in PACKAGES)
    return f"{name}, {os.cpu_count()} cores; " + ", ".join(versions)


def cell(kind, found):
    """What the table shows of a setting's differences of one kind."""
    if not found:
        return ""
    share = f"({found['share']:.2f})"
    # Computed limits are of values small and large: their differences do not compare.
    return share if KINDS[kind] == "computed" else f"{found['difference']:.1e} {share}"


def table(results):
    """The results as Markdown: a row for each setting, a column for each kind."""
    kinds = [k for k in KINDS if any(k in one["kinds"] for one in results.values())]
    limits = [KINDS[kind] for kind in kinds]
    rows = [
        ["setting", *kinds, "passed", "failed"],
        ["---"] * (len(kinds) + 3),
        ["limit", *limits, "", ""],
    ]
    for setting in [name for name in SETTINGS if name in results]:
        one = results[setting]
        cells = [cell(kind, one["kinds"].get(kind)) for kind in kinds]
        rows.append([setting, *cells, str(one["passed"]), str(len(one["failed"]))])
    lines = [f"| {' | '.join(row)} |" for row in rows]
    chosen = {one["tests"]: [] for one in results.values()}
    for setting, one in results.items():
        chosen[one["tests"]].append(setting)
    for tests, settings in chosen.items():
        if tests != ALL:
            lines += ["", f"Made with a selection of the tests: {', '.join(settings)}:"]
            lines += ["", "```text", tests, "```"]
    return "\n".join(lines)


def write(setting, result):
    """Writes a setting's result into ``RESULTS`` and ``DOCUMENT``."""
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    machine = processor()
    # Results of another machine or other versions are not of this table.
    results = kept.get("settings", {}) if kept.get("machine") == machine else {}
    results[setting] = result
    write_table(machine, results)
    kept = {"machine": machine, "settings": results}
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def write_table(machine, results):
    """Puts the table into ``DOCUMENT``."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    middle = f"{BEGIN}\n{machine}\n\n{table(results)}\n{END}"
    DOCUMENT.write_text(before + middle + after, encoding="utf-8")


def main(argv=None):
    """Runs the settings asked for; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=SETTINGS, metavar="SETTING")
    parser.add_argument("--slow", action="store_true", help="slow tests, too")
    parser.add_argument("--list", action="store_true", help="list the settings")
    given, arguments = parser.parse_known_args(argv)
    if given.list:
        for name, variables in SETTINGS.items():
            print(name, *(f"{k}={v}" for k, v in variables.items()), sep="\t")
        return 0
    failed = False
    for setting in given.only or SETTINGS:
        result = run(setting, arguments, given.slow)
        failed |= bool(result["failed"])
        write(setting, result)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
