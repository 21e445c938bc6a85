"""The compiled sequence: what ``general.sequence`` gives, its gradient written by hand.

What is computed is in ``training`` and ``inference``, how it is run in
``choice``; here both meet TensorFlow's gradients and compiler.

Source: T. Cooijmans et al., "Recurrent Batch Normalization", arXiv 1603.09025.
"""

import functools

import keras
import tensorflow as tf

from bnlstm_compat import exports, spec
from bnlstm_compat.compute import choice
from bnlstm_compat.compute.fused import inference
from bnlstm_compat.compute.fused import training as training_pass
from bnlstm_compat.compute.fused.setting import ARGUMENTS, Setting
from bnlstm_compat.compute.schedule import at_rows, schedule, taken
from bnlstm_compat.compute.updates import Moments
from bnlstm_compat.keras_private import watched

_NAMES = {
    keras.activations.tanh: "tanh",
    tf.tanh: "tanh",
    keras.activations.sigmoid: "sigmoid",
    tf.sigmoid: "sigmoid",
    keras.activations.relu: "relu",
    tf.nn.relu: "relu",
    keras.activations.linear: "linear",
    tf.identity: "linear",
}


def supports(activation, recurrent_activation):
    """Whether both are tanh, sigmoid, relu or linear, of Keras or TensorFlow.

    Those have a derivative that is known from their result.
    """
    return activation in _NAMES and recurrent_activation in _NAMES


def sequence(
    w,
    x,
    h,
    c,
    step,
    *,
    training,
    activation,
    recurrent_activation,
    epsilon,
    lengths=None,
    padding="masked",
    overflow="update",
    recurrent_mask=None,
    unroll=False,
    mode="auto",
    shapes=None,
):
    """All steps of a batch of sequences: ``general.sequence``, faster.

    Args:
      as for ``general.sequence``; the activations must be ones that ``supports`` knows.
      mode: one of ``choice.MODES`` but "general"; ``unroll`` makes it "unrolled".
      shapes: the ``choice.Shapes`` of the layer; None: all shapes are compiled.

    Returns:
      As ``general.sequence``. Differentiable once, with respect to the trained weights,
      x, h and c; the moving statistics are constants to the gradient.

    Raises:
      NotImplementedError: when a second derivative is asked for.
    """
    x = tf.convert_to_tensor(x)  # a variable's reading is what a tape sees
    plan = schedule(
        x,
        step,
        w["cell_moving_mean"].shape[0],
        lengths=lengths,
        padding=padding,
        overflow=overflow,
    )
    chosen = choice.choose(
        "unrolled" if unroll else mode,
        x.shape[1],
        eager=tf.executing_eagerly(),
        replicas=tf.distribute.get_strategy().num_replicas_in_sync,
        target=None if tf.executing_eagerly() else exports.target(),
        large=not training and choice.large(x.shape[0], h.shape[1]),
        admit=lambda: shapes is None or shapes.admit(bool(training), x.shape),
    )
    args, extra = _arguments(w, x, h, c, plan), {}
    if lengths is not None:
        running = tf.range(tf.size(plan.rows))[:, None] < lengths
        extra = {"running": tf.expand_dims(running, 2)}
        if not chosen.unrolled:
            extra["bound"] = plan.bound
    if recurrent_mask is not None:
        extra["recurrent_mask"] = recurrent_mask
    setting = Setting(
        _NAMES[activation],
        _NAMES[recurrent_activation],
        float(epsilon),
        unroll=chosen.unrolled,
        stacked=chosen.compiled or chosen.by_parts,
        # Where no tape watches x, [T,B,4H] is not kept for it. Tapes watch variables
        # and what comes from them: where the kernel is not watched there is no tape,
        # and ``tf.gradients`` may ask for anything.
        to_input=watched(x) or not watched(w["kernel"]),
        joined_gates=choice.joined_gates(x.shape[0], h.shape[1]),
        portable=chosen.portable,
        by_parts=chosen.by_parts,
    )
    sizes = x.shape[1], x.shape[0], h.shape[1], x.shape[2]
    if training:
        extra |= _weighted(w, x, plan, padding)
        sites = choice.factored(*sizes, bool({"share", "use_given"} & {*extra}))
        setting = setting._replace(factored=sites, pieces=choice.pieces(*sizes))
        run = _training(setting, chosen.compiled, extra)
    else:
        sites = choice.folded(*sizes, chosen.compiled)
        run = _inference(
            setting._replace(factored=sites), chosen.compiled, extra, w, plan
        )
    outputs, h, c, *moments = run(*args)
    outputs = tf.ensure_shape(
        tf.transpose(outputs, [1, 0, 2]), [*x.shape[:2], h.shape[1]]
    )
    ran = x.shape[1] or tf.size(plan.rows)
    if lengths is not None:
        ran = tf.minimum(lengths, ran)[:, None]
    if training:
        mean, variance = (
            dict(zip(spec.SITES, part, strict=True))
            for part in (moments[:3], moments[3:])
        )
        moments = Moments(plan.updates, plan.counts, mean, variance)
    return outputs, h, c, step + tf.cast(ran, step.dtype), moments or None


def _arguments(w, x, h, c, plan):
    """The tensors of ``ARGUMENTS``."""
    by_step = at_rows(w, plan.rows)
    affine = (by_step[name] for name in spec.TRAINABLE[2:])
    if by_step is w:
        affine = (tensor[None] for tensor in affine)
    x = tf.transpose(x, [1, 0, 2])
    return [w["kernel"], w["recurrent_kernel"], *affine, x, h, c]


