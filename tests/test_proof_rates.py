"""The error rates of the proof: a sample here, all of it by the programs."""

import pytest

import graph_recordings
import mutations


@pytest.mark.parametrize("model", ["tf-1.15.5/few_rows", "tf-1.15.5/conv_gru"])
def test_a_sample_of_damages_is_called_different(model):
    found = mutations.run([model], every=25)
    forms = {one.damage.form for each in found.values() for one in each}
    assert forms == {"file", "both"}
    assert not mutations.missed(found)


@pytest.mark.slow
def test_a_third_of_all_damages_is_called_different():
    found = mutations.run(graph_recordings.MODELS, every=3)
    assert sum(map(len, found.values())) >= 300
    assert not mutations.missed(found)


def test_a_damage_that_is_missed_is_an_error(monkeypatch, capsys):
    monkeypatch.setattr(mutations.migrate.verbs.verify.Proof, "equal", lambda *_: True)
    done = mutations.main(["--only", "tf-1.15.5/few_rows", "--every", "60"])
    assert done == 1
    assert "is called equal" in capsys.readouterr().out
