"""A whole sequence forward and, by hand, backward: no mode, no Keras, no variables.

Shapes: B batch, T steps, D input, H units; sequences are time-major here. ``.`` is 4H
at the sites "recurrent" and "input", H at "cell". Gates in the order f, i, o, j.

Forward, for each step, with ``w`` [B,1] the share of each row in the moments (1/B, or
1/n for the n valid rows and 0 for the others, or 0 where the moments are given)::

    mean = sum_b w z        d = z - mean            z [B,.] what is normalised
    var = sum_b w d^2       v = 1 / sqrt(var + epsilon)      s = gamma v
    bn(z) = d s + beta
    G = bn(x kernel) + bn(h recurrent_kernel)                         [B,4H]
    f, i, o, j = r(G_f), r(G_i), r(G_o), q(G_j)           q, r: the activations
    c' = c f + i j          a = q(bn(c'))           h' = a o          [B,H]

Backward through ``bn``, for dy [B,.] the gradient of its result (``sum`` is over B)::

    dbeta = sum dy          dgamma = v sum(dy d)
    dz = s (dy - w (dbeta + d v dgamma))

so that one step from dh', dc' is::

    dy = dh' o q'(a)        dc'' = dc' + dz(dy)     at the cell's site
    dG = [dc'' c r'(f), dc'' j r'(i), dh' a r'(o), dc'' i q'(j)]      [B,4H]
    dR = dz(dG)             dh = dR recurrent_kernel^T       dc = dc'' f

with q', r' from the results of q and r (tanh: 1 - a^2). Once all steps are done,
``drecurrent_kernel = sum_t h_t^T dR_t`` is one matmul over T B rows.

Where rows are many, u [B,U] of ``z = u W`` (W [U,4H]) is centred instead of z, and the
gradient needs no [B,4H] tensor but dG::

    e = u - mean(u)         C = e^T e / B           [U,U]
    var = colsum(W * (C W)), or the mean of (e W)^2         bn(z) = e W s + beta
    A = e^T dG              [U,4H]  (the step's share of the weight gradient)
    dgamma = v colsum(A * W)        dvar = -s v dgamma / 2
    dW = sum_t A s + 2 dvar (C W)
    du = dG (W s)^T + (2/B) e (W diag(dvar) W^T), less its mean over B

Where a column of W nearly cancels the correlations of u, var is what is left of the far
larger k var = |W|^T |C| |W|. From C it loses k times the precision in which that is
computed; from e W it loses sqrt(k) times, as everything else here does. So a step takes
var from e W. For the input's site C is cheap, all steps being known: it is in float64.

Source: T. Cooijmans et al., "Recurrent Batch Normalization", arXiv 1603.09025,
equations 6-8; S. Ioffe and C. Szegedy, arXiv 1502.03167, section 3, for the gradient.
"""

from typing import NamedTuple

import tensorflow as tf

from bnlstm_compat import spec
from bnlstm_compat.backend.tensorflow_loop import loop

#: Activations whose derivative is known from their result ``y``.
FUNCTIONS = {"tanh": tf.tanh, "sigmoid": tf.sigmoid, "relu": tf.nn.relu, "linear": None}
_SLOPES = {
    "tanh": lambda dy, y: dy * (1 - tf.square(y)),
    "sigmoid": lambda dy, y: dy * (y - tf.square(y)),
    "relu": lambda dy, y: tf.where(y > 0, dy, 0),
    "linear": lambda dy, y: dy,
}

#: The trained arguments, in the order of ``spec.TRAINABLE``; then x and the states.
ARGUMENTS = (*spec.TRAINABLE, "x", "h", "c")


class Setting(NamedTuple):
    """What is fixed before tracing.

    ``activation``, ``recurrent_activation``: keys of ``FUNCTIONS``. ``epsilon``: added
    to variances. ``factored``: sites whose moments come from those of the matmul's left
    side, never with ``share`` or given moments. ``unroll``: a Python loop. ``stacked``:
    what is saved is tensors, not TensorArrays, to be able to leave compiled code.
    ``to_input``: whether ``backward`` keeps what the gradient of x comes from.
    ``portable``: in inference, a loop that any target of an export holds.
    """

    activation: str = "tanh"
    recurrent_activation: str = "sigmoid"
    epsilon: float = spec.EPSILON
    factored: frozenset = frozenset()
    unroll: bool = False
    stacked: bool = False
    to_input: bool = True
    portable: bool = False


