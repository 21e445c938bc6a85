"""A whole sequence in inference: each normalisation folded into an affine map."""

import tensorflow as tf

from bnlstm_compat import spec
from bnlstm_compat.backend.tensorflow_loop import loop
from bnlstm_compat.compute.fused.packed import Packed
from bnlstm_compat.compute.fused.setting import activate
from bnlstm_compat.compute.norm import affine


def forward(setting, args, extra):
    """All steps, the moments being given: ``bn(z) = z * scale + shift``.

    Scale and shift are known for every step, so the input's go where they cost least:
    into the kernel where it has fewer rows than the batch, with the shift as a bias;
    else onto the matmul of all steps. Compiled, with many rows, the recurrent scale
    goes into its kernel too, and both matmuls are one.

    Args:
      setting: a ``Setting``; ``factored`` says into which kernels.
      args: as for ``training.forward``.
      extra: dict with ``{site}_mean``, ``{site}_variance`` [T,.] and, as in
        training, optionally ``running``, ``recurrent_mask``, ``bound``.

    Returns:
      ``(outputs [T,B,H], h, c)``.
    """
    x, kernel, recurrent_kernel = (
        args[name] for name in ("x", "kernel", "recurrent_kernel")
    )
    low, high = x.dtype, args["cell_gamma"].dtype
    steps = tf.shape(x)[0] if x.shape[0] is None else x.shape[0]
    units = recurrent_kernel.shape[0]
    scale, shift = {}, {}
    for site in spec.SITES:
        moments = (extra[f"{site}_{kind}"] for kind in ("mean", "variance"))
        scale[site], shift[site] = affine(args, site, *moments, setting.epsilon)
    shift["gates"] = shift["input"] + shift["recurrent"]
    given = {
        "recurrent_scale": scale["recurrent"],
        "cell_scale": scale["cell"],
        "cell_shift": shift["cell"],
    }
    in_kernel = "input" in setting.factored
    if in_kernel:
        given |= {"input_scale": scale["input"], "gates_shift": shift["gates"]}
    else:
        x = tf.cast(tf.matmul(x, kernel), high) * scale["input"][:, None]
        x = tf.cast(x + shift["gates"][:, None], low)
    vectors = Packed({name: vector.shape[1] for name, vector in given.items()})
    known = {"x": x, "vectors": vectors.pack(given)}
    if "running" in extra:
        known["running"] = extra["running"]
    recurrent_mask = extra.get("recurrent_mask")

    def scaled(matrix, scale):
        return tf.cast(tf.cast(matrix, high) * scale, low)

    def gates_of(h, x, v):
        if "recurrent" in setting.factored:
            both = [scaled(recurrent_kernel, v["recurrent_scale"])]
            both += [scaled(kernel, v["input_scale"])]
            both = tf.concat([*both, tf.cast(v["gates_shift"], low)[None]], 0)
            return tf.matmul(tf.concat([h, x, tf.ones_like(x[:, :1])], 1), both)
        gates = scaled(tf.matmul(h, recurrent_kernel), v["recurrent_scale"])
        if not in_kernel:
            return gates + x
        kernel_now = scaled(kernel, v["input_scale"])
        shift = tf.cast(v["gates_shift"], low)
        if kernel.shape[0] == 1:
            return gates + (x * kernel_now + shift)
        return gates + tf.nn.bias_add(tf.matmul(x, kernel_now), shift)

    def one_step(read, state):
        h, c = state
        u = h if recurrent_mask is None else h * tf.cast(recurrent_mask, low)
        v = vectors.unpack(read("vectors"))
        gates = tf.cast(gates_of(u, read("x"), v), high)
        f, i, o, j = tf.split(gates, len(spec.GATES), axis=1)
        f, i, o = (activate(z, setting.recurrent_activation) for z in (f, i, o))
        next_c = tf.cast(c, high) * f + i * activate(j, setting.activation)
        a = next_c * v["cell_scale"] + v["cell_shift"]
        a = activate(a, setting.activation)
        next_h, next_c = tf.cast(a * o, low), tf.cast(next_c, low)
        values = {"outputs": next_h}
        if "running" in extra:
            next_h = tf.where(read("running"), next_h, h)
            next_c = tf.where(read("running"), next_c, c)
        return (next_h, next_c), values

    rows = args["h"].shape[0]
    if rows is None and setting.portable:
        rows = tf.shape(args["h"])[0]
    (h, c), results = loop(
        one_step,
        known,
        {"outputs": (low, [rows, units])},
        (args["h"], args["c"]),
        steps,
        bound=extra.get("bound"),
        unroll=setting.unroll,
        ahead=setting.stacked,
        portable=setting.portable,
    )
    return results["outputs"].stack(), h, c
