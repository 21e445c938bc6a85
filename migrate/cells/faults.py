"""Faults of statistics that come from how a cell's code updates them.

``moves`` says when the code does so, as ``graph.found.GraphCell`` has it, or that the
updates stand "in the loop"; None if neither a graph nor the layout says.
"""

from bnlstm_compat import spec
from bnlstm_compat.statistics.findings import Finding

SHARED_BY_ALL = "shared by all steps"
AT_TEST_TIME = "updated at test time"
IN_THE_LOOP = "updates inside the loop"
WIDEN = "convert with --max-bn-steps of one row a step, then bnlstm_compat.recalibrate"

_ALWAYS, _NEVER, _IN_THE_LOOP = "always", "never", "in the loop"


def faults(weights, per_step: bool, moves: str | None) -> list[Finding]:
    """What the code does wrong, whatever the tables hold.

    Args:
      weights: ``BNLSTMWeights``. per_step: whether each step has its own row.
    """
    rows = tuple(range(weights.max_bn_steps))
    found = []
    if moves == _IN_THE_LOOP:
        found.append(
            Finding(
                IN_THE_LOOP,
                rows,
                "the cell was traced once, by dynamic_rnn, and its update ops live "
                "inside of the loop, where nothing can run them",
                "the statistics are as they were made, whatever was trained: inference "
                "does not normalise",
                WIDEN,
            )
        )
    elif not per_step:
        found.append(_shared(weights, moves))
    if moves == _ALWAYS:
        found.append(
            Finding(
                AT_TEST_TIME,
                rows,
                "the updates stand outside of the cond, so that inference makes them, "
                "too",
                "test data change the statistics; results depend on what was run "
                "before, and this checkpoint may hold moments of test data",
                f"none in TensorFlow 1; {WIDEN}",
            )
        )
    return found


def _shared(weights, moves):
    seen = "one row for all steps"
    if moves != _NEVER:
        seen += ", that every step of a pass updates at the same time"
    left = {
        site: float(getattr(weights, f"{site}_moving_variance").min())
        for site in spec.SITES
    }
    shares = ", ".join(f"{site} {min(1, share):.0%}" for site, share in left.items())
    return Finding(
        SHARED_BY_ALL,
        (0,),
        seen,
        "it mixes the moments of all steps, the first of which differ most; in "
        "TensorFlow 1 the updates race, so that some are lost, at each site others (of "
        f"the initial 0 and 1 up to this is left: {shares})",
        WIDEN,
    )