class _Run:
    """What both passes share: dtypes, shapes, and what each step reads."""

    def __init__(self, setting, args, extra):
        self.setting, self.args, self.extra = setting, args, extra
        self.dtype = args["cell_gamma"].dtype
        self.compute_dtype = args["x"].dtype
        x = args["x"]
        self.steps = tf.shape(x)[0] if x.shape[0] is None else x.shape[0]
        self.batch = tf.shape(x)[1] if x.shape[1] is None else x.shape[1]
        self.one_input = x.shape[2] == 1
        #: Whether the cell's d is kept: rounded, its parts would not give it again.
        self.keeps_cell_d = self.compute_dtype != self.dtype
        self.equal_share = 1 / tf.cast(self.batch, self.dtype)
        self.input_factored = "input" in setting.factored
        self.recurrent_factored = "recurrent" in setting.factored
        #: Whether the h that a step multiplies is not simply the output before.
        self.keeps_h = not self.recurrent_factored and (
            "running" in extra or "recurrent_mask" in extra
        )

    def high(self, z):
        """In the dtype of the moments."""
        return tf.cast(z, self.dtype)

    def low(self, z):
        """In the compute dtype."""
        return tf.cast(z, self.compute_dtype)

    def matmul(self, a, b, **options):
        """A product in the compute dtype, given on in that of the moments."""
        return self.high(tf.matmul(self.low(a), self.low(b), **options))

    def masked(self, h):
        """``h`` with recurrent dropout."""
        mask = self.extra.get("recurrent_mask")
        return h if mask is None else h * tf.cast(mask, h.dtype)

    def average(self, z, share, axis=0):
        """Weighted by ``share`` where there is one."""
        if share is None:
            return tf.reduce_mean(z, axis)
        return tf.reduce_sum(share * z, axis)

    def moments(self, z, site, use_given, read, share, axis=0):
        """``(d, mean, variance)`` of ``z`` over ``axis``, or around given moments."""

        def unless_given(value, name):
            if use_given is None:
                return value
            return tf.where(use_given, read(name), value)

        mean = unless_given(self.average(z, share, axis), f"{site}_mean")
        d = z - (mean if axis == 0 else mean[:, None])
        variance = self.average(tf.square(d), share, axis)
        return d, mean, unless_given(variance, f"{site}_variance")

    def inverse(self, variance):
        """``v`` of the equations."""
        return tf.math.rsqrt(variance + self.setting.epsilon)

    def covariance(self, e):
        """``C`` [..,U,U] of the centred ``e`` [..,B,U]."""
        return tf.matmul(e, e, transpose_a=True) / tf.cast(self.batch, e.dtype)

    def loop(self, one_step, known, found, state, **options):
        """``tensorflow_loop.loop``, with which rows count and run, and results cast."""
        extra = self.extra
        by_step = {k: extra[k] for k in ("share", "running") if k in extra}

        def step(read, state):
            state, values = one_step(read, state)
            return state, {k: tf.cast(values[k], found[k][0]) for k in found}

        return loop(
            step,
            {**known, **by_step},
            found,
            state,
            self.steps,
            bound=extra.get("bound"),
            unroll=self.setting.unroll,
            ahead=self.setting.stacked,
            **options,
        )

    def gradient(self, by_step, name):
        """The gradient of a gamma or beta from its steps' [T,.], as it came."""
        if self.args[name].shape[0] == 1:
            return tf.reduce_sum(by_step, 0, keepdims=True)
        return by_step


