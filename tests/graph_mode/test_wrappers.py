"""The graph cell inside MultiRNNCell and DropoutWrapper, one way and both ways."""

import json

import pytest

from helpers import workers
from migrate.cells import networks
from migrate.cells.inventory import take_inventory
from migrate.cells.known.per_step import PER_STEP
from migrate.sources.base import Entry


@pytest.mark.slow
def test_wrapped_cells_give_the_bits_of_the_bare_cell():
    found = json.loads(workers.run("wrappers_worker").splitlines()[-1])
    assert len(found) == 8
    for name, result in found.items():
        assert result["differences"] == [0.0, 0.0], name
        both = name.endswith("bidirectional")
        assert len(result["names"]) == len(PER_STEP.shapes) * (1 + both), name
        ends = ["bidirectional_rnn/fw/", "bidirectional_rnn/bw/"] if both else ["rnn/"]
        inside = "multi_rnn_cell/cell_0/" if "multi" in name else ""
        scopes = {f"{end}{inside}BNLSTMCell" for end in ends}
        assert {
            next(n[: -len(leaf) - 1] for leaf in PER_STEP.shapes if n.endswith(leaf))
            for n in result["names"]
        } == scopes, name


def test_scopes_of_every_release_are_understood():
    """0.12's spelling and 1.0's, as recordings and wrappers show them."""

    def entries(*scopes):
        shapes = {"W_xh": (2, 8), "W_hh": (2, 8)}
        for site, size in (("hh", 8), ("xh", 8), ("c", 2)):
            shapes[f"{site}/scale"] = shapes[f"{site}/offset"] = (size,)
            shapes[f"{site}/pop_mean"] = shapes[f"{site}/pop_var"] = (4, size)
        del shapes["xh/offset"]
        return {
            f"{scope}/{leaf}": Entry(shape, "float32")
            for scope in scopes
            for leaf, shape in shapes.items()
        }

    for pair, stack in (
        ("BiRNN/{}/BNLSTMCell", "RNN/MultiRNNCell/Cell{}/BNLSTMCell"),
        ("bidirectional_rnn/{}/BNLSTMCell", "rnn/multi_rnn_cell/cell_{}/BNLSTMCell"),
    ):
        ends = ("FW", "BW") if pair.startswith("Bi") else ("fw", "bw")
        (rnn,) = take_inventory(entries(*map(pair.format, ends))).rnns
        assert rnn.kind == networks.BIDIRECTIONAL
        assert [c.scope for c in rnn.cells] == [pair.format(end) for end in ends]
        order = [10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
        (rnn,) = take_inventory(entries(*map(stack.format, order))).rnns
        assert rnn.kind == networks.STACK
        assert [c.scope for c in rnn.cells] == [stack.format(i) for i in sorted(order)]
