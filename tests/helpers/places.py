"""Where things are."""

from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
ROOT = TESTS.parent
RECORDINGS, WORKERS = TESTS / "recordings", TESTS / "workers"
#: The folder of large recordings, where it stands beside the checkout.
SHARED = ROOT.parent / "shared"
