"""The checks of a diagnosis: each looks for one fault in the statistics of a cell.

Each test rests on what an exponential average from mean 0 and variance 1 must leave
behind: a row updated n times holds ``momentum^n`` of the 1, and variances are never
negative, so that no variance can be below that share.

The thresholds lie between what real TensorFlow 1.15.5 grew without a fault and with
one (``tests/recordings/cells``, ``aged_*``) and what a published model holds; the
numbers stand beside them.
"""

import math
from dataclasses import dataclass

import numpy as np

from bnlstm_compat import spec
from bnlstm_compat.statistics import findings
from bnlstm_compat.statistics.findings import Finding, row_ranges

#: Share of the initial 0 and 1 that may be left. Grown for 300 passes: at most .016 in
#: rows that were reached often enough, .053 in one that was not.
LEFT = 0.03
#: What is left of the 1 is a floor for all sites alike, so that two of them must have
#: their smallest variances within this factor; large variances alone are no fault.
#: Young rows: at most 1.03; one shared by all steps: 1.23.
FLOOR = 1.25
#: Variance below which a row counts as constant. Constant inputs: 2e-7 (.95^300);
#: smallest without a fault: 1.8e-4.
VARIANCE = 1e-5
#: Mean square below which values are zeros, as recalibration finds behind constant
#: inputs (6.5e-9): the gain of epsilon, 316, leaves them below .1.
NEAR_ZERO = 1e-7
#: How far a row may be from the straight line through the two before it, in standard
#: deviations (root mean square over features, median of the three sites). The last
#: row, mixed from several steps: .47; last rows without a fault: at most .07.
LAST_ROW = 0.2
#: The same for the other rows, which rise and bend at the start: at most .27.
BEND = 0.5
#: A bend must also be so many times the usual one of its table (the lower quartile of
#: the rows from START on): 4.6 in the mixed row; tables that were drawn at random bend
#: everywhere alike, at most 1.8 times.
UNUSUAL = 2.5
#: Step in the logarithm of the variance between neighbours (median over features):
#: a factor of ten. Without a fault: at most 1 from row 1 on.
FACTOR = math.log(10.0)
#: Rows in which the state still rises from zero are not judged for bends.
START = 3

_RECALIBRATE = (
    "recalibrate on the training data (bnlstm_compat.recalibrate), or train on"
)
_WIDEN = (
    "widen the statistics to one row a step and recalibrate (bnlstm_compat.recalibrate "
    "with max_bn_steps)"
)
_MASKED = (
    "use padding='masked', where only valid values count and each step has its own "
    "row, and recalibrate"
)


@dataclass(frozen=True)
class Tables:
    """The statistics of a cell in float64, by site: [M,.]."""

    mean: dict[str, np.ndarray]
    variance: dict[str, np.ndarray]

    @classmethod
    def of(cls, weights):
        """Those of a ``BNLSTMWeights``."""
        return cls(
            *(
                {
                    site: np.asarray(getattr(weights, f"{site}_moving_{kind}"), float)
                    for site in spec.SITES
                }
                for kind in ("mean", "variance")
            )
        )

    @property
    def rows(self):
        """M."""
        return len(self.mean["cell"])

    def anywhere(self, mark):
        """The rows [M] in which ``mark(mean, variance)`` holds anywhere."""
        return _anywhere(mark(self.mean[s], self.variance[s]) for s in spec.SITES)

    def smallest_variances(self):
        """[sites,M], the smallest of each row."""
        return np.array([self.variance[site].min(axis=1) for site in spec.SITES])


@dataclass(frozen=True)
class Rows:
    """What the rows [M] of a cell's statistics are.

    Attributes:
      broken: not finite, or a variance below zero. untouched: as they were made.
      left: the largest share of the initial 0 and 1 that each can still hold.
      young: hardly updated.
      flat: by site [M,.], variances of next to nothing around a mean that is not.
      still: flat anywhere. usable: rows whose values can be compared with others'.
    """

    broken: np.ndarray
    untouched: np.ndarray
    left: np.ndarray
    young: np.ndarray
    flat: dict[str, np.ndarray]
    still: np.ndarray
    usable: np.ndarray


