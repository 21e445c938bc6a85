"""The batch-normalised LSTM with statistics for each time step, for Keras 3.

``BNLSTM`` (whole sequences) and ``BNLSTMCell`` (one step, for ``keras.layers.RNN``);
importing this package registers both for ``keras.saving.load_model``.
``BNLSTMWeights`` is a cell's weights as arrays; ``reference`` is the cell in NumPy.
``diagnose`` finds faults in population statistics, ``recalibrate`` mends them.
``exporting`` is for graphs that are converted after they were made.
``keep_memory`` makes training steps faster where page faults are what takes time.

Source: T. Cooijmans et al., "Recurrent Batch Normalization", arXiv 1603.09025.
"""

import bnlstm_compat.backend  # noqa: F401 - first: it says what is not installed
from bnlstm_compat.cell import BNLSTMCell
from bnlstm_compat.exports import exporting
from bnlstm_compat.layer import BNLSTM
from bnlstm_compat.memory import keep_memory
from bnlstm_compat.reverse import ReverseSequences
from bnlstm_compat.statistics.diagnosis import diagnose
from bnlstm_compat.statistics.recalibration import recalibrate, widen
from bnlstm_compat.weights import BNLSTMWeights

__all__ = [
    "BNLSTM",
    "BNLSTMCell",
    "BNLSTMWeights",
    "ReverseSequences",
    "diagnose",
    "exporting",
    "keep_memory",
    "recalibrate",
    "widen",
]


def __getattr__(name: str) -> str:
    if name == "__version__":
        from importlib.metadata import version

        return version("bnlstm-compat")
    raise AttributeError(f"module 'bnlstm_compat' has no attribute {name!r}")
