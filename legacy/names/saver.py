"""``tf.train.Saver`` that also restores checkpoints with names of earlier releases.

TensorFlow 1.0 and 1.2 renamed scopes and weights (``RNN`` to ``rnn``, ``BiRNN/FW`` to
``bidirectional_rnn/fw``, ``Linear/Matrix`` to ``weights``, later ``kernel``). A script
of any release, run here, has the names of 1.15.
"""

import re

import tensorflow.compat.v1 as tf
from tensorflow.python.training.saving import saveable_object_util

from legacy import terminal

_COMPONENTS = {
    "bi_rnn": "bidirectional_rnn",
    "birnn": "bidirectional_rnn",
    "weights": "kernel",
    "biases": "bias",
    "w_0": "kernel",
    "b": "bias",
}
_PAIRS = (
    ("bi_rnn_fw", "bidirectional_rnn/fw"),
    ("bi_rnn_bw", "bidirectional_rnn/bw"),
    ("linear/matrix", "kernel"),
    ("linear/bias", "bias"),
    ("w_p_0", "projection/kernel"),
)
# Up to 1.0 these put no scope around that of the cell inside.
_WRAPPERS = re.compile(
    r"(?<![^/])(?:output_projection_wrapper|input_projection_wrapper|embedding_wrapper)/"
    r"(?=[^/]+/)"
)


_KERAS_CELL = re.compile(r"/(?:lstm|gru|simple_rnn)_cell(?:_\d+)?$")


def canonical(name):
    """One spelling for all the names that releases gave to one variable.

    >>> canonical("RNN/MultiRNNCell/Cell0/BasicLSTMCell/Linear/Matrix")
    'rnn/multi_rnn_cell/cell_0/basic_lstm_cell/kernel'
    >>> canonical("rnn/output_projection_wrapper/embedding_wrapper/gru_cell/gates/bias")
    'rnn/gru_cell/gates/bias'
    """
    parts = []
    for part in name.split("/"):
        part = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", part)
        part = re.sub(r"([a-z])([A-Z])", r"\1_\2", part).lower()
        part = re.sub(r"^cell(\d+)$", r"cell_\1", part)
        parts.append(_COMPONENTS.get(part, part))
    joined = "/".join(parts)
    for old, new in _PAIRS:
        joined = re.sub(rf"(^|/){old}(?=/|$)", rf"\g<1>{new}", joined)
    return _WRAPPERS.sub("", joined)


def _spellings(names):
    """Name -> canonical name, without the cell's name, which Keras 2 puts in.

    `lstm/lstm_cell/kernel` was `lstm/kernel` in 1.15. Only Keras's cells have a
    `recurrent_kernel`.
    """
    cells = {
        cell
        for cell, _, leaf in (name.rpartition("/") for name in names)
        if leaf == "recurrent_kernel" and _KERAS_CELL.search(cell)
    }
    found = {}
    for name in names:
        cell, slash, leaf = name.rpartition("/")
        if cell in cells:
            cell = _KERAS_CELL.sub("", cell)
        found[name] = canonical(cell + slash + leaf)
    return found


def renames(wanted, present):
    """For each of the names ``wanted``, the one of ``present`` that stands for it.

    Args:
      wanted: name -> shape (a list) of the variables to restore.
      present: name -> shape of what the checkpoint has.

    Returns:
      wanted name -> present name, or None unless each is found once, with its shape.
    """
    spelled = {}
    for name, spelling in _spellings(present).items():
        spelled.setdefault(spelling, []).append(name)
    spellings = _spellings(wanted)
    found = {}
    for name, shape in wanted.items():
        matches = [name] if name in present else spelled.get(spellings[name], [])
        if len(matches) != 1 or list(present[matches[0]]) != shape:
            return None
        found[name] = matches[0]
    return found if len(set(found.values())) == len(found) else None


class Saver(tf.train.Saver):
    """``tf.train.Saver``; ``restore`` also finds names of releases before 1.2."""

    def restore(self, sess, save_path):
        """Restores as TensorFlow does. If a name is missing, tries those of older
        releases.

        Raises:
          tf.errors.NotFoundError: a variable is in the checkpoint under no known name.
        """
        try:
            return super().restore(sess, save_path)
        except tf.errors.NotFoundError:
            mapping = self._older_names(save_path)
            if mapping is None or sess.graph.finalized:
                raise
        changed = {key: name for key, (name, _) in mapping.items() if key != name}
        old, new = next((name, key) for key, name in changed.items())
        terminal.announce(
            f"{save_path} has {len(changed)} variables under the names of an earlier "
            f"release, such as {old}, here {new}"
        )
        with sess.graph.as_default():
            by_name = dict(mapping.values())
            return tf.train.Saver(by_name).restore(sess, save_path)

    def _older_names(self, save_path):
        """Variable name -> (name in the checkpoint, variable), or None."""
        if not self._var_list:
            return None
        variables = saveable_object_util.op_list_to_dict(
            self._var_list, convert_variable_to_tensor=False
        )
        if not all(
            isinstance(variable, tf.Variable) for variable in variables.values()
        ):
            return None
        present = tf.train.load_checkpoint(save_path).get_variable_to_shape_map()
        shapes = {key: variable.shape.as_list() for key, variable in variables.items()}
        found = renames(shapes, present)
        if found is None:
            return None
        return {key: (name, variables[key]) for key, name in found.items()}
