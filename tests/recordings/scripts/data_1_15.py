"""TF 1.15: tf.data with padded batches and iterators of every kind, into a masked LSTM."""
# Recorded with TensorFlow 1.15.5: out.json
import sys
import numpy as np
import tensorflow as tf
import fixed

tf.logging.set_verbosity(tf.logging.ERROR)
width, units = 2, 4
draw = np.random.RandomState(14)
sequences = [draw.randn(n, width).astype(np.float32) for n in (3, 5, 2, 4, 1, 6, 3, 2)]
targets = np.array([s.sum() > 0 for s in sequences], np.float32)
with tf.python_io.TFRecordWriter('sequences.tfrecord') as writer:
    for sequence, target in zip(sequences, targets):
        feature_list = tf.train.FeatureList(feature=[
            tf.train.Feature(float_list=tf.train.FloatList(value=row)) for row in sequence])
        writer.write(tf.train.SequenceExample(
            context=tf.train.Features(feature={
                'target': tf.train.Feature(float_list=tf.train.FloatList(value=[target]))}),
            feature_lists=tf.train.FeatureLists(feature_list={'rows': feature_list})).SerializeToString())


def parse(serialized):
    context, rows = tf.parse_single_sequence_example(
        serialized, {'target': tf.FixedLenFeature([], tf.float32)},
        {'rows': tf.FixedLenSequenceFeature([width], tf.float32)})
    if True:
        length = tf.shape(rows['rows'])[0]
    return rows['rows'], length, context['target']


def generate():
    for sequence, target in zip(sequences, targets):
        yield sequence, len(sequence), target


files = tf.placeholder(tf.string, [None])
recorded = tf.data.TFRecordDataset(files).map(parse, num_parallel_calls=1)
recorded = recorded.padded_batch(4, ([None, width], [], [])).prefetch(1)
made = tf.data.Dataset.from_generator(generate, (tf.float32, tf.int32, tf.float32),
                                      ([None, width], [], []))
made = made.apply(tf.contrib.data.bucket_by_sequence_length(
    lambda rows, length, target: length, [4], [2, 2]))
initializable = recorded.make_initializable_iterator()
once = tf.data.make_one_shot_iterator(
    tf.data.Dataset.from_tensor_slices(np.arange(6)).filter(lambda n: n % 2 < 1).repeat(2))
bucketed = made.make_initializable_iterator()
handle = tf.placeholder(tf.string, shape=[])
either = tf.data.Iterator.from_string_handle(handle, recorded.output_types, recorded.output_shapes)
x, lengths, y = either.get_next()
cell = tf.nn.rnn_cell.BasicLSTMCell(units)
outputs, state = tf.nn.dynamic_rnn(cell, x, lengths, dtype=tf.float32)
logits = tf.squeeze(tf.layers.dense(state.h, 1), -1)
loss = tf.losses.sigmoid_cross_entropy(y, logits)
train = tf.train.AdamOptimizer(0.05).minimize(loss)
next_number = once.get_next()
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    fixed.weights(sess)
    handles = sess.run([initializable.string_handle(), bucketed.string_handle()])
    start = {files: ['sequences.tfrecord']}
    values, losses, numbers, sizes = [], [], [], []
    for epoch in range(4):
        sess.run(initializable.initializer, start)
        while True:
            try:
                got, l, _ = sess.run([[outputs, logits], loss, train], {handle: handles[0]})
            except tf.errors.OutOfRangeError:
                break
            values = values or got
            losses.append(l)
    sess.run(bucketed.initializer)
    try:
        while True:
            sizes.append(sess.run(lengths, {handle: handles[1]}))
    except tf.errors.OutOfRangeError:
        pass
    for _ in range(6):
        numbers.append(sess.run(next_number))
print('loss %.4f, buckets %s' % (losses[-1], [list(s) for s in sizes]))
fixed.save(sys.argv[1], exact={'numbers': numbers, 'sizes': sizes}, inference={'first': values},
           losses={'adam': losses})
