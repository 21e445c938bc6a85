"""One model trained by many optimizers, with schedules, averages and clipping."""
import sys
import numpy as np
import tensorflow as tf
import seen

draw = np.random.RandomState(10)
inputs = draw.randn(8, 4).astype(np.float32)
targets = draw.randn(8, 2).astype(np.float32)
tf.set_random_seed(20)

x = tf.constant(inputs)
y = tf.constant(targets)
step = tf.train.get_or_create_global_step()
rates = {
    'exponential': tf.train.exponential_decay(0.1, step, 2, 0.9),
    'polynomial': tf.train.polynomial_decay(0.1, step, 10),
    'piecewise': tf.train.piecewise_constant(step, [2, 4], [0.1, 0.05, 0.01]),
    'inverse': tf.train.inverse_time_decay(0.1, step, 2, 0.5),
    'natural': tf.train.natural_exp_decay(0.1, step, 2, 0.5),
    'cosine': tf.train.cosine_decay(0.1, step, 10),
}
makers = [
    ('sgd', tf.train.GradientDescentOptimizer(rates['exponential'])),
    ('momentum', tf.train.MomentumOptimizer(rates['polynomial'], 0.9, use_nesterov=True)),
    ('adam', tf.train.AdamOptimizer(rates['piecewise'])),
    ('adagrad', tf.train.AdagradOptimizer(rates['inverse'])),
    ('adadelta', tf.train.AdadeltaOptimizer(rates['natural'])),
    ('rmsprop', tf.train.RMSPropOptimizer(rates['cosine'], momentum=0.5, centered=True)),
    ('ftrl', tf.train.FtrlOptimizer(0.1, l1_regularization_strength=0.01)),
    ('proximal', tf.train.ProximalGradientDescentOptimizer(0.1)),
]
total, operations = [], []
for name, optimizer in makers:
    with tf.variable_scope(name):
        W = tf.get_variable('W', [4, 2], initializer=tf.glorot_uniform_initializer())
        b = tf.get_variable('b', [2], initializer=tf.zeros_initializer())
        loss = tf.losses.mean_squared_error(y, tf.matmul(x, W) + b)
        loss += 0.01 * tf.nn.l2_loss(W) + tf.losses.huber_loss(y, tf.matmul(x, W))
        grads = optimizer.compute_gradients(loss, [W, b])
        values, norm = tf.clip_by_global_norm([g for g, _ in grads], 1.0)
        operations.append(optimizer.apply_gradients(zip(values, [W, b])))
        total.append(loss)
averages = tf.train.ExponentialMovingAverage(0.9, step)
with tf.control_dependencies(operations):
    averaged = averages.apply(tf.trainable_variables())
with tf.control_dependencies([averaged]):
    train = tf.assign_add(step, 1)
layered = tf.contrib.layers.optimize_loss(
    total[0], None, 0.01, 'Adam', clip_gradients=1.0, summaries=['loss'])
loss = tf.add_n(total)

losses = []
with tf.Session() as sess:
    sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
    weights = seen.digests(sess)
    for _ in range(5):
        losses.append(sess.run(loss))
        sess.run(train)
seen.save(sys.argv[1], weights, losses)
