"""How the moments of a pass move the population statistics.

Source: T. Cooijmans et al., "Recurrent Batch Normalization", arXiv 1603.09025,
section 4.
"""

from typing import Any, NamedTuple

from keras import ops

from bnlstm_compat import spec
from bnlstm_compat.backend import current
from bnlstm_compat.compute.schedule import first_of_run


class Moments(NamedTuple):
    """Moments of one pass in training, a row of each for every step.

    ``rows`` [T]: the row of the statistics that each step updates, -1 for none (not
    run, fewer than two valid rows, or past the longest step with ``overflow="keep"``);
    ``counts`` [T]: how many rows of the batch the moments are of; ``mean``,
    ``variance``: from site to [T, features].
    """

    rows: Any
    counts: Any
    mean: dict[str, Any]
    variance: dict[str, Any]


def tables_after(w, moments, momentum):
    """The statistics after a pass, by name.

    Args:
      w: weights and statistics by name; with bias-corrected averages, also
        ``spec.COUNT``.
      moments: the ``Moments`` of the pass.
      momentum: share of the old value that each update keeps.
    """
    count, tables = w.get(spec.COUNT), {}
    for site in spec.SITES:
        for kind, by_site in (("mean", moments.mean), ("variance", moments.variance)):
            name, batch = f"{site}_moving_{kind}", ops.stop_gradient(by_site[site])
            tables[name] = updated_statistics(
                w[name], batch, moments.rows, momentum, count
            )
    if count is not None:
        hits = row_hits(moments.rows, count.shape[0], count.dtype)
        tables[spec.COUNT] = count + hits
    return tables


def updated_statistics(table, batch, rows, momentum, count=None):
    """Statistics [M,features] after a pass, as if updated step by step.

    Args:
      table: the statistics before. batch: [T,features], one moment a step.
      rows: [T] int32, rising by at most one from step to step; -1 for no update.
      momentum: share of the old value that each update keeps.
      count: with bias-corrected averages, the updates [M] that rows have had.

    Returns:
      [M,features]: a row hit n times, by b_1 ... b_n in this order, becomes
      ``row * m^n + (1 - m) * sum_k b_k * m^(n-k)``; with ``count``, the same weights
      made to add up to one without the row's start; a row not hit keeps its bits.
    """
    share = 1 - momentum  # in Python: float32 would round it away from v1's
    first = first_of_run(rows)
    if first is not None and count is None:
        # Each row once: no scatter, which XLA does row by row.
        past = first + len(rows)
        moved = table[first:past] * momentum + batch * share
        return current.concatenate([table[:first], moved, table[past:]], 0)
    rows = ops.convert_to_tensor(rows)
    ran = rows >= 0
    size = table.shape[0]
    # Only the last row reached can be hit more than once: rows rise, then stay.
    at_last = rows == ops.max(rows)
    number = ops.sum(ops.cast(ran & at_last, "int32"))
    place = ops.cumsum(ops.cast(at_last, "int32"))
    after = current.where(at_last, number - place, 0)
    weight = share * momentum ** ops.cast(after, table.dtype)
    hits = row_hits(rows, size, table.dtype)
    if count is None:
        kept = current.where(hits > 1, momentum**hits, momentum)
    else:
        kept = kept_share(count, hits, momentum)
        # The weights of a row's moments add up to 1 - m^hits: now to 1 - kept.
        stretch = (1 - kept) / (1 - momentum**hits)
        weight *= ops.take(stretch, ops.maximum(rows, 0), axis=0)
    ids = current.where(ran, rows, size)
    added = current.segment_sum(weight[:, None] * batch, ids, size + 1)[:size]
    return current.where(hits[:, None] > 0, table * kept[:, None] + added, table)


def kept_share(count, updates, momentum):
    """Share of a row that ``updates`` further ones keep in a bias-corrected average.

    The average after n updates is ``(1 - m) / (1 - m^n) * sum_k m^(n-k) b_k``, so that
    the value that a row started from has no part in it (D. Kingma and J. Ba, "Adam",
    arXiv 1412.6980, section 3).

    Args:
      count: updates that the row has had. updates: how many follow.
      momentum: m.
    """
    before = 1 - momentum**count
    kept = momentum ** ops.cast(updates, count.dtype)
    return kept * before / (1 - kept * (1 - before))


def row_hits(rows, size, dtype):
    """How often each of ``size`` rows stands in ``rows`` [T]; -1 is none of them."""
    rows = ops.convert_to_tensor(rows)
    ones = ops.ones_like(rows, dtype=dtype)
    return current.segment_sum(ones, current.where(rows >= 0, rows, size), size + 1)[
        :size
    ]
