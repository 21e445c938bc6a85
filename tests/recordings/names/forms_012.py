"""Call forms of TensorFlow 0.8 to 0.12, one a function: name -> arrays, as JSON.

Runs under real TensorFlow 0.12.1 (python forms_012.py forms_012.json) to record what
it computed, and under the runner, which is compared with that.
"""

import json
import sys

import numpy as np
import tensorflow as tf
from tensorflow.python.ops import array_ops, math_ops, nn_ops
from tensorflow.python.util import nest

X = np.arange(24, dtype=np.float32).reshape(4, 6) / 10.0 - 1.0
LABELS = np.array([0, 3, 5, 1], dtype=np.int32)
ONE_HOT = np.eye(6, dtype=np.float32)[LABELS]

FORMS = {}


def form(function):
    FORMS[function.__name__] = function
    return function


@form
def concat():
    a, b = tf.constant(X), tf.constant(X * 2)
    return [tf.concat(1, [a, b]), tf.concat(0, [a, b]), tf.concat(concat_dim=1, values=[b, a]), tf.concat(tf.constant(0), [a, b])]


@form
def split():
    x = tf.constant(X)
    return tf.split(1, 3, x) + tf.split(split_dim=0, num_split=2, value=x) + tf.split(1, 2, value=x)


@form
def split_v():
    return tf.split_v(tf.constant(X), [1, 2, 3], 1)


@form
def pack_unpack():
    x = tf.constant(X)
    return [tf.pack([x, x * 2])] + tf.unpack(x) + [tf.pack(tf.unpack(x, axis=1), axis=1)]


@form
def arithmetic():
    x, y = tf.constant(X), tf.constant(X.T.copy())
    return [tf.mul(x, x), tf.sub(x, 2 * x), tf.neg(x), tf.select(x > 0, x, -x), tf.complex_abs(tf.complex(x, x)),
            tf.batch_matmul(tf.expand_dims(x, 0), tf.expand_dims(y, 0)), tf.batch_matmul(tf.expand_dims(x, 0), tf.expand_dims(x, 0), adj_y=True)]


@form
def reductions():
    x = tf.constant(X)
    return [tf.reduce_sum(x, reduction_indices=1), tf.reduce_mean(x, 0, True), tf.reduce_max(x, reduction_indices=[0], keep_dims=True),
            tf.argmax(x, 1), tf.argmin(x, dimension=0), tf.reduce_prod(x, 1), tf.reduce_logsumexp(x, [1])]


@form
def cross_entropies():
    x = tf.constant(X)
    return [tf.nn.softmax_cross_entropy_with_logits(x, ONE_HOT), tf.nn.softmax_cross_entropy_with_logits(logits=x, labels=ONE_HOT),
            tf.nn.sparse_softmax_cross_entropy_with_logits(x, LABELS), tf.nn.sigmoid_cross_entropy_with_logits(x, ONE_HOT),
            tf.nn.sigmoid_cross_entropy_with_logits(logits=x, targets=ONE_HOT),
            tf.nn.weighted_cross_entropy_with_logits(logits=x, targets=ONE_HOT, pos_weight=2.0)]


@form
def sampled_losses():
    weights = tf.constant(np.linspace(-1, 1, 60, dtype=np.float32).reshape(10, 6))
    biases = tf.constant(np.linspace(0, 1, 10, dtype=np.float32))
    labels = tf.constant(LABELS.reshape(4, 1).astype(np.int64))
    sampled = (tf.constant([7, 8, 9], tf.int64), tf.fill([4, 1], 0.3), tf.fill([3], 0.2))
    return [tf.nn.sampled_softmax_loss(weights, biases, tf.constant(X), labels, 3, 10, sampled_values=sampled),
            tf.nn.nce_loss(weights, biases, tf.constant(X), labels, 3, 10, sampled_values=sampled)]


@form
def ctc():
    inputs = tf.constant(np.sin(np.arange(60, dtype=np.float32)).reshape(5, 3, 4))
    labels = tf.SparseTensor(indices=tf.constant([[0, 0], [0, 1], [1, 0], [2, 0]], tf.int64), values=tf.constant([0, 1, 2, 1]), shape=tf.constant([3, 2], tf.int64))
    return [tf.nn.ctc_loss(inputs, labels, [5, 4, 5])]


@form
def initialisers():
    a = tf.get_variable('a', [2, 3], initializer=tf.zeros_initializer)
    b = tf.get_variable('b', [3], initializer=tf.ones_initializer())
    c = tf.Variable(tf.zeros_initializer([4], tf.float32))
    d = tf.get_variable('d', [2], initializer=tf.constant_initializer(3.5))
    return [a, b, c, d]


@form
def reverse():
    x = tf.constant(X)
    return [tf.reverse(x, [False, True]), tf.reverse(x, tf.constant([True, False])), tf.reverse_sequence(x, [1, 2, 3, 4], seq_dim=1, batch_dim=0)]


@form
def images():
    image = tf.constant(np.arange(48, dtype=np.float32).reshape(1, 4, 4, 3))
    return [tf.image.resize_images(image, [2, 2]), tf.image.per_image_standardization(image[0])]


@form
def deep_modules():
    x = tf.constant(X)
    return [array_ops.concat(1, [x, x]), array_ops.pack([x, x]), math_ops.mul(x, x), nn_ops.bias_add(x, [0.0, 1, 2, 3, 4, 5]),
            tf.nn.array_ops.zeros([2]), tf.constant([nest.is_sequence([1]), nest.is_sequence(1)])] + array_ops.split(1, 2, x)


@form
def summaries():
    tf.scalar_summary('loss', tf.constant(0.5))
    tf.scalar_summary(['a', 'b'], tf.constant([1.0, 2.0]))
    tf.histogram_summary('weights', tf.constant(X))
    return [tf.merge_all_summaries(), tf.merge_summary([tf.scalar_summary('one', tf.constant(1.0))])]


@form
def sparse():
    value = tf.SparseTensor(indices=[[0, 1], [2, 3]], values=[1.0, 2.0], shape=[4, 6])
    return [tf.sparse_tensor_to_dense(value), tf.sparse_tensor_to_dense(tf.sparse_concat(1, [value, value]))] + [
        tf.sparse_tensor_to_dense(part) for part in tf.sparse_split(1, 2, value)]


@form
def control():
    x = tf.constant(2)
    return [tf.cond(x > 1, lambda: x * 2, lambda: x), tf.while_loop(lambda i: i < 10, lambda i: i + 3, [x]),
            tf.listdiff([1, 2, 3, 4], [2, 4])[0] if hasattr(tf, 'listdiff') else tf.setdiff1d([1, 2, 3, 4], [2, 4])[0]]


def plain(value):
    if isinstance(value, bytes):
        return [ord(char) for char in value.decode('latin-1')]
    return np.asarray(value).astype(float).tolist()


def main():
    results = {}
    for name in sorted(FORMS):
        with tf.Graph().as_default(), tf.Session() as session:
            tensors = FORMS[name]()
            session.run(tf.initialize_all_variables())
            results[name] = [plain(value) for value in session.run(tensors)]
    made = 'forms_012.py under TensorFlow %s, Python %d.%d' % (tf.__version__, sys.version_info[0], sys.version_info[1])
    with open(sys.argv[1], 'w') as file:
        json.dump({'made': made, 'results': results}, file, sort_keys=True)


if __name__ == '__main__':
    main()
