"""TF 0.12: summaries, savers, learning-rate decay, moving averages, collections."""
# Recorded with TensorFlow 0.12.1: out.json
import glob
import sys
import numpy as np
import tensorflow as tf
import fixed

draw = np.random.RandomState(3)
xs = draw.randn(16, 4).astype(np.float32)
ys = (xs.sum(1, keepdims=True) > 0).astype(np.float32)

with tf.name_scope('input'):
    x = tf.placeholder("float", [None, 4], name='x')
    y = tf.placeholder("float", [None, 1], name='y')
with tf.name_scope('layer') as scope:
    W = tf.Variable(tf.truncated_normal([4, 3], stddev=0.1), name='W')
    b = tf.Variable(tf.zeros([3]), name='b')
    h = tf.nn.relu(tf.nn.xw_plus_b(x, W, b), name=scope)
    tf.add_to_collection('losses', tf.mul(tf.nn.l2_loss(W), 0.01, name='decay'))
V = tf.Variable(tf.truncated_normal([3, 1], stddev=0.1), name='V')
logits = tf.matmul(h, V)
cross = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(logits, y))
tf.add_to_collection('losses', cross)
loss = tf.add_n(tf.get_collection('losses'), name='total')
global_step = tf.Variable(0, name='global_step', trainable=False)
rate = tf.train.exponential_decay(0.5, global_step, 5, 0.9, staircase=True)
averages = tf.train.ExponentialMovingAverage(0.9, global_step)
train = tf.train.MomentumOptimizer(rate, 0.9).minimize(loss, global_step=global_step)
with tf.control_dependencies([train]):
    train_op = averages.apply(tf.trainable_variables())
tf.scalar_summary('loss', loss)
tf.scalar_summary(['rate'], tf.expand_dims(rate, 0))
tf.histogram_summary('W', W)
tf.image_summary('W as picture', tf.reshape(W, [1, 4, 3, 1]))
merged = tf.merge_all_summaries()
init = tf.initialize_all_variables()

losses, rates = [], []
with tf.Session(config=tf.ConfigProto(intra_op_parallelism_threads=1)) as sess:
    sess.run(init)
    fixed.weights(sess)
    writer = tf.train.SummaryWriter('logs', sess.graph)
    saver = tf.train.Saver(max_to_keep=2)
    for i in range(21):
        summary, l, r, _ = sess.run([merged, loss, rate, train_op], feed_dict={x: xs, y: ys})
        writer.add_summary(summary, i)
        losses.append(l)
        rates.append(r)
        if i % 5 == 0:
            path = saver.save(sess, './model', global_step=global_step)
            print('step %d loss %f saved %s' % (i, l, path))
    writer.add_summary(tf.Summary(value=[tf.Summary.Value(tag='own', simple_value=1.5)]), 21)
    writer.flush()
    kept = [p.split('/')[-1] for p in saver.last_checkpoints]
    final = sess.run([W, V, averages.average(W)])

events = {}
for event in tf.train.summary_iterator(glob.glob('logs/events*')[0]):
    for value in event.summary.value:
        events.setdefault(value.tag.split('_')[0], []).append(value.simple_value)
with tf.Session() as sess:
    tf.train.Saver([W, V]).restore(sess, tf.train.latest_checkpoint('.'))
    restored = sess.run([W, V])
averaged = sorted(averages.variables_to_restore())
fixed.save(sys.argv[1], exact={'kept': kept, 'tags': sorted(k for k in events if k[0] in 'lro'),
                               'averaged': averaged},
           inference={'first loss': losses[0], 'rates': rates},
           losses={'train': losses, 'written': events['loss']},
           training={'final': final, 'restored': restored})
