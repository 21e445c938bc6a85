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

with q', r' from the results of q and r (tanh: 1 - a^2). Kept of a step are c and, of
the state's site, d; what is cheap is made again: from d the gates (if compiled), from
those and c the cell's d, from that a. Once all steps are done,
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

import functools

import tensorflow as tf

from bnlstm_compat import spec
from bnlstm_compat.compute.fused.gates import gates_of
from bnlstm_compat.compute.fused.inputs import input_site
from bnlstm_compat.compute.fused.packed import Packed
from bnlstm_compat.compute.fused.passes import Pass
from bnlstm_compat.compute.fused.recurrent import recurrent_site
from bnlstm_compat.compute.fused.setting import AFFINE, activate, slope


def forward(setting, args, extra):
    """All steps, with what the backward pass needs.

    Args:
      setting: a ``Setting``.
      args: dict of ``ARGUMENTS``, whose gradients can be asked for: matrices as usual,
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
    run = Pass(setting, args, extra)
    recurrent, inputs = recurrent_site(run), input_site(run)
    of_input = inputs.forward()
    moments = _moments_of_a_step(run, recurrent)
    low, rows = run.compute_dtype, run.rows
    kept = {
        name: (low, [rows[0], size])
        for name, size in _kept_of_a_step(run, recurrent).items()
    }
    kept |= recurrent.kept()
    written = {**kept, "outputs": (low, rows), "moments": (run.dtype, [moments.size])}
    affine = [name for name in AFFINE if not name.startswith("input")]
    fixed = {name: args[name][0] for name in affine if args[name].shape[0] == 1}
    known = {name: of_input.saved[name] for name in inputs.reads_forward}
    known |= {name: args[name] for name in affine if name not in fixed}
    if "use_given" in extra:
        given = [
            f"{s}_{k}" for s in ("recurrent", "cell") for k in ("mean", "variance")
        ]
        known |= {name: extra[name] for name in ("use_given", *given)}
    (h, c), results = run.loop(
        functools.partial(_step_forward, run, recurrent, inputs, moments),
        known,
        written,
        (args["h"], args["c"]),
        fixed=fixed,
    )
    by_step = moments.unpack(results["moments"].stack())
    mean = {
        "recurrent": recurrent.mean(by_step["recurrent_mean"]),
        "input": of_input.mean,
        "cell": by_step["cell_mean"],
    }
    variance = {
        "recurrent": by_step["recurrent_variance"],
        "input": of_input.variance,
        "cell": by_step["cell_variance"],
    }
    saved = {name: results[name] for name in kept}
    if setting.stacked:
        saved = {name: array.stack() for name, array in saved.items()}
    saved |= {f"{site}_variance": variance[site] for site in spec.SITES}
    saved |= {"cell_mean": mean["cell"], **of_input.saved}
    return results["outputs"].stack(), h, c, mean, variance, saved


def _kept_of_a_step(run, recurrent):
    """What is kept of a step besides what its sites keep, to its features."""
    kept = {"c": run.units}
    if recurrent.keeps_gates:
        kept |= gates_of(run.setting).sizes(run.units)
    if run.keeps_cell_d:
        kept["cell_d"] = run.units
    return kept


def _moments_of_a_step(run, recurrent):
    return Packed(
        {
            "recurrent_mean": recurrent.mean_size,
            "recurrent_variance": 4 * run.units,
            "cell_mean": run.units,
            "cell_variance": run.units,
        }
    )


def _step_forward(run, recurrent, inputs, moments, read, state):
    """One step of ``forward``: the state after it, and what is kept, by name."""
    h, c = state
    u = run.masked(h)
    of_state, (mean, variance), kept = recurrent.forward(u, read)
    gates = gates_of(run.setting)
    activated = gates.activated(_sum_of_sites(of_state, inputs, read))
    f, i, o, j = gates.parts(activated)
    next_c = run.high(c) * f + i * j
    d, cell_mean, cell_variance = run.centred(next_c, "cell", read)
    scaled = d * (read("cell_gamma") * run.inverse(cell_variance))
    a = activate(scaled + read("cell_beta"), run.setting.activation)
    next_h, next_c = run.low(a * o), run.low(next_c)
    vectors = {
        "recurrent_mean": mean,
        "recurrent_variance": variance,
        "cell_mean": cell_mean,
        "cell_variance": cell_variance,
    }
    kept |= {**activated, "c": c, "cell_d": d}
    kept |= {"outputs": next_h, "moments": moments.pack(vectors)}
    return run.running(read, (next_h, next_c), (h, c)), kept


def _sum_of_sites(of_state, inputs, read):
    """``G`` [B,4H], given the state's part without its offset."""
    return of_state + inputs.one_step(read) + read("recurrent_beta")


