"""Where a cell's weights live: with the object, or with the scope it is called in.

Releases from 1.2 keep a cell's weights with the cell object. Up to 1.0 a cell looked
its weights up in the variable scope of each call, so one object, called in the scopes
of an encoder and of a decoder, had weights of its own in each.
"""

import warnings
import weakref

import tensorflow.compat.v1 as tf

from legacy.facade import history

# Cell -> {scope: the cell, of the same make, that has the weights there}.
_placed = weakref.WeakKeyDictionary()


def shares():
    """Whether the script is of a release in which weights belong to the object."""
    return history.written_for not in ("0.12.1", "1.0.0")


def another(cell):
    """A cell like `cell`, from its constructor's arguments: no weights yet.

    TypeError where the arguments are not known.
    """
    return _again(cell, {})


def _again(value, done):
    """`another`, for cells within lists too; other values as they are."""
    if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
        return type(value)(_again(item, done) for item in value)
    if not isinstance(value, tf.nn.rnn_cell.RNNCell):
        return value
    if id(value) not in done:
        args, kwargs = _arguments(value)
        done[id(value)] = type(value)(
            *(_again(v, done) for v in args),
            **{k: _again(v, done) for k, v in kwargs.items()},
        )
    return done[id(value)]


def _arguments(cell):
    if hasattr(cell, "_made_with"):
        return cell._made_with()
    if hasattr(cell, "_auto_config"):
        return (), cell._auto_config.config  # what Keras recorded
    raise TypeError(
        f"Expected a cell that can be made a second time. Received: {cell}; make one "
        "cell for each place in the model."
    )


class Remembers:
    """Mixin: a cell of which `another` can be made, whatever its arguments are."""

    def __new__(cls, *args, **kwargs):
        cell = super().__new__(cls, *args, **kwargs)
        object.__setattr__(cell, "_made_with", lambda: (args, kwargs))
        return cell


class PerScope(Remembers):
    """Mixin: for scripts of releases up to 1.0, a cell with weights of its own in every
    variable scope it is called in."""

    def __call__(self, inputs, state, scope=None, *args, **kwargs):
        cell = self if shares() else _of_scope(self, scope)
        if cell is not self:
            return cell(inputs, state, scope, *args, **kwargs)
        return super().__call__(inputs, state, scope, *args, **kwargs)


def _of_scope(cell, scope):
    """The cell that has the weights of `cell` in the scope of this call."""
    cells = _placed.setdefault(cell, {})
    place = tf.get_variable_scope().name, getattr(scope, "name", scope)
    if place not in cells:
        cells[place] = _another_or_itself(cell) if cells else cell
    return cells[place]


def _another_or_itself(cell):
    try:
        return another(cell)
    except TypeError:
        warnings.warn(
            f"{type(cell).__name__} is called in several variable scopes and shares "
            "its weights, which up to TensorFlow 1.0 it did not; make one cell "
            "for each scope.",
            stacklevel=5,
        )
        return cell
