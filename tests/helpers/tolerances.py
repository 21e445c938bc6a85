"""How far from real TensorFlow a cell may be: the largest |difference| over |value|.

As far as real releases were measured to be from each other, 1.15.5 from 0.12.1, and
exact arithmetic from each: ``recordings/cells/README.md``. And how far a gradient may
be from a difference. Limits that are computed from rounding are in ``rounding.py``.
"""

INFERENCE = 6e-7
TRAINING = 3e-5
GRADIENTS = 2e-4
STATISTICS = 3e-7
ADAM_LOSSES = 2e-6
AFTER_ADAM = 1e-6


def of_a_difference(numeric):
    """How far a gradient may be from a central difference of losses, ``numeric``.

    A loss of about 10 is rounded to 1e-15, and divided by 2e-6: 1e-9; the third
    derivative, times the step's square, stays below 1e-6 of the gradient.
    """
    return 2e-6 * abs(numeric) + 2e-8
