"""Memory that the process keeps, because taking it anew from the system costs time."""

import ctypes

# Of glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
_LARGEST = 2**31 - 1


def keep_memory() -> bool:
    """Tells the C library to keep memory that is freed, for the whole process.

    A training step that XLA compiles takes its memory from the system in one block of
    tens of megabytes and gives it back, in every step; at small sizes the page faults
    are a good part of its time (``docs/performance/performance.md``). Afterwards the
    process holds the most that it ever needed, until it ends. Weights and results do
    not change. Call it once, before training.

    Returns:
      Whether it could be done: on Linux with glibc.

    Source: The GNU C Library Reference Manual, "Malloc Tunable Parameters".
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # other C libraries; Windows
        return False
    return all([mallopt(_TRIM_THRESHOLD, _LARGEST), mallopt(_MMAP_MAX, 0)])
