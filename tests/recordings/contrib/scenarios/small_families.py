"""Families of few functions: image, resampler, sparsemax, nn, integrate, signal, ..."""

import numpy as np
from harness import scenario, values

NEW = ("1.15.5",)


def picture(tf, seed=1, shape=(2, 5, 6, 2)):
    return tf.constant(values(shape, seed))


@scenario(NEW)
def rotations(tf):
    image, x = tf.contrib.image, picture(tf)
    found = {}
    for kind in ("NEAREST", "BILINEAR"):
        found["one_" + kind] = image.rotate(x, 0.5, kind)
        found["each_" + kind] = image.rotate(x, [0.3, -1.2], interpolation=kind)
        found["single_" + kind] = image.rotate(x[0], 2.0, kind)
        found["flat_" + kind] = image.rotate(x[0, :, :, 0], -0.4, kind)
        found["shift_" + kind] = image.translate(x, [1.5, -2.0], kind)
        found["shifts_" + kind] = image.translate(x, [[1.0, 0.0], [-1.0, 2.0]], kind)
    return found


@scenario(NEW)
def transforms(tf):
    image, x = tf.contrib.image, picture(tf)
    one = image.angles_to_projective_transforms([0.4, 0.1], 5.0, 6.0)
    two = image.translations_to_projective_transforms([1.0, 2.0])
    both = image.compose_transforms(one, [1.0, 0.1, 0, 0, 1.0, 0.5, 0.01, 0.0])
    matrices = image.flat_transforms_to_matrices(one)
    return {
        "one": one,
        "two": two,
        "both": both,
        "matrices": matrices,
        "back": image.matrices_to_flat_transforms(matrices),
        "image": image.transform(x, both, interpolation="BILINEAR"),
        "larger": image.transform(x, both, output_shape=[8, 7]),
    }


@scenario(NEW)
def transform_gradient(tf):
    x = picture(tf)
    out = tf.contrib.image.rotate(x, 0.7, "BILINEAR")
    return {"grad": tf.gradients(tf.reduce_sum(out * picture(tf, 2)), x)[0]}


@scenario(NEW)
def warps(tf):
    x = picture(tf)
    flow = tf.constant(values((2, 5, 6, 2), 3)) * 2.0
    out = tf.contrib.image.dense_image_warp(x, flow)
    grads = tf.gradients(tf.reduce_sum(out * picture(tf, 2)), [x, flow])
    return {"out": out, "grad_x": grads[0], "grad_flow": grads[1]}


@scenario(NEW)
def resampled(tf):
    x = picture(tf)
    points = tf.constant(values((2, 4, 3, 2), 4)) * 3.0 + 2.0
    out = tf.contrib.resampler.resampler(x, points)
    weights = tf.constant(values((2, 4, 3, 2), 5))
    grads = tf.gradients(tf.reduce_sum(out * weights), [x, points])
    return {"out": out, "grad_x": grads[0], "grad_points": grads[1]}


@scenario(NEW)
def sparse_maxima(tf):
    s = tf.contrib.sparsemax
    x = tf.constant(values((4, 5), 6)) * 2.0
    labels = tf.constant(np.eye(5, dtype="float32")[[0, 2, 4, 1]])
    out = s.sparsemax(x)
    loss = s.sparsemax_loss(x, out, labels)
    grads = tf.gradients(loss, x)[0]
    return {"out": out, "loss": loss, "grad": grads}


@scenario(NEW)
def nn_functions(tf):
    n = tf.contrib.nn
    x = tf.constant(values((2, 4, 3), 7))
    w = tf.constant(values((3, 2, 3), 8))
    logits = tf.constant(values((3, 4), 9))
    labels = tf.constant(np.eye(4, dtype="float32")[[0, 2, 3]])
    return {
        "kept": n.alpha_dropout(x, 1.0),
        "transposed": n.conv1d_transpose(x, w, [2, 8, 2], 2),
        "softmax": n.deprecated_flipped_softmax_cross_entropy_with_logits(
            logits, labels
        ),
        "sigmoid": n.deprecated_flipped_sigmoid_cross_entropy_with_logits(
            logits, labels
        ),
        "sparse": n.deprecated_flipped_sparse_softmax_cross_entropy_with_logits(
            logits, tf.constant([0, 2, 3])
        ),
        "plus": n.scaled_softplus(x, 0.5),
        "clipped": n.scaled_softplus(x, 0.5, 1.0),
        "nth": n.nth_element(logits, 1),
    }


@scenario(NEW)
def dropout_moments(tf):
    x = tf.ones([200, 200])
    out = tf.contrib.nn.alpha_dropout(x, 0.7, seed=1)
    return {"values": tf.sort(tf.unique(tf.reshape(out, [-1])).y)}


