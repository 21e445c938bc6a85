"""What is wrong with population statistics, told from the statistics themselves.

Each test rests on what an exponential average from mean 0 and variance 1 must leave
behind: a row updated n times holds ``momentum^n`` of the 1, and variances are never
negative, so that no variance can be below that share.

The thresholds lie between what real TensorFlow 1.15.5 grew without a fault and with
one (``tests/goldens``, ``aged_*``) and what a published model holds; the numbers stand
beside them.
"""

import math
from dataclasses import dataclass

import numpy as np

from bnlstm_compat import reference, spec
from bnlstm_compat.weights import BNLSTMWeights

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

NON_FINITE = "non-finite"
NEVER_UPDATED = "never updated"
HARDLY_UPDATED = "hardly updated"
RACED = "raced"
ZERO_VARIANCE = "zero variance"
JUMP = "jump"
PADDING = "padding counted"
FIRST_SEQUENCE = "row of the first sequence"

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
class Finding:
    """One fault: its name, the rows of the statistics, what was seen, effect, cure."""

    fault: str
    rows: tuple[int, ...]
    seen: str
    effect: str
    cure: str

    def asdict(self):
        """As plain data for JSON."""
        return {**vars(self), "rows": list(self.rows)}


@dataclass(frozen=True)
class Diagnosis:
    """What is known of one cell.

    Attributes:
      name: of the cell. rows: M.
      findings: its faults, worst first.
      left: [M], the largest share of the initial 0 and 1 that each row can still hold.
      updates: how often row 0 was updated, or None where it cannot be told.
      gap: relative root-mean-square difference between the outputs with population and
        with batch statistics on the data given, or None.
    """

    name: str
    rows: int
    findings: tuple[Finding, ...]
    left: tuple[float, ...]
    updates: int | None
    gap: float | None = None

    def asdict(self):
        """As plain data for JSON."""
        return {**vars(self), "findings": [one.asdict() for one in self.findings]}


def row_ranges(rows) -> str:
    """``[0, 1, 2, 5]`` as "0-2, 5"."""
    spans = []
    for row in sorted(map(int, rows)):
        if spans and row == spans[-1][1] + 1:
            spans[-1][1] = row
        else:
            spans.append([row, row])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in spans)


def diagnose(
    source,
    *,
    steps=None,
    lengths=None,
    padding=None,
    x=None,
    constant=(),
    momentum=None,
    epsilon=None,
    activation=None,
) -> list[Diagnosis]:
    """Looks for faults in the population statistics of every cell in ``source``.

    Args:
      source: a ``BNLSTMWeights``, or a built Keras layer or model with BNLSTM inside.
      steps: T, the number of steps of the sequences. Without it, rows that share
        several steps can only be guessed from a last row that does not continue the
        others, and rows never reached cannot be called harmless.
      lengths: [B] lengths of the sequences, or a tuple (shortest, longest), which a
        tuple of two always is, or True for different ones. Without it, all are taken
        to be of one length.
      padding: what the cell does with lengths, "v1" or "masked"; taken from the layer,
        and "v1" for bare weights.
      x: inputs [B,T,D] of the (only) cell. With them, T and constant inputs are known,
        and the gap between population and batch statistics is measured.
      constant: steps at which all sequences are known to have the same input, if that
        is known without ``x``.
      momentum, epsilon, activation: of bare weights; the usual ones by default.

    Returns:
      A ``Diagnosis`` for each cell, in the order of the layers.

    Raises:
      ValueError: without a built cell; for inputs that do not fit it.

    Source: arXiv 1603.09025, section 4: statistics for each time step.
    """
    given = {"momentum": momentum, "epsilon": epsilon, "activation": activation}
    cells = [
        (name, weights, {**own, **{k: v for k, v in given.items() if v is not None}})
        for name, weights, own in _cells(source, padding)
    ]
    if x is not None and len(cells) > 1:
        raise ValueError(
            "Expected one cell where inputs are given, for they are those of one cell. "
            f"Received: x.shape={np.shape(x)} and {len(cells)} cells; diagnose the "
            "layers one by one"
        )
    found = []
    for name, weights, settings in cells:
        gap, still, known = None, constant, steps
        if x is not None:
            x = _fitting(x, weights)
            known = x.shape[1] if steps is None else steps
            still = np.flatnonzero((np.ptp(x, axis=0) == 0).all(axis=-1))
            gap = _gap(weights, x, lengths, settings)
        found.append(_diagnose(name, weights, settings, known, lengths, still, gap))
    return found