def backward(setting, args, extra, saved, outputs, d_outputs, dh, dc):
    """Gradients, given those of ``forward``'s outputs [T,B,H], h and c.

    Returns:
      ``(gradients, rest)``: a dict of ``ARGUMENTS`` but x, in the shapes in which they
      came, and what ``backward_input`` needs.
    """
    run = Pass(setting, args, extra)
    recurrent, inputs = recurrent_site(run), input_site(run)
    inverses = {site: run.inverse(saved[f"{site}_variance"]) for site in spec.SITES}
    scales = {site: args[f"{site}_gamma"] * inverses[site] for site in spec.SITES}
    given = {
        "recurrent_s": scales["recurrent"],
        "recurrent_inverse": inverses["recurrent"],
        "cell_s": scales["cell"],
        "cell_inverse": inverses["cell"],
        "cell_mean": saved["cell_mean"],
        "cell_beta": run.by_step(args["cell_beta"]),
        **inputs.vectors(scales["input"], inverses["input"]),
    }
    reads = {*_kept_of_a_step(run, recurrent), *recurrent.reads, *inputs.reads_backward}
    if not recurrent.keeps_gates:
        given["recurrent_beta"] = run.by_step(args["recurrent_beta"])
        reads |= {*inputs.reads_forward} - {"input_s"}
    vectors = Packed({name: vector.shape[1] for name, vector in given.items()})
    found = Packed(_gradients_of_a_step(run))
    known = {name: saved[name] for name in sorted(reads)}
    known |= {"d_outputs": d_outputs, "vectors": vectors.pack(given)}
    written = {"gradients": (run.dtype, [found.size]), **recurrent.written()}
    written |= inputs.written
    (dh, dc, sums), results = run.loop(
        functools.partial(_step_backward, run, recurrent, inputs, vectors, found),
        known,
        written,
        (run.high(dh), run.high(dc), {**recurrent.sums(), **inputs.sums()}),
        reverse=True,
    )
    by_step = found.unpack(results["gradients"].stack())
    recurrent_kernel = recurrent.kernel_gradient(saved, outputs, results, sums)
    with tf.control_dependencies([recurrent_kernel]):
        by_step |= {name: results[name].stack() for name in inputs.written}
    kernel, by_step["input_gamma"], rest = inputs.backward(
        saved, scales["input"], inverses["input"], by_step, sums, recurrent_kernel
    )
    gradients = {
        "h": run.low(dh),
        "c": run.low(dc),
        "kernel": kernel,
        "recurrent_kernel": recurrent_kernel,
    }
    gradients |= {name: _in_shape(args[name], by_step[name]) for name in AFFINE}
    return gradients, rest


def _gradients_of_a_step(run):
    """The vectors that a step backward writes, and their sizes."""
    return {
        "recurrent_beta": 4 * run.units,
        "recurrent_gamma": 4 * run.units,
        "input_gamma": 4 * run.units,
        "cell_beta": run.units,
        "cell_gamma": run.units,
    }


def _step_backward(run, recurrent, inputs, vectors, found, read, state):
    """One step of ``backward``: the five lines of the module's equations."""
    dh, dc, sums = state
    q, r = run.setting.activation, run.setting.recurrent_activation
    v = vectors.unpack(read("vectors"))

    def read_any(name):
        return v[name] if name in v else run.high(read(name))

    gates = gates_of(run.setting)
    if recurrent.keeps_gates:
        activated = {name: read_any(name) for name in gates.sizes(run.units)}
    else:
        of_state = recurrent.again(read_any)
        activated = gates.activated(_sum_of_sites(of_state, inputs, read_any))
    f, i, o, j = gates.parts(activated)
    c = read_any("c")
    d = read_any("cell_d") if run.keeps_cell_d else c * f + i * j - v["cell_mean"]
    a = activate(d * v["cell_s"] + v["cell_beta"], q)
    (dh, dc), (kept_h, kept_c) = run.running_gradients(read, dh, dc)
    dh += run.high(read("d_outputs"))
    dz, cell_beta, cell_gamma = run.through_bn(
        slope(dh * o, a, q), d, v["cell_s"], v["cell_inverse"], read
    )
    dc += dz
    of_gates = [slope(dc * c, f, r), slope(dc * j, i, r)]
    of_gates += [slope(dh * a, o, r), slope(dc * i, j, q)]
    dgates = tf.concat(of_gates, axis=1)
    added, input_gamma, of_input = inputs.backward_step(dgates, v, read)
    by_u = recurrent.backward(dgates, v["recurrent_s"], v["recurrent_inverse"], read)
    added |= by_u.added
    values = {
        "recurrent_beta": by_u.dbeta,
        "recurrent_gamma": by_u.dgamma,
        "input_gamma": input_gamma,
        "cell_beta": cell_beta,
        "cell_gamma": cell_gamma,
    }
    values = {
        "gradients": found.pack(values),
        "outputs": a * o,
        **of_input,
        **by_u.written,
    }
    sums = {name: total + added[name] for name, total in sums.items()}
    return (run.masked(by_u.du) + kept_h, dc * f + kept_c, sums), values


def _in_shape(argument, by_step):
    """The gradient of a scale or offset from its steps' [T,.], as it came."""
    if argument.shape[0] == 1:
        return tf.reduce_sum(by_step, 0, keepdims=True)
    return by_step


def backward_input(setting, args, extra, saved, rest):
    """The gradient of x [T,B,D]; apart, so that it costs nothing where not wanted.

    Only with a ``setting`` that is ``to_input``.
    """
    return input_site(Pass(setting, args, extra)).x_gradient(saved, rest)
