"""Makes this process one of TensorFlow 1: the import hook, and graph mode."""

import contextlib
import os
import sys
import warnings

from legacy import terminal

# Set once the hook is in place.
_installed = []


def install(verbose=False, port_cell=False, release=None):
    """Makes this process one of TensorFlow 1, for code that is the user's own.

    Afterwards ``import tensorflow as tf`` in the user's code (a script, a notebook,
    a test) gives TensorFlow 1: graph mode, reference variables, v1 control flow, and
    the names of TensorFlow 0.8 to 1.15. TensorFlow's and Keras's own imports, and
    those of all installed packages, still get the real one.

    Args:
      verbose: keep deprecation warnings and TensorFlow's start-up messages.
      port_cell: put ``legacy.BNLSTMCell`` in the place of the user's own copy of the
        batch-normalised cell (a class, or a class in a module, named ``BNLSTMCell``,
        with the original's constructor).
      release: the TensorFlow that the code was written for: "0.12", "1.0" or "1.15"
        (the default). ``docs/reference/releases.md`` says what depends on it.

    Returns:
      The module that ``import tensorflow`` now gives to user code.

    Raises:
      ValueError: ``release`` is none of these.
      RuntimeError: TensorFlow was imported earlier in this process with Keras 3 behind
        it; its recurrent cells and layers cannot be brought back afterwards.
    """
    from legacy.imports import hook, tracebacks

    prepare(verbose, port_cell, release)
    # A notebook or a test runner shows errors in its own way.
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = tracebacks.excepthook
    return hook.serve("tensorflow")


def prepare(verbose=False, port_cell=False, release=None):
    """Sets up the same; TensorFlow itself is imported when somebody asks for it."""
    from legacy import era
    from legacy import release as releases
    from legacy.imports import hook, ownership
    from legacy.imports import port_cell as porting

    if release is not None:
        releases.tell(release)
    if not _installed:
        _environment(verbose)
        hook.install(before_tensorflow=lambda: _graph_mode(verbose))
        era.install(ownership.is_user, terminal.announce)
        _installed.append(True)
    if port_cell:
        porting.install()


def _environment(verbose):
    late = "tensorflow" in sys.modules
    if late and os.environ.get("TF_USE_LEGACY_KERAS") not in ("1", "true", "True"):
        raise RuntimeError(
            "legacy.install() must come before TensorFlow is first imported: expected "
            "no module 'tensorflow' yet, or TF_USE_LEGACY_KERAS=1 in the environment "
            "when it was imported. Restart, and call legacy.install() first; a kernel "
            "is for TensorFlow 1 or for Keras 3, not for both."
        )
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    if not verbose:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        # Old sources warn of their own age: invalid escapes, `is` with a literal.
        for category in (DeprecationWarning, FutureWarning, SyntaxWarning):
            warnings.simplefilter("ignore", category)
        # tf_keras's v1 layers and cells, each time one is made.
        warnings.filterwarnings("ignore", ".*is deprecated and will be removed")


def _graph_mode(verbose):
    with contextlib.nullcontext() if verbose else terminal.stderr_held():
        import tensorflow.compat.v1 as tf
    from tensorflow.python.util import deprecation

    from legacy import ops

    if not verbose:
        deprecation._PRINT_DEPRECATION_WARNINGS = False
        tf.get_logger().addFilter(_tells_news)
    from legacy.ops import keras_names, variables

    tf.disable_v2_behavior()
    ops.install()
    keras_names.install()
    variables.install()


def _tells_news(record):
    """Whether a line of TensorFlow's log says more than that a name is deprecated."""
    return "is deprecated" not in record.getMessage()