def _cells(source, padding):
    """Name, weights and settings of each cell."""
    if isinstance(source, BNLSTMWeights):
        settings = {
            "momentum": spec.MOMENTUM,
            "epsilon": spec.EPSILON,
            "activation": np.tanh,
            "padding": padding or "v1",
        }
        return [("cell", source, settings)]
    # Here, so that arrays are diagnosed without TensorFlow's layers.
    from bnlstm_compat.statistics.find import cells_in

    found = []
    for name, cell, _ in cells_in(source):
        settings = {
            what: getattr(cell, what)
            for what in ("momentum", "epsilon", "overflow", "bias_correction")
        }
        for what in ("activation", "recurrent_activation"):
            settings[what] = _plain(getattr(cell, what))
        settings["padding"] = padding or cell.padding
        found.append((name, cell.export_weights(), settings))
    return found


def _plain(activation):
    return lambda z: np.asarray(activation(z))


def _fitting(x, weights):
    x = np.asarray(x)
    if x.ndim != 3 or x.shape[2] != weights.input_dim or 0 in x.shape:
        raise ValueError(
            f"Expected inputs of shape [B,T,{weights.input_dim}]. Received: "
            f"x.shape={x.shape}"
        )
    return x


def _gap(weights, x, lengths, settings):
    span = isinstance(lengths, tuple) and len(lengths) == 2
    if span or np.ndim(lengths) != 1 or len(lengths) != len(x):
        lengths = None
    averages = ("momentum", "bias_correction")
    population, batch = (
        reference.run(
            weights,
            x,
            lengths=lengths,
            training=training,
            **{what: value for what, value in settings.items() if what not in averages},
        ).outputs
        for training in (False, True)
    )
    scale = np.sqrt(np.mean(batch**2))
    return float(np.sqrt(np.mean((population - batch) ** 2)) / max(scale, 1e-30))


def _diagnose(name, weights, settings, steps, lengths, constant, gap):
    mean, variance = (
        {
            site: np.asarray(getattr(weights, f"{site}_moving_{kind}"), np.float64)
            for site in spec.SITES
        }
        for kind in ("mean", "variance")
    )
    rows = weights.max_bn_steps
    findings, judged = [], np.ones(rows, bool)

    def report(fault, chosen, seen, effect, cure):
        chosen = np.asarray(chosen, bool)
        if chosen.any():
            numbers = tuple(np.flatnonzero(chosen).tolist())
            findings.append(Finding(fault, numbers, seen, effect, cure))

    broken = _any(
        ~np.isfinite(mean[s]) | ~np.isfinite(variance[s]) | (variance[s] < 0)
        for s in spec.SITES
    )
    report(
        NON_FINITE,
        broken,
        "means or variances that are NaN or infinite, or variances below zero",
        "every output from these steps on is NaN",
        f"look for NaN in the weights too; if they are whole, {_RECALIBRATE}",
    )
    judged &= ~broken
    left = np.ones(rows)
    for site in spec.SITES:
        left = np.minimum(left, np.where(broken, 1, variance[site].min(axis=1)))
    untouched = judged & ~_any((mean[s] != 0) | (variance[s] != 1) for s in spec.SITES)
    judged &= ~untouched
    least = np.sort([variance[site].min(axis=1) for site in spec.SITES], axis=0)
    young = judged & (left >= LEFT) & (least[1:] <= FLOOR * least[:-1]).any(axis=0)
    # Row 0 sees h = 0, of which an average from 1 holds momentum^n, not 0.
    settled = settings.get("bias_correction") or not variance["recurrent"][0].any()
    _report_young(report, untouched, young & (not settled), left, steps)
    zeros = {s: settled & (variance[s] + mean[s] ** 2 < NEAR_ZERO) for s in spec.SITES}
    flat = {
        s: judged[:, None] & (variance[s] < VARIANCE) & ~zeros[s] for s in spec.SITES
    }
    zeros["recurrent"][0] = flat["recurrent"][0] = False  # h starts from zeros
    still = _any(flat[s] for s in spec.SITES)
    _report_zero_variance(report, weights, settings, variance, flat, still, constant)
    usable = judged & ~still & ~_any(zeros[s] for s in spec.SITES)
    mixed = _report_bends(report, mean, variance, usable)
    _report_shared(report, rows, steps, mixed)
    _report_lengths(report, rows, steps, lengths, settings["padding"])
    order = list(_ORDER)
    findings.sort(key=lambda one: order.index(one.fault))
    updates = _updates(mean, variance, settings["momentum"])
    return Diagnosis(
        name, rows, tuple(findings), tuple(left.round(6).tolist()), updates, gap
    )


