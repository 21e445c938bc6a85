"""``pywrap_tensorflow.EventsWriter``, with which loggers wrote TensorBoard's files."""

import socket
import time

import tensorflow.compat.v1 as tf


class EventsWriter:
    """Writes events to PREFIX.out.tfevents.TIME.HOST, made at the first one.

    Args:
      prefix: path and beginning of the file's name, as text or bytes.
    """

    def __init__(self, prefix):
        self._prefix, self._name, self._file = tf.compat.as_str(prefix), "", None

    def Init(self):
        """Makes the file, if it is not there yet; returns whether that worked."""
        if self._file is None:
            started = time.time()
            end = f".out.tfevents.{int(started):010d}.{socket.gethostname()}"
            self._name = self._prefix + end
            self._file = tf.python_io.TFRecordWriter(self._name)
            self.WriteEvent(tf.Event(wall_time=started, file_version="brain.Event:2"))
        return True

    def WriteEvent(self, event):
        """Writes one event, a proto."""
        self.Init()
        self._file.write(event.SerializeToString())

    def FileName(self):
        """The file's name, as bytes; after ``Close``, the last one's."""
        if not self._name:
            self.Init()
        return tf.compat.as_bytes(self._name)

    def Flush(self):
        """Brings what was written to the disk."""
        self.Init()
        self._file.flush()
        return True

    def Close(self):
        """Ends the file; the next event begins another."""
        if self._file is not None:
            self._file.close()
            self._file = None
        return True