def _oscillator(tf):
    matrix = tf.constant([[-0.1, 2.0], [-2.0, -0.1]], tf.float64)
    return lambda y, t: tf.linalg.matvec(matrix, y) + tf.sin(tf.cast(t, y.dtype))


@scenario(NEW)
def equations(tf):
    i = tf.contrib.integrate
    t = np.linspace(0, 3, 7)
    y0 = tf.constant([1.0, 0.5], tf.float64)
    y, info = i.odeint(_oscillator(tf), y0, t, full_output=True)
    found = {"y": y, "points": info["integrate_points"]}
    found["count"] = info["num_func_evals"]
    found["ratio"] = info["error_ratio"]
    found["loose"] = i.odeint(
        _oscillator(tf), y0, t, 1e-3, 1e-4, "dopri5", {"first_step": 0.1}
    )
    for method in ("midpoint", "rk4"):
        found[method] = i.odeint_fixed(_oscillator(tf), y0, t, method=method)
        found["dt_" + method] = i.odeint_fixed(
            _oscillator(tf), y0, t, dt=0.13, method=method
        )
    single = tf.constant([1.0, 0.5])
    decay = lambda y, t: -y * tf.constant([0.5, 2.0])  # noqa: E731
    found["single"] = i.odeint(decay, single, tf.constant([0.0, 1.0, 2.5]))
    found["grad"] = tf.gradients(tf.reduce_sum(found["single"]), single)[0]
    return found


@scenario(NEW)
def signals(tf):
    s = tf.contrib.signal
    x = tf.constant(values((2, 64), 10))
    spectrum = s.stft(x, 16, 8, 16)
    mel = s.linear_to_mel_weight_matrix(6, 9, 8000, 20.0, 3500.0)
    power = tf.abs(spectrum)
    logs = tf.log(tf.tensordot(power, mel, 1) + 1e-3)
    return {
        "power": power,
        "frames": s.frame(x, 10, 5, pad_end=True),
        "back": s.inverse_stft(spectrum, 16, 8, 16),
        "mel": mel,
        "cepstrum": s.mfccs_from_log_mel_spectrograms(logs),
        "window": s.hann_window(9),
        "hamming": s.hamming_window(8),
        "added": s.overlap_and_add(s.frame(x, 8, 4), 4),
    }


@scenario(NEW)
def audio(tf):
    if type(tf).__name__ == "Facade":
        audio_ops = tf.contrib.framework.python.ops.audio_ops
    else:
        from tensorflow.contrib.framework.python.ops import audio_ops
    x = tf.constant(np.sin(np.arange(800.0) / 5)[:, None].astype("float32"))
    spectrum = audio_ops.audio_spectrogram(x, 200, 100, magnitude_squared=True)
    return {
        "spectrum": spectrum,
        "mfcc": audio_ops.mfcc(spectrum, 8000, dct_coefficient_count=6),
        "decoded": audio_ops.decode_wav(audio_ops.encode_wav(x, 8000)).audio,
    }


@scenario(NEW)
def staged(tf):
    area = tf.contrib.staging.StagingArea([tf.float32], [[2]])
    with tf.control_dependencies([area.put([tf.constant([1.0, 2.0])])]):
        out = area.get()
        return {"out": out[0] if isinstance(out, list) else out}


@scenario(NEW)
def scopes(tf):
    with tf.contrib.compiler.jit.experimental_jit_scope():
        return {"out": tf.constant([1.0]) * 2.0}


@scenario(NEW)
def loss_scales(tf):
    m = tf.contrib.mixed_precision
    w = tf.get_variable("w", [3])
    loss = tf.reduce_sum(tf.square(w))
    found = {}
    for name, manager in (
        ("fixed", m.FixedLossScaleManager(128.0)),
        ("grown", m.ExponentialUpdateLossScaleManager(8.0, 1)),
    ):
        optimizer = m.LossScaleOptimizer(tf.train.AdagradOptimizer(0.1), manager)
        pairs = optimizer.compute_gradients(loss, [w])
        found[name] = pairs[0][0]
    return found


@scenario(NEW)
def sequence_columns(tf):
    f = tf.contrib.feature_column
    words = f.sequence_categorical_column_with_vocabulary_list("w", ["a", "b", "c"])
    embedded = tf.feature_column.embedding_column(words, 2)
    number = f.sequence_numeric_column("n")
    data = {
        "w": tf.SparseTensor([[0, 0], [0, 1], [1, 0]], ["a", "c", "b"], [2, 2]),
        "n": tf.SparseTensor([[0, 0], [0, 1], [1, 0]], [1.0, 2.0, 3.0], [2, 2]),
    }
    layer, lengths = f.sequence_input_layer(data, [embedded, number])
    return {"layer": layer, "lengths": lengths}
