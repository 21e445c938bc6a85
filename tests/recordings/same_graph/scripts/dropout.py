"""Dropout in all its forms, and other draws: noise, masks, shuffles."""
import sys
import numpy as np
import tensorflow as tf
import seen

draw = np.random.RandomState(3)
inputs = draw.randn(10, 6).astype(np.float32)
targets = draw.randn(10, 1).astype(np.float32)
tf.set_random_seed(13)

x = tf.placeholder(tf.float32, [None, 6])
y = tf.placeholder(tf.float32, [None, 1])
keep = tf.placeholder(tf.float32, name='keep')
training = tf.placeholder_with_default(True, [], name='training')
net = tf.layers.dense(x, 8)
net = tf.nn.dropout(net, keep)
net = tf.nn.dropout(net, keep_prob=0.8, name='fixed')
net = tf.nn.dropout(net, rate=0.25)
net = tf.nn.dropout(net, 0.9, noise_shape=[10, 1])
net = tf.layers.dropout(net, 0.2, training=training)
net = tf.layers.dropout(net, 0.2, training=True, name='always')
net = tf.layers.dropout(net, 0.2)
net = tf.contrib.layers.dropout(net, 0.9)
net = tf.nn.dropout(net, 1.0)
net = net + tf.random_normal(tf.shape(net), stddev=0.1)
net *= tf.random_uniform([8], 0.5, 1.5)
order = tf.random_shuffle(tf.range(10))
net = tf.gather(net, order)
chosen = tf.multinomial(net, 1)
mask = tf.cast(tf.random_uniform(tf.shape(net), maxval=4, dtype=tf.int32) > 0, tf.float32)
net = net * mask + tf.truncated_normal([8]) + tf.random_gamma([8], 0.5)
out = tf.layers.dense(net, 1) + 0.01 * tf.to_float(chosen)
loss = tf.losses.mean_squared_error(tf.gather(y, order), out)
train = tf.train.RMSPropOptimizer(0.01).minimize(loss)

losses = []
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    weights = seen.digests(sess)
    for step in range(5):
        losses.append(sess.run([loss, train], {x: inputs, y: targets, keep: 0.5})[0])
seen.save(sys.argv[1], weights, losses)
