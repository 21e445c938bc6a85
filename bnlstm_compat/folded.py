"""A whole sequence in inference: each normalisation folded into an affine map."""

import tensorflow as tf

from bnlstm_compat import spec
from bnlstm_compat.bptt import activate
from bnlstm_compat.loops import loop


def forward(setting, args, extra):
    """All steps, the moments being given: ``bn(z) = z * scale + shift``.

    Args:
      setting, args: as for ``bptt.forward``.
      extra: dict with ``{site}_scale`` [T,.] and ``{site}_shift`` [T,.] (at the input's
        site the scale only: the recurrent shift is the sum of both), and, as for
        ``bptt.forward``, optionally ``running``, ``recurrent_mask``, ``bound``.

    Returns:
      ``(outputs [T,B,H], h, c)``.
    """
    x, kernel = args["x"], args["kernel"]
    low, high = x.dtype, extra["cell_scale"].dtype
    steps = tf.shape(x)[0] if x.shape[0] is None else x.shape[0]
    in_loop = x.shape[2] == 1
    known = {k: v for k, v in extra.items() if k not in ("recurrent_mask", "bound")}
    known["x"] = x if in_loop else tf.matmul(x, kernel)
    recurrent_mask = extra.get("recurrent_mask")

    def one_step(read, state):
        h, c = state
        u = h
        if recurrent_mask is not None:
            u = h * tf.cast(recurrent_mask, low)
        gates = tf.cast(tf.matmul(u, args["recurrent_kernel"]), high)
        gates = gates * read("recurrent_scale") + read("recurrent_shift")
        inputs = tf.cast(read("x"), high)
        if in_loop:
            gates += inputs * (tf.cast(kernel, high) * read("input_scale"))
        else:
            gates += inputs * read("input_scale")
        f, i, o, j = tf.split(gates, len(spec.GATES), axis=1)
        f, i, o = (activate(z, setting.recurrent_activation) for z in (f, i, o))
        next_c = tf.cast(c, high) * f + i * activate(j, setting.activation)
        a = next_c * read("cell_scale") + read("cell_shift")
        next_h = tf.cast(activate(a, setting.activation) * o, low)
        next_c = tf.cast(next_c, low)
        values = {"outputs": next_h}
        if "running" in extra:
            next_h = tf.where(read("running"), next_h, h)
            next_c = tf.where(read("running"), next_c, c)
        return (next_h, next_c), values

    (h, c), results = loop(
        one_step,
        known,
        {"outputs": (low, args["h"].shape)},
        (args["h"], args["c"]),
        steps,
        bound=extra.get("bound"),
        unroll=setting.unroll,
        ahead=setting.stacked,
    )
    return results["outputs"].stack(), h, c
