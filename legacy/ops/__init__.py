"""Makes TensorFlow build graphs as release 1.15 did: operations, their names and order.

The Python functions of TensorFlow 2 add other operations to a graph, under other names,
than those of 1.15. A script can see this in ``get_tensor_by_name``, in ``.meta`` files,
and in its random numbers, because 1.15 seeds an operation with the number of operations
before it.

The functions here replace TensorFlow's own while a graph is built
(:mod:`legacy.ops.replace`). They compute the same. Origin of all facts: the graphs that
real TensorFlow 1.15.5 builds (tests/recordings/same_graph).
"""

import importlib

_MODULES = (
    "seeds",
    "arithmetic",
    "draws",
    "gradients.broadcast",
    "gradients.reductions",
    "gradients.start",
    "gradients.others",
    "products",
    "arrays",
    "loops",
    "layers",
    "datasets",
    "training",
)


def install():
    """Puts all the functions in place, once; TensorFlow must have been imported."""
    for name in _MODULES:
        importlib.import_module(f"legacy.ops.{name}")