def forward(setting, args, extra):
    """All steps, with what the backward pass needs.

    Args:
      setting: a ``Setting``.
      args: dict of ``ARGUMENTS``: ``kernel`` [D,4H], ``recurrent_kernel`` [H,4H],
        gammas and betas [1,.] or [T,.], ``x`` [T,B,D], ``h``, ``c`` [B,H]. Matrices,
        x, h and c in the compute dtype; gammas and betas in that of the moments.
      extra: dict of what has no gradient, all optional: ``share`` [T,B,1] (``w``),
        ``running`` [T,B,1] bool (rows that are not keep their state), ``use_given``
        [T,1] bool with ``{site}_mean``, ``{site}_variance`` [T,.] (moments to use
        there, where ``share`` is 0), ``recurrent_mask`` [B,H], ``bound`` (steps to
        run).

    Returns:
      ``(outputs [T,B,H], h, c, mean, variance, saved)``; mean and variance are dicts
      from site to [T,.], saved is for ``backward``.
    """
    run = _Run(setting, args, extra)
    kernel = run.high(args["recurrent_kernel"])
    input_mean, input_variance, inputs = _input_forward(run)
    low, high = run.compute_dtype, run.dtype
    rows = args["h"].shape
    units = rows[1]
    kept = dict.fromkeys("fiojac", (low, rows))
    if run.keeps_cell_d:
        kept["cell_d"] = (low, rows)
    if run.keeps_h:
        kept["h"] = (low, rows)
    if run.recurrent_factored:
        kept["recurrent_e"] = (low, rows)
    else:
        kept["recurrent_d"] = (low, [rows[0], 4 * units])
    sizes = [units if run.recurrent_factored else 4 * units, 4 * units, units, units]
    # Few and large writes: each costs XLA a kernel of its own.
    found = {**kept, "outputs": (low, rows), "moments": (high, [sum(sizes)])}

    affine = ("recurrent_gamma", "recurrent_beta", "cell_gamma", "cell_beta")
    fixed = {name: args[name][0] for name in affine if args[name].shape[0] == 1}

    def one_step(read_step, state):
        h, c = state

        def read(name):
            return fixed[name] if name in fixed else read_step(name)

        u, values = run.masked(h), {}
        share = read("share") if "share" in extra else None
        use_given = read("use_given") if "use_given" in extra else None
        if run.recurrent_factored:
            u_mean = tf.reduce_mean(run.high(u), 0)
            e = run.high(u) - u_mean
            z = run.matmul(e, kernel)
            variance = tf.reduce_mean(tf.square(z), 0)
            gates = z * (read("recurrent_gamma") * run.inverse(variance))
            mean, values["recurrent_e"] = u_mean, e
        else:
            z = run.high(tf.matmul(u, args["recurrent_kernel"]))
            d, mean, variance = run.moments(z, "recurrent", use_given, read, share)
            gates = d * (read("recurrent_gamma") * run.inverse(variance))
            values["recurrent_d"] = d
        moments = [mean, variance]
        gates += _input_part(run, read) + read("recurrent_beta")
        f, i, o, j = tf.split(gates, len(spec.GATES), axis=1)
        f, i, o = (activate(z, setting.recurrent_activation) for z in (f, i, o))
        j = activate(j, setting.activation)
        next_c = run.high(c) * f + i * j
        d, mean, variance = run.moments(next_c, "cell", use_given, read, share)
        a = d * (read("cell_gamma") * run.inverse(variance)) + read("cell_beta")
        a = activate(a, setting.activation)
        next_h, next_c = run.low(a * o), run.low(next_c)
        values |= {"f": f, "i": i, "o": o, "j": j, "a": a, "cell_d": d}
        values |= {"outputs": next_h, "c": c, "h": u}
        values["moments"] = tf.concat([*moments, mean, variance], 0)
        if "running" in extra:
            next_h = tf.where(read("running"), next_h, h)
            next_c = tf.where(read("running"), next_c, c)
        return (next_h, next_c), values

    known = {k: v for k, v in inputs.items() if k != "input_covariance"}
    known |= {name: args[name] for name in affine if name not in fixed}
    if "use_given" in extra:
        names = [
            f"{s}_{k}" for s in ("recurrent", "cell") for k in ("mean", "variance")
        ]
        known |= {name: extra[name] for name in ("use_given", *names)}
    (h, c), results = run.loop(one_step, known, found, (args["h"], args["c"]))
    moments = tf.split(results["moments"].stack(), sizes, 1)
    mean = {"input": input_mean, "recurrent": moments[0], "cell": moments[2]}
    variance = {"input": input_variance, "recurrent": moments[1], "cell": moments[3]}
    if run.recurrent_factored:
        mean["recurrent"] = tf.matmul(mean["recurrent"], kernel)
    saved = {name: results[name] for name in kept}
    if setting.stacked:
        saved = {name: array.stack() for name, array in saved.items()}
    saved |= {f"{site}_variance": variance[site] for site in spec.SITES}
    saved["cell_mean"] = mean["cell"]
    outputs = results["outputs"].stack()
    return outputs, h, c, mean, variance, {**saved, **inputs}


