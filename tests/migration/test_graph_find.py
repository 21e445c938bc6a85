"""Recurrent networks found in graphs of real TensorFlow, by what they compute."""

import functools
import random

import pytest

from helpers.recorded_graphs import MODELS, meta, truth, variant, variants
from migrate.graph import Graph, find, read
from migrate.graph.loops import loops

# Names of variables of the recorded cells (make.py) -> roles.
_SITES = {"xh": "input", "hh": "recurrent", "c": "cell"}
_LEAVES = {
    **{f"{s}/scale": f"{r}_gamma" for s, r in _SITES.items()},
    **{f"{s}/offset": f"{r}_beta" for s, r in _SITES.items()},
    **{f"{s}/pop_mean": f"{r}_moving_mean" for s, r in _SITES.items()},
    **{f"{s}/pop_var": f"{r}_moving_variance" for s, r in _SITES.items()},
    **{f"{s}/pop_mean_all": f"{r}_moving_mean" for s, r in _SITES.items()},
    **{f"{s}/pop_var_all": f"{r}_moving_variance" for s, r in _SITES.items()},
    **{f"{s}/gamma": f"{r}_gamma" for s, r in _SITES.items()},
    **{f"{s}/beta": f"{r}_beta" for s, r in _SITES.items()},
    **{f"{s}/mean": f"{r}_moving_mean" for s, r in _SITES.items()},
    **{f"{s}/var": f"{r}_moving_variance" for s, r in _SITES.items()},
    "W_xh": "kernel",
    "W_hh": "recurrent_kernel",
    "bias": "bias",
    "kernel_x": "kernel",
    "kernel_h": "recurrent_kernel",
    **{
        f"bn_{s}/gamma": f"{r}_gamma"
        for s, r in zip("xhc", _SITES.values(), strict=True)
    },
    **{
        f"bn_{s}/beta": f"{r}_beta" for s, r in zip("xhc", _SITES.values(), strict=True)
    },
    **{
        f"bn_{s}/running_{k}": f"{r}_moving_{v}"
        for s, r in zip("xhc", _SITES.values(), strict=True)
        for k, v in (("mean", "mean"), ("var", "variance"))
    },
    "kernel": "kernel",
    **{
        n: n
        for n in ("gates/kernel", "gates/bias", "candidate/kernel", "candidate/bias")
    },
}
#: Models whose cells a layer can be, and those that lack something.
EXPRESSIBLE = [
    m for m in MODELS if m.split("/")[1] not in ("hard_gates", "peephole", "attention")
]
BN = [
    m
    for m in EXPRESSIBLE
    if m.split("/")[1] not in ("language", "conv_gru", "unrolled_comment")
]


@functools.cache
def found(path):
    return find(read(path))


def _values(cell):
    return {name: setting.value for name, setting in cell.settings.items()}


def _lacks(result):
    """All that keeps a result from being layers, as one text."""
    cells = [lack for cell in result.cells for lack in cell.lacking]
    return [
        *cells,
        *(lack for rnn in result.rnns for lack in rnn.lacking),
        *result.loops,
    ]


def test_there_are_models():
    assert len(MODELS) == 16
    assert len(variants()) > 60


@pytest.mark.parametrize("model", EXPRESSIBLE)
def test_settings_are_those_of_the_script(model):
    true, result = truth(model)["cells"], found(meta(model))
    assert not _lacks(result)
    if model.endswith("unrolled_comment"):
        # The record names no cells; make.py has these.
        true = {
            "BNLSTMCell": {
                "epsilon": 1e-3,
                "decay": 0.99,
                "activation": "tanh",
                "forget_bias": 0.0,
                "gates": "fioj",
            }
        }
    # TensorFlow 0.12 names scopes of the two directions in capitals.
    true = {scope.lower(): settings for scope, settings in true.items()}
    assert {cell.scope.lower() for cell in result.cells} == true.keys()
    for cell in result.cells:
        settings = _values(cell)
        for name, value in true[cell.scope.lower()].items():
            assert settings[name] == value, (cell.scope, name)
        assert cell.gates == settings["gates"]


@pytest.mark.parametrize("model", [m for m in BN if not m.endswith("unrolled_comment")])
def test_roles_are_those_of_the_script(model):
    for cell in found(meta(model)).cells:
        leaves = {
            name[len(cell.scope) + 1 :]: role for role, name in cell.variables.items()
        }
        assert leaves == {leaf: _LEAVES[leaf] for leaf in leaves}
        variables = read(meta(model)).variables
        own = {
            name[len(cell.scope) + 1 :]
            for name in variables
            if name.startswith(cell.scope + "/") and "Adam" not in name
        }
        assert leaves.keys() == own


