"""Sequence to sequence with attention: training and greedy decoding share weights."""
import sys
import numpy as np
import tensorflow as tf
from tensorflow.python.layers.core import Dense
import seen

seq2seq = tf.contrib.seq2seq
draw = np.random.RandomState(7)
vocab, units, batch, steps = 9, 6, 3, 5
source_fed = draw.randint(3, vocab, (batch, steps))
target_fed = draw.randint(3, vocab, (batch, 4))
tf.set_random_seed(17)

source = tf.placeholder(tf.int32, [batch, None], name='source')
target = tf.placeholder(tf.int32, [batch, None], name='target')
source_lengths = tf.placeholder(tf.int32, [batch])
target_lengths = tf.placeholder(tf.int32, [batch])
with tf.variable_scope('encoder'):
    embedding = tf.get_variable('embedding', [vocab, units],
                                initializer=tf.random_uniform_initializer(-1.0, 1.0))
    embedded = tf.nn.embedding_lookup(embedding, source)
    cells = [tf.contrib.rnn.LSTMCell(units) for _ in range(2)]
    cells[0] = tf.contrib.rnn.DropoutWrapper(cells[0], input_keep_prob=0.9)
    memory, state = tf.nn.dynamic_rnn(tf.contrib.rnn.MultiRNNCell(cells), embedded,
                                      source_lengths, dtype=tf.float32)
projection = Dense(vocab, use_bias=False,
                   kernel_initializer=tf.truncated_normal_initializer(stddev=0.1))
attention = seq2seq.BahdanauAttention(units, memory, source_lengths)
cell = seq2seq.AttentionWrapper(tf.contrib.rnn.LSTMCell(units), attention,
                                attention_layer_size=units, name='attention')
start = cell.zero_state(batch, tf.float32).clone(cell_state=state[-1])
go = tf.fill([batch, 1], 1)
with tf.variable_scope('decoder'):
    shifted = tf.concat([go, tf.strided_slice(target, [0, 0], [batch, -1], [1, 1])], 1)
    helper = seq2seq.TrainingHelper(tf.nn.embedding_lookup(embedding, shifted), target_lengths)
    decoder = seq2seq.BasicDecoder(cell, helper, start, projection)
    outputs, _, _ = seq2seq.dynamic_decode(decoder, impute_finished=True)
with tf.variable_scope('decoder', reuse=True):
    greedy = seq2seq.GreedyEmbeddingHelper(embedding, tf.tile([1], [batch]), 2)
    decoder = seq2seq.BasicDecoder(cell, greedy, start, projection)
    inferred, _, _ = seq2seq.dynamic_decode(decoder, maximum_iterations=6)
logits = tf.identity(outputs.rnn_output, 'logits')
predictions = tf.identity(inferred.sample_id, name='predictions')
mask = tf.sequence_mask(target_lengths, tf.reduce_max(target_lengths), dtype=tf.float32)
with tf.name_scope('optimization'):
    loss = seq2seq.sequence_loss(logits, target, mask)
    optimizer = tf.train.AdamOptimizer(0.01)
    gradients = optimizer.compute_gradients(loss)
    clipped = [(tf.clip_by_norm(g, 5.0), v) for g, v in gradients if g is not None]
    train = optimizer.apply_gradients(clipped)

losses = []
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    weights = seen.digests(sess)
    feed = {source: source_fed, target: target_fed, source_lengths: [5, 3, 4],
            target_lengths: [4, 2, 4]}
    for step in range(5):
        losses.append(sess.run([loss, train], feed)[0])
seen.save(sys.argv[1], weights, losses)
