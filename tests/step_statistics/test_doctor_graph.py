"""``doctor`` asks the graph what it would ask the user, and names the node."""

import json
import re

import numpy as np
import pytest

import migrate
from helpers import aged, checkpoints
from helpers.recorded_graphs import folder, meta, variant
from migrate.cli.main import main
from migrate.graph import find, read


def fed(name):
    """The path of a graph of recordings/graphs/fed.py."""
    return str(folder("fed") / f"{name}.meta")


def _doctor(capfd, *argv):
    capfd.readouterr()
    code = main(["doctor", *map(str, argv), "--json"])
    said = capfd.readouterr()
    assert code in (0, 1), said.err
    return code, json.loads(said.out)


def _faults(found):
    return [one["fault"] for cell in found["cells"] for one in cell["findings"]]


@pytest.fixture
def checkpoint(tmp_path):
    """A function that gives a graph's cell the statistics of a recorded result, or any
    that look grown, and writes the checkpoint."""

    def write(path, recording=None):
        graph = read(path)
        rng = np.random.default_rng(0)
        values = {
            name: rng.uniform(0.2, 0.4, variable.shape).astype("f")
            for name, variable in graph.variables.items()
        }
        if recording is not None:
            (cell,) = find(graph).cells
            for role, name in cell.variables.items():
                array = getattr(aged.Aged(recording).weights, role, None)
                if array is not None and array.size == values[name].size:
                    values[name] = array.reshape(values[name].shape)
        return checkpoints.write(tmp_path / "model.ckpt", values)

    return write


class TestQuestions:
    """What the graph answers is not asked."""

    def test_steps_and_no_lengths(self, checkpoint, capfd):
        path = fed("constant_start")
        _, found = _doctor(capfd, checkpoint(path, "aged_healthy"), "--graph", path)
        (cell,) = found["cells"]
        assert cell["graph_shows"]["steps"] == {"value": 10, "node": "concat"}
        assert cell["graph_shows"]["lengths"]["value"] is None
        assert found["graph"] == "constant_start.meta"
        (question,) = found["not_told_by_a_checkpoint"]
        assert question.startswith("--data")

    def test_open_steps_are_asked(self, checkpoint, capfd):
        path = fed("open_steps")
        prefix = checkpoint(path, "aged_healthy")
        _, found = _doctor(capfd, prefix, "--graph", path)
        assert found["cells"][0]["graph_shows"]["steps"] is None
        assert found["not_told_by_a_checkpoint"][0].startswith("--steps")
        code, found = _doctor(capfd, prefix, "--graph", path, "--steps", 12)
        assert (code, _faults(found)) == (1, ["raced"])

    def test_fed_lengths_are_asked_for_with_the_node(self, checkpoint, capfd):
        path = fed("fed_lengths")
        prefix = checkpoint(path, "aged_lengths")
        _, found = _doctor(capfd, prefix, "--graph", path)
        question = found["not_told_by_a_checkpoint"][0]
        assert question.startswith("--lengths")
        assert "is fed lengths: n)" in question
        assert "padding counted" not in _faults(found)
        _, found = _doctor(capfd, prefix, "--graph", path, "--lengths", "2:10")
        assert "padding counted" in _faults(found)

    def test_lengths_that_the_graph_fixes(self, checkpoint, capfd):
        path = fed("full_lengths")
        _, found = _doctor(capfd, checkpoint(path, "aged_healthy"), "--graph", path)
        lengths = found["cells"][0]["graph_shows"]["lengths"]
        assert lengths == {"value": [10, 10], "node": "Fill"}
        assert not any("--len" in q for q in found["not_told_by_a_checkpoint"])

    def test_without_the_graph_all_is_asked(self, capfd):
        _, found = _doctor(capfd, aged.Aged("aged_healthy").prefix)
        assert found["graph"] is None
        assert found["cells"][0]["graph_shows"] is None
        flags = [q.split()[0] for q in found["not_told_by_a_checkpoint"]]
        assert flags == ["--steps", "--lengths", "--data"]


class TestContradictions:
    """What is given and the graph denies: one line, with the node."""

    @pytest.fixture
    def refused(self, checkpoint, capfd):
        def run(name, *argv):
            prefix = checkpoint(fed(name), "aged_healthy")
            capfd.readouterr()
            words = ["doctor", str(prefix), "--graph", fed(name), *map(str, argv)]
            assert main(words) == 2
            said = capfd.readouterr().err
            assert said.count("\n") == 1
            return said

        return run

    def test_steps(self, refused):
        assert (
            "12 steps were given, and the graph full_lengths.meta runs 10 (node x)"
            in (refused("full_lengths", "--steps", 12))
        )

    def test_lengths(self, refused):
        said = refused("open_steps", "--lengths", "2:9")
        assert "takes none" in said
        assert "(node x)" in said

    def test_settings(self, refused):
        assert "(node " in refused("open_steps", "--epsilon", 0.5)

    def test_data_of_other_steps_are_not_used(self, checkpoint, capfd, tmp_path):
        path = fed("full_lengths")
        prefix = checkpoint(path, "aged_healthy")
        np.savez(tmp_path / "x.npz", x=np.ones((3, 7, 4)))
        argv = (prefix, "--graph", path, "--data", tmp_path / "x.npz")
        _, found = _doctor(capfd, *argv)
        assert found["cells"][0]["data_not_used"] == "runs 10 steps (node x), x has 7"


