"""`tf.contrib.learn.preprocessing`: words, bytes and categories to numbers.

Plain Python; attribute names are those of the original, whose pickles `restore` reads.
"""

import collections
import importlib.util
import io
import pickle
import re

import numpy as np
import tensorflow.compat.v1 as tf

from legacy.imports import ownership

# Capitals together, a capitalised word, or letters, digits, quotes and hyphens.
TOKENIZER_RE = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z][a-z]+(?=[A-Z])|[\'\w\-]+")


def tokenizer(iterator):
    """Yields the list of tokens of each text."""
    for text in iterator:
        yield TOKENIZER_RE.findall(text)


class CategoricalVocabulary:
    """Categories numbered as they come; 0 is the unknown one."""

    def __init__(self, unknown_token="<UNK>", support_reverse=True):
        self._unknown_token = unknown_token
        self._mapping = {unknown_token: 0}
        self._support_reverse = support_reverse
        if support_reverse:
            self._reverse_mapping = [unknown_token]
        self._freq = collections.defaultdict(int)
        self._freeze = False

    def __len__(self):
        return len(self._mapping)

    def freeze(self, freeze=True):
        """From now on unseen categories are unknown (or, False, new again)."""
        self._freeze = freeze

    def get(self, category):
        """The category's number. An unseen one gets a new number, unless frozen."""
        if category not in self._mapping:
            if self._freeze:
                return 0
            self._mapping[category] = len(self._mapping)
            if self._support_reverse:
                self._reverse_mapping.append(category)
        return self._mapping[category]

    def add(self, category, count=1):
        """Counts `count` more of a category."""
        if self.get(category) > 0:
            self._freq[category] += count

    def trim(self, min_frequency, max_frequency=-1):
        """Keeps what occurs more than `min_frequency` (and, if that is above 0, less
        than `max_frequency`) times, numbered by falling frequency, then by name."""
        ranked = sorted(sorted(self._freq.items()), key=lambda item: -item[1])
        kept = [
            (category, count)
            for category, count in ranked
            if count > min_frequency
            and not (max_frequency > 0 and count >= max_frequency)
        ]
        names = [self._unknown_token, *(category for category, _ in kept)]
        self._mapping = {name: number for number, name in enumerate(names)}
        self._freq = dict(kept)
        if self._support_reverse:
            self._reverse_mapping = names

    def reverse(self, class_id):
        """The category of a number; ValueError unless made to support that."""
        if not self._support_reverse:
            raise ValueError("This vocabulary was made with support_reverse=False.")
        return self._reverse_mapping[class_id]


class VocabularyProcessor:
    """Texts to rows of `max_document_length` word numbers, 0 unknown and padding."""

    def __init__(
        self,
        max_document_length,
        min_frequency=0,
        vocabulary=None,
        tokenizer_fn=None,
    ):
        self.max_document_length = max_document_length
        self.min_frequency = min_frequency
        self.vocabulary_ = vocabulary or CategoricalVocabulary()
        self._tokenizer = tokenizer_fn or tokenizer

    def fit(self, raw_documents, unused_y=None):
        """Learns the words of an iterable of texts, drops rare ones, freezes."""
        for tokens in self._tokenizer(raw_documents):
            for token in tokens:
                self.vocabulary_.add(token)
        if self.min_frequency > 0:
            self.vocabulary_.trim(self.min_frequency)
        self.vocabulary_.freeze()
        return self

    def fit_transform(self, raw_documents, unused_y=None):
        """`fit`, then `transform`."""
        self.fit(raw_documents)
        return self.transform(raw_documents)

    def transform(self, raw_documents):
        """Yields an int64 row a text; words past the length are cut."""
        for tokens in self._tokenizer(raw_documents):
            row = np.zeros(self.max_document_length, np.int64)
            for place, token in enumerate(tokens[: self.max_document_length]):
                row[place] = self.vocabulary_.get(token)
            yield row

    def reverse(self, documents):
        """Yields the words of each row, with spaces between."""
        for row in documents:
            yield " ".join(self.vocabulary_.reverse(number) for number in row)

    def save(self, filename):
        """Pickles the processor."""
        with tf.gfile.Open(filename, "wb") as file:
            file.write(pickle.dumps(self))

    @classmethod
    def restore(cls, filename):
        """A processor that `save` wrote, here or in a TensorFlow 1 on Python 2 or 3.

        Raises:
          pickle.UnpicklingError: the file asks for more than a vocabulary needs.
        """
        with tf.gfile.Open(filename, "rb") as file:
            # Python 2's text is bytes: UTF-8, or cut in a letter by its tokenizer.
            return _Unpickler(
                io.BytesIO(file.read()), encoding="utf-8", errors="surrogateescape"
            ).load()


# What a pickled vocabulary is made of, besides its own classes.
_PARTS = {
    "builtins": {"int", "object"},
    "collections": {"defaultdict"},
    "copyreg": {"_reconstructor"},
    "_codecs": {"encode"},
    "numpy": {"dtype"},
    "numpy.core.multiarray": {"scalar"},
    "numpy._core.multiarray": {"scalar"},
}
_RENAMED = {"__builtin__": "builtins", "copy_reg": "copyreg"}  # Python 2's names


class _Unpickler(pickle.Unpickler):
    """Finds only what a pickled vocabulary needs.

    That is: this module's classes, at the paths where a release had them; the types of
    their attributes; and the user's own functions, such as a tokenizer.
    """

    _homes = "tensorflow.contrib.learn.python.learn.preprocessing.", __name__

    def find_class(self, module, name):
        module = _RENAMED.get(module, module)
        if module.startswith(self._homes) and name in NAMES:
            return globals()[name]
        if name in _PARTS.get(module, ()) or ("." not in name and _is_users(module)):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(
            "Expected a vocabulary that VocabularyProcessor.save wrote. Received a "
            f"file that asks for {module}.{name}; read it with pickle if you trust it."
        )


def _is_users(module):
    """Whether a module is the script itself or lies in the user's own files."""
    if module == "__main__":
        return True
    top = importlib.util.find_spec(module.partition(".")[0])
    return bool(top and top.has_location and ownership.is_user(top.origin))


class ByteProcessor:
    """Texts to rows of `max_document_length` bytes of UTF-8, 0 for padding."""

    def __init__(self, max_document_length):
        self.max_document_length = max_document_length

    def fit(self, x):
        return self

    def fit_transform(self, x):
        return self.transform(x)

    def transform(self, x):
        """Yields a uint8 row a text."""
        for text in x:
            data = text if isinstance(text, bytes) else text.encode("utf-8")
            data = np.frombuffer(data[: self.max_document_length], np.uint8)
            row = np.zeros(self.max_document_length, np.uint8)
            row[: len(data)] = data
            yield row

    def reverse(self, x):
        """Yields the text of each row, '' if its bytes are no UTF-8."""
        for row in x:
            data = bytes(np.asarray(row, np.uint8)).strip(b"\0")
            try:
                yield data.decode("utf-8")
            except UnicodeDecodeError:
                yield ""


class CategoricalProcessor:
    """Rows of categories to rows of numbers; a shared vocabulary, or one a column."""

    def __init__(self, min_frequency=0, share=False, vocabularies=None):
        self.min_frequency, self.share = min_frequency, share
        self.vocabularies_ = vocabularies

    def freeze(self, freeze=True):
        """Freezes every vocabulary."""
        for vocabulary in self.vocabularies_:
            vocabulary.freeze(freeze)

    def fit(self, x, unused_y=None):
        """Learns the categories of each column."""
        for row in x:
            if self.vocabularies_ is None:
                made = [
                    CategoricalVocabulary() for _ in (row[:1] if self.share else row)
                ]
                self.vocabularies_ = made * len(row) if self.share else made
            for vocabulary, category in zip(self.vocabularies_, row, strict=False):
                if category == category:  # not a missing (nan) one
                    vocabulary.add(category)
        if self.min_frequency > 0:
            for vocabulary in self.vocabularies_:
                vocabulary.trim(self.min_frequency)
        self.freeze()
        return self

    def fit_transform(self, x, unused_y=None):
        """`fit`, then `transform`."""
        self.fit(x)
        return self.transform(x)

    def transform(self, x):
        """Yields an int64 row a row; unknown and missing categories are 0."""
        self.freeze()
        for row in x:
            yield np.array(
                [
                    vocabulary.get(category) if category == category else 0
                    for vocabulary, category in zip(
                        self.vocabularies_, row, strict=False
                    )
                ],
                np.int64,
            )


_PUBLIC = """ByteProcessor CategoricalProcessor CategoricalVocabulary TOKENIZER_RE
VocabularyProcessor tokenizer"""
NAMES = {name: f"{__name__}:{name}" for name in _PUBLIC.split()}
