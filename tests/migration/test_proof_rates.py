"""The error rates of the proof: a sample here, all of it by the programs."""

import numpy as np
import pytest

import mutations
from helpers import damages
from helpers import recorded_graphs as graph_recordings
from migrate.proof.verdict import CellResult


@pytest.mark.parametrize(
    "model",
    [
        "tf-1.15.5/few_rows",
        pytest.param("tf-1.15.5/conv_gru", marks=pytest.mark.slow),
    ],
)
def test_a_sample_of_damages_is_called_different(model):
    found = mutations.run([model], every=25)
    forms = {one.damage.form for each in found.values() for one in each}
    assert forms == {"file", "both"}
    assert not mutations.missed(found)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(6))
def test_every_28th_of_all_damages_is_called_different(part):
    """In parts, of like size, which processes share."""
    found = mutations.run(graph_recordings.MODELS[part::6], every=28)
    assert found
    assert all(len(each) >= 3 for each in found.values())  # 51 at least, of 17 RNNs
    assert not mutations.missed(found)


def test_a_damage_that_is_missed_is_an_error(monkeypatch, capsys):
    monkeypatch.setattr(mutations.migrate.verbs.verify.Proof, "equal", lambda *_: True)
    done = mutations.main(["--only", "tf-1.15.5/few_rows", "--every", "60"])
    assert done == 1
    assert "is called equal" in capsys.readouterr().out


@pytest.mark.parametrize("kinds", [("inference", "states"), ("states", "inference")])
@pytest.mark.parametrize("level", [1e-7, np.inf])
def test_numbers_that_are_not_finite_are_never_equal(kinds, level):
    one = np.ones(3, np.float32)
    other = np.array([1, 1, np.nan], np.float32)
    result = CellResult("cell", "file", "graph")
    result.add(kinds[0], one, one, one, [one])
    result.add(kinds[1], one, other, other, [one if np.isfinite(level) else other])
    assert result.excess == np.inf
    assert not result.equal()


def test_what_is_kept_beside_the_weights_has_the_source_s_bits(tmp_path):
    (subject,) = mutations.subjects("tf-1.15.5/input_offset", tmp_path)
    for damage in damages.of_files(subject):
        if "BNCell" in damage.name:
            found = mutations.outcome(subject, damage, tmp_path)
            assert found.different, damage.name
