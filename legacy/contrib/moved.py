"""Names that modules inside TensorFlow lost, and that tf_slim and scripts look for.

TensorFlow 2.1x moved them to other modules without leaving an alias.
"""

import importlib
import sys

_V1 = "tensorflow.compat.v1"
MOVED = {
    "tensorflow.python.framework.ops": {
        name: name for name in ("IndexedSlices", "Tensor")
    },
    "tensorflow.python.ops.array_ops": {
        name: name for name in ("stack", "unstack", "parallel_stack")
    },
    "tensorflow.python.ops.control_flow_ops": {
        name: name for name in ("Assert", "case", "cond", "while_loop")
    },
    "tensorflow.python.ops.variable_scope": {"variable": "Variable"},
}
# tf_keras's v1 layers, which `tensorflow.python.layers.*` still looks for where they
# were up to tf_keras 2.15.
_LAYERS = "base", "convolutional", "core", "normalization", "pooling"


def restore():
    """Puts the names back, once; what is there is left alone."""
    v1 = importlib.import_module(_V1)
    for module, names in MOVED.items():
        module = importlib.import_module(module)
        for name, source in names.items():
            if not hasattr(module, name):
                setattr(module, name, getattr(v1, source))
    old, new = "tf_keras.legacy_tf_layers", "tf_keras.src.legacy_tf_layers"
    sys.modules.setdefault(old, importlib.import_module(new))
    for name in _LAYERS:
        part = importlib.import_module(f"{new}.{name}")
        sys.modules.setdefault(f"{old}.{name}", part)
