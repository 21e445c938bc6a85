"""TF 1.15: encoder and decoder with attention, training and greedy helpers, beam search."""
# Recorded with TensorFlow 1.15.5: out.json
import sys
import numpy as np
import tensorflow as tf
from tensorflow.python.layers.core import Dense
import fixed

seq2seq = tf.contrib.seq2seq
vocab, units, batch, source_len, target_len = 9, 6, 3, 5, 4
draw = np.random.RandomState(11)
source = draw.randint(3, vocab, (batch, source_len))
source_lengths = np.array([5, 3, 4], np.int32)
target = draw.randint(3, vocab, (batch, target_len))
target_lengths = np.array([4, 2, 3], np.int32)
GO, END = 1, 2


def model(mode, mechanism):
    with tf.variable_scope('model', reuse=tf.AUTO_REUSE):
        embedding = tf.get_variable('embedding', [vocab, units])
        lengths = tf.constant(source_lengths, tf.int32)
        encoder = tf.nn.rnn_cell.GRUCell(units, name='encoder')
        memory, state = tf.nn.dynamic_rnn(
            encoder, tf.nn.embedding_lookup(embedding, source), lengths, dtype=tf.float32)
        if mode == 'beam':
            memory = seq2seq.tile_batch(memory, 2)
            lengths = seq2seq.tile_batch(lengths, 2)
            state = seq2seq.tile_batch(state, 2)
        if mechanism == 'luong':
            attention = seq2seq.LuongAttention(units, memory, lengths, scale=True)
        else:
            attention = seq2seq.BahdanauAttention(units, memory, lengths, normalize=True)
        cell = seq2seq.AttentionWrapper(
            tf.nn.rnn_cell.GRUCell(units, name='decoder'), attention, attention_layer_size=units,
            alignment_history=mode == 'train', output_attention=mechanism == 'luong')
        rows = batch * (2 if mode == 'beam' else 1)
        start = cell.zero_state(rows, tf.float32).clone(cell_state=state)
        project = Dense(vocab, use_bias=False, name='project')
        starts = tf.fill([batch], GO)
        if mode == 'train':
            inputs = tf.concat([tf.fill([batch, 1], GO), target[:, :-1]], 1)
            helper = seq2seq.TrainingHelper(tf.nn.embedding_lookup(embedding, inputs), target_lengths)
            decoder = seq2seq.BasicDecoder(cell, helper, start, project)
        elif mode == 'greedy':
            helper = seq2seq.GreedyEmbeddingHelper(embedding, starts, END)
            decoder = seq2seq.BasicDecoder(cell, helper, start, project)
        else:
            decoder = seq2seq.BeamSearchDecoder(cell, embedding, starts, END, start, 2, project,
                                                length_penalty_weight=0.5)
        return seq2seq.dynamic_decode(decoder, maximum_iterations=6)


recorded = {'exact': {}, 'inference': {}, 'gradients': {}, 'losses': {}}
for mechanism in ('luong', 'bahdanau'):
    tf.reset_default_graph()
    outputs, state, lengths = model('train', mechanism)
    mask = tf.sequence_mask(target_lengths, target_len, dtype=tf.float32)
    loss = seq2seq.sequence_loss(outputs.rnn_output, tf.constant(target, tf.int32), mask)
    greedy, _, greedy_lengths = model('greedy', mechanism)
    beam, beam_state, beam_lengths = model('beam', mechanism)
    gradients = tf.gradients(loss, tf.trainable_variables())
    train = tf.train.AdamOptimizer(0.01).minimize(loss)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        fixed.weights(sess, sorted(tf.trainable_variables(), key=lambda v: v.name))
        recorded['exact'][mechanism] = sess.run(
            [greedy.sample_id, greedy_lengths, beam.predicted_ids, beam_lengths, lengths])
        recorded['exact'][mechanism].append([v.name for v in tf.trainable_variables()])
        recorded['inference'][mechanism] = sess.run(
            [outputs.rnn_output, loss, greedy.rnn_output, state.alignment_history.stack(),
             beam_state.log_probs])
        recorded['gradients'][mechanism] = sess.run([tf.convert_to_tensor(g) for g in gradients])
        recorded['losses'][mechanism] = [sess.run([loss, train])[0] for _ in range(12)]
        print('%s %.4f' % (mechanism, recorded['losses'][mechanism][-1]))
fixed.save(sys.argv[1], **recorded)
