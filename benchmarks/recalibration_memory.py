"""Memory that ``recalibrate`` takes over a million steps, of 32 rows each.

    python benchmarks/recalibration_memory.py [BATCHES]

A generator makes 2000 batches (or BATCHES) of 32 sequences of 500 steps; memory is
the process's peak, after the first 100 batches, when all is built, and at the end.
Prints both and the growth; exits with 1 where that is above 16 MB, which is 1 % of
the inputs that a million steps have.
"""

import os
import resource
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

import bnlstm_compat
from bnlstm_compat import BNLSTM

BATCHES, WARM, BATCH, STEPS, FEATURES, UNITS, LIMIT = 2000, 100, 32, 500, 16, 16, 16


def peak():
    """The largest memory that the process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(argv):
    """Recalibrates over ``argv[0]`` batches."""
    batches = int(argv[0]) if argv else BATCHES
    rng, seen = np.random.default_rng(0), []

    def data():
        for number in range(batches):
            if number == WARM:
                seen.append(peak())
            yield rng.standard_normal((BATCH, STEPS, FEATURES), np.float32)

    layer = BNLSTM(UNITS, STEPS)
    layer.build((None, STEPS, FEATURES))
    start = time.time()
    bnlstm_compat.recalibrate(layer, data(), verbose=0)
    seconds, growth = time.time() - start, peak() - seen[0]
    inputs = batches * BATCH * STEPS * FEATURES * 4 / 2**20
    print(
        f"{batches * STEPS:,} steps of {BATCH} rows, {inputs:,.0f} MB: {seconds:.0f} s"
    )
    print(f"peak after {WARM} batches: {seen[0]:.0f} MB; at the end {peak():.0f} MB")
    print(f"growth {growth:.1f} MB, {'within' if growth <= LIMIT else 'ABOVE'} {LIMIT}")
    return 0 if growth <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
