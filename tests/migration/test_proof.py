"""The proof by the user's own graph, on models that real TensorFlow trained.

The settings, outputs and statistics that real TensorFlow recorded decide; the verdict
of ``verify`` comes after them.
"""

import shutil

import keras
import numpy as np
import pytest

import migrate
from helpers import recorded_graphs as graph_recordings
from migrate.cli.main import main
from migrate.graph.inventory import graph_inventory
from migrate.graph.open import open_source
from migrate.graph.session import UserGraph, border
from migrate.models.cells import assign_weights, cells_of, weights_of
from migrate.output.conversion import Conversion
from migrate.proof.cases import Case
from migrate.proof.runs import run_chains
from migrate.proof.verdict import relative_difference

# What no layer here has, with words that name it.
INEXPRESSIBLE = {
    "tf-1.15.5/hard_gates": "clip(0.2 z + 0.5",
    "tf-1.15.5/peephole": "peepholes",
    "tf-1.15.5/attention": "attention_cell_wrapper",
}
# README.md of the recordings: several steps update one row, in no order.
RACES = ("few_rows", "shared_forget_bias", "gamma_beta")
EXPRESSIBLE = [
    model
    if model.endswith(("foreign_names", "language"))
    else pytest.param(model, marks=pytest.mark.slow)
    for model in graph_recordings.MODELS
    if model not in INEXPRESSIBLE
]
# How far the real releases are from each other (tests/recordings/cells/README.md).
INFERENCE, TRAINING, STATISTICS = 6e-7, 3e-5, 3e-7


def _prefix(model, tmp_path=None, *, graph=True):
    prefix = graph_recordings.meta(model).removesuffix(".meta")
    if graph:
        return prefix
    for file in graph_recordings.folder(model).glob("model.ckpt-*"):
        if file.suffix != ".meta":
            shutil.copy(file, tmp_path)
    return str(tmp_path / "model.ckpt-40")


@pytest.mark.parametrize("model", EXPRESSIBLE)
def test_every_model_converts_and_verifies_without_an_option(model, tmp_path, capfd):
    prefix, out = _prefix(model), str(tmp_path / "out")
    assert main(["inspect", prefix]) == 0
    assert main(["convert", prefix, out]) == 0
    capfd.readouterr()
    assert main(["verify", prefix, out]) == 0
    said = capfd.readouterr().out
    assert "Equal" in said
    assert "your graph model.ckpt-40.meta" in said
    conversion = Conversion(out)
    _hold_settings(model, conversion)
    _hold_results(model, conversion)


def _hold_settings(model, conversion):
    """The settings that the report has are those that the script used."""
    found = {
        cell.scope: (rnn.scope, cell)
        for rnn in conversion.rnns.values()
        for cell in rnn.cells
    }
    true = graph_recordings.truth(model)["cells"]
    for scope, settings in true.items():
        if model.startswith("tf-0.12.1"):  # scopes of directions are capitals there
            scope = scope.replace("/fw/", "/FW/").replace("/bw/", "/BW/")
        where, cell = found[scope]
        known = conversion.settings(where).known(cell)
        for name, value in settings.items():
            if name in known:
                assert known[name].value == value, (scope, name)
                assert known[name].origin == "graph"
                assert known[name].node
    assert len(found) >= len(true)


def _hold_results(model, conversion):
    """The layers on what reaches the RNNs of the recorded run, against the record."""
    record = graph_recordings.Record(graph_recordings.folder(model) / "record.npz")
    source = open_source(graph_recordings.meta(model))
    shown = graph_inventory(source.graph, source.entries)
    compared = 0
    with UserGraph(source.graph, source) as graph:
        for network in shown.networks:
            rnn = next(
                r
                for r in conversion.rnns.values()
                if [c.scope for c in r.cells] == [c.scope for c in network.rnn.cells]
            )
            keras_model = conversion.model(rnn.scope)
            weights = [weights_of(cell) for cell in cells_of(keras_model)]
            tensors = [name for chain in network.chains for name in border(chain)]
            for training, limit in ((False, INFERENCE), (True, TRAINING)):
                reached, _ = graph.run_whole(record.feeds(training), tensors)
                for cell, given in zip(cells_of(keras_model), weights, strict=True):
                    assign_weights(cell, given)
                case = _case(network.chains[0], reached, training)
                result = run_chains(rnn, keras_model, case)
                compared += _hold_outputs(
                    network, result, record.outputs(training), limit
                )
                if training:
                    _hold_statistics(model, rnn, result, record)
    # Every model records the output or the final state of an RNN but this one, whose
    # last state is compared.
    assert compared or model.endswith("unrolled_comment")


