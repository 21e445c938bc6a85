"""What depends on the release is as each real TensorFlow recorded it.

The files of tests/recordings/releases/recorded were written by real TensorFlow 0.12.1,
1.0.0 and 1.15.5 (tests/recordings/releases/README.md); here each case runs under
``python -m legacy --release``.
"""

import numpy as np
import pytest

from helpers.legacy_process import environment, runner
from recordings.releases import record

# Of the largest value: float32 in other kernels. The cases reach 3e-7.
LIMIT = 2e-6


def compare(found, wanted, path):
    """Yields what differs; numbers by value, all else exactly."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        if found.keys() != wanted.keys():
            yield f"{path}: expected {sorted(wanted)}, received {sorted(found)}"
            return
        for key in wanted:
            yield from compare(found[key], wanted[key], f"{path}/{key}")
        return
    try:
        one, other = np.asarray(found, np.float64), np.asarray(wanted, np.float64)
    except (TypeError, ValueError):
        one = other = None
    lists = isinstance(wanted, list) and isinstance(found, list)
    if one is None and lists and len(found) == len(wanted):
        for place, pair in enumerate(zip(found, wanted, strict=True)):
            yield from compare(*pair, f"{path}[{place}]")
    elif one is None or isinstance(wanted, (str, bool, int)):
        if found != wanted:
            yield f"{path}: expected {wanted}, received {found}"
    elif one.shape != other.shape:
        yield f"{path}: expected shape {other.shape}, received {one.shape}"
    else:
        gap = np.abs(one - other).max(initial=0) / (np.abs(other).max(initial=0) or 1)
        if not gap <= LIMIT:
            yield f"{path}: relative difference {gap:.2g} (limit {LIMIT})"


def as_named(case, release):
    """A case with its variables as names and shapes; before 1.15 as shapes alone.

    Earlier releases had other names, which are 1.15's here.
    """
    if release != "1.15.5" and "variables" in case:
        return {**case, "variables": [shape for _, shape in case["variables"]]}
    return case


@pytest.mark.parametrize(
    ("name", "release"),
    [
        pytest.param(
            name,
            release,
            marks=() if (name, release) == record.FIRST else pytest.mark.slow,
        )
        for name, releases in record.CASES.items()
        for release in releases
    ],
)
def test_as_the_release_did(name, release):
    wanted = record.read(name, release)
    assert wanted["tensorflow"] == release
    command = [*runner(), "--release", release]
    found, told = record.run(command, name, release, env=environment())
    assert found.keys() == wanted["cases"].keys()
    gaps = [
        gap
        for case, one in wanted["cases"].items()
        for gap in compare(as_named(found[case], release), as_named(one, release), case)
    ]
    assert not gaps, "\n".join(gaps)
    assert "is assumed" not in told
