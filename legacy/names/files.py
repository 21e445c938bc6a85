"""``tf.gfile.GFile`` as scripts of every release used it.

Up to TensorFlow 1.0, every mode read bytes; in Python 2, bytes and text were the same.
Later, mode "r" reads text. Scripts for either run here: a file gives text, on which
calls of ``.decode`` do nothing (``legacy.era.lost_methods``). If it is no UTF-8 text,
such as a saved graph that is opened with "r", it gives bytes.
"""

import tensorflow.compat.v1 as tf


class GFile(tf.gfile.GFile):
    """File of any file system that TensorFlow knows.

    Args:
      name: path of the file.
      mode: as for ``open``; default "r".
    """

    def _prepare_value(self, val):
        try:
            return super()._prepare_value(val)
        except UnicodeDecodeError:
            return val
