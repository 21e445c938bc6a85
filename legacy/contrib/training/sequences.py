"""Long sequences in pieces, with states that are carried from piece to piece.

``SequenceQueueingStateSaver`` cuts sequences into segments of ``num_unroll`` steps and
gives batches of segments of different sequences; a segment's states are those that its
predecessor saved. Used with ``tf.nn.state_saving_rnn``.
"""

import threading

import numpy as np
import tensorflow.compat.v1 as tf

__all__ = [
    "NextQueuedSequenceBatch",
    "SequenceQueueingStateSaver",
    "batch_sequences_with_states",
]


class _Store:
    """Segments that wait, and states that are carried; shared by the graph's steps.

    Segments are taken in the order in which their sequences came; a later segment is
    ready once its predecessor's states have been saved.
    """

    def __init__(self, capacity):
        self._capacity = capacity
        self._ready = []
        self._next = {}
        self._inside = set()
        self._closed = False
        self._change = threading.Condition()

    def put(self, key, segments, states):
        """Adds a sequence: its segments, and the states of its first one."""
        with self._change:
            self._change.wait_for(
                lambda: self._closed or len(self._inside) < self._capacity
            )
            if self._closed or key in self._inside:
                return
            self._inside.add(key)
            self._next[key] = (segments[1:], 1, len(segments))
            self._ready.append((key, 0, len(segments), segments[0], states))
            self._change.notify_all()

    def take(self, count, fewer):
        """``count`` segments; at the end, what is left if ``fewer``, else None."""
        with self._change:
            self._change.wait_for(
                lambda: (
                    len(self._ready) >= count
                    or (self._closed and (fewer or not self._unfinished()))
                )
            )
            if len(self._ready) < count and not (fewer and self._ready):
                return None
            taken, self._ready = self._ready[:count], self._ready[count:]
            return taken

    def _unfinished(self):
        return len(self._inside) > len(self._ready)

    def save(self, key, states):
        """Saves the states after a segment; its successor is ready, if it has one."""
        with self._change:
            rest, position, total = self._next[key]
            if rest:
                self._next[key] = (rest[1:], position + 1, total)
                self._ready.append((key, position, total, rest[0], states))
            else:
                del self._next[key]
                self._inside.discard(key)
            self._change.notify_all()

    def close(self):
        """No more sequences will come."""
        with self._change:
            self._closed = True
            self._change.notify_all()


class NextQueuedSequenceBatch:
    """A batch of segments: keys, contexts, sequences, and the states to start from."""

    def __init__(self, state_saver):
        self._saver = state_saver

    def __getattr__(self, name):
        parts = self.__dict__["_saver"]._batch
        if name in parts:
            return parts[name]
        raise AttributeError(f"a batch of segments has no {name!r}")

    def state(self, state_name):
        """The state [batch, ...] that these segments start from."""
        return self._saver._batch["states"][state_name]

    def save_state(self, state_name, value, name=None):
        """The operation that saves a state for the segments that follow these."""
        return self._saver._save(state_name, value, name)


