"""What is cut out of a graph to run, and graphs of unknown origin that are run."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from helpers.recorded_graphs import meta
from migrate.errors import MigrateError
from migrate.graph import Graph, harmless, read
from migrate.graph.cut import cut, step_by_step
from migrate.graph.session import UserGraph

TF1 = tf.raw_ops


def graph_of(build, label="hostile.pb"):
    """The graph of what ``build`` makes; its result is the tensor "out"."""
    with tf.Graph().as_default() as graph:
        tf.identity(build(), "out")
    return Graph(graph.as_graph_def(), label)


def refusal(graph, feeds=None, **bounds):
    """The sentence that running a graph ends in."""
    with pytest.raises(MigrateError) as caught:
        UserGraph(graph, {}, **bounds).run_whole(feeds or {}, ("out",))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def endless():
    """A loop of TensorFlow 1 whose condition is always true."""
    graph = tf.GraphDef()

    def add(name, op, *inputs, **attributes):
        node = graph.node.add(name=name, op=op)
        node.input.extend(inputs)
        node.attr["T"].type = tf.int32.as_datatype_enum
        return node

    start = add("start", "Const")
    del start.attr["T"]
    start.attr["dtype"].type = tf.int32.as_datatype_enum
    start.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(1))
    add("enter", "Enter", "start").attr["frame_name"].s = b"frame"
    add("merge", "Merge", "enter", "next").attr["N"].i = 2
    add("test", "GreaterEqual", "merge", "merge")
    del add("go", "LoopCond", "test").attr["T"]
    add("switch", "Switch", "merge", "go")
    add("next", "NextIteration", "switch:1")
    add("out", "Exit", "switch")
    return Graph(graph, "endless.pb")


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: tf.py_func(lambda: 1.0, [], tf.float64), "PyFunc (node PyFunc) calls"),
        (lambda: tf.read_file("/etc/hosts"), "ReadFile (node ReadFile) reads or"),
        (
            lambda: TF1.Restore(file_pattern="a", tensor_name="b", dt=tf.float32),
            "files",
        ),
        (lambda: TF1.MatchingFiles(pattern="*"), "MatchingFiles (node"),
        (
            lambda: TF1.GenerateVocabRemapping(
                new_vocab_file="a",
                old_vocab_file="b",
                new_vocab_offset=0,
                num_new_vocab=1,
            )[0],
            "GenerateVocabRemapping (node",
        ),
        (
            lambda: TF1.FixedUnigramCandidateSampler(
                true_classes=[[tf.cast(1, tf.int64)]],
                num_true=1,
                num_sampled=1,
                unique=True,
                range_max=2,
                vocab_file="/etc/hosts",
            )[0],
            "FixedUnigramCandidateSampler (node",
        ),
        (
            lambda: tf.data.make_one_shot_iterator(tf.data.Dataset.range(3)).get_next(),
            "reads data by itself",
        ),
        (
            lambda: TF1.DebugIdentity(input=1.0, debug_urls=["file:///tmp/x"]),
            "DebugIdentity (node",
        ),
    ],
)
def test_operations_that_touch_more_than_tensors_are_refused(build, message):
    graph = graph_of(build)
    assert message in refusal(graph)
    assert "hostile.pb is not run" in refusal(graph)


def test_such_operations_are_refused_as_control_inputs_and_in_functions(tmp_path):
    def written():
        write = tf.write_file(str(tmp_path / "file"), "text")
        with tf.control_dependencies([write]):
            return tf.constant(1.0)

    def called():
        @tf.function
        def inner():
            return tf.strings.length(tf.io.read_file("/etc/hosts"))

        return inner()

    def ended():
        with tf.control_dependencies([TF1.Abort(error_msg="x")]):
            return tf.constant(1.0)

    assert "WriteFile (node" in refusal(graph_of(written))
    assert not (tmp_path / "file").exists()
    assert "ReadFile (node" in refusal(graph_of(called))
    assert "Abort (node Abort) ends the process" in refusal(graph_of(ended))


def test_what_is_not_asked_for_is_neither_run_nor_refused():
    def build():
        tf.read_file("/etc/hosts")
        return tf.add(tf.placeholder(tf.float32, [], "x"), 1.0)

    got, _ = UserGraph(graph_of(build), {}).run_whole({"x": 2}, ("out",))
    assert got["out"] == 3


def test_every_stateful_operation_is_known_or_refused():
    """Those that run are of these kinds; a new kind of TensorFlow's is refused."""
    from tensorflow.python.framework import op_def_registry

    kinds = (
        "Var Random Table TensorArray Stack Queue Assert CheckNumerics Mutex RNN "
        "Resource CandidateSampler Stateful Rng Normal Multinomial If Case While "
        "GuaranteeConst Empty DeepCopy NonDeterministicInts Distorted Timestamp"
    ).split()
    run = [
        name
        for name in dir(tf.raw_ops)
        if (definition := op_def_registry.get(name)) is not None
        and definition.is_stateful
        and not harmless.refused(tf.GraphDef(node=[tf.NodeDef(name="a", op=name)]))
    ]
    assert {"VariableV2", "TensorArrayV3", "RandomUniform"} <= set(run)
    assert [n for n in run if not any(k in n for k in kinds)] == ["Print"]
    for part in ("File", "Reader", "Dataset", "Save", "Restore", "Py", "Send", "Recv"):
        assert not [name for name in run if part in name]


