# -*- coding: utf-8 -*-
"""TF 0.12, Python 2: words, cPickle, print statements and integer division."""
# Recorded with TensorFlow 0.12.1: out.json
import cPickle
import sys, os
import numpy as np
import tensorflow as tf
from itertools import izip
import fixed


class Config(object):
	init_scale = 0.1
	learning_rate = 1.0
	max_grad_norm = 5
	num_steps = 4
	hidden_size = 8
	batch_size = 6 / 2
	keep_prob = 1


def read_words(filename):
    with tf.gfile.GFile(filename, "r") as f:
        return f.read().decode("utf-8").replace("\n", "<eos>").split()


def build_vocab(words):
    counts = {}
    for word in words:
        if not counts.has_key(word):
            counts[word] = 0L
        counts[word] += 1
    pairs = sorted(counts.iteritems(), key=lambda (word, n): (-n, word))
    return dict(izip([word for word, _ in pairs], xrange(len(pairs))))


def iterator(raw_data, batch_size, num_steps):
    raw_data = np.array(raw_data, dtype=np.int32)
    batch_len = len(raw_data) / batch_size
    data = np.zeros([batch_size, batch_len], dtype=np.int32)
    for i in xrange(batch_size):
        data[i] = raw_data[batch_len * i:batch_len * (i + 1)]
    epoch_size = (batch_len - 1) / num_steps
    if epoch_size == 0:
        raise ValueError, "epoch_size == 0"
    for i in xrange(epoch_size):
        yield (data[:, i*num_steps:(i+1)*num_steps], data[:, i*num_steps+1:(i+1)*num_steps+1])


class PTBModel(object):
    def __init__(self, is_training, config, vocab_size):
        batch, steps, size = config.batch_size, config.num_steps, config.hidden_size
        self._input_data = tf.placeholder(tf.int32, [batch, steps])
        self._targets = tf.placeholder(tf.int32, [batch, steps])
        cell = tf.nn.rnn_cell.BasicLSTMCell(size, forget_bias=0.0, state_is_tuple=True)
        if is_training and config.keep_prob < 1:
            cell = tf.nn.rnn_cell.DropoutWrapper(cell, output_keep_prob=config.keep_prob)
        cell = tf.nn.rnn_cell.MultiRNNCell([cell] * 2, state_is_tuple=True)
        self._initial_state = cell.zero_state(batch, tf.float32)
        embedding = tf.get_variable("embedding", [vocab_size, size])
        inputs = [tf.squeeze(one, [1]) for one in tf.split(
            1, steps, tf.nn.embedding_lookup(embedding, self._input_data))]
        outputs, state = tf.nn.rnn(cell, inputs, initial_state=self._initial_state)
        output = tf.reshape(tf.concat(1, outputs), [-1, size])
        softmax_w = tf.get_variable("softmax_w", [size, vocab_size])
        softmax_b = tf.get_variable("softmax_b", [vocab_size])
        self.logits = logits = tf.matmul(output, softmax_w) + softmax_b
        loss = tf.nn.seq2seq.sequence_loss_by_example(
            [logits], [tf.reshape(self._targets, [-1])], [tf.ones([batch * steps])])
        self._cost = tf.reduce_sum(loss) / batch
        self._final_state = state
        if not is_training:
            return
        self._lr = tf.Variable(0.0, trainable=False)
        tvars = tf.trainable_variables()
        grads, _ = tf.clip_by_global_norm(tf.gradients(self._cost, tvars), config.max_grad_norm)
        self._train_op = tf.train.GradientDescentOptimizer(self._lr).apply_gradients(zip(grads, tvars))


def run_epoch(session, m, data, eval_op):
    costs, iters = 0.0, 0
    state = session.run(m._initial_state)
    for step, (x, y) in enumerate(iterator(data, m._config.batch_size, m._config.num_steps)):
        fetches = [m._cost, m._final_state, eval_op]
        feed = {m._input_data: x, m._targets: y}
        for i, (c, h) in enumerate(m._initial_state):
            feed[c] = state[i].c
            feed[h] = state[i].h
        cost, state, _ = session.run(fetches, feed)
        costs += cost
        iters += m._config.num_steps
    return np.exp(costs / iters)


with open('words.txt', 'wb') as f:
    for line in [u"le chat noir dort", u"le chien r\u00eave", u"un chat gris r\u00eave et dort"] * 9:
        print >>f, line.encode('utf-8')
config = Config()
words = read_words('words.txt')
word_to_id = build_vocab(words)
with open('vocab.pkl', 'wb') as f:
    cPickle.dump(word_to_id, f, -1)
with open('vocab.pkl') as f:
    assert cPickle.load(f) == word_to_id
ids = [word_to_id[word] for word in words]
try:
    list(iterator(ids[:4], 2, 8))
except ValueError, e:
    print "expected:", e
print "%d words, batches of %d" % (len(words), config.batch_size)
with tf.Graph().as_default(), tf.Session() as session:
    initializer = tf.random_uniform_initializer(-config.init_scale, config.init_scale)
    with tf.variable_scope("model", reuse=None, initializer=initializer):
        m = PTBModel(True, config, len(word_to_id))
    with tf.variable_scope("model", reuse=True, initializer=initializer):
        mtest = PTBModel(False, config, len(word_to_id))
    m._config = mtest._config = config
    tf.initialize_all_variables().run()
    fixed.weights(session)
    x, y = iterator(ids, config.batch_size, config.num_steps).next()
    feed = {mtest._input_data: x, mtest._targets: y}
    logits, cost = session.run([mtest.logits, mtest._cost], feed)
    perplexities = []
    for i in range(6):
        session.run(tf.assign(m._lr, config.learning_rate * 0.5 ** max(i - 4, 0)))
        perplexities.append(run_epoch(session, m, ids, m._train_op))
        print "Epoch: %d Train Perplexity: %.3f" % (i + 1, perplexities[-1])
    tested = run_epoch(session, mtest, ids, tf.no_op())
print "Test Perplexity:", round(tested, 3)
fixed.save(sys.argv[1], exact={'words': sorted(word_to_id), 'x': x, 'counts': 7 / 2},
           inference={'logits': logits, 'cost': cost}, losses={'perplexity': perplexities})
