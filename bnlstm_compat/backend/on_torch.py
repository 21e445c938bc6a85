"""What only torch does so: see ``on_tensorflow``, which describes the functions."""

import keras
import numpy as np
import torch

from bnlstm_compat.backend.on_others import (  # noqa: F401 - the names of every backend
    asserted,
    batched,
    replicas_mean,
    replicas_sum,
    reversed_within,
    set_row,
    tensors,
)

concatenate = torch.cat
mean = torch.mean
ones_like = torch.ones_like
rsqrt = torch.rsqrt
split = torch.chunk
square = torch.square
stop_gradient = torch.detach
sum = torch.sum
where = torch.where
zeros_like = torch.zeros_like
INPUTS_AT_ONCE = True
ERRORS = (ValueError, TypeError, RuntimeError)


def batch_norm(z, gamma, beta, epsilon):
    """torch's own, in one operation where others take a dozen."""
    y, mean, inverse = torch.native_batch_norm(
        z, gamma, beta, None, None, True, 0.0, epsilon
    )
    # What was added to a variance of zero leaves the rounding of epsilon behind.
    return y, mean, torch.clamp(inverse.detach() ** -2 - epsilon, min=0)


def segment_sum(data, ids, count):
    """The rows of ``data`` added up by their ``ids``; Keras's does it in float32."""
    sums = data.new_zeros((count, *data.shape[1:]))
    return sums.index_add(0, ids, data)


def known(tensor):
    """Whether ``tensor`` has a value: Keras learns shapes from tensors without."""
    if torch.compiler.is_compiling():
        return False
    return not isinstance(tensor, torch.Tensor) or tensor.device.type != "meta"


def static(tensor):
    """The value of ``tensor`` as an array if it has one."""
    if not known(tensor):
        return None
    if isinstance(tensor, torch.Tensor):
        return tensor.detach().cpu().numpy()
    return np.asarray(tensor)


def zeros(shape, dtype):
    """NumPy's, known whatever the device."""
    return np.zeros(shape, dtype)


_FUNCTIONS = {
    keras.activations.tanh: torch.tanh,
    keras.activations.sigmoid: torch.sigmoid,
    keras.activations.relu: torch.relu,
}


def function(activation):
    """torch's own where known: Keras's take longer than what they compute."""
    return _FUNCTIONS.get(activation, activation)


def loop(one_step, known, found, state, steps, *, bound=None, unroll=False):
    """A loop of Python's, which runs all steps."""
    del bound, unroll
    parts = {name: value.unbind(0) for name, value in known.items()}
    results = {name: [] for name in found}
    for t in range(steps):
        state, values = one_step(lambda name, t=t: parts[name][t], state)
        for name, value in values.items():
            results[name].append(value)
    return state, {name: torch.stack(values) for name, values in results.items()}


def passes(run, dataset, model, *, compiled):
    """One at a time, without gradients."""
    del model, compiled

    def one(batch):
        with torch.no_grad():
            return [run(tensors(batch))]

    return dataset, one
