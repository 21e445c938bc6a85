"""Gradients of a user's graph, by TensorFlow 1's own rules, in its session.

TensorFlow differentiates loops and conds of version 1 if it knows them as such. A
``MetaGraphDef`` keeps what that takes: one record (a context) for each of them.
"""

import contextlib
from functools import cached_property

from migrate.errors import MigrateError
from migrate.graph.cut import cut
from migrate.graph.loops import ENTER
from migrate.graph.nodes import Graph, output
from migrate.graph.program import Program

_ARRAYS = ("TensorArrayV2", "Enter", "Identity", "Switch")
_RESOURCE = 20  # in types.proto


def cotangent(tensor: str) -> str:
    """The name under which a run is given the gradient that reaches a tensor."""
    return f"gradient of {tensor}"


class GradientProgram(Program):
    """A ``Program`` that also gives gradients: of the tensors ``of``, by ``by``.

    Args:
      arguments: as for ``Program``. of: names of tensors, floating; a run is given what
        ``cotangent`` names for each. by: names of variables in the graph.

    A run's arrays have the gradients under the variables' names; None where nothing
    depends on one.

    Raises:
      MigrateError: as ``Program``; TensorFlow cannot differentiate the graph.
    """

    def __init__(self, graph: Graph, feeds, fetches, extra, *more, of, by):
        self._contexts = _Contexts(graph)
        kept = self._contexts.exits(graph, feeds, (*fetches, *extra))
        super().__init__(graph, feeds, fetches, extra, *more, kept=kept)
        with self._errors(), self._graph.as_default():
            self._differentiate(of, by)

    def _changed(self, graph_def):
        return _with_newer_arrays(super()._changed(graph_def))

    def _differentiate(self, of, by):
        import tensorflow.compat.v1 as tf

        self._contexts.restore(self._graph)
        named = self._graph.get_tensor_by_name
        ends = [named(self._fetched[name]) for name in of]
        starts = [tf.placeholder(end.dtype, end.shape) for end in ends]
        self._fed |= {cotangent(n): s.name for n, s in zip(of, starts, strict=True)}
        here = [name for name in by if name in self._values]
        with _control_flow_of_version_1():
            found = tf.gradients(ends, [named(f"{n}:0") for n in here], starts)
            self._fetched |= {
                name: tf.convert_to_tensor(gradient)
                for name, gradient in zip(here, found, strict=True)
                if gradient is not None
            }


@contextlib.contextmanager
def _control_flow_of_version_1():
    """TensorFlow differentiates loops of version 1, also in a program of version 2."""
    import tensorflow.compat.v1 as tf

    enabled = tf.control_flow_v2_enabled()
    tf.disable_control_flow_v2()
    try:
        yield
    finally:
        if enabled:
            tf.enable_control_flow_v2()


