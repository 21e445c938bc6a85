"""A GraphDef by the names of its nodes: inputs, consumers, variables, constants."""

import math
from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

from migrate.errors import MigrateError

# A graph with more nodes than this is refused: it would not fit a gigabyte here.
MOST_NODES = 200_000
# Finding may look at this many nodes, many of them again and again. An honest graph
# needs a hundredth of it.
_MOST_WORK = 20_000_000
# Operations that hold a variable, and how later operations use it.
VARIABLES = {
    "Variable": "reference",
    "VariableV2": "reference",
    "TemporaryVariable": "reference",
    "VarHandleOp": "resource",
}
PLACEHOLDERS = ("Placeholder", "PlaceholderV2", "PlaceholderWithDefault")
_RESTORES = ("RestoreV2", "Restore", "RestoreSlice")
_FLOATS = (1, 2, 14, 19)  # float32, float64, bfloat16, float16 in types.proto


class Variable(NamedTuple):
    """``shape`` (None where the graph does not say), ``dtype`` (TensorFlow's name of
    it), ``kind``: "reference", "resource", or "constant" in a frozen graph."""

    shape: tuple[int, ...] | None
    dtype: str
    kind: str


def output(tensor: str) -> tuple[str, int]:
    """The node and the number of the output that a tensor's name says."""
    name, _, number = tensor.partition(":")
    return name, int(number) if number.isdigit() else 0