_ORDER = (
    NON_FINITE,
    NEVER_UPDATED,
    ZERO_VARIANCE,
    HARDLY_UPDATED,
    RACED,
    JUMP,
    PADDING,
    FIRST_SEQUENCE,
)


def _any(masks):
    """Rows in which any feature of any site is marked."""
    return np.any([mask.any(axis=1) for mask in masks], axis=0)


def _updates(mean, variance, momentum):
    """How often row 0 was updated: its recurrent variance is that of zeros, so that
    exactly ``momentum^n`` is left; None if it was not, or too often for the dtype."""
    first = variance["recurrent"][0]
    if mean["recurrent"][0].any() or np.ptp(first) > 1e-5 * first.max():
        return None
    share = float(first.mean())
    if not 1e-30 < share <= 1 or not 0 < momentum < 1:
        return None
    return round(math.log(share) / math.log(momentum))


def _report_young(report, untouched, young, left, steps):
    rows = len(untouched)
    past = steps is not None and not untouched[: min(steps, rows)].any()
    if untouched.all():
        effect = (
            "inference does not normalise at all: it multiplies by gamma, whatever the "
            "size of the values"
        )
    elif past:
        effect = f"none at {steps} steps; longer sequences are not normalised there"
    else:
        effect = "sequences that reach these rows are not normalised there"
    report(
        NEVER_UPDATED,
        untouched,
        "mean 0 and variance 1, as they were made",
        effect,
        "nothing, if no sequence is that long; else recalibrate on data that are"
        if past
        else f"{_RECALIBRATE}; see that the updates run in training",
    )
    share = left[young].max(initial=0)
    report(
        HARDLY_UPDATED,
        young,
        f"up to {share:.0%} of the initial 0 and 1 is left, as far as it can be told "
        "(no variance is smaller)",
        "variances too large, means too small: the gates get weaker inputs than in "
        "training",
        f"{_RECALIBRATE}; bias_correction=True keeps it from coming back",
    )


def _report_zero_variance(report, weights, settings, variance, flat, still, constant):
    where, gains = [], []
    for site in spec.SITES:
        if flat[site].any():
            most, of = flat[site].sum(axis=1).max(), flat[site].shape[1]
            found = row_ranges(np.flatnonzero(flat[site].any(axis=1)))
            where.append(f"{site} rows {found}, up to {most} of {of} features")
            gamma = np.abs(getattr(weights, f"{site}_gamma"))
            gain = gamma / np.sqrt(variance[site] + settings["epsilon"])
            gains.append(np.where(flat[site], gain, 0).max())
    seen = f"variance below {VARIANCE:g} ({'; '.join(where)})"
    if len(constant):
        seen += f"; the inputs are constant at steps {row_ranges(constant)}"
    report(
        ZERO_VARIANCE,
        still,
        seen,
        f"differences are multiplied by up to {max(gains, default=0):.0f}: where the "
        "mean lags behind the weights, or an input is not constant, outputs go far off",
        "give these steps inputs that vary, or leave them out; recalibrate, so that at "
        "least the means are those of the weights",
    )


