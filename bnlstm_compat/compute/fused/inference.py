"""A whole sequence in inference: each normalisation folded into an affine map."""

import tensorflow as tf

from bnlstm_compat import spec
from bnlstm_compat.backend.tensorflow_loop import loop
from bnlstm_compat.compute.fused.gates import gates_of
from bnlstm_compat.compute.fused.packed import Packed
from bnlstm_compat.compute.fused.setting import activate
from bnlstm_compat.compute.norm import affine


def forward(setting, args, extra):
    """All steps, the moments being given: ``bn(z) = z * scale + shift``.

    Scale and shift are known for every step, so the input's go where they cost least:
    into the kernel that each step multiplies, with the shift as a bias, or onto the
    matmul of all steps. Compiled, with many rows, the recurrent scale goes into its
    kernel too, and both matmuls are one. Where TensorFlow does the matmuls and XLA the
    rest, and where compiled code has one matmul for all steps, all scales and shifts of
    a step are in one pass after its matmuls.

    Args:
      setting: a ``Setting``; ``factored`` says into which kernels.
      args: as for ``training.forward``.
      extra: dict with ``{site}_mean``, ``{site}_variance`` [T,.] and, as in
        training, optionally ``running``, ``recurrent_mask``, ``bound``.

    Returns:
      ``(outputs [T,B,H], h, c)``.
    """
    one_step = _Step(setting, args, extra)
    rows = args["h"].shape[0]
    if rows is None and setting.portable:
        rows = tf.shape(args["h"])[0]
    x = args["x"]
    (h, c), results = loop(
        one_step,
        one_step.known,
        {"outputs": (x.dtype, [rows, args["recurrent_kernel"].shape[0]])},
        (args["h"], args["c"]),
        tf.shape(x)[0] if x.shape[0] is None else x.shape[0],
        bound=extra.get("bound"),
        unroll=setting.unroll,
        ahead=setting.stacked,
        portable=setting.portable,
    )
    return results["outputs"].stack(), h, c


class _Step:
    """One step. ``known``: what steps read, by name, [T,...]."""

    def __init__(self, setting, args, extra):
        self._setting, self._args, self._extra = setting, args, extra
        self._gates = gates_of(setting)
        self._low, self._high = args["x"].dtype, args["cell_gamma"].dtype
        #: Whether x W is computed step by step.
        self._by_step = "input" in setting.factored
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
        #: Whether all scales and shifts come after the matmuls of a step.
        self._in_one = setting.by_parts or (setting.stacked and not self._by_step)
        x = args["x"]
        if not self._by_step:
            x = tf.matmul(x, args["kernel"])
        if self._by_step or self._in_one:
            given |= {"input_scale": scale["input"], "gates_shift": shift["gates"]}
        else:
            x = tf.cast(x, self._high) * scale["input"][:, None]
            x = tf.cast(x + shift["gates"][:, None], self._low)
        self._vectors = Packed({name: value.shape[1] for name, value in given.items()})
        self.known = {"x": x, "vectors": self._vectors.pack(given)}
        if "running" in extra:
            self.known["running"] = extra["running"]
        self._after = self._after_matmuls
        if setting.by_parts:
            self._after = tf.function(self._after, jit_compile=True, autograph=False)

    def __call__(self, read, state):
        h, c = state
        mask = self._extra.get("recurrent_mask")
        u = h if mask is None else h * tf.cast(mask, self._low)
        packed = read("vectors")
        matmuls = self._matmuls(u, read("x"), self._vectors.unpack(packed))
        next_h, next_c = self._after(matmuls, packed, c)
        values = {"outputs": next_h}
        if "running" in self._extra:
            next_h = tf.where(read("running"), next_h, h)
            next_c = tf.where(read("running"), next_c, c)
        return (next_h, next_c), values

    def _matmuls(self, u, x, v):
        """The gates [B,4H]; or h W, to be scaled, and what is added to it then.

        In one pass, h W and x W.
        """
        kernel, recurrent_kernel = self._args["kernel"], self._args["recurrent_kernel"]
        if "recurrent" in self._setting.factored:
            both = [self._scaled(recurrent_kernel, v["recurrent_scale"])]
            both += [self._scaled(kernel, v["input_scale"])]
            both = tf.concat([*both, tf.cast(v["gates_shift"], self._low)[None]], 0)
            left = tf.concat([u, x, tf.ones_like(x[:, :1])], 1)
            return (tf.matmul(left, both),)
        of_state = tf.matmul(u, recurrent_kernel)
        if not self._by_step:
            return of_state, x
        if self._in_one:
            return of_state, tf.matmul(x, kernel)
        kernel = self._scaled(kernel, v["input_scale"])
        shift = tf.cast(v["gates_shift"], self._low)
        if kernel.shape[0] == 1:
            return of_state, x * kernel + shift
        return of_state, tf.nn.bias_add(tf.matmul(x, kernel), shift)

    def _after_matmuls(self, matmuls, packed, c):
        """h and c [B,H] after the step."""
        setting, v = self._setting, self._vectors.unpack(packed)
        gates, *of_input = matmuls
        if self._in_one:
            of_state, of_input = (tf.cast(z, self._high) for z in matmuls)
            gates = of_input * v["input_scale"] + v["gates_shift"]
            gates += of_state * v["recurrent_scale"]
        elif of_input:
            gates = self._scaled(gates, v["recurrent_scale"]) + of_input[0]
        activated = self._gates.activated(tf.cast(gates, self._high))
        f, i, o, j = self._gates.parts(activated)
        next_c = tf.cast(c, self._high) * f + i * j
        a = next_c * v["cell_scale"] + v["cell_shift"]
        a = activate(a, setting.activation)
        return tf.cast(a * o, self._low), tf.cast(next_c, self._low)

    def _scaled(self, matrix, scale):
        return tf.cast(tf.cast(matrix, self._high) * scale, self._low)