def backward(setting, args, extra, saved, outputs, d_outputs, dh, dc):
    """Gradients, given those of ``forward``'s outputs [T,B,H], h and c.

    Returns:
      ``(gradients, rest)``: a dict of ``ARGUMENTS`` but x, in the shapes in which they
      came, and what ``backward_input`` needs.
    """
    run = _Run(setting, args, extra)
    kernel, input_kernel = run.high(args["recurrent_kernel"]), run.high(args["kernel"])
    slope = _SLOPES[setting.activation]
    recurrent_slope = _SLOPES[setting.recurrent_activation]
    low, high = run.compute_dtype, run.dtype
    rows = args["h"].shape
    units = rows[1]
    inverses = {site: run.inverse(saved[f"{site}_variance"]) for site in spec.SITES}
    scales = {site: args[f"{site}_gamma"] * inverses[site] for site in spec.SITES}
    order = ("recurrent", "cell", "input")  # the last where a step needs it
    per_step = order if run.input_factored else order[:2]
    vectors = [part[site] for site in per_step for part in (scales, inverses)]
    vectors.insert(4, saved["cell_mean"])
    sizes = [vector.shape[1] for vector in vectors]
    names = ["recurrent_beta", "recurrent_gamma", "cell_beta", "cell_gamma"]
    if run.input_factored:
        names.append("input_gamma")
    vector_sizes = [units if name.startswith("cell") else 4 * units for name in names]
    found, sums = {"vectors": (high, [sum(vector_sizes)])}, {}
    if setting.to_input or not run.input_factored:
        found["gates"] = (low, [rows[0], 4 * units])
    if run.input_factored:
        sums["kernel"] = tf.zeros_like(input_kernel)
    if run.recurrent_factored:
        sums["recurrent_kernel"] = tf.zeros_like(kernel)
    else:
        found["recurrent"] = (low, [rows[0], 4 * units])

    def one_step(read, state):
        dh, dc, sums = state
        f, i, o, j, a = (run.high(read(name)) for name in "fioja")
        s, inverse, cell_s, cell_inverse, cell_mean, *of_input = tf.split(
            read("vectors"), sizes
        )
        c = run.high(read("c"))
        d = run.high(read("cell_d")) if run.keeps_cell_d else c * f + i * j - cell_mean
        share = read("share") if "share" in extra else None
        kept_h = kept_c = 0
        if "running" in extra:
            running, zero = read("running"), tf.zeros_like(dh)
            kept_h, kept_c = tf.where(running, zero, dh), tf.where(running, zero, dc)
            dh, dc = tf.where(running, dh, zero), tf.where(running, dc, zero)
        dh += run.high(read("d_outputs"))
        dz, cell_beta, cell_gamma = _through_bn(
            run,
            slope(dh * o, a),
            d,
            cell_s,
            cell_inverse,
            share,
        )
        dc += dz
        dgates = tf.concat(
            [
                recurrent_slope(dc * c, f),
                recurrent_slope(dc * j, i),
                recurrent_slope(dh * a, o),
                slope(dc * i, j),
            ],
            axis=1,
        )
        values, sums, input_gamma = {"gates": dgates}, dict(sums), []
        if run.input_factored:
            e = run.high(read("input_e"))
            product = run.matmul(e, dgates, transpose_a=True)
            input_gamma = [of_input[1] * tf.reduce_sum(product * input_kernel, 0)]
            sums["kernel"] += product * of_input[0]
        if run.recurrent_factored:
            e = run.high(read("recurrent_e"))
            product = run.matmul(e, dgates, transpose_a=True)
            dgamma = inverse * tf.reduce_sum(product * kernel, 0)
            dvar = -0.5 * s * inverse * dgamma
            sums["recurrent_kernel"] += product * s + (2 * dvar) * tf.matmul(
                run.covariance(e), kernel
            )
            du = run.matmul(dgates, kernel * s, transpose_b=True)
            du -= tf.reduce_mean(du, 0)
            quadratic = tf.matmul(kernel * dvar, kernel, transpose_b=True)
            du += run.matmul(e, quadratic * (2 * run.equal_share))
            dbeta = tf.reduce_sum(dgates, 0)
        else:
            d = run.high(read("recurrent_d"))
            dz, dbeta, dgamma = _through_bn(run, dgates, d, s, inverse, share)
            values["recurrent"] = dz
            du = run.matmul(dz, args["recurrent_kernel"], transpose_b=True)
        vectors = [dbeta, dgamma, cell_beta, cell_gamma, *input_gamma]
        values["vectors"] = tf.concat(vectors, 0)
        return (run.masked(du) + kept_h, dc * f + kept_c, sums), values

    names_read = [*"fiojac", *(["cell_d"] if run.keeps_cell_d else [])]
    names_read.append("recurrent_e" if run.recurrent_factored else "recurrent_d")
    if run.input_factored:
        names_read.append("input_e")
    known = {name: saved[name] for name in names_read}
    known |= {"d_outputs": d_outputs, "vectors": tf.concat(vectors, 1)}
    state = (run.high(dh), run.high(dc), sums)
    (dh, dc, sums), results = run.loop(one_step, known, found, state, reverse=True)
    by_step = tf.split(results["vectors"].stack(), vector_sizes, 1)
    by_step = dict(zip(names, by_step, strict=True))
    dgates = results["gates"].stack() if "gates" in results else None
    gradients = {"h": run.low(dh), "c": run.low(dc)}
    if run.recurrent_factored:
        gradients["recurrent_kernel"] = run.low(sums["recurrent_kernel"])
    else:
        h = tf.concat([args["h"][None], outputs[:-1]], 0)
        if run.keeps_h:
            h = saved["h"] if setting.stacked else saved["h"].stack()
        gradients["recurrent_kernel"] = _over_all_steps(h, results["recurrent"].stack())
    if run.input_factored:
        dvar = -0.5 * scales["input"] * inverses["input"] * by_step["input_gamma"]
        gradients["kernel"] = run.low(
            sums["kernel"] + _from_variances(run, saved["input_covariance"], dvar)
        )
        rest = dgates, dvar
    else:
        dz, by_step["input_gamma"] = _input_backward(
            run,
            run.high(saved["input_d"]),
            run.high(dgates),
            by_step["recurrent_beta"],
            scales["input"],
            inverses["input"],
        )
        gradients["kernel"] = _over_all_steps(args["x"], run.low(dz))
        rest = (run.low(dz),)
    for name in spec.TRAINABLE[2:]:
        gradients[name] = run.gradient(by_step[name], name)
    return gradients, rest