def test_an_endless_loop_or_an_empty_queue_ends_in_time():
    waiting = graph_of(lambda: tf.FIFOQueue(1, [tf.float32], []).dequeue())
    for graph in (endless(), waiting):
        message = refusal(graph, seconds=1)
        assert f"{graph.label}: it did not end within 1 seconds" in message


@pytest.mark.slow
def test_a_run_gets_no_more_memory_than_allowed():
    """10^12 numbers, and a tensor that grows; TensorFlow tries again for 10 s."""
    huge = graph_of(
        lambda: tf.reduce_sum(tf.fill(tf.placeholder(tf.int32, [2], "n"), 1))
    )
    message = refusal(huge, {"n": [10**6, 10**6]}, seconds=40)
    assert "needs more than 1.0 GiB of memory" in message


def test_unknown_and_impossible_operations_are_named():
    graph = tf.GraphDef()
    graph.node.add(name="zero", op="ZeroOut")
    graph.node.add(name="out", op="Resampler", input=["zero"])
    message = refusal(Graph(graph, "custom.pb"))
    assert "ZeroOut (node zero), Resampler (node out)" in message

    def impossible():
        return tf.constant([1.0, 2.0]) + tf.placeholder_with_default([1.0, 2.0], [2])

    damaged = graph_of(impossible)
    damaged.graph_def.node[0].attr["value"].tensor.tensor_shape.dim[0].size = -5
    # Such a shape is found before anything runs.
    assert "Const has the shape [-5]" in refusal(damaged)


def test_the_part_holds_only_what_runs():
    """The RNN of sleep: no optimizer, no gradients, no Saver, nothing before it."""
    graph = read(meta("tf-1.15.5/sleep"))
    scope = "epoch_rnn_layer/fw/fw/"
    part = cut(
        graph, ["Reshape_4", "epoch_seq_len", "istraining"], [scope + "transpose_1"]
    )
    names = {node.name for node in part.graph_def.node}
    assert len(names) < len(graph) / 20
    assert names - set(part.fed.values()) <= set(graph)
    assert not [
        n for n in names if n.startswith(("gradients", "save", "frame", "beta1"))
    ]
    assert {graph.op(n) for n in names & set(graph)} >= {"VariableV2", "LoopCond"}
    loops = [n for n in step_by_step(part.graph_def).node if n.op == "Enter"]
    assert loops
    assert {node.attr["parallel_iterations"].i for node in loops} == {1}
    assert {
        node.attr["parallel_iterations"].i
        for node in part.graph_def.node
        if node.op == "Enter"
    } == {32}


def test_any_output_of_a_node_can_be_fed_and_fetched():
    def build():
        x = tf.placeholder(tf.float64, [None, 4], "x")
        left, right = tf.split(x, 2, axis=1, name="split")
        with tf.control_dependencies([x]):
            return left - 2 * right

    user = UserGraph(graph_of(build), {})
    right = np.array([[5.0, 6.0]])
    feeds = {"x": np.array([[1.0, 2.0, 3.0, 4.0]]), "split:1": right}
    got, _ = user.run_whole(feeds, ("out", "split:1", "split", "x:0"))
    assert got["out"].tolist() == [[-9.0, -10.0]]
    assert np.array_equal(got["split:1"], right)
    assert got["split"].tolist() == [[1.0, 2.0]]
    assert got["x:0"].dtype == np.float64
    twice, _ = user.run_whole({**feeds, "x:0": feeds["x"]}, ("out",))
    assert np.array_equal(twice["out"], got["out"])
