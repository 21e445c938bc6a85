"""`tf.contrib.keras`: `tf.keras`, which is what it became."""

_PUBLIC = """activations applications backend callbacks constraints datasets
initializers layers losses metrics models optimizers preprocessing regularizers utils"""

NAMES = {name: "tensorflow.keras." + name for name in _PUBLIC.split()}
