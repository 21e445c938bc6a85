"""`tf.contrib.seq2seq`: classes of 1.1, decoder functions of 1.0; names as data."""

from legacy.contrib.written import written

NAMES = written(__name__, __path__)
