"""Ways through a layer whose gradients are compared with central differences."""

from typing import NamedTuple

import numpy as np

from helpers.filled_layers import H

STEP = 1e-6
# Two rows normalise to one sign or the other, which no difference can follow: so three
# or more run at each step, but for the last, where one stands alone.
LENGTHS = [5, 6, 1, 5, 4, 5, 4]
B = len(LENGTHS)
STATES = [np.linspace(-0.5, 0.5, B * H).reshape(B, H)] * 2


class Way(NamedTuple):
    """Options of the layer; whether with lengths; the rows' first steps; training."""

    options: dict
    masked: bool = True
    counters: list | None = None
    training: bool = True


#: On every backend.
PATHS = {
    "inference": Way({}, False, training=False),
    "training": Way({}, False),
    "masked": Way({}),
    "masked inference": Way({}, training=False),
    "v1": Way({"padding": "v1"}),
    "v1 outputs past lengths": Way({"padding": "v1", "zero_output_for_mask": False}),
    "reversed": Way({"go_backwards": True}),
    "past the longest step": Way({}, False, [3] * B),
    "past the longest step, kept": Way({"overflow": "keep"}, False, [2] * B),
    "unrolled": Way({"unroll": True}),
    "a scale for each step": Way({}),
    "other activations": Way({"activation": "elu", "recurrent_activation": "softsign"}),
    "batch of one": Way({}, False),
}
