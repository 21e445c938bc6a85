"""Small v1 checkpoints, written by TensorFlow's own save op, for tests."""

import hashlib
import os

import numpy as np
import tensorflow as tf

D, H, M = 3, 4, 5


def write(prefix, variables):
    """Writes a V2 checkpoint of arrays by name; gives its prefix as a string."""
    names = list(variables)
    tf.raw_ops.SaveV2(
        prefix=str(prefix),
        tensor_names=names,
        shape_and_slices=[""] * len(names),
        tensors=[tf.constant(variables[name]) for name in names],
    )
    return str(prefix)


def write_v1(prefix, variables, slices=None, shard=""):
    """Writes one file of the V1 format, perhaps a shard with parts of variables."""
    tf.raw_ops.SaveSlices(
        filename=f"{prefix}{shard}",
        tensor_names=list(variables),
        shapes_and_slices=slices or [""] * len(variables),
        data=[tf.convert_to_tensor(value) for value in variables.values()],
    )


def cell(scope, input_dim=D, units=H, max_bn_steps=M, seed=0, dtype=np.float32):
    """A cell's 13 variables, by v1 name, with random values."""
    rng = np.random.default_rng(seed)
    shapes = {"W_xh": (input_dim, 4 * units), "W_hh": (units, 4 * units)}
    for site, size in (("hh", 4 * units), ("xh", 4 * units), ("c", units)):
        shapes[f"{site}/scale"] = (size,)
        if site != "xh":
            shapes[f"{site}/offset"] = (size,)
        shapes[f"{site}/pop_mean"] = shapes[f"{site}/pop_var"] = (max_bn_steps, size)
    start = f"{scope}/" if scope else ""
    return {
        start + leaf: (rng.uniform(0.1, 1.0, shape)).astype(dtype)
        for leaf, shape in shapes.items()
    }


def state_of(folder):
    """Every file below a folder, with the hash of its content."""
    return {
        os.path.join(top, name): hashlib.sha256(
            open(os.path.join(top, name), "rb").read()
        ).hexdigest()
        for top, _, names in os.walk(folder)
        for name in names
    }
