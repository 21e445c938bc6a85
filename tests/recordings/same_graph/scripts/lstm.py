"""A language model: stacked LSTMs with dropout, unrolled and as a loop."""
import sys
import numpy as np
import tensorflow as tf
import seen

draw = np.random.RandomState(4)
batch, steps, vocab, units = 4, 5, 9, 6
words = draw.randint(0, vocab, (batch, steps + 1))
tf.set_random_seed(14)

inputs = tf.placeholder(tf.int32, [batch, steps])
targets = tf.placeholder(tf.int32, [batch, steps])
with tf.device('/cpu:0'):
    embedding = tf.get_variable('embedding', [vocab, units])
    embedded = tf.nn.embedding_lookup(embedding, inputs)
embedded = tf.nn.dropout(embedded, 0.9)


def cell():
    one = tf.nn.rnn_cell.BasicLSTMCell(units, forget_bias=0.0, state_is_tuple=True)
    return tf.nn.rnn_cell.DropoutWrapper(one, output_keep_prob=0.8)


initializer = tf.random_uniform_initializer(-0.1, 0.1)
with tf.variable_scope('model', initializer=initializer):
    stack = tf.contrib.rnn.MultiRNNCell([cell() for _ in range(2)])
    initial = stack.zero_state(batch, tf.float32)
    outputs, state = tf.nn.dynamic_rnn(stack, embedded, initial_state=initial)
with tf.variable_scope('unrolled'):
    lstm = tf.nn.rnn_cell.LSTMCell(units, use_peepholes=True, num_proj=4)
    static, _ = tf.nn.static_rnn(lstm, tf.unstack(embedded, axis=1), dtype=tf.float32)
with tf.variable_scope('gru'):
    gated, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(5), outputs, dtype=tf.float32,
                                 sequence_length=[5, 3, 4, 2])
both = tf.concat([outputs, tf.stack(static, 1), gated], 2)
flat = tf.reshape(both, [-1, units + 4 + 5])
softmax_w = tf.get_variable('softmax_w', [units + 9, vocab])
softmax_b = tf.get_variable('softmax_b', [vocab])
logits = tf.matmul(flat, softmax_w) + softmax_b
loss = tf.contrib.legacy_seq2seq.sequence_loss_by_example(
    [logits], [tf.reshape(targets, [-1])], [tf.ones([batch * steps])])
cost = tf.reduce_sum(loss) / batch
rate = tf.Variable(0.0, trainable=False)
variables = tf.trainable_variables()
grads, _ = tf.clip_by_global_norm(tf.gradients(cost, variables), 5)
train = tf.train.GradientDescentOptimizer(rate).apply_gradients(zip(grads, variables))
new_rate = tf.placeholder(tf.float32, shape=[], name='new_learning_rate')
assign = tf.assign(rate, new_rate)

losses = []
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    weights = seen.digests(sess)
    sess.run(assign, {new_rate: 0.5})
    for step in range(5):
        feed = {inputs: words[:, :-1], targets: words[:, 1:]}
        losses.append(sess.run([cost, train], feed)[0])
seen.save(sys.argv[1], weights, losses)
