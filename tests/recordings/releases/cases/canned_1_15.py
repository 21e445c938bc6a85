"""Canned estimators of `tf.estimator` and `tf.contrib.learn`, and clustering."""

import glob
import os
import tempfile

import numpy as np
import tensorflow as tf
from harness import only

NEW = ("1.15.5",)
learn, columns, old = tf.contrib.learn, tf.feature_column, tf.contrib.layers
draw = np.random.RandomState(3)
X = draw.normal(size=(12, 2)).astype("float32")
WORDS = np.array(["a", "b", "c", "a"] * 3)
NUMBER = (X[:, 0] * 2 - X[:, 1]).astype("float32")
TWO = (NUMBER > 0).astype("int64")
THREE = np.digitize(NUMBER, [-1.0, 1.0]).astype("int64")
WEIGHTS = np.linspace(0.5, 1.5, 12).astype("float32")


def _input(labels):
    features = {"x": X, "word": WORDS, "w": WEIGHTS}
    return tf.estimator.inputs.numpy_input_fn(
        features, labels, batch_size=6, num_epochs=None, shuffle=False
    )


def _once(labels=None):
    features = {"x": X, "word": WORDS, "w": WEIGHTS}
    return tf.estimator.inputs.numpy_input_fn(
        features, labels, batch_size=12, num_epochs=1, shuffle=False
    )


def _columns():
    word = columns.categorical_column_with_vocabulary_list("word", ["a", "b", "c"])
    return [columns.numeric_column("x", shape=(2,)), word]


def _dense():
    number, word = _columns()
    return [number, columns.embedding_column(word, 2)]


def _config():
    return tf.estimator.RunConfig(model_dir=tempfile.mkdtemp(), tf_random_seed=5)


class _Start(tf.train.SessionRunHook):
    """Gives every weight numbers that depend on its place and shape only."""

    def after_create_session(self, session, coord):
        for place, variable in enumerate(tf.trainable_variables()):
            shape = variable.get_shape().as_list()
            values = np.random.RandomState(7 + place).randn(*shape) * 0.4
            variable.load(values.astype("float32"), session)


def _told(estimator, labels):
    """Names, what three steps made of the weights, metrics in order, predictions."""
    estimator.train(_input(labels), hooks=[_Start()], steps=3)
    names = sorted(estimator.get_variable_names())
    metrics = estimator.evaluate(_once(labels))
    rows = list(estimator.predict(_once()))
    found = {"names": str(names), "metrics": str(list(metrics))}
    for name in names:
        found["variable " + name] = np.asarray(estimator.get_variable_value(name))
    for name, value in metrics.items():
        found["metric " + name] = float(value)
    for key in rows[0]:
        values = np.array([row[key] for row in rows])
        found["row " + key] = str(values.tolist()) if values.dtype == object else values
    return found


@only(*NEW)
def linear_classifier():
    model = tf.estimator.LinearClassifier(_columns(), config=_config())
    return _told(model, TWO)


@only(*NEW)
def linear_classifier_of_three_weighted():
    model = tf.estimator.LinearClassifier(
        _columns(), n_classes=3, weight_column="w", config=_config()
    )
    return _told(model, THREE)


@only(*NEW)
def linear_classifier_of_words():
    model = tf.estimator.LinearClassifier(
        _columns(), label_vocabulary=["no", "yes"], config=_config()
    )
    return _told(model, np.where(TWO == 1, "yes", "no"))


@only(*NEW)
def linear_regressor():
    model = tf.estimator.LinearRegressor(
        _columns(), optimizer=tf.train.GradientDescentOptimizer(0.01), config=_config()
    )
    return _told(model, NUMBER)


@only(*NEW)
def dense_classifier():
    model = tf.estimator.DNNClassifier([4, 3], _dense(), n_classes=3, config=_config())
    return _told(model, THREE)


@only(*NEW)
def dense_classifier_with_batch_norm():
    model = tf.estimator.DNNClassifier(
        [4], _dense(), batch_norm=True, optimizer="Adam", config=_config()
    )
    return _told(model, TWO)


@only(*NEW)
def dense_regressor():
    model = tf.estimator.DNNRegressor([4], _dense(), config=_config())
    return _told(model, NUMBER)


@only(*NEW)
def dense_regressor_with_dropout():
    model = tf.estimator.DNNRegressor([4], _dense(), dropout=0.5, config=_config())
    return {"names": _told(model, NUMBER)["names"]}


