"""A tagger: bidirectional LSTMs with lengths, attention pooling, CRF and CTC losses."""
import sys
import numpy as np
import tensorflow as tf
import seen

draw = np.random.RandomState(6)
batch, steps, features, units, tags = 3, 6, 4, 5, 3
series = draw.randn(batch, steps, features).astype(np.float32)
lengths_fed = np.array([6, 4, 5], np.int32)
tagged = draw.randint(0, tags, (batch, steps)).astype(np.int32)
tf.set_random_seed(16)

x = tf.placeholder(tf.float32, [None, steps, features])
lengths = tf.placeholder(tf.int32, [None])
y = tf.placeholder(tf.int32, [None, steps])
with tf.variable_scope('encoder'):
    fw = tf.nn.rnn_cell.LSTMCell(units, initializer=tf.orthogonal_initializer())
    bw = tf.nn.rnn_cell.LSTMCell(units, initializer=tf.orthogonal_initializer())
    fw = tf.nn.rnn_cell.DropoutWrapper(fw, input_keep_prob=0.9, state_keep_prob=0.9)
    outputs, states = tf.nn.bidirectional_dynamic_rnn(
        fw, bw, x, sequence_length=lengths, dtype=tf.float32)
joined = tf.concat(outputs, -1)
fused = tf.contrib.rnn.LSTMBlockFusedCell(units)
block, _ = fused(tf.transpose(x, [1, 0, 2]), dtype=tf.float32)
with tf.variable_scope('static'):
    listed, _, _ = tf.nn.static_bidirectional_rnn(
        tf.nn.rnn_cell.GRUCell(4), tf.nn.rnn_cell.BasicRNNCell(4), tf.unstack(x, steps, 1),
        dtype=tf.float32)
joined = tf.concat([joined, tf.transpose(block, [1, 0, 2]), tf.stack(listed, axis=1)], 2)
with tf.name_scope('attention'):
    w = tf.Variable(tf.random_normal([3 * units + 8], stddev=0.1), name='w')
    scores = tf.reduce_sum(tf.tanh(joined) * w, -1)
    mask = tf.sequence_mask(lengths, steps)
    alphas = tf.nn.softmax(tf.where(mask, scores, -1e9 * tf.ones_like(scores)))
    pooled = tf.reduce_sum(joined * tf.expand_dims(alphas, -1), 1)
logits = tf.layers.dense(joined + tf.expand_dims(pooled, 1), tags)
likelihood, transitions = tf.contrib.crf.crf_log_likelihood(logits, y, lengths)
sparse = tf.contrib.layers.dense_to_sparse(y[:, :2], eos_token=-1)
ctc = tf.nn.ctc_loss(sparse, tf.layers.dense(joined, tags + 1), lengths, time_major=False,
                     ignore_longer_outputs_than_inputs=True)
loss = tf.reduce_mean(-likelihood) + 0.1 * tf.reduce_mean(ctc)
step_counter = tf.train.get_or_create_global_step()
rate = tf.train.exponential_decay(0.1, step_counter, 2, 0.5, staircase=True)
train = tf.train.AdagradOptimizer(rate).minimize(loss, global_step=step_counter)

losses = []
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    weights = seen.digests(sess)
    feed = {x: series, lengths: lengths_fed, y: tagged}
    for step in range(5):
        losses.append(sess.run([loss, train], feed)[0])
seen.save(sys.argv[1], weights, losses)
