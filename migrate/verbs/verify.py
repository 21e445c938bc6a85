"""The proof that a conversion equals its source."""

import numpy as np

from migrate.errors import MigrateError
from migrate.output.conversion import Conversion
from migrate.proof.compare import differing_variables, inventory_again, prove_rnn
from migrate.proof.verdict import Proof
from migrate.sources.open import open_source

SEED = 0


def verify(source, out, *, seed=SEED, progress=None) -> Proof:
    """Compares a conversion with its source.

    Args:
      source: as in ``inspect``. out: the folder that ``convert`` made of it.
      seed: of the random inputs, standard normal [8, M + 1, D].
      progress: called with ``(done, total, what)``.

    Returns:
      A ``Proof``.

    Raises:
      MigrateError: either cannot be used, or they do not belong together.

    Source: arXiv 1603.09025, equations 6-8, for what is compared; ``migrate.proof``.
    """
    source, conversion = open_source(source), Conversion(out)
    inventory = inventory_again(source, conversion)
    networks = {rnn.scope: rnn for rnn in inventory.rnns}
    if sorted(networks) != sorted(conversion.rnns):
        raise MigrateError(
            f"{out} was made from another checkpoint: it has the RNNs "
            f"{list(conversion.rnns)}, {source.label} has {list(networks)}"
        )
    rng = np.random.default_rng(seed)
    results = []
    for done, (scope, rnn) in enumerate(networks.items()):
        if progress is not None:
            progress(done, len(networks), scope)
        results += prove_rnn(source, rnn, conversion, rng)
    return Proof(results, differing_variables(source, inventory, conversion))
