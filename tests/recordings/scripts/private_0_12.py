"""0.12 on Python 2: files of tf.gfile, gradients of one's own, private functions."""
# Recorded with TensorFlow 0.12.1

import os
import tempfile
import cPickle

import numpy as np
import tensorflow as tf
from tensorflow.contrib.crf.python.ops.crf import _lengths_to_masks
from tensorflow.python.framework import ops
from tensorflow.python.ops import gen_math_ops, gen_nn_ops, rnn_cell
from tensorflow.python.platform import gfile

folder = tempfile.mkdtemp()
path = os.path.join(folder, "words.txt")
with tf.gfile.GFile(path, "wb") as f:
    f.write("the cat\nand the dog\n")
for line in tf.gfile.GFile(path, "rb"):
    print line.strip().split(" "), line.startswith("the"), "cat" in line
counts = {}
for line in gfile.Open(path, "rb"):
    for word in line.split():
        counts[word] = counts.get(word, 0) + 1
print counts["the"], sorted(counts)
print [line.strip() for line in tf.gfile.FastGFile(path, "rb").readlines()]
print tf.gfile.GFile(path, "r").read().replace("\n", " <eos> ").split()
latin = os.path.join(folder, "latin.txt")
open(latin, "wb").write("caf\xe9 noir\n")
words = tf.gfile.GFile(latin).read().replace("\n", " ").split(" ")
print len(words), words[1:], [len(w) for w in words]
with tf.gfile.GFile(path + "2", "w") as f:
    f.write(tf.gfile.GFile(latin).read())
print open(path + "2", "rb").read() == open(latin, "rb").read()
for protocol in (0, 2):
    cPickle.dump({"a": "the", "b": [1, 2]}, open(path, "wb"), protocol)
    loaded = cPickle.load(tf.gfile.GFile(path, "rb"))
    print loaded["a"] == "the", loaded["b"]


@ops.RegisterGradient("FloorMod")
def _floor_mod(op, grad):
    return [grad * 5, None]


@tf.RegisterGradient("Guided")
def _guided(op, grad):
    return tf.select(grad > 0, gen_nn_ops._relu_grad(grad, op.outputs[0]), grad * 0)


session = tf.Session()
x = tf.constant([-1.0, 2.0, 3.0])
print session.run(tf.gradients(tf.floormod(x, 2.0), x))[0]
with tf.get_default_graph().gradient_override_map({"Relu": "Guided"}):
    y = tf.nn.relu(x) * [1.0, -1.0, 2.0]
print session.run(tf.gradients(y, x))[0]
print session.run(gen_math_ops._sigmoid_grad(tf.sigmoid(x), x)).round(4)
print session.run(_lengths_to_masks(tf.constant([1, 3]), 4)).tolist()
print rnn_cell._state_size_with_prefix(3, [2]), rnn_cell._state_size_with_prefix(4)
with tf.variable_scope("shards"):
    parts = rnn_cell._get_sharded_variable("w", [5, 2], tf.float32, 2)
    print [part.get_shape().as_list() for part in parts]
    print rnn_cell._get_concat_variable("v", [3, 2], tf.float32, 1).get_shape()
