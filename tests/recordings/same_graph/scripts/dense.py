"""Three dense layers written three ways, and a classifier's loss."""
import sys
import numpy as np
import tensorflow as tf
import seen

draw = np.random.RandomState(1)
images = draw.randn(16, 12).astype(np.float32)
labels = draw.randint(0, 4, 16)
tf.set_random_seed(11)

x = tf.placeholder(tf.float32, [None, 12], name='x')
y = tf.placeholder(tf.int64, [None])
with tf.name_scope('first'):
    W = tf.Variable(tf.truncated_normal([12, 10], stddev=0.1), name='weights')
    b = tf.Variable(tf.constant(0.1, shape=[10]), name='biases')
    hidden = tf.nn.relu(tf.matmul(x, W) + b)
with tf.variable_scope('second'):
    W = tf.get_variable('weights', [10, 8], initializer=tf.random_normal_initializer(stddev=0.2))
    b = tf.get_variable('biases', [8], initializer=tf.zeros_initializer())
    hidden = tf.tanh(tf.nn.xw_plus_b(hidden, W, b))
hidden = tf.layers.dense(hidden, 6, activation=tf.nn.relu, name='third')
hidden = tf.layers.dense(hidden, 6, tf.sigmoid)
hidden = tf.contrib.layers.fully_connected(hidden, 5)
logits = tf.contrib.layers.fully_connected(
    hidden, 4, activation_fn=None, weights_regularizer=tf.contrib.layers.l2_regularizer(1e-3))
cross = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
decay = tf.add_n([tf.nn.l2_loss(v) for v in tf.trainable_variables() if 'bias' not in v.name])
loss = tf.reduce_mean(cross) + 1e-3 * decay + tf.losses.get_regularization_loss()
correct = tf.equal(tf.argmax(logits, 1), y)
accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))
error = 1.0 - tf.reduce_mean(tf.to_float(tf.nn.in_top_k(logits, y, 2)))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)

losses = []
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    weights = seen.digests(sess)
    for step in range(5):
        losses.append(sess.run([loss, train], {x: images, y: labels})[0])
seen.save(sys.argv[1], weights, losses)
