"""TF 0.12: TFRecord files, queues, coordinators and a GRU fed by them."""
# Recorded with TensorFlow 0.12.1: out.json
import sys
import numpy as np
import tensorflow as tf
import fixed

steps, width, batch = 5, 3, 4
draw = np.random.RandomState(5)
names = []
for part in range(2):
    names.append('part-%d.tfrecords' % part)
    writer = tf.python_io.TFRecordWriter(names[-1])
    for n in range(8):
        values = draw.randn(steps * width)
        example = tf.train.Example(features=tf.train.Features(feature={
            'label': tf.train.Feature(int64_list=tf.train.Int64List(value=[int(values.sum() > 0)])),
            'raw': tf.train.Feature(bytes_list=tf.train.BytesList(value=[values.astype(np.float32).tostring()])),
            'values': tf.train.Feature(float_list=tf.train.FloatList(value=values))}))
        writer.write(example.SerializeToString())
    writer.close()

filename_queue = tf.train.string_input_producer(names, num_epochs=None, shuffle=False)
reader = tf.TFRecordReader()
_, serialized = reader.read(filename_queue)
features = tf.parse_single_example(serialized, features={
    'label': tf.FixedLenFeature([], tf.int64),
    'raw': tf.FixedLenFeature([], tf.string),
    'values': tf.FixedLenFeature([steps * width], tf.float32)})
raw = tf.decode_raw(features['raw'], tf.float32)
raw.set_shape([steps * width])
label = tf.cast(features['label'], tf.int32)
inputs, same, labels = tf.train.batch([raw, features['values'], label], batch_size=batch, capacity=32)
x = tf.reshape(inputs, [batch, steps, width])

queue = tf.FIFOQueue(10, [tf.float32], shapes=[[]])
number = tf.placeholder(tf.float32)
put, got = queue.enqueue(number), queue.dequeue()

cell = tf.nn.rnn_cell.GRUCell(6)
outputs, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32, scope='gru')
W = tf.get_variable('W', [6, 2])
logits = tf.matmul(state, W)
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits, labels))
right = tf.reduce_sum(tf.to_int32(tf.nn.in_top_k(logits, labels, 1)))
train = tf.train.RMSPropOptimizer(0.01).minimize(loss)

with tf.Session() as sess:
    sess.run(tf.group(tf.initialize_all_variables(), tf.initialize_local_variables()))
    fixed.weights(sess)
    coord = tf.train.Coordinator()
    threads = tf.train.start_queue_runners(sess=sess, coord=coord)
    seen, losses = [], []
    try:
        first = sess.run([x, same, labels, outputs, logits])
        for step in range(60):
            if coord.should_stop():
                break
            losses.append(sess.run([loss, right, train])[0])
    except tf.errors.OutOfRangeError:
        print('no more data')
    finally:
        coord.request_stop()
    for n in range(3):
        sess.run(put, {number: n * 1.5})
    seen = [sess.run(got) for n in range(3)]
    coord.join(threads, stop_grace_period_secs=5)
print('loss %f to %f' % (losses[0], losses[-1]))
fixed.save(sys.argv[1], exact={'labels': first[2], 'seen': seen},
           inference={'x': first[0], 'values': first[1], 'outputs': first[3], 'logits': first[4]},
           losses={'train': losses})