def judged_rows(tables, bias_correction):
    """The ``Rows`` of a cell."""
    broken = tables.anywhere(
        lambda mean, variance: (
            ~np.isfinite(mean) | ~np.isfinite(variance) | (variance < 0)
        )
    )
    least = tables.smallest_variances()
    left = np.where(broken, 1.0, np.minimum(1, least.min(axis=0)))
    changed = tables.anywhere(lambda mean, variance: (mean != 0) | (variance != 1))
    untouched = ~broken & ~changed
    judged = ~broken & changed
    least = np.sort(least, axis=0)
    alike = (least[1:] <= FLOOR * least[:-1]).any(axis=0)
    # Row 0 sees h = 0, of which an average from 1 holds momentum^n, not 0.
    settled = bias_correction or not tables.variance["recurrent"][0].any()
    zeros, flat = {}, {}
    for site in spec.SITES:
        mean, variance = tables.mean[site], tables.variance[site]
        zeros[site] = settled & (variance + mean**2 < NEAR_ZERO)
        flat[site] = judged[:, None] & (variance < VARIANCE) & ~zeros[site]
    zeros["recurrent"][0] = flat["recurrent"][0] = False  # h starts from zeros
    still = _anywhere(flat.values())
    return Rows(
        broken=broken,
        untouched=untouched,
        left=left,
        young=judged & (left >= LEFT) & alike & (not settled),
        flat=flat,
        still=still,
        usable=judged & ~still & ~_anywhere(zeros.values()),
    )


def _anywhere(marks):
    """Rows in which any feature of any site is marked."""
    return np.any([mark.any(axis=1) for mark in marks], axis=0)


def _finding(fault, chosen, seen, effect, cure):
    """The finding at the rows chosen, if there are any."""
    rows = tuple(np.flatnonzero(chosen).tolist())
    return Finding(fault, rows, seen, effect, cure) if rows else None


def non_finite(rows):
    """NaN, infinities, and variances below zero."""
    return _finding(
        findings.NON_FINITE,
        rows.broken,
        "means or variances that are NaN or infinite, or variances below zero",
        "every output from these steps on is NaN",
        f"look for NaN in the weights too; if they are whole, {_RECALIBRATE}",
    )


def never_updated(rows, steps):
    """Rows as they were made."""
    untouched = rows.untouched
    reached = None if steps is None else untouched[: min(steps, len(untouched))]
    past = reached is not None and not reached.any()
    if untouched.all():
        effect = (
            "inference does not normalise at all: it multiplies by gamma, whatever the "
            "size of the values"
        )
    elif past:
        effect = f"none at {steps} steps; longer sequences are not normalised there"
    else:
        effect = "sequences that reach these rows are not normalised there"
    cure = f"{_RECALIBRATE}; see that the updates run in training"
    if past:
        cure = "nothing, if no sequence is that long; else recalibrate on data that are"
    seen = "mean 0 and variance 1, as they were made"
    return _finding(findings.NEVER_UPDATED, untouched, seen, effect, cure)


def hardly_updated(rows):
    """Rows that still hold much of the initial 0 and 1."""
    share = rows.left[rows.young].max(initial=0)
    return _finding(
        findings.HARDLY_UPDATED,
        rows.young,
        f"up to {share:.0%} of the initial 0 and 1 is left, as far as it can be told "
        "(no variance is smaller)",
        "variances too large, means too small: the gates get weaker inputs than in "
        "training",
        f"{_RECALIBRATE}; bias_correction=True keeps it from coming back",
    )


def zero_variance(rows, tables, weights, epsilon, constant):
    """Variances of next to nothing, whose gain is large."""
    where, gains = [], []
    for site, flat in rows.flat.items():
        if flat.any():
            most, of = flat.sum(axis=1).max(), flat.shape[1]
            places = row_ranges(np.flatnonzero(flat.any(axis=1)))
            where.append(f"{site} rows {places}, up to {most} of {of} features")
            gamma = np.abs(getattr(weights, f"{site}_gamma"))
            gain = gamma / np.sqrt(tables.variance[site] + epsilon)
            gains.append(np.where(flat, gain, 0).max())
    seen = f"variance below {VARIANCE:g} ({'; '.join(where)})"
    if len(constant):
        seen += f"; the inputs are constant at steps {row_ranges(constant)}"
    return _finding(
        findings.ZERO_VARIANCE,
        rows.still,
        seen,
        f"differences are multiplied by up to {max(gains, default=0):.0f}: where the "
        "mean lags behind the weights, or an input is not constant, outputs go far off",
        "give these steps inputs that vary, or leave them out; recalibrate, so that at "
        "least the means are those of the weights",
    )


