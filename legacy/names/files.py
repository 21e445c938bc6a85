"""``tf.gfile.GFile`` as scripts of every release used it.

Up to TensorFlow 1.0 a file was read as bytes whatever its mode; Python 2 made no
difference between bytes and text. Later, mode "r" gives text. Scripts for either work:
text is given (calls of ``.decode`` on it do nothing, see ``lost_methods``), and what is
no UTF-8 text, such as a saved graph opened with "r", is given as bytes.
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
