"""``tf.gfile.GFile`` as scripts of every release used it.

Up to TensorFlow 1.0, every mode read bytes; in Python 2, bytes and text were the same.
Later, mode "r" reads text. Scripts for either run here: a file gives text, on which
calls of ``.decode`` do nothing (``legacy.era.lost_methods``). Text that is no UTF-8, as
old corpora in Latin-1, keeps its bytes as one character each. If it is no text, such as
a saved graph that is opened with "r", the file gives bytes.
"""

import tensorflow.compat.v1 as tf

from legacy.era.python2 import files


class GFile(tf.gfile.GFile):
    """File of any file system that TensorFlow knows.

    Args:
      name: path of the file.
      mode: as for ``open``; default "r".
    """

    # Whether a loop over a file with mode "rb" sees text: in Python 2 sources.
    lines_as_text = False

    def __next__(self):
        line = super().__next__()
        return files.as_line(line) if self.lines_as_text else line

    next = __next__

    def write(self, file_content):
        super().write(files.as_bytes(file_content))

    def _prepare_value(self, val):
        try:
            return super()._prepare_value(val)
        except UnicodeDecodeError:
            return files.as_line(val)