def backward_input(setting, args, extra, saved, rest):
    """The gradient of x [T,B,D]; apart, so that it costs nothing where not wanted.

    Only with a ``setting`` that is ``to_input``.
    """
    run = _Run(setting, args, extra)
    if not run.input_factored:
        return tf.matmul(rest[0], args["kernel"], transpose_b=True)
    dgates, dvar = rest
    de = run.matmul(
        run.high(dgates) * saved["input_s"][:, None], args["kernel"], transpose_b=True
    )
    quadratic = tf.matmul(dvar, _pairs(run.high(args["kernel"])), transpose_b=True)
    size = args["x"].shape[2]
    quadratic = tf.reshape(quadratic, [run.steps, size, size]) * (2 * run.equal_share)
    de += run.matmul(saved["input_e"], quadratic) - tf.reduce_mean(de, 1, keepdims=True)
    return run.low(de)


def activate(z, name):
    """An activation of ``FUNCTIONS``."""
    function = FUNCTIONS[name]
    return z if function is None else function(z)


def _through_bn(run, dy, d, s, inverse, share):
    """``dz``, ``dbeta``, ``dgamma`` of the equations, at one step."""
    dbeta = tf.reduce_sum(dy, 0)
    dgamma = inverse * tf.reduce_sum(dy * d, 0)
    weighted = inverse * dgamma
    if share is not None:
        return s * (dy - share * (dbeta + d * weighted)), dbeta, dgamma
    # Products of whole columns first: those are B times smaller.
    s_share = s * run.equal_share
    return dy * s - d * (s_share * weighted) - s_share * dbeta, dbeta, dgamma


