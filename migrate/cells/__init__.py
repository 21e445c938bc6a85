"""The v1 cells: what layouts are made of, the layouts that are known (``known/``, one
file a family), and the search for them in a source."""

# Completes Keras and the layers that ``migrate.registration`` makes known to it, which
# need modules of this folder, before any of these is half imported itself.
import bnlstm_compat  # noqa: F401
