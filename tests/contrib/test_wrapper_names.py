"""Names that real TensorFlow 0.12.1 saved for wrapped cells, found under today's."""

import subprocess
import sys

CHECK = """
from legacy.facade import saver
old = {"att/RNN/EmbeddingWrapper/embedding": [5, 4],
       "att/RNN/GRUCell/Gates/Linear/Matrix": [7, 6],
       "att/RNN/OutputProjectionWrapper/Linear/Bias": [2]}
top = "att/RNN/output_projection_wrapper/"
new = dict(zip([top + "embedding_wrapper/embedding",
                top + "embedding_wrapper/gru_cell/gates/kernel", top + "bias"],
               old.values()))
assert saver.renames(new, old) == dict(zip(new, old)), saver.renames(new, old)
"""


def test_wrapped_cells_are_found():
    subprocess.run([sys.executable, "-c", CHECK], check=True, timeout=120)