class SequenceQueueingStateSaver:
    """Cuts sequences into segments and carries states between them.

    Args:
      batch_size: B; num_unroll: steps of a segment; input_length: a scalar.
      input_key: a string scalar, different for each sequence inside.
      input_sequences: name -> [T, ...]; T a multiple of ``num_unroll`` (padded).
      input_context: name -> a tensor that is the same for all segments.
      initial_states: name -> the state of the first segment.
      capacity: sequences inside at once; at least the batch size.
      allow_small_batch: give fewer segments when the input has ended.

    Feed it by running ``prefetch_op`` in a queue runner; ``close()`` ends the input.
    """

    def __init__(
        self,
        batch_size,
        num_unroll,
        input_length,
        input_key,
        input_sequences,
        input_context,
        initial_states,
        capacity=None,
        allow_small_batch=False,
        name=None,
    ):
        if not initial_states:
            raise ValueError("SequenceQueueingStateSaver needs initial_states")
        self._unroll = int(num_unroll)
        self._size = batch_size
        self._small = allow_small_batch
        self._store = _Store(capacity or 2 * int(batch_size))
        self._tensors = {
            kind: {key: tf.convert_to_tensor(value) for key, value in sorted(d.items())}
            for kind, d in (
                ("sequences", input_sequences),
                ("context", input_context),
                ("states", initial_states),
            )
        }
        self._length = tf.cast(input_length, tf.int64)
        self._key = tf.convert_to_tensor(input_key, tf.string)
        self._pending = {}
        with tf.name_scope(name, "InputQueueingStateSaver"):
            self.prefetch_op = self._prefetch()
            self._batch = self._take()
        self.next_batch = NextQueuedSequenceBatch(self)

    @property
    def batch_size(self):
        """B."""
        return self._size

    @property
    def num_unroll(self):
        """Steps of a segment."""
        return self._unroll

    def close(self, cancel_pending_enqueues=False, name=None):
        """The operation that ends the input."""
        del cancel_pending_enqueues
        return tf.py_func(self._end, [], [], name=name)

    def _end(self):
        self._store.close()
        return []

    def _flat(self):
        return [tensor for d in self._tensors.values() for tensor in d.values()]

    def _prefetch(self):
        counts = [len(part) for part in self._tensors.values()]

        def put(key, length, *values):
            sequences = values[: counts[0]]
            context = values[counts[0] : counts[0] + counts[1]]
            states = values[counts[0] + counts[1] :]
            steps = -(-int(length) // self._unroll)
            segments = []
            for start in range(0, steps * self._unroll, self._unroll):
                cut = [value[start : start + self._unroll] for value in sequences]
                valid = min(int(length) - start, self._unroll)
                segments.append((int(length), valid, cut, context))
            self._store.put(bytes(key), segments, states)
            return []

        inputs = [self._key, self._length, *self._flat()]
        operation = tf.py_func(put, inputs, [])
        return operation if isinstance(operation, tf.Operation) else tf.group(operation)

    def _take(self):
        sequences, context, states = self._tensors.values()

        def take():
            taken = self._store.take(int(self._size), self._small)
            if taken is None:
                raise StopIteration("the input has ended")
            keys = np.array([b"%05d_of_%05d:%s" % (p, n, k) for k, p, n, _, _ in taken])
            following = np.array(
                [
                    b"%05d_of_%05d:%s" % (p + 1, n, k) if p + 1 < n else b"STOP:" + k
                    for k, p, n, _, _ in taken
                ]
            )
            answer = [keys.astype(object), following.astype(object)]
            answer += [
                np.array([p for _, p, _, _, _ in taken], np.int32),
                np.array([n for _, _, n, _, _ in taken], np.int32),
                np.array([segment[0] for *_, segment, _ in taken], np.int64),
            ]
            for position in range(len(sequences)):
                answer.append(np.stack([s[2][position] for *_, s, _ in taken]))
            for position in range(len(context)):
                answer.append(np.stack([s[3][position] for *_, s, _ in taken]))
            for position in range(len(states)):
                answer.append(np.stack([state[position] for *_, state in taken]))
            return answer

        values = tf.py_func(
            take,
            [],
            [tf.string, tf.string, tf.int32, tf.int32, tf.int64]
            + [tensor.dtype for tensor in self._flat()],
        )
        rows = None if self._small else int(self._size)
        for value in values[:5]:
            value.set_shape([rows])
        batch = dict(
            zip(
                ("key", "next_key", "sequence", "sequence_count", "total_length"),
                values[:5],
                strict=True,
            )
        )
        position = 5
        for kind, tensors in self._tensors.items():
            batch[kind] = {}
            for key, tensor in tensors.items():
                inner = tensor.shape
                if kind == "sequences":
                    inner = tf.TensorShape([self._unroll]).concatenate(tensor.shape[1:])
                values[position].set_shape(tf.TensorShape([rows]).concatenate(inner))
                batch[kind][key] = values[position]
                position += 1
        batch["insertion_index"] = tf.cast(batch["sequence"], tf.int64)
        batch["length"] = tf.clip_by_value(
            tf.cast(batch["total_length"], tf.int32) - batch["sequence"] * self._unroll,
            0,
            self._unroll,
        )
        batch["batch_size"] = tf.size(batch["key"])
        return batch

    def _save(self, state_name, value, name):
        names = list(self._tensors["states"])
        if state_name not in names:
            raise KeyError(f"No state {state_name!r}; known are {', '.join(names)}")

        def save(keys, values):
            for key, value in zip(keys, values, strict=True):
                base = bytes(key).split(b":", 1)[1]
                waiting = self._pending.setdefault(base, {})
                waiting[state_name] = value
                if len(waiting) == len(names):
                    del self._pending[base]
                    self._store.save(base, [waiting[each] for each in names])
            return []

        operation = tf.py_func(save, [self._batch["key"], value], [], name=name)
        return operation if isinstance(operation, tf.Operation) else tf.group(operation)


def batch_sequences_with_states(
    input_key,
    input_sequences,
    input_context,
    input_length,
    initial_states,
    num_unroll,
    batch_size,
    num_threads=3,
    capacity=1000,
    allow_small_batch=True,
    pad=True,
    make_keys_unique=False,
    make_keys_unique_seed=None,
    name=None,
):
    """A :class:`NextQueuedSequenceBatch`, fed by a queue runner.

    With ``pad``, sequences are padded with zeros to a multiple of ``num_unroll``.
    """
    with tf.name_scope(name, "batch_sequences_with_states"):
        if make_keys_unique:
            number = tf.as_string(
                tf.random_uniform([], 0, 2**31 - 1, tf.int64, make_keys_unique_seed)
            )
            input_key = tf.string_join([input_key, number], "__")
        sequences = {}
        for key, value in input_sequences.items():
            value = tf.convert_to_tensor(value)
            if pad:
                short = (-tf.shape(value)[0]) % num_unroll
                padding = [[0, short]] + [[0, 0]] * (value.shape.rank - 1)
                shape = value.shape
                value = tf.pad(value, padding)
                value.set_shape(tf.TensorShape([None]).concatenate(shape[1:]))
            sequences[key] = value
        saver = SequenceQueueingStateSaver(
            batch_size,
            num_unroll,
            input_length,
            input_key,
            sequences,
            input_context,
            initial_states,
            capacity,
            allow_small_batch,
        )
        # The queue only gives the runner its name; the store is the real one.
        stand_in = tf.FIFOQueue(1, [tf.int32], [[]], name="prefetch")
        tf.train.add_queue_runner(
            tf.train.QueueRunner(
                stand_in,
                [saver.prefetch_op] * num_threads,
                close_op=saver.close(),
                cancel_op=saver.close(),
            )
        )
        return saver.next_batch
