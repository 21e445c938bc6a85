"""How far results may be apart: limits that are checked, recorded, and derived.

A limit is one of three things, and says which: how far real TensorFlows are from each
other (``tolerances.py``); what rounding may do, by ``limits`` here; or a figure
measured under all settings of ``settings.py``, with slack. That one runs the tests
under each setting and collects what ``within`` records.
"""

import json
import os

import numpy as np

from bnlstm_compat import BNLSTMWeights, reference
from settings import RECORD

#: A path may move results so many times as far as one rounding of its inputs does. It
#: has about ten roundings one after the other in each step, of about the size of that
#: of its inputs, and of either sign: 3 is what to expect, 8 what is allowed.
#: ``docs/evidence/processors.md`` has what was met.
ROUNDINGS = 8


def record(kind, difference, limit):
    """Notes a difference and its limit where ``settings.py`` asks for it.

    ``kind``: the column of the table in ``docs/evidence/processors.md``.
    """
    folder = os.environ.get(RECORD)
    if not folder:
        return
    test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0]
    line = {"kind": kind, "difference": difference, "limit": limit, "test": test}
    path = os.path.join(folder, f"{os.getpid()}.jsonl")
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def within(kind, difference, limit, what=""):
    """Asserts ``difference <= limit``, and records both; ``what``: for the message."""
    difference, limit = float(difference), float(limit)
    record(kind, difference, limit)
    assert difference <= limit, f"{what or kind}: {difference:.3g}, at most {limit:.3g}"


def close(kind, actual, expected, limit, what=""):
    """``within`` for the largest |difference| of two arrays."""
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    assert actual.shape == expected.shape
    within(kind, np.abs(actual - expected).max(initial=0), limit, what)


def moved(compute, arrays, precision=2.0**-24, draws=8):
    """How far results move where each number that goes in is rounded anew.

    That is what the dtype costs at least: the size of the sums and the conditioning
    (small variances of few rows above all) are in it.

    Args:
      compute: function of a dict of float64 arrays, giving a dict of arrays.
      arrays: those to round. precision: half the distance from 1 to the next number.
      draws: how many times it is done, at random.

    Returns:
      dict by ``compute``'s names of the largest |change|.
    """
    rng = np.random.default_rng(0)
    arrays = {name: np.asarray(a, np.float64) for name, a in arrays.items()}
    exact, most = compute(arrays), {}
    for _ in range(draws):
        rounded = {
            name: array * (1 + precision * rng.uniform(-1, 1, array.shape))
            for name, array in arrays.items()
        }
        for name, value in compute(rounded).items():
            change = np.abs(value - exact[name]).max(initial=0)
            most[name] = max(most.get(name, 0.0), change)
    return most


def limits(weights, x, *, paths=1, **options):
    """What float32 may do to outputs and statistics of a pass of the cell.

    Args:
      weights: a ``BNLSTMWeights``. x: [B,T,D].
      paths: 1 where a path in float32 meets an exact one, 2 where two of them meet.
      options: of ``reference.run``.

    Returns:
      dict of absolute limits: "outputs", and each of the weights by name.
    """

    def compute(arrays):
        arrays = dict(arrays)
        x = arrays.pop("x")
        run = reference.run(BNLSTMWeights(**arrays), x, **options)
        return {"outputs": run.outputs, **run.weights.asdict()}

    most = moved(compute, {**weights.asdict(), "x": x})
    # Numbers that nothing moves are still rounded once, to float32.
    least = paths * 2.0**-24
    scale = {name: np.abs(a).max() for name, a in weights.asdict().items()}
    return {
        name: max(ROUNDINGS * paths * change, least * scale.get(name, 1.0))
        for name, change in most.items()
    }