def _case(chain, reached, training):
    if isinstance(chain.inputs, str):
        x = reached[chain.inputs]
        x = x.swapaxes(0, 1) if chain.time_major else x
    else:
        x = np.stack([reached[name] for name in chain.inputs], axis=1)
    lengths = None if chain.lengths is None else reached[chain.lengths]
    return Case("recorded", x, lengths, training)


def _hold_outputs(network, result, recorded, limit):
    """Holds the outputs that are recorded themselves, or side by side."""
    count = len(network.chains[0].cells)
    tops = [result.outputs[count * (n + 1) - 1] for n in range(len(network.chains))]
    both = np.concatenate(tops, axis=-1)
    compared = 0
    for array in recorded.values():
        if array.shape == both.shape and array.dtype == both.dtype:
            difference = relative_difference(both, array)
            # Of two RNNs of one shape, the other's output is far away.
            if difference < 1e-2:
                assert difference <= limit
                compared += 1
    return compared


def _hold_statistics(model, rnn, result, record):
    for number, cell in enumerate(rnn.cells):
        for key, array in result.statistics[number].items():
            name = cell.variables[key]
            if name not in record.statistics:
                continue
            expected = record.statistics[name]
            rows = slice(None)
            if model.endswith(RACES):
                if expected.ndim == 1:
                    continue
                rows = slice(0, -1)
            assert relative_difference(array[rows], expected[rows]) <= STATISTICS, name


@pytest.mark.parametrize("model", INEXPRESSIBLE)
def test_what_no_layer_has_is_named_with_its_node(model, tmp_path, capfd):
    prefix, out = _prefix(model), str(tmp_path / "out")
    assert main(["inspect", prefix]) == 0
    shown = capfd.readouterr().out
    assert INEXPRESSIBLE[model] in shown
    assert "(node " in shown
    assert main(["convert", prefix, out]) == 2
    error = capfd.readouterr().err
    assert error.count("\n") == 1
    assert INEXPRESSIBLE[model] in error
    assert "python -m migrate model makes" in error
    assert "--layout" not in error  # the graph would contradict it
    assert main(["verify", prefix, out]) == 2
    # Converted without its graph, it is never equal by it.
    if main(["convert", prefix, out, "--no-graph"]) == 0:
        capfd.readouterr()
        assert main(["verify", prefix, out]) == 1
        said = capfd.readouterr().out
        assert "Different" in said
        assert INEXPRESSIBLE[model] in said


def _different(model, tmp_path, **options):
    """Converts without the graph, with its defaults; verifies with the graph."""
    prefix = _prefix(model)
    migrate.convert(prefix, tmp_path / "out", graph=False, **options)
    return migrate.verify(prefix, tmp_path / "out")


@pytest.mark.parametrize(
    ("model", "setting"),
    [
        ("tf-1.15.5/fork_forget_bias", "forget_bias"),
        pytest.param(
            "tf-1.15.5/shared_forget_bias", "forget_bias", marks=pytest.mark.slow
        ),
        pytest.param("tf-1.15.5/language", "forget_bias", marks=pytest.mark.slow),
        ("tf-1.15.5/settings", "epsilon"),
    ],
)
def test_wrong_assumptions_are_different_by_the_graph(model, setting, tmp_path):
    """Each was called equal while the proof knew our assumptions alone."""
    proof = _different(model, tmp_path)
    assert not proof.equal()
    assert proof.by_graph
    assert any(setting in c for result in proof.cells for c in result.contradictions)
    assert max(result.excess for result in proof.cells) > 100


