"""What a cell's weights belong to: the cell, or the variable scope of each call.

From release 1.2 on, a cell object keeps its weights. Up to 1.0, a cell looked its
weights up in the variable scope of each call. One object that was called in the scopes
of an encoder and of a decoder, or in two layers of a stack, had other weights in each.
If it was called twice in one scope without ``reuse``, it failed.
"""

import tensorflow.compat.v1 as tf

from legacy import release

# What a layer remembers of the scope in which it was built.
_REMEMBERED = ("rnncell_scope", "_always_reuse_variable_scope")


def by_scope():
    """Whether a cell's weights belong to the variable scope in this release."""
    return release.rule("cells", matters=False) == "scope"


class PerScope:
    """Mixin: a cell whose weights belong to what they did in the script's release."""

    def __call__(self, inputs, state, scope=None, *args, **kwargs):
        if _this_by_scope(self, inputs, scope):
            _forget(self)
            scope = self._base_name if scope is None else scope
        return super().__call__(inputs, state, scope, *args, **kwargs)


def _this_by_scope(cell, inputs, scope):
    """Whether this call takes its weights from the variable scope.

    The first call of a cell does not tell the release. A later call in another scope
    does, if its inputs have another width: a release that shares the weights could not
    run it.
    """
    if by_scope():
        if _moved(cell, inputs, scope):
            release.rule("cells")
        return True
    if _moved(cell, inputs, scope):
        if cell._first_call[1] != _widths(inputs) and not release.told():
            release.guess(
                "1.0.0",
                f"one {type(cell).__name__} is called over inputs of two widths, "
                "which no later release runs",
            )
        return release.rule("cells") == "scope"
    return False


def _widths(inputs):
    return [tensor.shape[-1:].as_list() for tensor in tf.nest.flatten(inputs)]


def _moved(cell, inputs, scope):
    """Whether the cell was called before in another scope."""
    place = tf.get_variable_scope().name, getattr(scope, "name", scope)
    first = vars(cell).setdefault("_first_call", (place, _widths(inputs)))
    return first[0] != place


def _forget(cell):
    """Makes a cell look its variables up again, in the scope of the coming call."""
    cell.built = False
    cell._scope = None
    cell._trainable_weights, cell._non_trainable_weights = [], []
    for name in _REMEMBERED:
        vars(cell).pop(name, None)
