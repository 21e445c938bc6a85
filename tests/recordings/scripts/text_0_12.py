# -*- coding: utf-8 -*-
"""TF 0.12, Python 2: what print statements print, in classes, of tensors and of arrays."""
# Recorded with TensorFlow 0.12.1
import cPickle
import itertools
import os
import random
import sys
import urllib
from collections import Counter

import numpy as np
import tensorflow as tf


class Reader(object):
    def __init__(self, path):
        with open(path, 'wb') as f:
            f.write('the caf\xc3\xa9 the sea\nthe end\n')
        words = open(path, 'rb').read().replace('\n', ' <eos> ').split()
        counts = sorted(Counter(words).items(), lambda a, b: cmp((-a[1], a[0]), (-b[1], b[0])))
        self.vocabulary = dict(zip([word for word, _ in counts], range(len(counts))))
        self.ids = map(self.vocabulary.get, words)
        print 'words', len(words), 'of', len(self.vocabulary), counts[0], round(len(words) / 3, 2)
        cPickle.dump(self.vocabulary, open(path + '.pkl', 'wb'), 2)

    def batches(self, size):
        for i in xrange(len(self.ids) / size):
            yield np.array(self.ids[i * size:(i + 1) * size])

    def next(self):
        return self.batches(2).next()


reader = Reader('words.txt')
loaded = cPickle.load(open('words.txt.pkl'))
print loaded == reader.vocabulary, 'café' in loaded, sorted(loaded)[0], [w for w in sorted(loaded) if w.startswith('caf')][0]
ids = tf.placeholder(tf.int32, [2], name='ids')
table = tf.Variable(np.arange(10, dtype=np.float32).reshape(5, 2) / 3, name='table')
rows = tf.nn.embedding_lookup(table, ids)
cost = tf.reduce_sum(tf.mul(rows, rows), name='cost')
print tf.identity(rows, name='rows'), cost.name, table.get_shape(), [table.get_shape()], table.dtype, rows.get_shape().as_list()
print "graph", len(tf.all_variables()), tf.trainable_variables()[0].name, tf.float32, [tf.int32]
with tf.Session() as sess:
    sess.run(tf.initialize_all_variables())
    losses = []
    for step, batch in itertools.izip(itertools.count(), reader.batches(2)):
        found = sess.run([cost, rows], {ids: batch})
        losses.append(found[0])
        print "step", step, "of", len(reader.ids) / 2, batch, found[0], 'perplexity %.3f' % np.exp(found[0] / 10),
        if step % 2:
            print
    print 'done', losses, sum(losses), np.mean(losses), sum(losses) / len(losses), (losses[0], step), {'cost': losses[-1]}
    print found, found[1].shape, reader.next(), 'cost %s' % found[0], 'cost ' + str(found[0]), `found[0]`
    print >>sys.stdout, "rate %s, %r" % (1 / 3., 1 / 3.), 1 / 3., 7 / 2, 2 ** 70, 1e12, 1e-5, [1 / 3.], 100 * 2 / 3
    print np.array([1 / 3., 1e-9]), np.float32(.1), [np.float32(.1), np.int64(2), np.float64(.1)], np.float64(.1) + .2, np.arange(3) / 2
random.seed(7)
order = range(8)
random.shuffle(order)
print order, random.sample(order, 3), random.randint(1, 100), random.choice(order), random.uniform(0, 1), random.random()
print filter(str.isalpha, 'a1b2'), map(None, 'ab', [1]), zip('ab', 'cd'), 'x y'.split(), urllib.quote('a b'), os.path.exists('words.txt'), cmp(2, 1)
print "%-10s|%5d|%5.1f|" % ('name', 3, 2.5), "tab\t", 'end', 017, 0xFFL, True and 'yes' or 'no', 'é', u'é'.encode('utf-8'), len('é') > 0