def test_each_setting_names_a_node_that_shows_it():
    graph = read(meta("tf-1.15.5/settings"))
    (cell,) = find(graph).cells
    for name in ("epsilon", "decay"):
        value, node = cell.settings[name]
        assert graph.op(node) == "Const"
        shown = float(graph.constant(node))
        assert shown == pytest.approx(value, rel=1e-6) or (
            shown == pytest.approx(1 - value, rel=1e-6)
        )
    assert graph.op(cell.settings["activation"].node) == "Relu"
    assert graph.op(cell.settings["recurrent_activation"].node) == "Sigmoid"
    assert graph.op(cell.settings["gates"].node) == "Split"
    assert graph.op(cell.settings["moves"].node) == "StridedSliceAssign"
    graph = read(meta("tf-1.15.5/fork_forget_bias"))
    value, node = find(graph).cells[0].settings["forget_bias"]
    assert graph.op(node) == "Const"
    assert float(graph.constant(node)) == value == 1.0


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("tf-1.15.5/hard_gates", ("clip(0.2 z + 0.5",)),
        ("tf-1.15.5/peephole", ("peepholes", "a projection")),
        ("tf-1.15.5/attention", ("input", "layer norm")),
    ],
)
def test_what_no_layer_has_is_named_with_its_node(model, words):
    graph = read(meta(model))
    result = find(graph)
    assert not any(rnn.expressible for rnn in result.rnns)
    lacks = _lacks(result)
    for word in words:
        assert any(word in lack.what for lack in lacks), word
    for lack in lacks:
        assert lack.node in graph


def test_borders_of_both_directions():
    result = found(meta("tf-1.15.5/sleep"))
    forward, backward = result.rnns[:2]
    assert (forward.inputs, forward.time_major) == ("dropout/mul_1", False)
    assert forward.outputs == "frame_rnn_layer/fw/fw/transpose_1"
    assert forward.reverse is None
    assert forward.lengths == backward.lengths == "frame_seq_len"
    assert (
        backward.inputs
        == backward.reverse.input
        == "frame_rnn_layer/bw/ReverseSequence"
    )
    assert backward.reverse.output == "ReverseSequence"
    assert backward.reverse.lengths == "frame_seq_len"
    assert forward.switches == ("istraining",)
    assert forward.states == ((0, "c"), (0, "h"), (0, "step"))
    assert forward.final_states == tuple(
        f"frame_rnn_layer/fw/fw/while/Exit_{k}" for k in (3, 4, 5)
    )
    assert len(forward.initial_states) == 3
    assert forward.kind == "dynamic"
    assert forward.frame is not None


def test_dropout_between_layers_says_how_to_turn_it_off():
    (rnn,) = found(meta("tf-1.15.5/language")).rnns
    assert len(rnn.cells) == 2
    assert rnn.expressible
    assert [(w.what, w.off) for w in rnn.wrappers] == [("dropout", ("keep", 1.0))] * 2


def test_steps_of_a_python_loop_have_variables_of_their_own():
    (rnn,) = found(meta("tf-1.15.5/unrolled_comment")).rnns
    (cell,) = rnn.cells
    assert rnn.kind == "static"
    assert len(rnn.inputs) == len(rnn.outputs) == 5
    assert cell.per_step
    assert cell.variables["kernel"] == "BNLSTMCell/W_XH"
    assert cell.variables["input_gamma"] == tuple(
        f"BNLSTMCell/bn_xWXH{t}/gamma" for t in range(5)
    )
    assert _values(cell)["moves"] == "update_ops"
    assert _values(cell)["max_bn_steps"] == 5


@pytest.mark.parametrize("name", sorted(variants()))
def test_the_ways_in_which_people_wrote_them(name):
    result, true = found(variant(name)), variants()[name]
    lacks = _lacks(result)
    if not true or isinstance(true[0], str):
        assert lacks
        assert not any(rnn.expressible for rnn in result.rnns)
        for word in true:
            assert any(word in lack.what for lack in lacks), lacks
        return
    assert not lacks
    assert [cell.family for cell in result.cells] == [cell["family"] for cell in true]
    for cell, expected in zip(result.cells, true, strict=True):
        settings = _values(cell)
        assert {k: settings.get(k) for k in expected["settings"]} == expected[
            "settings"
        ]
        assert dict(cell.variables) == expected["roles"]
        assert all(rnn.expressible for rnn in result.rnns)


def _renamed(graph, seed):
    """The same graph with a random name for every node, frame and array."""
    draw, names = random.Random(seed), {}
    other = type(graph.graph_def)()
    other.CopyFrom(graph.graph_def)
    for node in other.node:
        names[node.name] = f"n{draw.getrandbits(60):x}/{draw.getrandbits(20):x}"
    frames = {}
    for node in other.node:
        node.name = names[node.name]
        for k, tensor in enumerate(node.input):
            bare = tensor.lstrip("^")
            name, _, number = bare.partition(":")
            new = names[name] + (":" + number if number else "")
            node.input[k] = "^" * (bare != tensor) + new
        for key in ("_class", "tensor_array_name", "shared_name"):
            if key in node.attr:
                del node.attr[key]
        if "frame_name" in node.attr:
            frame = frames.setdefault(
                node.attr["frame_name"].s, f"f{draw.getrandbits(60):x}"
            )
            node.attr["frame_name"].s = frame.encode()
    meta = None
    if graph.meta is not None:
        meta = type(graph.meta)()
        for name in graph.collections.get("update_ops", ()):
            meta.collection_def["update_ops"].node_list.value.append(names[name])
    return Graph(other, "renamed", meta), names


