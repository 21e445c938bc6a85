"""A bound on the memory that a graph of unknown origin may take."""

import contextlib

GIB = 1 << 30


@contextlib.contextmanager
def at_most(more: int):
    """Within, the process gets at most ``more`` bytes beyond what it has.

    A larger allocation fails, and TensorFlow ends the run with an error. No bound is
    set where the system has none for a process (it takes Linux's /proc).
    """
    try:
        import resource

        with open("/proc/self/statm", encoding="ascii") as stream:
            used = int(stream.read().split()[0]) * resource.getpagesize()
    except (ImportError, OSError):
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = used + more
    if soft != resource.RLIM_INFINITY:
        limit = min(limit, soft)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
