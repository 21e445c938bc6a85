"""TF 1.4: a tagger with words and characters, both directions stacked, and a CRF."""
# Recorded with TensorFlow 1.15.5: out.json
import sys
import numpy as np
import tensorflow as tf
import fixed

words, chars, tags, batch, steps, letters = 12, 7, 4, 3, 5, 4
draw = np.random.RandomState(12)
word_ids = draw.randint(0, words, (batch, steps))
char_ids = draw.randint(0, chars, (batch, steps, letters))
word_lengths = draw.randint(1, letters + 1, (batch, steps))
lengths = np.array([5, 3, 4], np.int32)
labels = tf.constant(draw.randint(0, tags, (batch, steps)), tf.int32)

with tf.variable_scope('words'):
    table = tf.get_variable('word_table', dtype=tf.float32, shape=[words, 6])
    embedded = tf.nn.embedding_lookup(table, word_ids)
with tf.variable_scope('chars'):
    table = tf.get_variable('char_table', dtype=tf.float32, shape=[chars, 3])
    spelled = tf.nn.embedding_lookup(table, char_ids)
    shape = tf.shape(spelled)
    spelled = tf.reshape(spelled, [shape[0] * shape[1], shape[-2], 3])
    fw = tf.contrib.rnn.LSTMCell(2, state_is_tuple=True)
    bw = tf.contrib.rnn.LSTMCell(2, state_is_tuple=True)
    _, ((_, output_fw), (_, output_bw)) = tf.nn.bidirectional_dynamic_rnn(
        fw, bw, spelled, sequence_length=word_lengths.reshape(-1), dtype=tf.float32)
    spelled = tf.reshape(tf.concat([output_fw, output_bw], axis=-1), [shape[0], shape[1], 4])
    embedded = tf.nn.dropout(tf.concat([embedded, spelled], axis=-1), 1.0)
with tf.variable_scope('bi-lstm'):
    outputs, _, _ = tf.contrib.rnn.stack_bidirectional_dynamic_rnn(
        [tf.contrib.rnn.LSTMCell(4), tf.contrib.rnn.CoupledInputForgetGateLSTMCell(3)],
        [tf.contrib.rnn.LSTMCell(4), tf.contrib.rnn.CoupledInputForgetGateLSTMCell(3)],
        embedded, sequence_length=lengths, dtype=tf.float32)
with tf.variable_scope('proj'):
    W = tf.get_variable('W', dtype=tf.float32, shape=[6, tags])
    b = tf.get_variable('b', shape=[tags], dtype=tf.float32, initializer=tf.zeros_initializer())
    logits = tf.reshape(tf.matmul(tf.reshape(outputs, [-1, 6]), W) + b, [-1, tf.shape(outputs)[1], tags])
likelihood, transitions = tf.contrib.crf.crf_log_likelihood(logits, labels, lengths)
loss = tf.reduce_mean(-likelihood)
decoded, best = tf.contrib.crf.crf_decode(logits, transitions, lengths)
norm = tf.contrib.crf.crf_log_norm(logits, lengths, transitions)
optimizer = tf.train.AdamOptimizer(0.1)
grads, variables = zip(*optimizer.compute_gradients(loss))
clipped, gnorm = tf.clip_by_global_norm(grads, 1.0)
train = optimizer.apply_gradients(zip(clipped, variables))
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    fixed.weights(sess)
    first = sess.run({'logits': logits, 'likelihood': likelihood, 'norm': norm, 'best': best})
    by = sess.run([tf.convert_to_tensor(g) for g in grads])
    losses = [sess.run([loss, train])[0] for _ in range(15)]
    scores, matrix, tagged = sess.run([logits, transitions, decoded])
viterbi = []
for row, length in zip(scores, lengths):
    path, score = tf.contrib.crf.viterbi_decode(row[:length], matrix)
    viterbi.append(path)
print('loss %.4f, %s' % (losses[-1], viterbi))
assert [list(t[:n]) for t, n in zip(tagged, lengths)] == viterbi
fixed.save(sys.argv[1], exact={'viterbi': viterbi, 'names': [v.name for v in tf.trainable_variables()]},
           inference=first, gradients={'all': by}, losses={'adam': losses})
