"""TF 0.8 to 0.11: character model on the old sequence-to-sequence functions, with sampling."""
# Recorded with TensorFlow 0.12.1: out.json
import os
import sys
import time
import collections
import numpy as np
import tensorflow as tf
from tensorflow.python.ops import rnn_cell, seq2seq
import fixed

TEXT = ('the quick brown fox jumps over the lazy dog and runs away from the bear. ' * 8)


class Model():
    def __init__(self, vocab_size, size=10, layers=2, batch=4, steps=5, infer=False):
        if infer:
            batch = steps = 1
        self.batch, self.steps = batch, steps
        cell = rnn_cell.BasicLSTMCell(size)
        self.cell = cell = rnn_cell.MultiRNNCell([cell] * layers)
        self.input_data = tf.placeholder(tf.int32, [batch, steps])
        self.targets = tf.placeholder(tf.int32, [batch, steps])
        self.initial_state = cell.zero_state(batch, tf.float32)
        with tf.variable_scope('rnnlm'):
            softmax_w = tf.get_variable("softmax_w", [size, vocab_size])
            softmax_b = tf.get_variable("softmax_b", [vocab_size])
            with tf.device("/cpu:0"):
                embedding = tf.get_variable("embedding", [vocab_size, size])
                inputs = tf.split(1, steps, tf.nn.embedding_lookup(embedding, self.input_data))
                inputs = [tf.squeeze(input_, [1]) for input_ in inputs]

        def loop(prev, _):
            prev = tf.matmul(prev, softmax_w) + softmax_b
            prev_symbol = tf.stop_gradient(tf.argmax(prev, 1))
            return tf.nn.embedding_lookup(embedding, prev_symbol)

        outputs, last_state = seq2seq.rnn_decoder(
            inputs, self.initial_state, cell, loop_function=loop if infer else None, scope='rnnlm')
        output = tf.reshape(tf.concat(1, outputs), [-1, size])
        self.logits = tf.matmul(output, softmax_w) + softmax_b
        self.probs = tf.nn.softmax(self.logits)
        loss = seq2seq.sequence_loss_by_example(
            [self.logits], [tf.reshape(self.targets, [-1])],
            [tf.ones([batch * steps])], vocab_size)
        self.cost = tf.reduce_sum(loss) / batch / steps
        self.final_state = last_state
        self.lr = tf.Variable(0.0, trainable=False)
        tvars = tf.trainable_variables()
        self.raw = tf.gradients(self.cost, tvars)
        grads, self.norm = tf.clip_by_global_norm(self.raw, 5.)
        self.train_op = tf.train.GradientDescentOptimizer(self.lr).apply_gradients(zip(grads, tvars))

    def sample(self, sess, chars, vocab, num=20, prime='the '):
        state = sess.run(self.cell.zero_state(1, tf.float32))
        said = prime
        for char in prime[:-1]:
            state = sess.run(self.final_state,
                             {self.input_data: [[vocab[char]]], self.initial_state: state})
        char = prime[-1]
        for _ in range(num):
            probs, state = sess.run([self.probs, self.final_state],
                                    {self.input_data: [[vocab[char]]], self.initial_state: state})
            char = chars[int(np.argmax(probs[0]))]
            said += char
        return said


counter = collections.Counter(TEXT)
chars, _ = zip(*sorted(counter.items(), key=lambda pair: (-pair[1], pair[0])))
vocab = dict(zip(chars, range(len(chars))))
tensor = np.array(list(map(vocab.get, TEXT)))
model = Model(len(chars))
batches = len(tensor) // (model.batch * model.steps)
tensor = tensor[:batches * model.batch * model.steps]
xs = np.split(tensor.reshape(model.batch, -1), batches, 1)
ys = np.split(np.roll(tensor, -1).reshape(model.batch, -1), batches, 1)
if not os.path.isdir('save'):
    os.makedirs('save')

with tf.Session() as sess:
    tf.initialize_all_variables().run()
    fixed.weights(sess)
    saver = tf.train.Saver(tf.all_variables())
    start = {model.input_data: xs[0], model.targets: ys[0]}
    logits, cost, grads, norm = sess.run([model.logits, model.cost, model.raw, model.norm], start)
    grads = [g if isinstance(g, np.ndarray) else sess.run(tf.convert_to_tensor(r), start)
             for g, r in zip(grads, model.raw)]
    losses = []
    for e in range(4):
        sess.run(tf.assign(model.lr, 0.5 * (0.97 ** e)))
        state = model.initial_state.eval() if hasattr(model.initial_state, 'eval') else sess.run(model.initial_state)
        for b in range(batches):
            begun = time.time()
            feed = {model.input_data: xs[b], model.targets: ys[b]}
            for symbols, values in zip(model.initial_state, state):
                feed[symbols.c], feed[symbols.h] = values.c, values.h
            train_loss, state, _ = sess.run([model.cost, model.final_state, model.train_op], feed)
            losses.append(train_loss)
        print("epoch {} loss {:.3f} time/batch {:.3f}".format(e, train_loss, time.time() - begun))
    checkpoint = saver.save(sess, os.path.join('save', 'model.ckpt'), global_step=batches)

tf.reset_default_graph()
model = Model(len(chars), infer=True)
with tf.Session() as sess:
    tf.initialize_all_variables().run()
    ckpt = tf.train.get_checkpoint_state('save')
    assert ckpt and ckpt.model_checkpoint_path
    tf.train.Saver(tf.all_variables()).restore(sess, ckpt.model_checkpoint_path)
    text = model.sample(sess, chars, vocab)
    print(text)
fixed.save(sys.argv[1], exact={'said': text}, inference={'logits': logits, 'cost': cost},
           gradients={'all': grads, 'norm': norm}, losses={'sgd': losses})
