"""TF 1.0: the tutorial's recurrent reader of MNIST, on four small files of its own making."""
# Recorded with TensorFlow 1.0.0: out.json
import gzip
import struct
import sys
import numpy as np
import tensorflow as tf
from tensorflow.examples.tutorials.mnist import input_data
import fixed

draw = np.random.RandomState(9)
for name, count in (('train', 60), ('t10k', 20)):
    labels = draw.randint(0, 10, count).astype(np.uint8)
    images = draw.randint(0, 40, (count, 28, 28)).astype(np.uint8)
    for image, label in zip(images, labels):
        image[2 * label:2 * label + 4] += 200
    with gzip.open(name + '-images-idx3-ubyte.gz', 'wb') as f:
        f.write(struct.pack('>IIII', 2051, count, 28, 28) + images.tostring())
    with gzip.open(name + '-labels-idx1-ubyte.gz', 'wb') as f:
        f.write(struct.pack('>II', 2049, count) + labels.tostring())

mnist = input_data.read_data_sets('.', one_hot=True, validation_size=10)
learning_rate, batch_size, n_steps, n_input, n_hidden, n_classes = 0.01, 10, 28, 28, 8, 10
x = tf.placeholder("float", [None, n_steps, n_input])
y = tf.placeholder("float", [None, n_classes])
weights = {'out': tf.Variable(tf.random_normal([n_hidden, n_classes]))}
biases = {'out': tf.Variable(tf.random_normal([n_classes]))}


def RNN(x, weights, biases):
    x = tf.unstack(x, n_steps, 1)
    lstm_cell = tf.contrib.rnn.BasicLSTMCell(n_hidden, forget_bias=1.0)
    outputs, states = tf.contrib.rnn.static_rnn(lstm_cell, x, dtype=tf.float32)
    return tf.matmul(outputs[-1], weights['out']) + biases['out']


pred = RNN(x, weights, biases)
cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits=pred, labels=y))
optimizer = tf.train.AdamOptimizer(learning_rate=learning_rate).minimize(cost)
accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(pred, 1), tf.argmax(y, 1)), tf.float32))
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    fixed.weights(sess)
    losses = []
    tests = mnist.test.images.reshape(-1, n_steps, n_input)
    logits = sess.run(pred, {x: tests})
    for step in range(40):
        batch_x, batch_y = mnist.train.next_batch(batch_size)
        batch_x = batch_x.reshape((batch_size, n_steps, n_input))
        sess.run(optimizer, feed_dict={x: batch_x, y: batch_y})
        losses.append(sess.run(cost, {x: tests, y: mnist.test.labels}))
    right = sess.run(accuracy, {x: tests, y: mnist.test.labels})
print('loss %.3f to %.3f, accuracy %.2f' % (losses[0], losses[-1], right))
sizes = [d.num_examples for d in (mnist.train, mnist.validation, mnist.test)]
sums = [float(d.images.astype(np.float64).sum()) for d in (mnist.validation, mnist.test)]
fixed.save(sys.argv[1], exact={'sizes': sizes, 'epochs': mnist.train.epochs_completed,
                               'labels': np.argmax(mnist.test.labels, 1)},
           inference={'logits': logits, 'pictures': sums}, falling={'test': losses})
