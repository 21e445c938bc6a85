"""The translation tutorial that TensorFlow 0.8 to 0.12 shipped with its wheel.

Origin: ``tensorflow.models.rnn.translate``. Each line of a vocabulary file is a word,
whose number is that of the line. The encoder gets a sentence's last words first.
"""

import random
import re

import numpy as np
import tensorflow.compat.v1 as tf

from legacy.contrib.legacy_seq2seq.buckets import model_with_buckets
from legacy.contrib.legacy_seq2seq.models import embedding_attention_seq2seq
from legacy.contrib.rnn.standard_cells import BasicLSTMCell, GRUCell, MultiRNNCell

PAD_ID, GO_ID, EOS_ID, UNK_ID = range(4)
_START = ["_PAD", "_GO", "_EOS", "_UNK"]
_PUNCTUATION = re.compile("([.,!?\"':;)(])")


def basic_tokenizer(sentence):
    """Words and punctuation marks of a sentence."""
    found = []
    for word in tf.compat.as_str(sentence).strip().split():
        found += filter(None, _PUNCTUATION.split(word))
    return found


def _tokens(sentence, tokenizer, normalize_digits):
    words = (tokenizer or basic_tokenizer)(tf.compat.as_str(sentence))
    return [re.sub(r"\d", "0", word) if normalize_digits else word for word in words]


def create_vocabulary(
    vocabulary_path,
    data_path,
    max_vocabulary_size,
    tokenizer=None,
    normalize_digits=True,
):
    """Writes the most frequent words of a text, if the file is not there yet."""
    if tf.gfile.Exists(vocabulary_path):
        return
    print(f"Creating vocabulary {vocabulary_path} from data {data_path}")
    counts = {}
    with tf.gfile.GFile(data_path, "r") as lines:
        for line in lines:
            for word in _tokens(line, tokenizer, normalize_digits):
                counts[word] = counts.get(word, 0) + 1
    words = _START + sorted(counts, key=counts.get, reverse=True)
    with tf.gfile.GFile(vocabulary_path, "w") as file:
        file.write("".join(word + "\n" for word in words[:max_vocabulary_size]))


def initialize_vocabulary(vocabulary_path):
    """(word -> number, list of words) of a vocabulary file."""
    if not tf.gfile.Exists(vocabulary_path):
        raise ValueError(f"Vocabulary file {vocabulary_path} not found.")
    with tf.gfile.GFile(vocabulary_path, "r") as lines:
        words = [line.strip() for line in lines]
    return {word: number for number, word in enumerate(words)}, words


def sentence_to_token_ids(sentence, vocabulary, tokenizer=None, normalize_digits=True):
    """The numbers of a sentence's words; 3 for a word that is not known."""
    words = _tokens(sentence, tokenizer, normalize_digits)
    return [vocabulary.get(word, UNK_ID) for word in words]


def data_to_token_ids(
    data_path, target_path, vocabulary_path, tokenizer=None, normalize_digits=True
):
    """Writes a text's numbers, one sentence a line, if the file is not there yet."""
    if tf.gfile.Exists(target_path):
        return
    print(f"Tokenizing data in {data_path}")
    vocabulary, _ = initialize_vocabulary(vocabulary_path)
    with (
        tf.gfile.GFile(data_path, "r") as lines,
        tf.gfile.GFile(target_path, "w") as file,
    ):
        for line in lines:
            ids = sentence_to_token_ids(line, vocabulary, tokenizer, normalize_digits)
            file.write(" ".join(map(str, ids)) + "\n")