@only(*NEW)
def wide_and_deep():
    model = tf.estimator.DNNLinearCombinedClassifier(
        linear_feature_columns=_columns(),
        dnn_feature_columns=_dense(),
        dnn_hidden_units=[4],
        config=_config(),
    )
    return _told(model, TWO)


@only(*NEW)
def baselines():
    first = tf.estimator.BaselineClassifier(n_classes=3, config=_config())
    return _told(first, THREE)


@only(*NEW)
def heads_of_your_own():
    head = tf.contrib.estimator.multi_label_head(3)
    model = tf.estimator.DNNEstimator(head, [3], _dense(), config=_config())
    return _told(model, np.eye(3, dtype="int64")[THREE])


@only(*NEW)
def poisson_and_logistic():
    count = tf.contrib.estimator.poisson_regression_head()
    model = tf.estimator.LinearEstimator(count, _columns(), config=_config())
    return _told(model, THREE.astype("float32"))


def _old_config():
    return learn.RunConfig(tf_random_seed=5, model_dir=tempfile.mkdtemp())


def _old_columns():
    word = old.sparse_column_with_keys("word", ["a", "b", "c"])
    return [old.real_valued_column("x", dimension=2), word]


def _old_dense():
    number, word = _old_columns()
    return [number, old.embedding_column(word, 2)]


def _old_input(labels):
    def input_fn():
        indices = [[row, 0] for row in range(12)]
        words = tf.SparseTensor(indices, tf.constant(WORDS), [12, 1])
        features = {"x": tf.constant(X), "word": words, "w": tf.constant(WEIGHTS)}
        return features, tf.constant(labels)

    return input_fn


def _old_told(model, labels, kinds):
    model.fit(input_fn=_old_input(labels), steps=3, monitors=[_Start()])
    names = sorted(model.get_variable_names())
    metrics = model.evaluate(input_fn=_old_input(labels), steps=1)
    found = {"names": str(names), "metrics": str(sorted(metrics))}
    for name in names:
        found["variable " + name] = np.asarray(model.get_variable_value(name))
    for name, value in metrics.items():
        found["metric " + name] = float(value)
    for kind in kinds:
        rows = getattr(model, "predict_" + kind)(
            input_fn=_old_input(labels), as_iterable=False
        )
        found["predicted " + kind] = np.asarray(rows)
    return found


@only(*NEW)
def old_linear_classifier():
    model = learn.LinearClassifier(_old_columns(), config=_old_config())
    return _old_told(model, TWO, ["classes", "proba"])


@only(*NEW)
def old_linear_regressor():
    model = learn.LinearRegressor(
        _old_columns(), weight_column_name="w", config=_old_config()
    )
    return _old_told(model, NUMBER, ["scores"])


@only(*NEW)
def old_dense_classifier():
    model = learn.DNNClassifier([4, 3], _old_dense(), n_classes=3, config=_old_config())
    return _old_told(model, THREE, ["classes", "proba"])


@only(*NEW)
def old_dense_regressor():
    model = learn.DNNRegressor(
        [4], _old_dense(), gradient_clip_norm=0.5, config=_old_config()
    )
    return _old_told(model, NUMBER, ["scores"])


@only(*NEW)
def old_wide_and_deep():
    model = learn.DNNLinearCombinedClassifier(
        linear_feature_columns=_old_columns(),
        dnn_feature_columns=_old_dense(),
        dnn_hidden_units=[4],
        config=_old_config(),
    )
    return _old_told(model, TWO, ["classes", "proba"])


@only(*NEW)
def old_arrays():
    real = learn.infer_real_valued_columns_from_input(X)
    model = learn.DNNClassifier([3], real, n_classes=3, config=_old_config())
    model.fit(X, THREE, steps=2, batch_size=12, monitors=[_Start()])
    return {
        "classes": list(model.predict(X)),
        "metrics": str(sorted(model.evaluate(X, THREE, steps=1))),
        "names": str(sorted(model.get_variable_names())),
    }


def _clustered(model):
    def input_fn():
        return tf.train.limit_epochs(tf.constant(X), num_epochs=1)

    for _ in range(3):
        model.train(input_fn)
    centres = model.cluster_centers()
    order = np.argsort(centres[:, 0])
    rank = np.argsort(order)
    return {
        "centres": centres[order],
        "index": [int(rank[place]) for place in model.predict_cluster_index(input_fn)],
        "distances": np.array(list(model.transform(input_fn)))[:, order],
        "score": float(model.score(input_fn)),
        "names": str(sorted(model.get_variable_names())),
    }


