"""Modules that TensorFlow 0.12's wheel had beside the library."""

import os
import random
import tempfile

import numpy as np
import tensorflow as tf
from harness import only
from tensorflow.models.rnn.translate import data_utils, seq2seq_model

OLD = ("0.12.1",)
TEXT = 'A dog (of 12 years) barks.\nThe "dog" barks; a dog!\nno 3 cats, no dogs\n'


def _file(text):
    path = os.path.join(tempfile.mkdtemp(), "text")
    with open(path, "w") as file:
        file.write(text)
    return path


@only(*OLD)
def vocabularies():
    source = _file(TEXT)
    vocabulary, ids = source + ".vocab", source + ".ids"
    data_utils.create_vocabulary(vocabulary, source, 9)
    words, listed = data_utils.initialize_vocabulary(vocabulary)
    data_utils.data_to_token_ids(source, ids, vocabulary)
    return {
        # The most frequent: ties were ordered by Python 2's dictionary.
        "first": str([str(word) for word in listed[:5]]),
        "size": len(words),
        "lines": len(open(ids).read().splitlines()),
        "tokens": " ".join(map(str, data_utils.basic_tokenizer(TEXT))),
        "known": data_utils.sentence_to_token_ids("dog 77 none", {"dog": 5, "00": 6}),
        "digits": data_utils.sentence_to_token_ids("dog 77", {"77": 6}, None, False),
    }


def _model(**options):
    return seq2seq_model.Seq2SeqModel(
        9, 8, [(3, 4), (5, 6)], 4, 2, 5.0, 2, 0.5, 0.9, **options
    )


def _steps(model, forward_only):
    """Losses of a few steps from fixed weights, and the last result."""
    draw = np.random.RandomState(3)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        for place, variable in enumerate(tf.trainable_variables()):
            shape = variable.get_shape().as_list()
            value = np.random.RandomState(place).randn(*shape) * 0.4
            session.run(variable.assign(value.astype("float32")))
        found = []
        for number in (0, 1, 1, 0):
            source, target = model.buckets[number]
            batch = [
                [draw.randint(0, 8, 2) for _ in range(source)],
                [draw.randint(0, 8, 2) for _ in range(target)],
                [np.ones(2, "float32") for _ in range(target)],
            ]
            norm, loss, outputs = model.step(session, *(batch + [number, forward_only]))
            found.append([0.0 if norm is None else float(norm), float(loss)])
        last = [] if outputs is None else [output.tolist() for output in outputs]
        return {"losses": found, "outputs": last}


@only(*OLD)
def training_of_the_translator():
    return _steps(_model(num_samples=0), False)


@only(*OLD)
def training_of_the_translator_with_lstm():
    return _steps(_model(num_samples=0, use_lstm=True), False)


@only(*OLD)
def decoding_of_the_translator():
    # Its loss draws words at random.
    return {
        "outputs": _steps(_model(num_samples=3, forward_only=True), True)["outputs"]
    }


@only(*OLD)
def a_batch():
    random.seed(3)
    model = _model(num_samples=0, forward_only=True)
    pairs = [[([4, 5], [6, 7, 2])], [([4, 5, 6, 7], [5, 2])]]
    return {"batch": [[one.tolist() for one in x] for x in model.get_batch(pairs, 1)]}
