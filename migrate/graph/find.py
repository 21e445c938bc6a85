"""Finds the recurrent networks of a graph by what they compute."""

from migrate.graph.found import Found, Lacking
from migrate.graph.fused import whole_sequences
from migrate.graph.loops import Branches, loops
from migrate.graph.moves import before
from migrate.graph.rnn import LoopReader
from migrate.graph.static import StaticReader


def find(graph) -> Found:
    """The RNNs of a ``Graph``, and the loops that are none.

    Nothing is run, and no name is read: variables, gates and settings are found by
    what the operations compute.

    Raises:
      MigrateError: a graph that TensorFlow cannot have made.
    """
    rnns, others, inside = [], [], set()
    branches = Branches(graph)
    updates = before(graph, [*graph.collections.get("update_ops", ())])
    try:
        for loop in loops(graph):
            reader = LoopReader(graph, branches, loop, updates)
            inside |= reader.body()
            found = reader.read()
            if isinstance(found, Lacking):
                others.append(found)
            elif found is not None:
                rnns.append(found)
        rnns += StaticReader(graph, branches, inside, updates).read()
    except RecursionError as error:
        raise graph.damaged("its conds are nested too deeply") from error
    fused, opaque = whole_sequences(graph)
    return Found((*rnns, *fused), (*others, *opaque))