def _plain(result, names=None):
    """A result without what names and order decide, in terms of the first names."""
    back = {new: old for old, new in (names or {}).items()}

    def old(tensor):
        if tensor is None:
            return None
        name, _, number = tensor.partition(":")
        return back.get(name, name) + (":" + number if number else "")

    def of(value):
        return tuple(map(old, value)) if isinstance(value, tuple) else old(value)

    rnns = []
    for rnn in result.rnns:
        cells = [
            (
                cell.family,
                cell.gates,
                {role: of(name) for role, name in cell.variables.items()},
                {k: v.value for k, v in cell.settings.items()},
                sorted((lack.what, old(lack.node)) for lack in cell.lacking),
            )
            for cell in rnn.cells
        ]
        reverse = rnn.reverse and tuple(map(old, rnn.reverse))
        states = sorted(
            zip(rnn.states, of(rnn.initial_states), of(rnn.final_states), strict=False)
        )
        borders = (of(rnn.inputs), of(rnn.outputs), old(rnn.lengths), reverse, states)
        offs = [(w.what, w.off and (old(w.off[0]), w.off[1])) for w in rnn.wrappers]
        rest = (of(rnn.switches), rnn.kind, rnn.time_major, offs)
        rnns.append((cells, borders, rest, len(rnn.lacking)))
    return sorted(rnns, key=str), len(result.loops)


@pytest.mark.parametrize(
    "model", [*MODELS, "bn_stack", "bn_static", "lstm_keras_by_gate"]
)
def test_no_name_is_used(model):
    graph = read(meta(model) if "/" in model else variant(model))
    other, names = _renamed(graph, model)
    assert _plain(find(other), names) == _plain(find(graph))


def _float_edges(graph, loop):
    """Edges (node, place) by which numbers flow into what a loop carries on."""
    stack = [v.following[0] for v in loop.variables]
    seen, edges = set(stack), []
    states = {v.merge for v in loop.variables}
    blind = ("Shape", "ZerosLike", "OnesLike")
    while stack:
        name = stack.pop()
        if name in states or graph.op(name) in (*blind, "Enter", "RefEnter"):
            continue
        for place, (source, _) in enumerate(graph.inputs(name)):
            kind = graph.attribute(name, "T", graph.attribute(name, "dtype"))
            if kind == 1 and _is_float(graph, name, place):
                edges.append((name, place))
            if source not in seen:
                seen.add(source)
                stack.append(source)
    return edges


def _is_float(graph, name, place):
    op = graph.op(name)
    numbers = {
        **dict.fromkeys(("Mean", "Sum", "Squeeze", "StridedSlice", "Switch"), (0,)),
        "Split": (1,),
        "ConcatV2": (0, 1),
        "Select": (1, 2),
        **dict.fromkeys(("Add", "AddV2", "Sub", "Mul", "MatMul", "BiasAdd"), (0, 1)),
        **dict.fromkeys(("Sigmoid", "Tanh", "Relu", "Rsqrt", "Merge"), (0,)),
        "SquaredDifference": (0, 1),
        "StridedSliceAssign": (4,),
        "Assign": (1,),
    }
    return place in numbers.get(op, ())


@pytest.mark.parametrize(
    ("model", "count"),
    [
        ("tf-1.15.5/foreign_names", 25),
        ("tf-1.15.5/conv_gru", 25),
        pytest.param("tf-1.15.5/foreign_names", None, marks=pytest.mark.slow),
        pytest.param("tf-1.15.5/gamma_beta", None, marks=pytest.mark.slow),
        pytest.param("tf-1.15.5/language", None, marks=pytest.mark.slow),
    ],
)
def test_an_operation_more_on_any_edge_is_never_overlooked(model, count):
    """log(1 + exp(.)) on one edge of the loop: another cell, or none."""
    graph = read(meta(model))
    original = _plain(find(graph))
    edges = _float_edges(graph, loops(graph)[0])
    assert len(edges) > 20
    if count is not None:
        edges = random.Random(0).sample(edges, count)
    nodes = {node.name: node for node in graph.graph_def.node}
    missed = []
    for name, place in edges:
        first = nodes[name].input[place]
        extra = graph.graph_def.node.add(name="extra", op="Softplus", input=[first])
        extra.attr["T"].type = 1
        nodes[name].input[place] = "extra"
        if _plain(find(Graph(graph.graph_def, "changed", graph.meta))) == original:
            missed.append((graph.op(name), name, place))
        nodes[name].input[place] = first
        del graph.graph_def.node[-1]
    assert missed == []
