"""How far from real TensorFlow a cell may be: the largest |difference| over |value|.

As far as real releases were measured to be from each other, 1.15.5 from 0.12.1, and
exact arithmetic from each: ``recordings/cells/README.md``. Limits that are computed
from rounding are in ``rounding.py``; gradients against differences in
``gradient_paths.py``.
"""

INFERENCE = 6e-7
TRAINING = 3e-5
GRADIENTS = 2e-4
STATISTICS = 3e-7
ADAM_LOSSES = 2e-6
AFTER_ADAM = 1e-6
