"""Convolutions, pooling and local response normalization over small pictures."""
import sys
import numpy as np
import tensorflow as tf
import seen

draw = np.random.RandomState(2)
images = draw.randn(6, 8, 8, 3).astype(np.float32)
labels = np.eye(3, dtype=np.float32)[draw.randint(0, 3, 6)]
tf.set_random_seed(12)


def weight_variable(shape):
    return tf.Variable(tf.truncated_normal(shape, stddev=0.1))


def conv(x, size, name, stride=1):
    with tf.variable_scope(name):
        kernel = tf.get_variable('kernel', [3, 3, x.get_shape()[-1].value, size],
                                 initializer=tf.contrib.layers.xavier_initializer_conv2d())
        bias = tf.get_variable('bias', [size], initializer=tf.constant_initializer(0.1))
        out = tf.nn.conv2d(x, kernel, strides=[1, stride, stride, 1], padding='SAME')
        return tf.nn.relu(tf.nn.bias_add(out, bias), name=name)


x = tf.placeholder(tf.float32, [None, 8, 8, 3])
y = tf.placeholder(tf.float32, [None, 3])
net = conv(x, 4, 'conv1')
net = tf.nn.lrn(net, 4, bias=1.0, alpha=0.001 / 9.0, beta=0.75)
net = tf.nn.max_pool(net, [1, 2, 2, 1], [1, 2, 2, 1], 'SAME', name='pool1')
net = tf.layers.conv2d(net, 5, [3, 3], padding='same', activation=tf.nn.relu)
net = tf.layers.max_pooling2d(net, 2, 2)
net = tf.nn.elu(tf.layers.conv2d(net, 6, 1, name='narrow'))
up = tf.layers.conv2d_transpose(net, 4, 3, strides=2, padding='same')
up = tf.image.resize_nearest_neighbor(up, [2, 2])
net = tf.concat([net, up], 3)
W = weight_variable([2, 2, 10, 7])
net = tf.nn.conv2d(net, W, [1, 1, 1, 1], 'VALID')
net = tf.contrib.layers.conv2d(net, 8, [1, 1])
net = tf.reduce_mean(net, [1, 2])
net = tf.contrib.layers.flatten(net)
logits = tf.layers.dense(net, 3, kernel_initializer=tf.variance_scaling_initializer())
loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=logits))
train = tf.train.MomentumOptimizer(0.05, 0.9).minimize(loss)

losses = []
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    weights = seen.digests(sess)
    for step in range(5):
        losses.append(sess.run([loss, train], {x: images, y: labels})[0])
seen.save(sys.argv[1], weights, losses)
