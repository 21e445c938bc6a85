"""Operations of TensorFlow that are a whole cell, or a whole RNN.

LSTMBlockCell and GRUBlockCell are one step: each is written out as its equations, so
that what reads other cells reads these. BlockLSTM is a loop of its own.
"""

from types import MappingProxyType

from migrate.graph.borders import integers, named, plain
from migrate.graph.build import common_scope
from migrate.graph.found import GraphCell, GraphRNN, Lacking, Setting

_OPAQUE = {
    "CudnnRNN": "a cuDNN RNN with an opaque kernel",
    "CudnnRNNV2": "a cuDNN RNN with an opaque kernel",
    "CudnnRNNV3": "a cuDNN RNN with an opaque kernel",
    "BlockLSTMV2": "an operation BlockLSTMV2",
    "While": "a functional While (control flow v2)",
    "StatelessWhile": "a functional While (control flow v2)",
    "If": "a functional If (control flow v2)",
}


def lstm_block(evaluator, name, number, polys):
    """LSTMBlockCell(x, c, h, W, 3 peepholes, b): gates i, j, f, o; output 1 c', 6 h'.

    Of h' the last operand is c'.
    """
    graph, algebra = evaluator.graph, evaluator.algebra
    clips = graph.attribute(name, "cell_clip", 3.0)
    if graph.attribute(name, "use_peephole", False) or number not in (1, 6):
        return None
    x, c, h, kernel, bias = polys[:5]
    joined = algebra.atom("concat", (x, h), node=name)
    z = algebra.add(algebra.atom("matmul", joined, kernel, node=name), bias)
    width = algebra.width(z)
    if width is None or width % 4:
        return None
    i, j, f, o = (algebra.slice(z, k * width // 4, width // 4) for k in range(4))
    if number == 6:
        gate = algebra.function("sigmoid", o, name)
        return algebra.mul(gate, algebra.function("tanh", polys[5], name))
    f = algebra.add(f, algebra.const(graph.attribute(name, "forget_bias", 1.0)))
    kept = algebra.mul(algebra.function("sigmoid", f, name), c)
    new = algebra.function("tanh", j, name)
    added = algebra.mul(algebra.function("sigmoid", i, name), new)
    total = algebra.add(kept, added)
    return algebra.atom("clip", -clips, clips, total, node=name) if clips > 0 else total


def gru_block(evaluator, name, number, polys):
    """GRUBlockCell(x, h, W_ru, W_c, b_ru, b_c): output 3 is h'."""
    algebra = evaluator.algebra
    if number != 3:
        return None
    x, h, gates, candidate, gates_bias, candidate_bias = polys
    joined = algebra.atom("concat", (x, h), node=name)
    z = algebra.add(algebra.atom("matmul", joined, gates, node=name), gates_bias)
    width = algebra.width(z)
    if width is None or width % 2:
        return None
    r, u = (
        algebra.function("sigmoid", algebra.slice(z, k, width // 2), name)
        for k in (0, width // 2)
    )
    joined = algebra.atom("concat", (x, algebra.mul(r, h)), node=name)
    z = algebra.add(
        algebra.atom("matmul", joined, candidate, node=name), candidate_bias
    )
    c = algebra.function("tanh", z, name)
    other = algebra.sub(algebra.const(1.0), u)
    return algebra.add(algebra.mul(u, h), algebra.mul(other, c))


COMPUTE = {"LSTMBlockCell": lstm_block, "GRUBlockCell": gru_block}
PLACES = {"LSTMBlockCell": (0, 1, 2, 3, 7), "GRUBlockCell": range(6)}


def whole_sequences(graph):
    """RNNs that are one operation, and operations that are RNNs but cannot be read."""
    rnns, others = [], []
    for name in graph:
        op = graph.op(name)
        if op == "BlockLSTM":
            found = _block_lstm(graph, name)
            (others if isinstance(found, Lacking) else rnns).append(found)
        elif op in _OPAQUE:
            others.append(Lacking(_OPAQUE[op], name))
    return rnns, others


def _block_lstm(graph, name):
    """BlockLSTM(most steps, x, c, h, W, 3 peepholes, b); outputs 1: all c, 6: all h."""
    inputs = graph.inputs(name)
    if len(inputs) != 9:
        raise graph.damaged(f"node {name[:200]} is no BlockLSTM of TensorFlow's")
    lacking = []
    kernel, bias = (_variable(graph, inputs[place]) for place in (4, 8))
    shapes = [graph.variables[v].shape if v else None for v in (kernel, bias)]
    units = (shapes[1] or (0,))[-1] // 4
    rows = (shapes[0] or (0,))[0] - units
    if not units or rows < 1 or shapes != [(rows + units, 4 * units), (4 * units,)]:
        return Lacking("a BlockLSTM whose kernel or bias is no variable", name)
    if graph.attribute(name, "use_peephole", False):
        lacking.append(Lacking("peepholes", name))
    if graph.attribute(name, "cell_clip", 3.0) > 0:
        lacking.append(Lacking("clipping of the cell state", name))
    if not _all_steps(graph, inputs[0], inputs[1]):
        lacking.append(Lacking("fewer steps than the sequence has", name))
    bias_value = float(f"{graph.attribute(name, 'forget_bias', 1.0):.7g}")
    settings = {
        "gates": "ijfo",
        "forget_bias": bias_value,
        "units": units,
        "input_dim": rows,
        "activation": "tanh",
        "recurrent_activation": "sigmoid",
    }
    cell = GraphCell(
        "lstm",
        common_scope([kernel, bias]),
        MappingProxyType({"kernel": kernel, "bias": bias}),
        "ijfo",
        MappingProxyType({key: Setting(v, name) for key, v in settings.items()}),
        False,
        tuple(lacking),
    )
    return GraphRNN(
        scope=cell.scope,
        cells=(cell,),
        kind="fused",
        inputs=named(inputs[1]),
        time_major=True,
        outputs=f"{name}:6",
        initial_states=(named(inputs[2]), named(inputs[3])),
        states=((0, "c"), (0, "h")),
    )


def _variable(graph, tensor):
    name = plain(graph, tensor)[0]
    if graph.op(name) == "ReadVariableOp":
        name = plain(graph, graph.inputs(name)[0])[0]
    return name if name in graph.variables else None


def _all_steps(graph, count, sequence):
    """Whether a count is the sequence's own length: of its shape, or a number."""
    name = plain(graph, count)[0]
    while graph.op(name) == "Cast":
        name = plain(graph, graph.inputs(name)[0])[0]
    if graph.op(name) == "Const":
        return True
    if graph.op(name) != "StridedSlice":
        return False
    shape, begin = graph.inputs(name)[:2]
    same = graph.op(shape[0]) == "Shape" and graph.inputs(shape[0])[0] == sequence
    return same and integers(graph, begin) == [0]