class Graph:
    """A graph that is read and never run.

    Args:
      graph_def: a ``GraphDef``.
      label: what people call it: the file's name.
      meta: the ``MetaGraphDef`` around it, if there is one.
      file: the path of the file that it was read from, if it was.

    Attributes:
      graph_def, label, meta, file: as given.

    Raises:
      MigrateError: too many nodes, two of one name, an input that is not there, a cycle
        without a loop, or a variable of an impossible shape.
    """

    def __init__(self, graph_def, label: str, meta=None, file=None):
        self.graph_def, self.label = graph_def, label
        self.meta, self.file = meta, file
        if len(graph_def.node) > MOST_NODES:
            raise self.damaged(
                f"it has {len(graph_def.node):,} nodes, and at most {MOST_NODES:,} "
                "are read"
            )
        self._work = 0
        self._nodes = {node.name: node for node in graph_def.node}
        if len(self._nodes) != len(graph_def.node):
            raise self.damaged("two of its nodes have one name")
        if not all(name.isprintable() for name in self._nodes):
            raise self.damaged("the name of a node is no text")
        self._require_inputs()
        self._require_order()

    def damaged(self, reason: str) -> MigrateError:
        """The error for a graph that cannot be one of TensorFlow's."""
        reason = "".join(c if c.isprintable() else "?" for c in reason)
        return MigrateError(
            f"cannot read the graph {self.label}: {reason}; copy the file again from "
            "where it came"
        )

    def spend(self, steps: int) -> None:
        """Counts work that a hostile graph could make endless; raises MigrateError."""
        self._work += steps
        if self._work > _MOST_WORK:
            raise self.damaged("it is too entangled to be one of TensorFlow's")

    def _require_inputs(self):
        self._inputs, self._controls = {}, {}
        for name, node in self._nodes.items():
            data, control = [], []
            for tensor in node.input:
                if tensor.startswith("^"):
                    control.append(tensor[1:])
                else:
                    data.append(output(tensor))
            for source in [*control, *(source for source, _ in data)]:
                if source not in self._nodes:
                    raise self.damaged(
                        f"node {name[:200]} takes {source[:200]}, which is not there"
                    )
            self._inputs[name], self._controls[name] = tuple(data), tuple(control)

    def _require_order(self):
        """Every cycle goes through a NextIteration."""
        waits, after = {}, {}
        for name in self._nodes:
            sources = self._before(name)
            waits[name] = len(sources)
            for source in sources:
                after.setdefault(source, []).append(name)
        ready = [name for name, count in waits.items() if not count]
        done = 0
        while ready:
            name = ready.pop()
            done += 1
            for waiting in after.get(name, ()):
                waits[waiting] -= 1
                if not waits[waiting]:
                    ready.append(waiting)
        if done != len(self._nodes):
            stuck = next(name for name, count in waits.items() if count)
            raise self.damaged(f"node {stuck[:200]} waits for itself without a loop")

    def _before(self, name):
        if self._nodes[name].op in ("NextIteration", "RefNextIteration"):
            return ()
        return [source for source, _ in self._inputs[name]] + [*self._controls[name]]

    def __iter__(self):
        return iter(self._nodes)

    def __len__(self):
        return len(self._nodes)

    def __contains__(self, name):
        return name in self._nodes

    def node(self, name: str):
        """The ``NodeDef`` of a name; KeyError if there is none."""
        return self._nodes[name]

    def op(self, name: str) -> str:
        """The operation of a node."""
        return self._nodes[name].op

    def inputs(self, name: str) -> tuple[tuple[str, int], ...]:
        """What a node takes, as pairs (node, number of its output)."""
        return self._inputs[name]

    def controls(self, name: str) -> tuple[str, ...]:
        """Nodes that run before this one without giving it anything."""
        return self._controls[name]

    @cached_property
    def _consumers(self):
        consumers = {}
        for name, sources in self._inputs.items():
            for place, source in enumerate(sources):
                consumers.setdefault(source[0], []).append((name, place, source[1]))
        return consumers

    def consumers(self, name: str) -> list[tuple[str, int, int]]:
        """Who takes a node's outputs: (node, place among its inputs, which output)."""
        return self._consumers.get(name, [])

    def attribute(self, name: str, key: str, default=None):
        """An attribute as a plain value: int, float, bool, bytes, type number, list."""
        node = self._nodes[name]
        if key not in node.attr:
            return default
        value = node.attr[key]
        kind = value.WhichOneof("value")
        if kind in ("i", "f", "b", "s", "type"):
            return getattr(value, kind)
        if kind == "list":
            return [*value.list.i] or [*value.list.s] or [*value.list.f]
        return default if kind is None else getattr(value, kind)

    def _shape(self, name, proto):
        if proto.unknown_rank:
            return None
        shape = tuple(dim.size for dim in proto.dim)
        if len(shape) > 254 or any(size < -1 or size >= 1 << 40 for size in shape):
            raise self.damaged(f"{name[:200]} has the shape {list(shape)[:8]}")
        return None if -1 in shape else shape

    @cached_property
    def variables(self) -> Mapping[str, Variable]:
        """Variables by name; in a frozen graph the constants that took their place."""
        found = {}
        for name, node in self._nodes.items():
            if node.op in VARIABLES:
                shape = None
                if "shape" in node.attr:
                    shape = self._shape(name, node.attr["shape"].shape)
                dtype = _dtype(node.attr["dtype"].type)
                found[name] = Variable(shape, dtype, VARIABLES[node.op])
        return found or {
            name: Variable(self.constant_shape(name), _dtype(dtype), "constant")
            for name, dtype in self._frozen()
        }

    def _frozen(self):
        """Floating-point constants with a shape, that another node takes as data."""
        for name, node in self._nodes.items():
            if node.op != "Const" or not self.consumers(name):
                continue
            dtype = node.attr["dtype"].type
            if dtype in _FLOATS and self.constant_shape(name):
                yield name, dtype

    @property
    def frozen(self) -> bool:
        """Whether constants hold what were variables."""
        return not any(v.kind != "constant" for v in self.variables.values())

    def constant_shape(self, name: str) -> tuple[int, ...]:
        """The shape of a Const."""
        proto = self._nodes[name].attr["value"].tensor.tensor_shape
        shape = self._shape(name, proto)
        if shape is None:
            raise self.damaged(f"constant {name[:200]} has no shape")
        return shape

    def constant(self, name: str):
        """The value of a Const as a NumPy array.

        Raises:
          MigrateError: a value that does not fit its shape, or is larger than 1 GiB.
        """
        from tensorflow.python.framework import tensor_util

        tensor = self._nodes[name].attr["value"].tensor
        if math.prod(self.constant_shape(name)) >= 1 << 28:
            raise self.damaged(f"constant {name[:200]} is too large")
        try:
            return tensor_util.MakeNdarray(tensor)
        except (TypeError, ValueError, MemoryError) as error:
            raise self.damaged(
                f"the value of {name[:200]} does not fit its shape"
            ) from error

    @cached_property
    def constants(self) -> Mapping[str, object]:
        """Values of a frozen graph's variables, read when asked for."""
        return _Constants(self)

    @cached_property
    def placeholders(self) -> Mapping[str, str]:
        """Placeholders and the names of their dtypes."""
        return {
            name: _dtype(node.attr["dtype"].type)
            for name, node in self._nodes.items()
            if node.op in PLACEHOLDERS
        }

    @cached_property
    def saver_names(self) -> Mapping[str, str]:
        """Variable -> name in the checkpoint, as the graph's Savers restore them."""
        names = {}
        for name, node in self._nodes.items():
            if node.op not in _RESTORES or len(self._inputs[name]) < 2:
                continue
            source = self._inputs[name][1][0]
            if self.op(source) != "Const":
                continue
            keys = self.constant(source).reshape(-1)
            for taker, _, number in self.consumers(name):
                while self.op(taker) == "Identity" and self.consumers(taker):
                    taker = self.consumers(taker)[0][0]
                if self.op(taker) in ("Assign", "AssignVariableOp"):
                    variable = self._inputs[taker][0][0]
                    if number < len(keys) and variable in self.variables:
                        names.setdefault(
                            variable, keys[number].decode(errors="replace")
                        )
        return names

    @cached_property
    def collections(self) -> Mapping[str, tuple[str, ...]]:
        """Collections of nodes by key; variables by their names."""
        if self.meta is None:
            return {}
        from tensorflow.core.framework import variable_pb2

        found = {}
        for key, collection in self.meta.collection_def.items():
            kind = collection.WhichOneof("kind")
            if kind == "node_list":
                names = collection.node_list.value
                found[key] = tuple(output(name)[0] for name in names)
            elif kind == "bytes_list" and "variables" in key:
                names = []
                for data in collection.bytes_list.value:
                    try:
                        proto = variable_pb2.VariableDef.FromString(data)
                    except Exception as error:  # whatever protobuf raises today
                        raise self.damaged(f"collection {key[:99]}") from error
                    names.append(output(proto.variable_name)[0])
                found[key] = tuple(names)
        return found

    @cached_property
    def signatures(self) -> Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]]:
        """Of a SavedModel: key -> (inputs, outputs), each alias -> tensor."""
        if self.meta is None:
            return {}
        return {
            key: (
                {alias: info.name for alias, info in signature.inputs.items()},
                {alias: info.name for alias, info in signature.outputs.items()},
            )
            for key, signature in self.meta.signature_def.items()
        }


class _Constants(Mapping):
    def __init__(self, graph):
        self._graph = graph
        self._names = {
            name: None for name, v in graph.variables.items() if v.kind == "constant"
        }

    def __getitem__(self, name):
        if name not in self._names:
            raise KeyError(name)
        return self._graph.constant(name)

    def __iter__(self):
        return iter(self._names)

    def __len__(self):
        return len(self._names)


def _dtype(number):
    from tensorflow.core.framework import types_pb2

    try:
        name = types_pb2.DataType.Name(number % 100)
    except ValueError:
        return "unknown"
    return {"DT_FLOAT": "float32", "DT_DOUBLE": "float64", "DT_HALF": "float16"}.get(
        name, name.removeprefix("DT_").lower()
    )
