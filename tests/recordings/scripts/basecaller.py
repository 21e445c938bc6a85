"""TF 0.12: a signal through convolutions and batch-normalized LSTMs, read out by CTC."""
# Recorded with TensorFlow 0.12.1: out.json
import sys
import numpy as np
import tensorflow as tf
import fixed
from bnlstm import BNLSTMCell

batch, length, hidden, bases = 3, 24, 5, 5
draw = np.random.RandomState(7)
signals = draw.randn(batch, length).astype(np.float32)
reads = [[0, 1, 2, 3], [3, 3, 1], [2, 0]]
for n, read in enumerate(reads):
    for place, base in enumerate(read):
        signals[n, 5 * place:5 * place + 4] += base * 2.0


def sparse_tuple(sequences):
    indices = [(n, t) for n, s in enumerate(sequences) for t in range(len(s))]
    values = [v for s in sequences for v in s]
    shape = [len(sequences), max(len(s) for s in sequences)]
    return np.array(indices, np.int64), np.array(values, np.int32), np.array(shape, np.int64)


def conv_layer(layer, indata, ksize, name, strides=[1, 1, 1, 1], active=True):
    with tf.variable_scope(name):
        W = tf.get_variable("weights", shape=ksize, initializer=tf.contrib.layers.xavier_initializer())
        b = tf.get_variable("bias", shape=[ksize[-1]], initializer=tf.constant_initializer(0.0))
        out = tf.nn.bias_add(tf.nn.conv2d(indata, W, strides=strides, padding='SAME'), b)
        return tf.nn.relu(out, name='relu') if active else out


x = tf.placeholder(tf.float32, [batch, length])
seq_length = tf.placeholder(tf.int32, [batch])
training = tf.placeholder(tf.bool)
y = tf.sparse_placeholder(tf.int32)
net = tf.reshape(x, [batch, 1, length, 1])
first = conv_layer(1, net, [1, 3, 1, 4], 'conv1')
second = conv_layer(2, first, [1, 3, 4, 4], 'conv2', strides=[1, 1, 2, 1], active=False)
shortcut = conv_layer(3, net, [1, 1, 1, 4], 'shortcut', strides=[1, 1, 2, 1], active=False)
features = tf.squeeze(tf.nn.elu(tf.add(second, shortcut)), [1])
steps = features.get_shape().as_list()[1]
outputs, _ = tf.nn.bidirectional_dynamic_rnn(
    BNLSTMCell(hidden, training, steps), BNLSTMCell(hidden, training, steps), features,
    sequence_length=seq_length, dtype=tf.float32, scope='BDLSTM')
lasth = tf.reshape(tf.concat(2, outputs), [batch * steps, 2 * hidden])
W_class = tf.get_variable('W_class', [2 * hidden, bases],
                          initializer=tf.truncated_normal_initializer(stddev=0.1))
b_class = tf.get_variable('b_class', [bases], initializer=tf.zeros_initializer)
logits = tf.transpose(tf.reshape(tf.matmul(lasth, W_class) + b_class, [batch, steps, bases]), [1, 0, 2])
loss = tf.reduce_mean(tf.nn.ctc_loss(logits, y, seq_length, ctc_merge_repeated=True))
opt = tf.train.AdamOptimizer(0.01).minimize(loss)
gradients = tf.gradients(loss, tf.trainable_variables())
decoded, _ = tf.nn.ctc_beam_search_decoder(logits, seq_length, merge_repeated=False)
greedy, _ = tf.nn.ctc_greedy_decoder(logits, seq_length)
edit_d = tf.edit_distance(tf.to_int32(decoded[0]), y, normalize=True)
error = tf.reduce_mean(edit_d, name='error_rate')

full = np.full(batch, steps, np.int32)
feed = {x: signals, seq_length: full, training: False, y: sparse_tuple(reads)}
with tf.Session() as sess:
    sess.run(tf.initialize_all_variables())
    fixed.weights(sess)
    inference = sess.run({'features': features, 'logits': logits, 'loss': loss}, feed)
    slopes = sess.run(gradients, feed)
    feed[training] = True
    passed = sess.run(logits, feed)
    losses = [sess.run([loss, opt], feed)[0] for _ in range(60)]
    wrong, read = sess.run([error, greedy[0]], feed)
    print("loss %5.3f to %5.3f, errors %5.3f, %d bases" % (losses[0], losses[-1], wrong, len(read.values)))
fixed.save(sys.argv[1], inference=inference, gradients={'all': slopes},
           training={'logits': passed, 'loss': losses[0]},
           falling={'adam': losses})