def _bends(tables):
    """For each row, how far it is from the line through the two before it, in its
    standard deviations: the median of the sites; 0 in rows 0 and 1."""
    bends = []
    for site in spec.SITES:
        m, v = tables.mean[site], tables.variance[site]
        bend = m[2:] - 2 * m[1:-1] + m[:-2]
        scale = np.sqrt(np.maximum(v[2:].mean(axis=1), VARIANCE))
        bends.append(np.sqrt((bend**2).mean(axis=1)) / scale)
    return np.concatenate([[0, 0], np.median(bends, axis=0)])


def jump(rows, tables):
    """Rows that do not continue those before.

    Returns:
      The finding or None, and whether the last row does not, which has a fault of its
      own: see ``raced``.
    """
    usable = rows.usable
    if len(usable) <= START + 1:
        return None, False
    with np.errstate(invalid="ignore"):
        bends = _bends(tables)
    comparable = usable.copy()
    for back in (1, 2):
        comparable[back:] &= usable[:-back]
    comparable[:START] = False
    inner = comparable.copy()
    inner[-1] = False
    usual = np.quantile(bends[inner], 0.25) if inner.any() else 0.0
    unusual = comparable & (bends >= UNUSUAL * usual)
    mixed = bool(inner.any() and unusual[-1] and bends[-1] >= LAST_ROW)
    chosen = _leaps(usable, tables) | (unusual & inner & (bends >= BEND))
    # What a row upsets, it upsets for the two rows after it as well.
    chosen[1:] &= ~chosen[:-1]
    chosen[-1] &= not mixed
    found = _finding(
        findings.JUMP,
        chosen,
        "mean or variance is far from what the rows before lead to",
        "if the data do not jump there, the statistics are of other steps or damaged",
        f"compare with the data (x); {_RECALIBRATE}",
    )
    return found, mixed


def _leaps(usable, tables):
    """Rows whose variances are far from those of the row before."""
    logs = [np.log(np.maximum(tables.variance[s], VARIANCE)) for s in spec.SITES]
    steps = np.max(
        [np.median(np.abs(np.diff(log, axis=0)), axis=1) for log in logs], axis=0
    )
    leaps = np.concatenate([[False], usable[1:] & usable[:-1] & (steps >= FACTOR)])
    leaps[1] = False  # from a state of zeros to one that is not
    return leaps


def raced(rows, steps, mixed):
    """A last row that several steps share."""
    if steps is not None and steps > rows:
        seen = f"steps {rows - 1}-{steps - 1} all update and read this row"
    elif mixed and steps is None:
        seen = (
            "the last row does not continue the others, as where sequences of more "
            f"than {rows} steps share it"
        )
    else:
        return None
    return _finding(
        findings.RACED,
        np.arange(rows) == rows - 1,
        seen,
        "it mixes the moments of several steps, weighted towards the last, and in "
        "TensorFlow 1 by chance: two runs differ",
        f"{_WIDEN}, or cut sequences to {rows} steps",
    )


def of_lengths(rows, steps, lengths, padding):
    """What lengths do with ``padding="v1"``: two findings, or none."""
    if lengths is None or padding != "v1":
        return ()
    shortest = 1 if lengths is True else int(np.min(lengths))
    longest = steps if lengths is True else int(np.max(lengths))
    if shortest == longest:
        return ()
    from_row = min(shortest, rows - 1)
    chosen = np.arange(rows) >= from_row
    if longest is not None:
        chosen &= np.arange(rows) < max(longest, from_row + 1)
    return (
        _finding(
            findings.PADDING,
            chosen,
            f"sequences end from step {shortest} on, and finished ones still count in "
            "the moments",
            "means and variances move towards those of the padding",
            _MASKED,
        ),
        _finding(
            findings.FIRST_SEQUENCE,
            chosen,
            "the row is that of the first sequence of the batch: once it has ended, "
            "all later steps read and update the row of its length, in TensorFlow 1 by "
            "chance",
            "results depend on which sequence stands first; late rows are rarely "
            "reached",
            _MASKED,
        ),
    )


def updates_of_row_0(tables, momentum):
    """How often row 0 was updated: its recurrent variance is that of zeros, so that
    exactly ``momentum^n`` is left; None if it was not, or too often for the dtype."""
    first = tables.variance["recurrent"][0]
    if tables.mean["recurrent"][0].any() or np.ptp(first) > 1e-5 * first.max():
        return None
    share = float(first.mean())
    if not 1e-30 < share <= 1 or not 0 < momentum < 1:
        return None
    return round(math.log(share) / math.log(momentum))