@only(*NEW)
def clusters():
    start = np.array([[1.0, 1.0], [-1.0, 0.0], [0.0, -1.0]], "float32")
    model = tf.contrib.factorization.KMeansClustering(
        3, initial_clusters=start, use_mini_batch=False, relative_tolerance=0.0001
    )
    return _clustered(model)


@only(*NEW)
def clusters_of_a_seed():
    model = tf.estimator.experimental.KMeans(2, seed=4, use_mini_batch=False)
    return _clustered(model)


@only(*NEW)
def tables_of_files():
    base, folder = learn.datasets.base, tempfile.mkdtemp()
    with open(folder + "/a.csv", "w") as file:
        file.write("3,2,one,two,three\n1.5,2.0,0\n3.0,4.0,1\n5.0,6.5,2\n")
    with open(folder + "/b.csv", "w") as file:
        file.write("1,1.5,2.0\n0,3.0,4.0\n")
    first = base.load_csv_with_header(
        filename=folder + "/a.csv", target_dtype=np.int32, features_dtype=np.float32
    )
    second = base.load_csv_without_header(
        folder + "/b.csv", np.int64, np.float64, target_column=0
    )
    return {
        "first": [first.data, first.target],
        "second": [second.data, second.target],
        "kinds": str([each.dtype for one in (first, second) for each in one]),
    }


def _stopped(hook, rate=0.05, **options):
    """Steps and summaries of a training that ``hook`` watches and may stop."""

    def model_fn(features, labels, mode):
        start = tf.zeros_initializer()
        guess = tf.layers.dense(features["x"], 1, kernel_initializer=start)
        loss = tf.losses.mean_squared_error(labels, guess[:, 0])
        step = tf.train.get_global_step()
        train = tf.train.GradientDescentOptimizer(rate).minimize(loss, step)
        error = {"error": tf.metrics.mean_absolute_error(labels, guess[:, 0])}
        return tf.estimator.EstimatorSpec(mode, None, loss, train, error)

    config = tf.estimator.RunConfig(tempfile.mkdtemp(), 5, save_checkpoints_steps=5)
    model = tf.estimator.Estimator(model_fn, config=config)
    watch = getattr(tf.estimator.experimental, hook)
    if hook != "make_early_stopping_hook":
        options.update(metric_name="error")
    watching = watch(model, run_every_secs=None, **options)
    tf.estimator.train_and_evaluate(
        model,
        tf.estimator.TrainSpec(_input(NUMBER), max_steps=40, hooks=[watching]),
        tf.estimator.EvalSpec(_once(NUMBER), start_delay_secs=0, throttle_secs=0),
    )
    seen = []
    for path in sorted(glob.glob(os.path.join(model.eval_dir(), "events*"))):
        for event in tf.train.summary_iterator(path):
            seen += [(event.step, value.tag) for value in event.summary.value]
    return {
        "seen": str(seen),
        "names": str(sorted(model.get_variable_names())),
        "signal": str(model.get_variable_value("signal_early_stopping/STOP")),
        "step": int(model.get_variable_value("global_step")),
    }


@only(*NEW)
def stopped_by_the_metric():
    return {
        "%s %d" % (hook, place): value
        for hook, options in (
            ("stop_if_lower_hook", {"threshold": 1.0}),
            ("stop_if_higher_hook", {"threshold": 0.1, "min_steps": 12}),
            ("stop_if_no_increase_hook", {"max_steps_without_increase": 10}),
            ("stop_if_no_decrease_hook", {"max_steps_without_decrease": 10, "rate": 0}),
            ("make_early_stopping_hook", {"should_stop_fn": lambda: True}),
        )
        for place, value in enumerate(
            _stopped(hook, run_every_steps=3, **options).values()
        )
    }


@only(*NEW)
def stopped_by_nothing_that_works():
    model = tf.estimator.LinearClassifier(_columns(), config=_config())
    make, found = tf.estimator.experimental.make_early_stopping_hook, {}
    for name, options in (
        ("estimator", {"estimator": 3, "should_stop_fn": len}),
        ("intervals", {"should_stop_fn": len, "run_every_steps": 5}),
        ("function", {"should_stop_fn": 3}),
    ):
        try:
            make(**dict({"estimator": model}, **options))
        except Exception as error:
            found[name] = type(error).__name__
    return found