def _over_all_steps(left, right):
    """``sum_t left_t^T right_t`` of [T,B,.] as one matmul."""
    left, right = (tf.reshape(z, [-1, z.shape[2]]) for z in (left, right))
    return tf.matmul(left, right, transpose_a=True)


def _input_forward(run):
    """Mean and variance [T,4H] of x kernel, and what the steps read of it."""
    x, kernel, extra = run.args["x"], run.args["kernel"], run.extra
    gamma = run.args["input_gamma"]
    if run.input_factored:
        mean = tf.reduce_mean(run.high(x), 1)
        e = run.high(x) - mean[:, None]
        covariance = run.covariance(tf.cast(e, tf.float64))
        size = x.shape[2]
        flat = tf.reshape(covariance, [run.steps, size * size])
        variance = tf.matmul(flat, _pairs(tf.cast(kernel, flat.dtype)))
        variance = tf.nn.relu(run.high(variance))
        inputs = {"input_e": run.low(e), "input_covariance": run.high(covariance)}
        mean = tf.matmul(mean, run.high(kernel))
    else:
        z = run.high(tf.matmul(x, kernel))
        d, mean, variance = run.moments(
            z,
            "input",
            extra.get("use_given"),
            lambda name: extra[name],
            extra.get("share"),
            axis=1,
        )
        inputs = {"input_d": run.low(d)}
    inputs["input_s"] = gamma * run.inverse(variance)
    return mean, variance, inputs


def _input_part(run, read):
    """bn(x kernel) [B,4H] of one step."""
    if not run.input_factored:
        return run.high(read("input_d")) * read("input_s")
    scaled = run.high(run.args["kernel"]) * read("input_s")
    if run.one_input:
        return run.high(read("input_e")) * scaled
    return run.matmul(read("input_e"), scaled)


def _pairs(kernel):
    """The products of every two rows of the kernel, [D D,4H]: C times it is var."""
    size, gates = kernel.shape
    return tf.reshape(kernel[:, None] * kernel, [size * size, gates])


def _from_variances(run, covariance, dvar):
    """``sum_t 2 dvar_t (C_t W)`` [D,4H]."""
    kernel = run.high(run.args["kernel"])
    size, gates = kernel.shape
    flat = tf.reshape(covariance, [run.steps, size * size])
    weighted = tf.matmul(flat, dvar, transpose_a=True)
    return 2 * tf.reduce_sum(tf.reshape(weighted, [size, size, gates]) * kernel, 1)


def _input_backward(run, d, dgates, dbeta, s, inverse):
    """``dz`` [T,B,4H] and ``dgamma`` [T,4H] of the input's site, for all steps."""
    dgamma = inverse * tf.reduce_sum(dgates * d, 1)
    share = run.extra.get("share", run.equal_share)
    weighted = d * (inverse * dgamma)[:, None]
    return s[:, None] * (dgates - share * (dbeta[:, None] + weighted)), dgamma
