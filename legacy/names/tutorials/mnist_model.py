"""The model of the MNIST tutorial: two hidden layers of rectified units.

Origin: ``tensorflow.examples.tutorials.mnist.mnist``, TensorFlow 0.8 to 1.15.
"""

import math

import tensorflow.compat.v1 as tf

NUM_CLASSES = 10
IMAGE_SIZE = 28
IMAGE_PIXELS = IMAGE_SIZE * IMAGE_SIZE


def _affine(scope, inputs, units):
    """Inputs times weights plus biases; the layer's variables are under ``scope``."""
    size = int(inputs.shape[1])
    with tf.name_scope(scope):
        draw = tf.truncated_normal([size, units], stddev=1.0 / math.sqrt(float(size)))
        weights = tf.Variable(draw, name="weights")
        biases = tf.Variable(tf.zeros([units]), name="biases")
        return tf.matmul(inputs, weights) + biases


def inference(images, hidden1_units, hidden2_units):
    """Logits [B, 10] of ``images`` [B, 784]."""
    images = tf.ensure_shape(images, [None, IMAGE_PIXELS])
    hidden1 = tf.nn.relu(_affine("hidden1", images, hidden1_units))
    hidden2 = tf.nn.relu(_affine("hidden2", hidden1, hidden2_units))
    return _affine("softmax_linear", hidden2, NUM_CLASSES)


def loss(logits, labels):
    """Mean cross entropy; ``labels`` [B] are class numbers."""
    entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=tf.cast(labels, tf.int64), logits=logits, name="xentropy"
    )
    return tf.reduce_mean(entropy, name="xentropy_mean")


def training(loss, learning_rate):
    """One step of gradient descent; logs the loss and counts the steps."""
    tf.summary.scalar("loss", loss)
    step = tf.Variable(0, name="global_step", trainable=False)
    optimizer = tf.train.GradientDescentOptimizer(learning_rate)
    return optimizer.minimize(loss, global_step=step)


def evaluation(logits, labels):
    """How many of ``labels`` have the largest logit."""
    right = tf.nn.in_top_k(predictions=logits, targets=labels, k=1)
    return tf.reduce_sum(tf.cast(right, tf.int32))
