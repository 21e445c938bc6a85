"""Batch normalization by hand, of tf.layers and of tf.contrib.layers."""
import sys
import numpy as np
import tensorflow as tf
import seen

draw = np.random.RandomState(8)
images = draw.randn(6, 4, 4, 2).astype(np.float32)
targets = draw.randn(6, 1).astype(np.float32)
tf.set_random_seed(18)

x = tf.placeholder(tf.float32, [None, 4, 4, 2])
y = tf.placeholder(tf.float32, [None, 1])
training = tf.placeholder(tf.bool, name='training')


def batch_norm(x, size, training, scope):
    with tf.variable_scope(scope):
        beta = tf.Variable(tf.constant(0.0, shape=[size]), name='beta')
        gamma = tf.Variable(tf.constant(1.0, shape=[size]), name='gamma')
        mean, var = tf.nn.moments(x, [0, 1, 2], name='moments')
        ema = tf.train.ExponentialMovingAverage(decay=0.5)

        def update():
            applied = ema.apply([mean, var])
            with tf.control_dependencies([applied]):
                return tf.identity(mean), tf.identity(var)

        mean, var = tf.cond(training, update, lambda: (ema.average(mean), ema.average(var)))
        return tf.nn.batch_normalization(x, mean, var, beta, gamma, 1e-3)


net = tf.layers.conv2d(x, 3, 3, padding='same', use_bias=False)
net = tf.nn.relu(batch_norm(net, 3, training, 'by_hand'))
net = tf.layers.batch_normalization(tf.layers.conv2d(net, 4, 1), training=training)
net = tf.layers.batch_normalization(net, training=True, name='always', momentum=0.9)
net = tf.nn.leaky_relu(net)
net = tf.contrib.layers.batch_norm(net, is_training=training, scale=True, scope='contrib')
net = tf.contrib.layers.batch_norm(net, is_training=True, updates_collections=None, fused=False)
net = tf.reshape(net, [-1, 64])
net = tf.layers.batch_normalization(net, training=training)
net = tf.contrib.layers.layer_norm(tf.layers.dense(net, 5))
out = tf.layers.dense(net, 1)
loss = tf.reduce_mean(tf.square(out - y))
updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
global_step = tf.Variable(0, trainable=False, name='global_step')
with tf.control_dependencies(updates):
    train = tf.train.AdamOptimizer(0.01).minimize(loss, global_step=global_step)

losses = []
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    weights = seen.digests(sess)
    for step in range(5):
        losses.append(sess.run([loss, train], {x: images, y: targets, training: True})[0])
seen.save(sys.argv[1], weights, losses)