def test_without_a_graph_the_verdict_says_what_it_assumes(tmp_path, capfd):
    folder = tmp_path / "copy"
    folder.mkdir()
    prefix = _prefix("tf-1.15.5/fork_forget_bias", folder, graph=False)
    out = str(tmp_path / "out")
    assert main(["convert", prefix, out]) == 0
    said = capfd.readouterr().out
    assert "Assumed, for a checkpoint does not say" in said
    assert "forget_bias 0.0" in said
    assert main(["verify", prefix, out]) == 0
    said = capfd.readouterr().out
    assert "what the per-step cell computes" in said
    assert "if your script used" in said
    for assumed in (
        "epsilon 1e-05",
        "decay 0.95",
        "activation tanh",
        "forget bias 0",
    ):
        assert assumed in said
    assert "a checkpoint does not say" in said


def test_a_given_value_that_the_graph_contradicts(tmp_path, capfd):
    prefix = _prefix("tf-1.15.5/settings")
    argv = ["convert", prefix, str(tmp_path / "out"), "--epsilon", "1e-5"]
    assert main(argv) == 2
    error = capfd.readouterr().err
    assert "epsilon 1e-05 was given for encoder/BNCell" in error
    assert "0.001 (node encoder/while/BNCell/cond/batchnorm" in error
    assert not (tmp_path / "out").exists()
    # The same value as the graph's is no contradiction.
    assert main([*argv[:-1], "0.001"]) == 0


def test_load_goes_by_the_graph(recwarn):
    import bnlstm_compat

    prefix = _prefix("tf-1.15.5/settings")
    layer = bnlstm_compat.BNLSTM(6, 9, return_sequences=True)
    with pytest.raises(migrate.LoadError) as caught:
        migrate.load(layer, prefix)
    for words in ("epsilon=0.001", "momentum=0.9", "activation='relu'", "(graph: "):
        assert words in str(caught.value)
    right = bnlstm_compat.BNLSTM(
        6, 9, return_sequences=True, epsilon=1e-3, momentum=0.9, activation="relu"
    )
    recwarn.clear()
    migrate.load(right, prefix)
    assert not [w for w in recwarn if "assumed" in str(w.message)]
    record = graph_recordings.Record(
        graph_recordings.folder("tf-1.15.5/settings") / "record.npz"
    )
    expected = record.outputs(False)["encoder/transpose_1"]
    y = keras.ops.convert_to_numpy(right(record.feeds(False)["x"]))
    assert relative_difference(y, expected) <= INFERENCE


def test_load_without_a_graph_names_what_it_assumes():
    import bnlstm_compat

    prefix = _prefix("tf-1.15.5/settings")
    layer = bnlstm_compat.BNLSTM(6, 9, epsilon=1e-3)
    with pytest.warns(migrate.MigrateWarning, match="assumed") as caught:
        migrate.load(layer, prefix, graph=False)
    assert len(caught) == 1
    for words in ("epsilon 0.001", "decay 0.95", "activation tanh", "forget_bias 0.0"):
        assert words in str(caught[0].message)


def test_load_says_nothing_if_all_settings_are_given(recwarn):
    import bnlstm_compat

    settings = migrate.Settings(1e-5, 0.95, "tanh", "sigmoid", 0.0)
    layer = bnlstm_compat.BNLSTM(6, 9)
    migrate.load(layer, _prefix("tf-1.15.5/settings"), graph=False, settings=settings)
    assert not [w for w in recwarn if "assumed" in str(w.message)]
    wrong = migrate.Settings(1e-3, 0.95, "tanh", "sigmoid", 0.0)
    with pytest.raises(migrate.LoadError, match=r"epsilon=0\.001"):
        migrate.load(
            bnlstm_compat.BNLSTM(6, 9),
            _prefix("tf-1.15.5/settings"),
            graph=False,
            settings=wrong,
        )
