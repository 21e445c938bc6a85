"""Word vectors with sampled losses, a text classifier, and a saver."""
import sys
import numpy as np
import tensorflow as tf
import seen

draw = np.random.RandomState(9)
vocab, size, batch = 20, 6, 8
centre = draw.randint(0, vocab, batch)
context = draw.randint(0, vocab, (batch, 1))
texts = draw.randint(0, vocab, (batch, 7))
classes = np.eye(2, dtype=np.float32)[draw.randint(0, 2, batch)]
tf.set_random_seed(19)

words = tf.placeholder(tf.int32, [batch])
near = tf.placeholder(tf.int32, [batch, 1])
with tf.device('/cpu:0'), tf.name_scope('embeddings'):
    embeddings = tf.Variable(tf.random_uniform([vocab, size], -1.0, 1.0))
    embed = tf.nn.embedding_lookup(embeddings, words)
with tf.name_scope('weights'):
    nce_weights = tf.Variable(tf.truncated_normal([vocab, size], stddev=1.0 / np.sqrt(size)))
    nce_biases = tf.Variable(tf.zeros([vocab]))
nce = tf.reduce_mean(tf.nn.nce_loss(
    weights=nce_weights, biases=nce_biases, labels=near, inputs=embed, num_sampled=4,
    num_classes=vocab))
sampled = tf.reduce_mean(tf.nn.sampled_softmax_loss(
    nce_weights, nce_biases, near, embed, 5, vocab))
norm = tf.sqrt(tf.reduce_sum(tf.square(embeddings), 1, keep_dims=True))
normalized = embeddings / norm
valid = tf.nn.embedding_lookup(normalized, tf.constant([1, 2, 3], dtype=tf.int32))
similarity = tf.matmul(valid, normalized, transpose_b=True)

text = tf.placeholder(tf.int32, [None, 7], name='input_x')
label = tf.placeholder(tf.float32, [None, 2], name='input_y')
keep = tf.placeholder(tf.float32, name='dropout_keep_prob')
with tf.name_scope('embedding'):
    W = tf.Variable(tf.random_uniform([vocab, 4], -1.0, 1.0), name='W')
    expanded = tf.expand_dims(tf.nn.embedding_lookup(W, text), -1)
pooled = []
for width in (2, 3):
    with tf.name_scope('conv-maxpool-%s' % width):
        kernel = tf.Variable(tf.truncated_normal([width, 4, 1, 3], stddev=0.1), name='W')
        bias = tf.Variable(tf.constant(0.1, shape=[3]), name='b')
        conv = tf.nn.conv2d(expanded, kernel, strides=[1, 1, 1, 1], padding='VALID', name='conv')
        h = tf.nn.relu(tf.nn.bias_add(conv, bias), name='relu')
        pooled.append(tf.nn.max_pool(h, ksize=[1, 8 - width, 1, 1], strides=[1, 1, 1, 1],
                                     padding='VALID', name='pool'))
flat = tf.reshape(tf.concat(pooled, 3), [-1, 6])
with tf.name_scope('dropout'):
    dropped = tf.nn.dropout(flat, keep)
scores = tf.nn.xw_plus_b(dropped, tf.get_variable(
    'out', [6, 2], initializer=tf.contrib.layers.xavier_initializer()), tf.Variable(
        tf.constant(0.1, shape=[2])), name='scores')
predictions = tf.argmax(scores, 1, name='predictions')
cross = tf.nn.softmax_cross_entropy_with_logits(logits=scores, labels=label)
loss = tf.reduce_mean(cross) + nce + 0.1 * sampled
global_step = tf.Variable(0, name='global_step', trainable=False)
optimizer = tf.train.AdamOptimizer(1e-2)
train = optimizer.apply_gradients(optimizer.compute_gradients(loss), global_step=global_step)
saver = tf.train.Saver(tf.global_variables(), max_to_keep=2)

losses = []
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    weights = seen.digests(sess)
    feed = {words: centre, near: context, text: texts, label: classes, keep: 0.5}
    for step in range(5):
        losses.append(sess.run([loss, train], feed)[0])
    saver.save(sess, 'model.ckpt', global_step=step)
seen.save(sys.argv[1], weights, losses)
