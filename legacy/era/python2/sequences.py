"""``map``, ``filter`` and ``zip`` as Python 2 had them: they give lists."""

import itertools


def map_(function, *sequences):
    """``map``: a list; shorter sequences are filled with None; None joins them."""
    if len(sequences) == 1:
        (sequence,) = sequences
        return list(sequence) if function is None else [function(x) for x in sequence]
    rows = itertools.zip_longest(*sequences)
    return list(rows) if function is None else [function(*row) for row in rows]


def filter_(function, sequence):
    """``filter``: a list; of text a text, of a tuple a tuple."""
    kept = [x for x in sequence if (x if function is None else function(x))]
    if isinstance(sequence, str):
        return "".join(kept)
    return tuple(kept) if isinstance(sequence, tuple) else kept


def zip_(*sequences):
    """``zip``: a list of tuples."""
    return list(zip(*sequences, strict=False))
