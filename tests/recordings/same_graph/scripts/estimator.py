"""An Estimator with a model function, a data set and hooks."""
import sys
import numpy as np
import tensorflow as tf
import seen

tf.logging.set_verbosity(tf.logging.ERROR)
draw = np.random.RandomState(12)
inputs = draw.randn(40, 5).astype(np.float32)
labels = draw.randint(0, 3, 40).astype(np.int32)
found = {'losses': []}


class Watch(tf.train.SessionRunHook):
    def __init__(self, loss):
        self.loss = loss

    def after_create_session(self, session, coord):
        found['weights'] = seen.digests(session)

    def before_run(self, run_context):
        return tf.train.SessionRunArgs(self.loss)

    def after_run(self, run_context, run_values):
        found['losses'].append(run_values.results)

    def end(self, session):
        found['graph'] = session.graph


def input_fn():
    data = tf.data.Dataset.from_tensor_slices(({'x': inputs}, labels))
    data = data.shuffle(32).batch(8)
    return data.make_one_shot_iterator().get_next()


def model_fn(features, labels, mode, params):
    training = mode == tf.estimator.ModeKeys.TRAIN
    net = tf.layers.dense(features['x'], params['units'], activation=tf.nn.relu)
    net = tf.layers.dropout(net, 0.3, training=training)
    logits = tf.layers.dense(net, 3)
    predictions = {'classes': tf.argmax(logits, 1),
                   'probabilities': tf.nn.softmax(logits, name='softmax_tensor')}
    if mode == tf.estimator.ModeKeys.PREDICT:
        return tf.estimator.EstimatorSpec(mode, predictions=predictions)
    onehot = tf.one_hot(indices=tf.cast(labels, tf.int32), depth=3)
    loss = tf.losses.softmax_cross_entropy(onehot_labels=onehot, logits=logits)
    metrics = {'accuracy': tf.metrics.accuracy(labels, predictions['classes'])}
    if mode == tf.estimator.ModeKeys.EVAL:
        return tf.estimator.EstimatorSpec(mode, loss=loss, eval_metric_ops=metrics)
    tf.summary.scalar('accuracy', metrics['accuracy'][1])
    optimizer = tf.train.GradientDescentOptimizer(params['rate'])
    train = optimizer.minimize(loss, global_step=tf.train.get_global_step())
    return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train,
                                      training_hooks=[Watch(loss)])


config = tf.estimator.RunConfig(model_dir='estimator', tf_random_seed=22,
                                save_checkpoints_steps=5)
estimator = tf.estimator.Estimator(model_fn, config=config, params={'units': 6, 'rate': 0.1})
estimator.train(input_fn, steps=5)
seen.save(sys.argv[1], found['weights'], found['losses'], found['graph'])
