"""TF 1.0: contrib.layers with arg_scope, batch norm, regularizers and optimize_loss."""
# Runs on 1.0.0 too, whose moving variances alone differ (biased until 1.1).
# Recorded with TensorFlow 1.15.5: out.json
import sys
import numpy as np
import tensorflow as tf
from tensorflow.contrib import layers
from tensorflow.contrib.framework import arg_scope
from tensorflow.contrib.layers import fully_connected as fc
import fixed
slim = tf.contrib.slim

draw = np.random.RandomState(4)
images = draw.rand(12, 8, 8, 1).astype(np.float32)
labels = draw.randint(0, 3, 12)
x = tf.placeholder(tf.float32, [None, 8, 8, 1])
y = tf.placeholder(tf.int32, [None])
is_training = tf.placeholder_with_default(False, [])


def model(inputs):
    with arg_scope([layers.conv2d, fc], weights_regularizer=layers.l2_regularizer(0.01),
                   biases_initializer=tf.constant_initializer(0.1)):
        net = layers.conv2d(inputs, 4, [3, 3], stride=2, padding='SAME',
                            normalizer_fn=layers.batch_norm,
                            normalizer_params={'is_training': is_training, 'decay': 0.9, 'scale': True},
                            scope='conv1')
        net = layers.max_pool2d(net, [2, 2], scope='pool1')
        net = slim.flatten(net)
        net = layers.layer_norm(fc(net, 6, activation_fn=tf.nn.elu, scope='fc1'))
        net = layers.dropout(net, keep_prob=1.0, is_training=is_training)
        return fc(net, 3, activation_fn=None, scope='logits',
                  weights_initializer=layers.xavier_initializer())


logits = model(x)
one_hot = layers.one_hot_encoding(y, 3)
tf.losses.softmax_cross_entropy(one_hot, logits)
total = tf.losses.get_total_loss()
regularization = tf.add_n(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES))
global_step = tf.Variable(0, trainable=False, name='global_step')
train = layers.optimize_loss(total, global_step, learning_rate=0.05, optimizer='Adam',
                             clip_gradients=5.0, summaries=['loss', 'gradients'])
accuracy = tf.contrib.metrics.accuracy(tf.to_int32(tf.argmax(logits, 1)), y)
names = sorted(v.op.name for v in tf.contrib.framework.get_model_variables())
variables = sorted(tf.trainable_variables(), key=lambda v: v.op.name)
gradients = tf.gradients(total, variables)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    fixed.weights(sess, variables)
    feed = {x: images, y: labels}
    first = sess.run({'logits': logits, 'total': total, 'regularization': regularization}, feed)
    by = sess.run(gradients, feed)
    feed[is_training] = True
    batch = sess.run(logits, feed)
    losses = [sess.run(train, feed)]
    statistics = sess.run([v for v in tf.global_variables() if v.op.name.endswith(('moving_mean', 'moving_variance'))])
    losses += [sess.run(train, feed) for _ in range(24)]
    print('loss %.4f accuracy %.2f' % (losses[-1], sess.run(accuracy, feed)))
fixed.save(sys.argv[1], exact={'names': names}, inference=first, gradients={'all': by}, training={'logits': batch},
           losses={'adam': losses}, statistics={'moving': statistics})
