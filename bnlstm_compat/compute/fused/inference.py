"""A whole sequence in inference: each normalisation folded into an affine map."""

import tensorflow as tf

from bnlstm_compat import spec
from bnlstm_compat.backend.tensorflow_loop import loop
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
    (input_scale, shift), (scale, recurrent_shift), (cell_scale, cell_shift) = (
        affine(
            args,
            site,
            extra[f"{site}_mean"],
            extra[f"{site}_variance"],
            setting.epsilon,
        )
        for site in ("input", "recurrent", "cell")
    )
    shift += recurrent_shift
    in_kernel = "input" in setting.factored
    # One tensor, for each that a step reads costs time of its own.
    sizes = [4 * units, units, units, 4 * units, 4 * units]
    vectors = [scale, cell_scale, cell_shift, input_scale, shift]
    vectors = tf.concat(vectors, 1)
    if not in_kernel:
        vectors, input_scale, shift = tf.split(vectors, [6 * units, *sizes[3:]], 1)
        x = tf.cast(tf.matmul(x, kernel), high) * input_scale[:, None] + shift[:, None]
        x, sizes = tf.cast(x, low), sizes[:3]
    known = {"x": x, "vectors": vectors}
    if "running" in extra:
        known["running"] = extra["running"]
    recurrent_mask = extra.get("recurrent_mask")

    def scaled(matrix, scale):
        return tf.cast(tf.cast(matrix, high) * scale, low)

    def gates_of(h, x, scale, input_scale=None, shift=None):
        if "recurrent" in setting.factored:
            both = [scaled(recurrent_kernel, scale), scaled(kernel, input_scale)]
            both = tf.concat([*both, tf.cast(shift, low)[None]], 0)
            return tf.matmul(tf.concat([h, x, tf.ones_like(x[:, :1])], 1), both)
        gates = scaled(tf.matmul(h, recurrent_kernel), scale)
        if not in_kernel:
            return gates + x
        kernel_now, shift = scaled(kernel, input_scale), tf.cast(shift, low)
        if kernel.shape[0] == 1:
            return gates + (x * kernel_now + shift)
        return gates + tf.nn.bias_add(tf.matmul(x, kernel_now), shift)

    def one_step(read, state):
        h, c = state
        u = h if recurrent_mask is None else h * tf.cast(recurrent_mask, low)
        scale, cell_scale, cell_shift, *more = tf.split(read("vectors"), sizes)
        gates = tf.cast(gates_of(u, read("x"), scale, *more), high)
        f, i, o, j = tf.split(gates, len(spec.GATES), axis=1)
        f, i, o = (activate(z, setting.recurrent_activation) for z in (f, i, o))
        next_c = tf.cast(c, high) * f + i * activate(j, setting.activation)
        a = activate(next_c * cell_scale + cell_shift, setting.activation)
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
