"""How long ``convert`` takes, against importing tensorflow and keras alone.

    python benchmarks/convert_time.py CKPT [RUNS]

The two commands take turns, so that the ratio holds on a noisy machine; whole processes
are timed. Prints the median of each, and the median, smallest and largest ratio; exits
with 1 where the median is above 1.3.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIMIT = 1.3
ROOT = Path(__file__).parent.parent


def seconds(command):
    """Wall time of a process that must succeed."""
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - start


def main(argv):
    """Measures ``argv[1]`` pairs (default 7) on the checkpoint ``argv[0]``."""
    checkpoint = str(Path(argv[0]).resolve())
    runs = int(argv[1]) if len(argv) > 1 else 7
    imports = [sys.executable, "-c", "import tensorflow, keras"]
    pairs = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(runs + 1):
            out = f"{folder}/{number}"
            convert = [sys.executable, "-m", "migrate", "convert", checkpoint, out]
            pairs.append((seconds(convert), seconds(imports)))
    pairs = pairs[1:]  # the first one warms the file cache
    ratios = sorted(a / b for a, b in pairs)
    print(f"convert: {statistics.median(a for a, _ in pairs):.2f} s")
    print(f"import tensorflow, keras: {statistics.median(b for _, b in pairs):.2f} s")
    print(
        f"ratio: median {statistics.median(ratios):.2f}, "
        f"from {ratios[0]:.2f} to {ratios[-1]:.2f}, {runs} pairs"
    )
    median = statistics.median(ratios)
    print(f"{'within' if median <= LIMIT else 'ABOVE'} the limit of {LIMIT}")
    return 0 if median <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
