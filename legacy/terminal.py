"""What is printed: our own lines, without TensorFlow's messages at start-up."""

import contextlib
import os
import sys
import tempfile


def announce(line):
    """Prints one line on stderr, as the runner's own."""
    print(f"legacy: {line}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def stderr_held():
    """Holds back what is written to file descriptor 2, and shows it after a failure.

    TensorFlow's C++ code logs there before it reads its settings.
    """
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held:
        saved = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            sys.stderr.flush()
            held.seek(0)
            os.write(saved, held.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(saved, 2)
            os.close(saved)