def _bends(mean, variance):
    """For each row, how far it is from the line through the two before it, in its
    standard deviations: the median of the sites; 0 in rows 0 and 1."""
    bends = []
    for site in spec.SITES:
        m, v = mean[site], variance[site]
        bend = m[2:] - 2 * m[1:-1] + m[:-2]
        scale = np.sqrt(np.maximum(v[2:].mean(axis=1), VARIANCE))
        bends.append(np.sqrt((bend**2).mean(axis=1)) / scale)
    return np.concatenate([[0, 0], np.median(bends, axis=0)])


def _report_bends(report, mean, variance, usable):
    """Rows that do not continue those before; gives whether the last row does not."""
    rows = len(usable)
    if rows <= START + 1:
        return False
    with np.errstate(invalid="ignore"):
        bends = _bends(mean, variance)
    whole = usable.copy()
    for back in (1, 2):
        whole[back:] &= usable[:-back]
    whole[:START] = False
    inner = whole.copy()
    inner[-1] = False
    usual = np.quantile(bends[inner], 0.25) if inner.any() else 0.0
    unusual = whole & (bends >= UNUSUAL * usual)
    mixed = bool(inner.any() and unusual[-1] and bends[-1] >= LAST_ROW)
    logs = [np.log(np.maximum(variance[s], VARIANCE)) for s in spec.SITES]
    steps = np.max(
        [np.median(np.abs(np.diff(log, axis=0)), axis=1) for log in logs], axis=0
    )
    leap = np.concatenate([[False], usable[1:] & usable[:-1] & (steps >= FACTOR)])
    leap[1] = False  # from a state of zeros to one that is not
    jump = leap | (unusual & inner & (bends >= BEND))
    # What a row upsets, it upsets for the two rows after it as well.
    jump[1:] &= ~jump[:-1]
    jump[-1] &= not mixed
    report(
        JUMP,
        jump,
        "mean or variance is far from what the rows before lead to",
        "if the data do not jump there, the statistics are of other steps or damaged",
        f"compare with the data (x); {_RECALIBRATE}",
    )
    return mixed


def _report_shared(report, rows, steps, mixed):
    last = np.arange(rows) == rows - 1
    if steps is not None and steps > rows:
        seen = f"steps {rows - 1}-{steps - 1} all update and read this row"
    elif mixed and steps is None:
        seen = (
            "the last row does not continue the others, as where sequences of more "
            f"than {rows} steps share it"
        )
    else:
        return
    report(
        RACED,
        last,
        seen,
        "it mixes the moments of several steps, weighted towards the last, and in "
        "TensorFlow 1 by chance: two runs differ",
        f"{_WIDEN}, or cut sequences to {rows} steps",
    )


def _report_lengths(report, rows, steps, lengths, padding):
    if lengths is None or padding != "v1":
        return
    shortest = 1 if lengths is True else int(np.min(lengths))
    longest = steps if lengths is True else int(np.max(lengths))
    if shortest == longest:
        return
    from_row = min(shortest, rows - 1)
    chosen = np.arange(rows) >= from_row
    if longest is not None:
        chosen &= np.arange(rows) < max(longest, from_row + 1)
    report(
        PADDING,
        chosen,
        f"sequences end from step {shortest} on, and finished ones still count in the "
        "moments",
        "means and variances move towards those of the padding",
        _MASKED,
    )
    report(
        FIRST_SEQUENCE,
        chosen,
        "the row is that of the first sequence of the batch: once it has ended, all "
        "later steps read and update the row of its length, in TensorFlow 1 by chance",
        "results depend on which sequence stands first; late rows are rarely reached",
        _MASKED,
    )