class Seq2SeqModel:
    """Bahdanau et al. 2014's attention over buckets of sentence lengths.

    Args:
      buckets: (longest source, longest target) pairs, the shortest first.
      size: units of a layer, and of the embeddings.
      num_samples: words that the sampled softmax draws; 0 for the whole softmax.
      forward_only: only decode, feeding each output back in.
    """

    def __init__(
        self,
        source_vocab_size,
        target_vocab_size,
        buckets,
        size,
        num_layers,
        max_gradient_norm,
        batch_size,
        learning_rate,
        learning_rate_decay_factor,
        use_lstm=False,
        num_samples=512,
        forward_only=False,
        dtype=tf.float32,
    ):
        self.source_vocab_size, self.target_vocab_size = (
            source_vocab_size,
            target_vocab_size,
        )
        self.buckets, self.batch_size, self._dtype = buckets, batch_size, dtype
        self.learning_rate = tf.Variable(
            float(learning_rate), trainable=False, dtype=dtype
        )
        self.learning_rate_decay_op = self.learning_rate.assign(
            self.learning_rate * learning_rate_decay_factor
        )
        self.global_step = tf.Variable(0, trainable=False)
        self._projection, loss = None, None
        if 0 < num_samples < target_vocab_size:
            loss = self._sampled_loss(size, num_samples)
        self._cell = _stack(size, num_layers, use_lstm)
        self._size = size
        self._placeholders()
        targets = self.decoder_inputs[1:]
        self.outputs, self.losses = model_with_buckets(
            self.encoder_inputs,
            self.decoder_inputs,
            targets,
            self.target_weights,
            buckets,
            lambda source, target: self._translate(source, target, forward_only),
            softmax_loss_function=loss,
        )
        if forward_only and self._projection is not None:
            w, b = self._projection
            self.outputs = [
                [tf.matmul(output, w) + b for output in outputs]
                for outputs in self.outputs
            ]
        if not forward_only:
            self._train(max_gradient_norm)
        self.saver = tf.train.Saver(tf.global_variables())

    def _sampled_loss(self, size, num_samples):
        classes = self.target_vocab_size
        w = tf.get_variable("proj_w", [classes, size], self._dtype)
        b = tf.get_variable("proj_b", [classes], self._dtype)
        self._projection = tf.transpose(w), b

        def loss(inputs, labels):
            single = [tf.cast(each, tf.float32) for each in (w, b, inputs)]
            found = tf.nn.sampled_softmax_loss(
                single[0],
                single[1],
                tf.reshape(labels, [-1, 1]),
                single[2],
                num_samples,
                classes,
            )
            return tf.cast(found, self._dtype)

        return loss

    def _placeholders(self):
        longest_source, longest_target = self.buckets[-1]

        def made(kind, name, count):
            return [
                tf.placeholder(kind, [None], f"{name}{number}")
                for number in range(count)
            ]

        self.encoder_inputs = made(tf.int32, "encoder", longest_source)
        self.decoder_inputs = made(tf.int32, "decoder", longest_target + 1)
        self.target_weights = made(self._dtype, "weight", longest_target + 1)

    def _translate(self, source, target, feed_previous):
        return embedding_attention_seq2seq(
            source,
            target,
            self._cell,
            num_encoder_symbols=self.source_vocab_size,
            num_decoder_symbols=self.target_vocab_size,
            embedding_size=self._size,
            output_projection=self._projection,
            feed_previous=feed_previous,
            dtype=self._dtype,
        )

    def _train(self, max_gradient_norm):
        self.gradient_norms, self.updates = [], []
        variables = tf.trainable_variables()
        optimizer = tf.train.GradientDescentOptimizer(self.learning_rate)
        for loss in self.losses:
            gradients, norm = tf.clip_by_global_norm(
                tf.gradients(loss, variables), max_gradient_norm
            )
            self.gradient_norms.append(norm)
            self.updates.append(
                optimizer.apply_gradients(
                    zip(gradients, variables, strict=True), self.global_step
                )
            )

    def step(
        self,
        session,
        encoder_inputs,
        decoder_inputs,
        target_weights,
        bucket_id,
        forward_only,
    ):
        """One step on a batch: (gradient norm, loss, None), or (None, loss, outputs).

        ValueError if a list is not as long as its bucket.
        """
        source, target = self.buckets[bucket_id]
        feed = {}
        for name, values, holders, size in (
            ("Encoder", encoder_inputs, self.encoder_inputs, source),
            ("Decoder", decoder_inputs, self.decoder_inputs, target),
            ("Weights", target_weights, self.target_weights, target),
        ):
            if len(values) != size:
                raise ValueError(
                    f"{name} length must be equal to the one in bucket, "
                    f"{len(values)} != {size}."
                )
            feed.update(zip(holders, values, strict=False))
        # What the last step's target is fed from; its weight is zero.
        feed[self.decoder_inputs[target]] = np.zeros([self.batch_size], np.int32)
        loss = self.losses[bucket_id]
        if forward_only:
            loss, *outputs = session.run(
                [loss, *self.outputs[bucket_id][:target]], feed
            )
            return None, loss, outputs
        update, norm = self.updates[bucket_id], self.gradient_norms[bucket_id]
        _, norm, loss = session.run([update, norm, loss], feed)
        return norm, loss, None

    def get_batch(self, data, bucket_id):
        """A random batch of a bucket's pairs, as lists of steps for ``step``."""
        source, target = self.buckets[bucket_id]
        sources, targets = [], []
        for _ in range(self.batch_size):
            words, translation = random.choice(data[bucket_id])
            padded = list(words) + [PAD_ID] * (source - len(words))
            sources.append(padded[::-1])
            rest = target - len(translation) - 1
            targets.append([GO_ID, *translation, *[PAD_ID] * rest])
        sources, targets = np.int32(sources), np.int32(targets)
        weights = np.zeros(targets.shape, np.float32)
        weights[:, :-1] = targets[:, 1:] != PAD_ID
        return list(sources.T), list(targets.T), list(weights.T)


def _stack(size, num_layers, use_lstm):
    cell = BasicLSTMCell(size) if use_lstm else GRUCell(size)
    return cell if num_layers == 1 else MultiRNNCell([cell] * num_layers)
