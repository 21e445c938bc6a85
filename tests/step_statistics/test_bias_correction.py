"""``bias_correction=True`` against NumPy: weighted averages of nothing but moments."""

import keras
import numpy as np
import pytest

import bnlstm_compat
from bnlstm_compat import BNLSTM, BNLSTMWeights, reference, spec
from helpers.rounding import within

D, H, B, MOMENTUM = 3, 4, 8, 0.9
# In float64, whose rounding is 1e-16. Variances as small as 1e-4 of the squares enlarge
# it by 1e4, some dozens of roundings in a row by ten; a tenfold is left.
TOLERANCE = 1e-11


def _layer(rows):
    keras.utils.set_random_seed(0)
    layer = BNLSTM(H, rows, momentum=MOMENTUM, bias_correction=True, dtype="float64")
    layer.build((None, None, D))
    return layer


def _moments(weights, x):
    """From statistic to [T,.]: each step's moments, from a table wide enough."""
    arrays = weights.asdict()
    for name in spec.STATISTICS:
        arrays[name] = np.zeros((x.shape[1], arrays[name].shape[1]), weights.dtype)
    wide = BNLSTMWeights(**arrays)
    after = reference.run(wide, x, training=True, momentum=0.0).weights.asdict()
    return {name: after[name] for name in spec.STATISTICS}


def _weighted(history):
    """``sum_k m^(n-k) b_k / sum_k m^(n-k)`` of b_1 ... b_n."""
    weights = MOMENTUM ** np.arange(len(history) - 1, -1, -1.0)
    return np.tensordot(weights / weights.sum(), np.stack(history), axes=1)


def _apart(actual, expected):
    return np.abs(actual - expected).max() / np.abs(expected).max()


@pytest.mark.parametrize(("rows", "steps"), [(6, 6), (3, 7), (1, 5), (6, 4)])
def test_every_update_counts_and_the_start_does_not(rows, steps):
    """Rows hit once a pass, shared by several steps, and never reached."""
    layer = _layer(rows)
    weights = layer.cell.export_weights()
    rng = np.random.default_rng(rows)
    history = [{name: [] for name in spec.STATISTICS} for _ in range(rows)]
    for passes in range(1, 5):
        x = rng.normal(0.5, 2, (B, steps, D))
        for name, moments in _moments(weights, x).items():
            for step, moment in enumerate(moments):
                history[min(step, rows - 1)][name].append(moment)
        layer(x, training=True)
        for name in spec.STATISTICS:
            table = np.asarray(getattr(layer.cell, name))
            for row in range(min(rows, steps)):
                # h starts from zeros: the recurrent moments of row 0 are zeros.
                expected = _weighted(history[row][name])
                if row == 0 and name.startswith("recurrent") and rows > 1:
                    assert not table[row].any()
                else:
                    apart = _apart(table[row], expected)
                    within("float64", apart, TOLERANCE, f"{name}, row {row}")
            assert (table[steps:] == float("variance" in name)).all()
        counts = [len(one["cell_moving_mean"]) for one in history]
        assert np.asarray(layer.cell.moving_count).tolist() == counts
        assert max(counts) == passes * max(1, steps - rows + 1)


@pytest.mark.parametrize("passes", [1, 8])
def test_young_statistics_are_not_young(passes):
    """What ``diagnose`` finds after a few passes without the correction, it does not
    find with it."""
    rng = np.random.default_rng(0)
    batches = rng.normal(size=(passes, 32, 10, D)).astype("float32")
    for correction, young in ((False, True), (True, False)):
        keras.utils.set_random_seed(0)
        layer = BNLSTM(H, 10, bias_correction=correction)
        for x in batches:
            layer(x, training=True)
        (found,) = bnlstm_compat.diagnose(layer)
        assert ("hardly updated" in [f.fault for f in found.findings]) == young
