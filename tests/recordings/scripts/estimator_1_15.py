"""TF 1.4 and later: an Estimator with a model function, trained, evaluated and asked."""
# Recorded with TensorFlow 1.15.5: out.json
import sys
import numpy as np
import tensorflow as tf
import fixed

tf.logging.set_verbosity(tf.logging.ERROR)
draw = np.random.RandomState(15)
x = draw.randn(24, 5, 2).astype(np.float32)
y = (x.sum((1, 2)) > 0).astype(np.int32)


def fixed_initializer(shape, dtype=None, partition_info=None):
    return tf.constant(np.random.RandomState(int(np.prod(shape))).randn(*shape) * 0.3, tf.float32)


def model_fn(features, labels, mode, params):
    with tf.variable_scope('model', initializer=fixed_initializer):
        cell = tf.nn.rnn_cell.GRUCell(params['units'])
        _, state = tf.nn.dynamic_rnn(cell, features['x'], dtype=tf.float32)
        logits = tf.layers.dense(state, 2)
    predictions = {'classes': tf.argmax(logits, 1), 'probabilities': tf.nn.softmax(logits)}
    if mode == tf.estimator.ModeKeys.PREDICT:
        return tf.estimator.EstimatorSpec(mode, predictions=predictions)
    loss = tf.losses.sparse_softmax_cross_entropy(labels, logits)
    if mode == tf.estimator.ModeKeys.EVAL:
        metrics = {'accuracy': tf.metrics.accuracy(labels, predictions['classes'])}
        return tf.estimator.EstimatorSpec(mode, loss=loss, eval_metric_ops=metrics)
    train_op = tf.train.AdamOptimizer(params['rate']).minimize(
        loss, global_step=tf.train.get_global_step())
    return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train_op)


config = tf.estimator.RunConfig(model_dir='estimator', tf_random_seed=1, save_checkpoints_steps=10)
estimator = tf.estimator.Estimator(model_fn, config=config, params={'units': 3, 'rate': 0.05})
train_input = tf.estimator.inputs.numpy_input_fn({'x': x}, y, batch_size=8, num_epochs=None, shuffle=False)
eval_input = tf.estimator.inputs.numpy_input_fn({'x': x}, y, batch_size=8, num_epochs=1, shuffle=False)
losses = []
for _ in range(3):
    estimator.train(train_input, steps=10)
    found = estimator.evaluate(eval_input)
    losses.append(float(found['loss']))
told = [p['probabilities'].tolist() for p in estimator.predict(eval_input)]
print('losses %s accuracy %.2f at step %d' % (losses, found['accuracy'], found['global_step']))
fixed.save(sys.argv[1], exact={'step': int(found['global_step']), 'names': sorted(estimator.get_variable_names())},
           training={'told': told}, losses={'evaluated': losses})
