"""What ``convert`` and ``revert`` do with damaged files, full disks, and when killed.

    python tests/reliability.py [--corruptions N] [--kills N] [--disks N] [--seed N]
                                [--minutes N]

Prints the tables of docs/evidence/reliability.md; exits with 1 if anything went wrong,
and says what, with the seed that does it again alone. After ``--minutes``, no new kill
or full disk begins.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parent.parent))

from helpers.corruptions import corruptions
from helpers.stops import stops


def main(argv) -> int:
    """Runs the cases that ``argv`` asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corruptions", type=int, default=1000, metavar="N")
    parser.add_argument("--kills", type=int, default=100, metavar="N")
    parser.add_argument("--disks", type=int, default=100, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--minutes", type=float, default=float("inf"), metavar="N")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        top, bad = Path(folder), 0
        if options.corruptions:
            bad += corruptions(top, options.corruptions, options.seed)
        if options.kills or options.disks:
            bad += stops(
                top, options.kills, options.disks, options.seed, options.minutes
            )
    print("all as it should be" if not bad else f"{bad} WRONG")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
