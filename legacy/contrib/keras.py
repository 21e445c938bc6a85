"""`tf.contrib.keras`: tf_keras, which is what it became."""

_PUBLIC = """activations applications backend callbacks constraints datasets
initializers layers losses metrics models optimizers preprocessing regularizers utils"""

NAMES = {name: "tf_keras." + name for name in _PUBLIC.split()}