def _population(w, plan):
    """The statistics that each step reads, by ``{site}_mean`` and ``_variance``."""
    return {
        f"{site}_{kind}": taken(w[f"{site}_moving_{kind}"], plan.rows)
        for site in spec.SITES
        for kind in ("mean", "variance")
    }


def _weighted(w, x, plan, padding):
    """Of the ``extra`` of training: which rows count, and what where too few do."""
    if padding == "v1" or (plan.valid is None and (x.shape[0] or 0) > 1):
        return {}
    few = plan.counts < 2
    extra = {"use_given": few[:, None], **_population(w, plan)}
    valid = plan.valid
    if valid is None:
        valid = tf.ones([tf.size(plan.rows), tf.shape(x)[0]], tf.bool)
    dtype = w["cell_moving_mean"].dtype
    share = 1 / tf.cast(tf.where(few, 1, plan.counts), dtype)
    # Where the population's are used, no moments pass on a gradient.
    counted = valid & ~few[:, None]
    extra["share"] = (tf.cast(counted, dtype) * share[:, None])[..., None]
    return extra


def _training(setting, compiled, extra):
    """A function of the tensors of ``ARGUMENTS`` with its gradient.

    It gives outputs [T,B,H], h, c, then the means and the variances [T,.] by site.
    """

    @tf.custom_gradient
    def run(*tensors):
        args = _constants(tensors)
        forward, _, _ = _functions(setting, compiled)
        outputs, h, c, mean, variance, saved = forward(args, extra)

        def gradient(*given):
            return _gradient(
                setting, compiled, tensors, extra, saved, outputs, given[:3]
            )

        moments = [part[site] for part in (mean, variance) for site in spec.SITES]
        return (outputs, h, c, *moments), gradient

    return run


def _inference(setting, compiled, extra, w, plan):
    """As ``_training``, with the population's moments, of which it gives none.

    Nothing is saved for the gradient: where one is wanted, the steps run again.
    """
    given = _population(w, plan)

    @tf.custom_gradient
    def run(*tensors):
        args = _constants(tensors)
        infer = _inference_function(setting, compiled)
        results = infer(args, {**extra, **given})

        def gradient(*results_gradient):
            everywhere = tf.ones_like(plan.rows, tf.bool)[:, None]
            share = tf.zeros_like(plan.rows, given["cell_mean"].dtype)
            again = {**extra, **given, "use_given": everywhere}
            again["share"] = share[:, None, None]
            plain = setting._replace(
                factored=frozenset(), stacked=compiled, by_parts=False
            )
            forward, _, _ = _functions(plain, compiled)
            outputs, *_, saved = forward(args, again)
            return _gradient(
                plain, compiled, tensors, again, saved, outputs, results_gradient
            )

        return results, gradient

    return run


def _constants(tensors):
    """By name, and out of the tape's sight: it has the gradient from elsewhere."""
    return dict(zip(ARGUMENTS, map(tf.stop_gradient, tensors), strict=True))


def _gradient(setting, compiled, arguments, extra, saved, outputs, given):
    """Gradients of the arguments from those of outputs, h and c."""

    def once(names, setting):
        _, backward, backward_input = _functions(setting, compiled)

        # The arguments come along so that a second derivative is seen wherever it is
        # asked for: what is saved is a constant to the tape.
        @tf.custom_gradient
        def run(*tensors):
            d_outputs, dh, dc = map(tf.stop_gradient, tensors[:3])
            args = _constants(tensors[3:])
            # Not before the loss has freed what it needed to get here.
            with tf.control_dependencies([d_outputs]):
                gradients, rest = backward(
                    args, extra, saved, outputs, d_outputs, dh, dc
                )
            if setting.to_input:
                gradients["x"] = backward_input(args, extra, saved, rest)
            return [gradients[name] for name in names], _refuse

        return dict(zip(names, run(*given, *arguments), strict=True))

    if setting.to_input:
        gradients = once(ARGUMENTS, setting)
    else:
        gradients = once([name for name in ARGUMENTS if name != "x"], setting)
        if not tf.executing_eagerly():
            # No tape of this graph watches x, but one around the graph's function, or
            # around its loop, may want it. Apart, so that TensorFlow drops it if not.
            gradients |= once(["x"], setting._replace(to_input=True))
    return [gradients.get(name) for name in ARGUMENTS]


def _refuse(*_):
    raise NotImplementedError(
        "BNLSTM's hand-written gradient can be taken once only. For a second "
        "derivative make the layer with mode='general', whose gradient is "
        "TensorFlow's own."
    )


@functools.cache
def _functions(setting, compiled):
    """``forward``, ``backward``, ``backward_input`` of training in one setting."""
    parts = (
        training_pass.forward,
        training_pass.backward,
        training_pass.backward_input,
    )
    return tuple(_function(part, setting, compiled) for part in parts)


@functools.cache
def _inference_function(setting, compiled):
    return _function(inference.forward, setting, compiled)


def _function(part, setting, compiled):
    part = functools.partial(part, setting)
    if not compiled:
        return part
    # Nothing here is AutoGraph's to translate, which would take seconds.
    return tf.function(part, jit_compile=True, autograph=False)
