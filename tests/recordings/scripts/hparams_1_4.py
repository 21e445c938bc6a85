"""TF 1.4: HParams, tf.layers, batch normalization with UPDATE_OPS, losses and metrics."""
# Recorded with TensorFlow 1.15.5: out.json --hparams dropout=0.0
import argparse
import sys
import numpy as np
import tensorflow as tf
import fixed

parser = argparse.ArgumentParser()
parser.add_argument('out')
parser.add_argument('--hparams', default='')
arguments, _ = parser.parse_known_args()
hparams = tf.contrib.training.HParams(
    rate=0.01, filters=[4, 3], activation='relu', dropout=0.0, use_bn=True, layers=1)
hparams.add_hparam('rnn', 'lstm')
hparams.parse('rate=0.02,filters=[3,2],use_bn=true')
hparams.parse(arguments.hparams)
hparams.set_hparam('layers', 2)
draw = np.random.RandomState(13)
data = draw.randn(8, 12, 2).astype(np.float32)
labels = draw.randint(0, 3, 8)


def net(features, training, params):
    out = features
    for n, filters in enumerate(params.filters):
        out = tf.layers.conv1d(out, filters, 3, padding='same', name='conv%d' % n,
                               kernel_regularizer=tf.contrib.layers.l2_regularizer(0.01))
        if params.use_bn:
            out = tf.layers.batch_normalization(out, training=training, momentum=0.9, name='bn%d' % n)
        out = getattr(tf.nn, params.activation)(out)
    out = tf.layers.max_pooling1d(out, 2, 2)
    out = tf.layers.dropout(out, params.dropout, training=training)
    cells = [tf.nn.rnn_cell.LSTMCell(4, name='cell%d' % n) for n in range(params.layers)]
    _, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.MultiRNNCell(cells), out, dtype=tf.float32)
    out = tf.layers.flatten(tf.expand_dims(state[-1].h, 1))
    return tf.layers.dense(out, 3, name='logits',
                           kernel_initializer=tf.variance_scaling_initializer())


x = tf.placeholder(tf.float32, [None, 12, 2])
y = tf.placeholder(tf.int64, [None])
training = tf.placeholder(tf.bool)
logits = net(x, training, hparams)
loss = tf.losses.sparse_softmax_cross_entropy(labels=y, logits=logits)
total = loss + tf.losses.get_regularization_loss()
step = tf.train.get_or_create_global_step()
updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
with tf.control_dependencies(updates):
    train = tf.train.AdamOptimizer(hparams.rate).minimize(total, global_step=step)
gradients = tf.gradients(total, tf.trainable_variables())
accuracy, accuracy_op = tf.metrics.accuracy(labels=y, predictions=tf.argmax(logits, axis=1))
mean, mean_op = tf.metrics.mean(loss)
with tf.train.MonitoredTrainingSession(hooks=[tf.train.StopAtStepHook(20)]) as sess:
    raw = sess._tf_sess() if hasattr(sess, '_tf_sess') else sess
    for place, variable in enumerate(tf.trainable_variables()):
        values = np.random.RandomState(100 + place).randn(*variable.shape.as_list()) * 0.3
        variable.load(values.astype(np.float32), raw)
    feed = {x: data, y: labels, training: False}
    first = raw.run({'logits': logits, 'total': total}, feed)
    by = raw.run(gradients, feed)
    losses = []
    while not sess.should_stop():
        feed[training] = True
        losses.append(sess.run([total, train], feed)[0])
    at, names = len(losses), [v.name for v in tf.global_variables()]
with tf.Session() as sess:
    sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
    fixed.weights(sess)
    for half in (slice(0, 4), slice(4, 8)):
        sess.run([accuracy_op, mean_op], {x: data[half], y: labels[half], training: False})
    metrics = sess.run([accuracy, mean])
print('%d steps, loss %.4f to %.4f' % (at, losses[0], losses[-1]))
fixed.save(arguments.out, exact={'names': names, 'steps': at, 'hparams': sorted(hparams.values().items()),
                                 'updates': len(updates)},
           inference=dict(first, metrics=metrics), gradients={'all': by}, losses={'adam': losses})