class _Contexts:
    """The contexts of a graph's loops and conds."""

    def __init__(self, graph):
        self._graph = graph

    @cached_property
    def _loops(self):
        """Those of loops, with the conds in them."""
        from tensorflow.core.protobuf import control_flow_pb2

        loops = self._read("while_context", control_flow_pb2.WhileContextDef)
        for cond in self._conds:
            pivot = output(cond.pivot_name)[0]
            for loop in loops:
                if pivot in {output(value)[0] for value in loop.values_def.values}:
                    self._nest(cond, loop)
        return loops

    def _nest(self, cond, loop):
        """Puts a cond into its loop. TensorFlow kept the two apart before version 1.5,
        and counted what decides the cond, and what enters the loop for it, as the
        cond's own."""
        inner = loop.nested_contexts.add().cond_ctxt
        inner.CopyFrom(cond)
        outside = inner.values_def.external_values
        for value in inner.values_def.values:
            name = output(value)[0]
            if name in self._graph and self._graph.op(name) in ENTER:
                outside[value] = value
        outside[inner.pred_name] = inner.pred_name

    @cached_property
    def _conds(self):
        from tensorflow.core.protobuf import control_flow_pb2

        return self._read("cond_context", control_flow_pb2.CondContextDef)

    def _read(self, key, kind):
        if self._graph.meta is None or key not in self._graph.meta.collection_def:
            return []
        data = self._graph.meta.collection_def[key].bytes_list.value
        try:
            return [kind.FromString(one) for one in data]
        except Exception as error:  # whatever protobuf raises today
            raise self._graph.damaged(f"collection {key}") from error

    def exits(self, graph, feeds, wanted):
        """What leaves the loops that run for ``wanted``: all of it, for a gradient
        comes back through each exit, used or not."""
        exits = ()
        while True:
            part = cut(graph, feeds, (*wanted, *exits)).graph_def
            names = {node.name for node in part.node}
            _require_known(graph, part, self._loops)
            found = tuple(
                name
                for loop in self._loops
                if any(output(n)[0] in names for n in loop.loop_exit_names)
                for name in loop.loop_exit_names
                if output(name)[0] in graph and graph.op(output(name)[0]) == "Exit"
            )
            if found == exits:
                return exits
            exits = found

    def restore(self, graph):
        """Tells a TensorFlow graph which of its operations are loops and conds."""
        from tensorflow.python.ops import control_flow_ops

        names = {operation.name for operation in graph.get_operations()}
        inside = set()
        for loop in self._loops:
            if output(loop.pivot_name)[0] in names:
                inside |= {c.cond_ctxt.pivot_name for c in loop.nested_contexts}
                control_flow_ops.WhileContext.from_proto(_pruned(loop, names))
        for cond in self._conds:
            if cond.pivot_name not in inside and _whole(cond, names):
                control_flow_ops.CondContext.from_proto(_pruned(cond, names))


def _require_known(graph, part, loops):
    known = {output(n)[0] for loop in loops for n in loop.loop_exit_names}
    for node in part.node:
        if node.op == "Exit" and node.name not in known:
            raise MigrateError(
                f"{graph.label} does not keep what TensorFlow needs to differentiate "
                f"its loop at node {node.name}; a .meta file does"
            )


def _whole(cond, names):
    """Whether the tensors that a cond goes by are in the graph."""
    return {output(cond.pivot_name)[0], output(cond.pred_name)[0]} <= names


def _pruned(context, names):
    """A copy of a context without the operations that are not in the graph."""
    copy = type(context)()
    copy.CopyFrom(context)
    values = copy.values_def
    values.values[:] = [v for v in values.values if output(v)[0] in names]
    for inner, outer in list(values.external_values.items()):
        if output(outer)[0] not in names:
            del values.external_values[inner]
    if hasattr(copy, "loop_exit_names"):
        for list_ in (copy.loop_exit_names, copy.loop_enter_names):
            list_[:] = [name for name in list_ if output(name)[0] in names]
    nested = list(copy.nested_contexts)
    del copy.nested_contexts[:]
    for one in nested:
        kind = one.WhichOneof("ctxt")
        inner = getattr(one, kind)
        if kind == "while_ctxt" or _whole(inner, names):
            getattr(copy.nested_contexts.add(), kind).CopyFrom(_pruned(inner, names))
    return copy


def _with_newer_arrays(graph_def):
    """A copy with the TensorArrays of TensorFlow 0.12 as those of 1.0: the same, but
    that a resource is their handle, as it must be for a gradient."""
    copy = type(graph_def)()
    copy.CopyFrom(graph_def)
    handles = set()
    for _ in copy.node:  # a handle goes through few operations, in any order
        more = {
            node.name
            for node in copy.node
            if node.name not in handles
            and (
                node.op == _ARRAYS[0]
                or (node.op in _ARRAYS and output(node.input[0])[0] in handles)
            )
        }
        if not more:
            break
        handles |= more
    for node in copy.node:
        if node.name in handles and node.op != _ARRAYS[0]:
            node.attr["T"].type = _RESOURCE
        if node.op.startswith("TensorArray") and node.op.endswith("V2"):
            node.op = f"{node.op[:-1]}3"
    return copy
