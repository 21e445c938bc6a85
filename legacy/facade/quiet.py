"""Keeps TensorFlow's start-up chatter off the terminal."""

import contextlib
import os
import sys
import tempfile


@contextlib.contextmanager
def stderr_held():
    """Keeps what is written to file descriptor 2; shows it only after a failure.

    TensorFlow's C++ parts log there before any setting of theirs is read.
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
