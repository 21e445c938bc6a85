"""``python -m legacy``: see :mod:`legacy.runner`."""

import sys

from legacy.runner import main

if __name__ == "__main__":
    sys.exit(main())
