"""tf.contrib.learn: preprocessing, and the early Estimator with a plain model."""

import os
import tempfile

import numpy as np
from harness import ALL, scenario, values

TEXTS = [
    "Hello, world: don't panic",
    "a b c a b, the HTTPServer",
    b"x-y z2 3.14 caf\xc3\xa9".decode("utf8"),  # text in Python 2, too
]


@scenario(ALL, gradients=False)
def preprocessing(tf):
    p = tf.contrib.learn.preprocessing
    plain = p.VocabularyProcessor(5)
    rare = p.VocabularyProcessor(4, min_frequency=1)
    rows = np.array(list(plain.fit_transform(TEXTS)))
    path = os.path.join(tempfile.mkdtemp(), "vocabulary")
    plain.save(path)
    categories = p.CategoricalProcessor()
    lists = [["a", "b"], ["a", "c"]]
    return {
        "rows": rows,
        "rare": np.array(list(rare.fit_transform(TEXTS))),
        "unseen": np.array(list(plain.transform(["a new world b"]))),
        "size": [len(plain.vocabulary_), len(rare.vocabulary_)],
        "words": [text.encode("utf8") for text in plain.reverse(rows)],
        "restored": np.array(
            list(p.VocabularyProcessor.restore(path).transform(TEXTS))
        ),
        "bytes": np.array(
            list(p.ByteProcessor(6).transform([b"h\xc3\xa9".decode("utf8"), "abcdefgh"])), np.int64
        ),
        "categories": np.array(list(categories.fit_transform(lists))),
        "unknown": np.array(list(categories.transform([["b", "zz"]]))),
    }


@scenario(ALL, gradients=False, weights=False)
def estimator(tf):
    learn = tf.contrib.learn
    x, y = values((8, 3), 1), values((8, 1), 2)

    def model(features, targets, mode):
        w = tf.get_variable("w", [3, 1], initializer=tf.constant_initializer(0.1))
        out = tf.matmul(features, w)
        if mode == learn.ModeKeys.INFER:
            return out, None, None
        loss = tf.reduce_mean(tf.square(out - targets))
        train = tf.train.GradientDescentOptimizer(0.1).minimize(
            loss, tf.contrib.framework.get_global_step()
        )
        return out, loss, train

    def data():
        return tf.constant(x), tf.constant(y)

    made = learn.Estimator(model, model_dir=tempfile.mkdtemp())
    made.fit(input_fn=data, steps=5)
    made.fit(input_fn=data, max_steps=7)
    scored = made.evaluate(
        input_fn=data,
        steps=2,
        metrics={"error": tf.contrib.metrics.streaming_mean_absolute_error},
    )
    found = list(made.predict(x=x, as_iterable=True))
    return {
        "w": made.get_variable_value("w"),
        "step": [int(scored["global_step"])],
        "loss": np.float32(scored["loss"]),
        "error": np.float32(scored["error"]),
        "out": np.array(found, np.float32),
    }


@scenario(ALL, gradients=False, weights=False)
def labels_while_predicting(tf):
    """A model that mentions its labels in every mode, as the first examples did."""
    learn = tf.contrib.learn
    x, y = values((8, 3), 1), np.array([0, 1, 2, 0, 1, 2, 1, 0])

    def model(features, target):
        target = tf.one_hot(target, 3, 1.0, 0.0)
        w = tf.get_variable("w", [3, 3], initializer=tf.constant_initializer(0.1))
        logits = tf.matmul(features, w)
        loss = tf.reduce_mean(tf.square(logits - target))
        train = tf.train.GradientDescentOptimizer(0.1).minimize(
            loss, tf.contrib.framework.get_global_step()
        )
        return {"class": tf.argmax(logits, 1), "prob": logits}, loss, train

    made = learn.Estimator(model, model_dir=tempfile.mkdtemp())
    made.fit(input_fn=lambda: (tf.constant(x), tf.constant(y)), steps=5)
    found = list(made.predict(x=x, as_iterable=True))
    return {
        "class": np.array([row["class"] for row in found], np.int64),
        "prob": np.array([row["prob"] for row in found], np.float32),
    }


@scenario(ALL, gradients=False, weights=False)
def readers(tf):
    """Examples of a file in order, dense and sparse, and the bare records."""
    path = os.path.join(tempfile.mkdtemp(), "data.tfrecord")
    writer = tf.python_io.TFRecordWriter(path)
    for number in range(6):
        numbers = tf.train.Int64List(value=range(number % 3))
        features = {
            "x": tf.train.Feature(float_list=tf.train.FloatList(value=[number, 0.5])),
            "ids": tf.train.Feature(int64_list=numbers),
        }
        example = tf.train.Example(features=tf.train.Features(feature=features))
        writer.write(example.SerializeToString())
    writer.close()
    batch = tf.contrib.learn.read_batch_record_features(
        path,
        4,
        {"x": tf.FixedLenFeature([2], tf.float32), "ids": tf.VarLenFeature(tf.int64)},
        randomize_input=False,
        num_epochs=1,
    )
    keys, records = tf.contrib.learn.io.read_keyed_batch_examples(
        [path], 2, tf.TFRecordReader, randomize_input=False, num_epochs=1
    )
    return {
        "x": batch["x"],
        "ids": batch["ids"].values,
        "rows": batch["ids"].indices[:, 0],
        "sizes": tf.convert_to_tensor([tf.shape(keys)[0], tf.shape(records)[0]]),
    }
