"""``verify`` on the user's data, through the whole graph; the verdict's sentence."""

import shutil

import numpy as np
import pytest

import migrate
from helpers import checkpoints
from helpers.recorded_graphs import Record, folder
from migrate.cli.main import main

# One of each way in: lengths; two RNNs, one on the other, under dropout; steps that
# Python wrote out, with UPDATE_OPS; whole numbers; convolutions under a switch.
MODELS = [
    "foreign_names",
    pytest.param("sleep", marks=pytest.mark.slow),
    pytest.param("unrolled_comment", marks=pytest.mark.slow),
    "language",
    pytest.param("conv_gru", marks=pytest.mark.slow),
]


def _source(name):
    (index,) = folder(f"tf-1.15.5/{name}").glob("*.index")
    return str(index).removesuffix(".index")


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """A function that converts a model once."""
    made = {}

    def convert(name):
        if name not in made:
            made[name] = tmp_path_factory.mktemp(name) / "out"
            migrate.convert(_source(name), made[name])
        return _source(name), made[name]

    return convert


def _feeds(name, training=False):
    return Record(folder(f"tf-1.15.5/{name}") / "record.npz").feeds(training)


@pytest.mark.parametrize("name", MODELS)
def test_each_rnn_on_what_the_model_makes_of_the_data(name, converted, monkeypatch):
    from migrate.proof.references.user_graph import UserGraphReference

    source, out = converted(name)
    cases, on = [], UserGraphReference.on

    def noted(self, data, training):
        cases.append((self, on(self, data, training)))
        return cases[-1][1]

    monkeypatch.setattr(UserGraphReference, "on", noted)
    proof = migrate.verify(source, out, data=_feeds(name))
    assert proof.equal(), proof
    assert proof.by_graph
    count = len(proof.cells)
    equal = f"Equal: {count} of {count} cells compute what your graph "
    assert repr(proof).startswith(equal)
    assert "on random input and on your data." in repr(proof)
    assert {case.training for _, case in cases} == {False, True}
    for _, case in cases:
        assert any(y is not None and y.any() for y in case.expected.outputs)
    if name == "foreign_names":  # the data enter it as they are
        case = cases[0][1]
        assert np.array_equal(case.x, _feeds(name)["x"])
        assert np.array_equal(case.lengths, _feeds(name)["lengths"])


def test_a_difference_that_only_the_data_show(converted, monkeypatch):
    """The result of the graph on the data alone is damaged."""
    from migrate.proof.references.user_graph import UserGraphReference

    source, out = converted("foreign_names")
    damaged = UserGraphReference._result

    def off(self, case, found):
        result = damaged(self, case, found)
        if "given data" in case.name:
            result.outputs[-1][0, 0, 0] += 0.01
        return result

    monkeypatch.setattr(UserGraphReference, "_result", off)
    proof = migrate.verify(source, out, data=_feeds("foreign_names"))
    assert not proof.equal()
    assert repr(proof).startswith("Different: 0 of 1 cells")


class TestRefused:
    """Data that do not fit: one sentence, exit code 2."""

    @pytest.fixture
    def refused(self, converted, tmp_path, capfd):
        def run(*options, **arrays):
            source, out = converted("foreign_names")
            np.savez(tmp_path / "data.npz", **arrays)
            capfd.readouterr()
            argv = ["verify", source, str(out), "--data", str(tmp_path / "data.npz")]
            assert main([*argv, *options]) == 2
            said = capfd.readouterr()
            assert said.out == ""
            assert said.err.count("\n") == 1
            return said.err

        return run

    def test_unknown(self, refused):
        said = refused(y=np.zeros(3))
        assert "has no placeholder y; its placeholders are input_y, is_training" in said

    def test_missing(self, refused):
        said = refused(x=_feeds("foreign_names")["x"])
        assert "needs values for the placeholders lengths" in said

    @pytest.mark.parametrize(
        "wrong", [np.full(8, 2.5), np.full(8, "a"), np.ones(8, "?")]
    )
    def test_dtype(self, wrong, refused):
        feeds = _feeds("foreign_names")
        if wrong.dtype.kind == "b":
            feeds["x"] = np.full(feeds["x"].shape, "a")
        else:
            feeds["lengths"] = wrong
        said = refused(**feeds)
        assert " takes int32. Rec" in said or " takes float32. Rec" in said

    def test_whole_numbers_that_are_too_large(self, refused):
        feeds = {**_feeds("foreign_names"), "lengths": np.full(8, 2**40)}
        assert "takes int32" in refused(**feeds)

    @pytest.mark.parametrize("shape", [(8, 9), (8, 9, 4), ()])
    def test_shape(self, shape, refused):
        feeds = {**_feeds("foreign_names"), "x": np.zeros(shape, "f")}
        said = refused(**feeds)
        assert "takes the shape [any, " in said
        assert f"Received: {list(shape)}" in said

    def test_no_graph(self, refused):
        assert "has none; name its file by --graph" in refused("--no-graph", x=1)


@pytest.mark.slow
def test_require_graph(converted, tmp_path, capfd):
    source, out = converted("foreign_names")
    assert main(["verify", source, str(out), "--require-graph"]) == 0
    said = capfd.readouterr().out
    assert (
        "Equal: 1 of 1 cells compute what your graph model.ckpt-40.meta computes, "
        "within this model's own rounding.\n"
    ) in said
    prefix = checkpoints.write(tmp_path / "m", checkpoints.cell("rnn/BNLSTMCell"))
    assert main(["convert", prefix, str(tmp_path / "out")]) == 0
    assert main(["verify", prefix, str(tmp_path / "out")]) == 0
    capfd.readouterr()
    assert main(["verify", prefix, str(tmp_path / "out"), "--require-graph"]) == 1
    said = capfd.readouterr().out
    assert "not compared with your graph: rnn/BNLSTMCell" in said
    assert "name its file by --graph FILE" in said
    assert (
        "Not proved: 1 of 1 cells compute what the per-step cell computes, within this "
        "model's own rounding, if your script used epsilon 1e-05, decay 0.95, "
        "activation tanh, recurrent activation sigmoid and forget bias 0: a checkpoint "
        "does not say.\n"
    ) in said


def test_other_settings_than_the_graph_has_are_no_proof(tmp_path, capfd):
    """Converted by names alone, with usual settings; then the graph is asked."""
    source = folder("tf-1.15.5/settings")
    for file in source.glob("model.ckpt-40*"):
        shutil.copy(file, tmp_path)
    prefix = str(tmp_path / "model.ckpt-40")
    out = tmp_path / "out"
    assert main(["convert", prefix, str(out), "--no-graph"]) == 0
    capfd.readouterr()
    assert main(["verify", prefix, str(out), "--require-graph"]) == 1
    said = capfd.readouterr().out
    assert "Different: 0 of 1 cells compute what your graph model.ckpt-40.meta" in said
