"""Summaries, metrics, a writer, a saver and a supervised session around one model."""
import sys
import numpy as np
import tensorflow as tf
import seen

draw = np.random.RandomState(11)
inputs = draw.randn(8, 9).astype(np.float32)
labels = draw.randint(0, 3, 8)
tf.set_random_seed(21)


def variable_summaries(var):
    with tf.name_scope('summaries'):
        mean = tf.reduce_mean(var)
        tf.summary.scalar('mean', mean)
        with tf.name_scope('stddev'):
            stddev = tf.sqrt(tf.reduce_mean(tf.square(var - mean)))
        tf.summary.scalar('stddev', stddev)
        tf.summary.scalar('max', tf.reduce_max(var))
        tf.summary.histogram('histogram', var)


with tf.name_scope('input'):
    x = tf.placeholder(tf.float32, [None, 9], name='x-input')
    y = tf.placeholder(tf.int64, [None], name='y-input')
    tf.summary.image('input', tf.reshape(x, [-1, 3, 3, 1]), 4)


def layer(tensor, size, name, act=tf.nn.relu):
    with tf.name_scope(name):
        with tf.name_scope('weights'):
            W = tf.Variable(tf.truncated_normal([tensor.get_shape().as_list()[1], size], stddev=0.1))
            variable_summaries(W)
        with tf.name_scope('biases'):
            b = tf.Variable(tf.constant(0.1, shape=[size]))
            variable_summaries(b)
        with tf.name_scope('Wx_plus_b'):
            preactivate = tf.matmul(tensor, W) + b
            tf.summary.histogram('pre_activations', preactivate)
        activations = act(preactivate, name='activation')
        tf.summary.histogram('activations', activations)
        return activations


hidden = layer(x, 7, 'layer1')
with tf.name_scope('dropout'):
    keep = tf.placeholder(tf.float32)
    dropped = tf.nn.dropout(hidden, keep)
logits = layer(dropped, 3, 'layer2', act=tf.identity)
with tf.name_scope('cross_entropy'):
    cross = tf.losses.sparse_softmax_cross_entropy(labels=y, logits=logits)
tf.summary.scalar('cross_entropy', cross)
with tf.name_scope('accuracy'):
    correct = tf.equal(tf.argmax(logits, 1), y)
    accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))
streaming, update = tf.metrics.accuracy(y, tf.argmax(logits, 1))
running, update_mean = tf.metrics.mean(cross)
precision, update_precision = tf.metrics.precision(tf.equal(y, 1), correct)
auc, update_auc = tf.metrics.auc(tf.equal(y, 1), tf.nn.softmax(logits)[:, 1], num_thresholds=5)
confusion = tf.confusion_matrix(y, tf.argmax(logits, 1), 3)
tf.summary.text('note', tf.constant('hello'))
with tf.name_scope('train'):
    global_step = tf.train.create_global_step()
    train = tf.train.AdamOptimizer(0.01).minimize(cross, global_step)
merged = tf.summary.merge_all()

losses = []
with tf.Session() as sess:
    saver = tf.train.Saver()
    writer = tf.summary.FileWriter('logs', sess.graph)
    tf.global_variables_initializer().run()
    tf.local_variables_initializer().run()
    weights = seen.digests(sess)
    for step in range(5):
        loss, summary, _, _ = sess.run([cross, merged, train, update],
                                       {x: inputs, y: labels, keep: 0.9})
        writer.add_summary(summary, step)
        losses.append(loss)
seen.save(sys.argv[1], weights, losses)
