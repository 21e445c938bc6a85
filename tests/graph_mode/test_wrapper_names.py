"""Names that real TensorFlow saved for wrapped cells, found under today's."""

from helpers.legacy_process import python, succeeded

WRAPPED = """
from legacy.names import saver
old = {"att/RNN/EmbeddingWrapper/embedding": [5, 4],
       "att/RNN/GRUCell/Gates/Linear/Matrix": [7, 6],
       "att/RNN/OutputProjectionWrapper/Linear/Bias": [2]}
top = "att/RNN/output_projection_wrapper/"
new = dict(zip([top + "embedding_wrapper/embedding",
                top + "embedding_wrapper/gru_cell/gates/kernel", top + "bias"],
               old.values()))
assert saver.renames(new, old) == dict(zip(new, old)), saver.renames(new, old)
"""
KERAS = """
from legacy.names import saver
layers = "lstm", "bidirectional/forward_gru", "rnn"
cells = "lstm_cell", "gru_cell_3", "simple_rnn_cell"
leaves = "kernel", "recurrent_kernel", "bias"
pairs = {f"{layer}/{leaf}": f"{layer}/{cell}/{leaf}"
         for layer, cell in zip(layers, cells) for leaf in leaves}
old, new = dict.fromkeys(pairs, [2]), dict.fromkeys(pairs.values(), [2])
assert saver.renames(old, new) == pairs, saver.renames(old, new)
assert saver.renames(new, old) == {new: old for old, new in pairs.items()}
# A graph cell has no recurrent kernel, and keeps its own name.
assert saver.renames({"rnn/kernel": [2]}, {"rnn/lstm_cell/kernel": [2]}) is None
"""


def test_wrapped_cells_are_found():
    """As real 0.12.1 saved them."""
    succeeded(python("-c", WRAPPED, timeout=120))


def test_keras_names_with_and_without_the_cell():
    """1.15 wrote `lstm/kernel`, later Keras `lstm/lstm_cell/kernel`."""
    succeeded(python("-c", KERAS, timeout=120))