class TestFaults:
    """They follow what the graph shows, not what is usual for a family."""

    def test_constant_inputs(self, checkpoint, capfd):
        path = fed("constant_start")
        _, found = _doctor(capfd, checkpoint(path, "aged_constant"), "--graph", path)
        (cell,) = found["cells"]
        constant = cell["graph_shows"]["constant"]
        assert constant == {"value": [0, 1, 2], "node": "zeros"}
        (finding,) = (f for f in cell["findings"] if f["fault"] == "zero variance")
        assert "the inputs are constant at steps 0-2" in finding["seen"]

    def test_shared_and_always_updated(self, checkpoint, capfd):
        path = fed("shared_always")
        _, found = _doctor(capfd, checkpoint(path, "aged_olavhn"), "--graph", path)
        assert _faults(found)[:2] == ["shared by all steps", "updated at test time"]
        assert found["cells"][0]["graph_shows"]["moves"]["value"] == "always"

    def test_shared_and_updated_in_training_only(self, checkpoint, capfd):
        path = fed("shared_in_training")
        _, found = _doctor(capfd, checkpoint(path, "aged_olavhn"), "--graph", path)
        assert "shared by all steps" in _faults(found)
        assert "updated at test time" not in _faults(found)

    @pytest.mark.parametrize("name", ["gamma_beta", "shared_forget_bias"])
    def test_trained_cells_whose_updates_stand_in_the_cond(self, name, capfd):
        model = meta(f"tf-1.15.5/{name}")
        _, found = _doctor(capfd, model)
        assert found["cells"][0]["graph_shows"]["moves"]["value"] == "in training"
        assert "shared by all steps" in _faults(found)
        assert "updated at test time" not in _faults(found)
        # By its names alone it is taken for what is usual.
        if name == "shared_forget_bias":
            _, found = _doctor(capfd, model.removesuffix(".meta"), "--no-graph")
            assert "updated at test time" in _faults(found)

    def test_updates_in_the_loop(self, checkpoint, capfd):
        path = fed("updates_in_the_loop")
        prefix = checkpoint(path)
        code, found = _doctor(capfd, prefix, "--graph", path)
        assert code == 1
        assert found["cells"][0]["graph_shows"]["moves"]["value"] == "in the loop"
        assert "updates inside the loop" in _faults(found)
        assert "shared by all steps" not in _faults(found)

    def test_updates_beside_the_steps(self, capfd):
        _, found = _doctor(capfd, meta("tf-1.15.5/unrolled_comment"))
        shows = found["cells"][0]["graph_shows"]
        assert shows["moves"]["value"] == "update_ops"
        assert shows["steps"]["value"] == 5
        assert "updates inside the loop" not in _faults(found)

    @pytest.mark.parametrize(
        ("name", "moves"), [("bn_always_moves", "always"), ("bn_never", "never")]
    )
    def test_a_row_for_each_step(self, name, moves, checkpoint, capfd):
        _, found = _doctor(capfd, checkpoint(variant(name)), "--graph", variant(name))
        assert found["cells"][0]["graph_shows"]["moves"]["value"] == moves
        assert ("updated at test time" in _faults(found)) == (moves == "always")
        assert "shared by all steps" not in _faults(found)


def test_two_rnns_each_by_its_own_loop(capfd):
    capfd.readouterr()
    main(["doctor", meta("tf-1.15.5/sleep"), "--steps", "7"])
    said = capfd.readouterr().out
    assert said.count("the graph shows: 7 steps (node ") == 2
    assert said.count("the graph shows: 4 steps (node ") == 2
    for fed_by in ("frame_seq_len", "epoch_seq_len"):
        assert said.count(f"lengths are fed (node {fed_by})") == 2
    assert said.count("the statistics move in training only (node ") == 4
    assert "--steps" not in said
    assert re.search(r"is fed lengths: epoch_seq_len, frame_seq_len\)", said)
    assert (
        "The checkpoint and its graph model.ckpt-40.meta do not say everything" in said
    )


def test_every_node_named_is_in_the_graph():
    for name in ("settings", "sleep", "foreign_names", "unrolled_comment"):
        model = meta(f"tf-1.15.5/{name}")
        graph = read(model)
        found = migrate.diagnose(model)
        for case in found.cases:
            for shown in case.shown.asdict().values():
                assert shown is None or shown["node"] in graph
