"""TF 0.12: the batch-normalized cell reads small pictures pixel by pixel."""
# Recorded with TensorFlow 0.12.1: out.json
import sys
import numpy as np
import tensorflow as tf
import fixed
from bnlstm import BNLSTMCell

batch, side, hidden, classes = 24, 4, 6, 3
steps = side * side
np.random.seed(0)
kinds = np.random.randint(0, classes, batch * 5)
pictures = np.random.rand(batch * 5, steps)
for n, kind in enumerate(kinds):
    pictures[n, kind * 4:kind * 4 + 4] += 1.0
pictures = pictures.astype('float32')
labels = np.eye(classes, dtype=np.float32)[kinds]

x = tf.placeholder(tf.float32, [batch, steps])
y_ = tf.placeholder(tf.float32, [batch, classes])
training = tf.placeholder(tf.bool, [])
cell = BNLSTMCell(hidden, training, steps)
outputs, state = tf.nn.dynamic_rnn(cell, tf.expand_dims(x, -1), dtype=tf.float32)
_, final_hidden, _ = state
W = tf.get_variable('W', [hidden, classes], initializer=tf.random_normal_initializer(stddev=0.1))
b = tf.get_variable('b', [classes], initializer=tf.zeros_initializer)
y = tf.nn.softmax(tf.matmul(final_hidden, W) + b)
cross_entropy = tf.reduce_mean(-tf.reduce_sum(y_ * tf.log(y), reduction_indices=[1]))

optimizer = tf.train.AdamOptimizer(1e-2)
gvs = optimizer.compute_gradients(cross_entropy)
capped = [(None if grad is None else tf.clip_by_value(grad, -1., 1.), var) for grad, var in gvs]
train_step = optimizer.apply_gradients(capped)
correct = tf.equal(tf.argmax(y, 1), tf.argmax(y_, 1))
accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))

sess = tf.Session()
sess.run(tf.initialize_all_variables())
orthonormal = [np.abs(np.dot(m, m.T) - np.eye(len(m))).max()
               for m in sess.run([v for v in tf.trainable_variables() if 'W_' in v.op.name])]
assert max(orthonormal) < 1e-5, orthonormal
fixed.weights(sess)


def feed(n, is_training):
    rows = slice(n % 5 * batch, (n % 5 + 1) * batch)
    return {x: pictures[rows], y_: labels[rows], training: is_training}


first = sess.run([outputs, final_hidden, y], feed(0, 0))
gradients = sess.run([g for g, v in gvs], feed(0, False))
passed = sess.run(outputs, feed(1, 1))
statistics = [v for v in tf.all_variables() if 'pop_' in v.name]
after_pass = sess.run(statistics)
losses = []
for n in range(15):
    loss, _ = sess.run([cross_entropy, train_step], feed(n, True))
    losses.append(loss)
    if n % 5 == 0:
        print("%d loss %.4f accuracy %.2f" % (n, loss, accuracy.eval(feed(0, False), sess)))
fixed.save(sys.argv[1], inference={'outputs': first[0], 'hidden': first[1], 'softmax': first[2]},
           gradients={'all': gradients}, training={'outputs': passed, 'final': sess.run(y, feed(0, False))},
           statistics={'one pass': after_pass},
           losses={'adam': losses})
