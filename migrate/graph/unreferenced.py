"""Variables in a graph, as values that enter it and handles to write to.

Pure functions from GraphDef to GraphDef. A variable that is read becomes a placeholder
with its value; one that is written becomes, besides, a placeholder with its resource.
All reads see the value that the variable has when the graph starts, except those behind
an assignment, which see what was assigned, and those in a loop that assigns, which see
what the steps before have assigned.
"""

from typing import NamedTuple

from migrate.errors import MigrateError
from migrate.graph.cut import step_by_step
from migrate.graph.nodes import VARIABLES, output

_RESOURCE = 20  # DT_RESOURCE in types.proto
#: Operations that hand on a reference, a resource: what they are of a value.
_PASSES = {
    "RefEnter": "Enter",
    "RefIdentity": "Identity",
    "RefSwitch": "Switch",
    "Enter": "Enter",
    "Identity": "Identity",
    "Switch": "Switch",
}
_ASSIGNS = {
    "Assign": "AssignVariableOp",
    "AssignAdd": "AssignAddVariableOp",
    "AssignSub": "AssignSubVariableOp",
    "StridedSliceAssign": "ResourceStridedSliceAssign",
    "ScatterUpdate": "ResourceScatterUpdate",
    "ScatterAdd": "ResourceScatterAdd",
    "ScatterSub": "ResourceScatterSub",
}
_RESOURCE_ASSIGNS = set(_ASSIGNS.values())
# Attributes that say how to treat a reference, which resources do not have.
_OF_REFERENCES = ("use_locking", "validate_shape")


class Unreferenced(NamedTuple):
    """``graph_def``; ``values``: variable -> placeholder of its value; ``handles``:
    variable that is written -> placeholder of its resource."""

    graph_def: object
    values: dict[str, str]
    handles: dict[str, str]


def unreferenced(graph_def, label: str) -> Unreferenced:
    """The same part of a graph without variables.

    Args:
      graph_def: a part, as ``cut`` gives it. label: what people call the graph.

    Raises:
      MigrateError: an operation uses a variable in a way that is not known here.
    """
    return _Rewriting(graph_def, label).done()


class _Rewriting:
    def __init__(self, graph_def, label):
        self.nodes = {node.name: node for node in graph_def.node}
        self.label = label
        self.made = type(graph_def)(versions=graph_def.versions)
        self.made.library.CopyFrom(graph_def.library)
        self.dtypes, self.handles, self.passing, self.assigning = {}, {}, {}, set()

    def done(self):
        for node in self.nodes.values():
            self._sort(node)
        for node in self.nodes.values():
            self._write(node)
        values = dict.fromkeys(self.dtypes)
        made = step_by_step(self.made) if self.handles else self.made
        return Unreferenced(made, {name: name for name in values}, self.handles)

    def _variable(self, tensor):
        """The variable that a tensor is a reference to, or the resource of; or None."""
        name = output(tensor)[0]
        if name in self.passing:
            return self.passing[name]
        node = self.nodes.get(name)
        if node is None:
            return None
        found = None
        if node.op in VARIABLES:
            found = name
        elif self._hands_on(node):
            found = self._variable(node.input[0])
        self.passing[name] = found
        return found

    @staticmethod
    def _hands_on(node):
        """Whether its output is the reference, or the resource, that it takes."""
        passes = node.op in _PASSES
        if node.op.startswith("Ref") or node.op in _ASSIGNS:
            return passes or node.op in _ASSIGNS
        return passes and node.attr["T"].type == _RESOURCE

    def _sort(self, node):
        if node.op in VARIABLES:
            self.dtypes[node.name] = node.attr["dtype"].type
        variable = self._variable(node.name)
        if node.op in _ASSIGNS and variable is not None:
            self.assigning.add(node.name)
        if node.op in _RESOURCE_ASSIGNS and self._variable(node.input[0]):
            variable = self._variable(node.input[0])
        if node.op in _ASSIGNS or node.op in _RESOURCE_ASSIGNS:
            if variable is None:
                raise self._unknown(node)
            self.handles[variable] = f"{variable}/handle_of"

    def _unknown(self, node):
        return MigrateError(
            f"the operation {node.op} (node {node.name}) of {self.label} uses a "
            "variable in a way that a Keras model cannot; name outputs that do not "
            "need it"
        )

    def _value(self, tensor):
        name = output(tensor)[0]
        return f"{name}/assigned" if name in self.assigning else tensor

    def _handle(self, tensor):
        name = output(tensor)[0]
        if self.nodes[name].op in VARIABLES:
            return self.handles[name]
        if name in self.assigning:
            return self._handle(self.nodes[name].input[0])
        return f"{name}/handle_of"

    def _write(self, node):
        variable = self._variable(node.name)
        if node.op in VARIABLES:
            self._placeholder(node.name, self.dtypes[node.name])
            if node.name in self.handles:
                self._placeholder(self.handles[node.name], _RESOURCE)
        elif node.name in self.assigning:
            self._assign(node, variable)
        elif variable is not None:
            if variable in self.handles:
                handle = self._add(node, f"{node.name}/handle_of", _PASSES[node.op])
                handle.attr["T"].type = _RESOURCE
                handle.input[0] = self._handle(node.input[0])
            if variable in self.handles and node.op == "RefEnter":
                self._read(node.name, handle.name, variable)
            else:
                value = self._add(node, node.name, _PASSES[node.op])
                value.attr["T"].type = self.dtypes[variable]
        elif node.op == "Enter" and self._aliased(node.input[0]) in self.handles:
            variable = self._aliased(node.input[0])
            handle = self._add(node, f"{node.name}/handle_of", node.op)
            handle.attr["T"].type = _RESOURCE
            handle.input[0] = self.handles[variable]
            self._read(node.name, handle.name, variable)
        elif node.input and self._uses_resource(node):
            self._of_resource(node)
        else:
            self._add(node, node.name, node.op)

    def _aliased(self, tensor):
        """The variable that a tensor is a read of, or None. In TensorFlow 1 a read of a
        reference is the variable's own memory: it shows what is assigned later."""
        node = self.nodes.get(output(tensor)[0])
        if node is None or node.op != "Identity":
            return None
        return self._variable(node.input[0]) or self._aliased(node.input[0])

    def _uses_resource(self, node):
        source = self._variable(node.input[0])
        return source is not None and self.nodes[source].op == "VarHandleOp"

    def _enters(self, tensor):
        """Whether a resource that is written has entered a loop."""
        name = output(tensor)[0]
        if self._variable(name) not in self.handles or name not in self.nodes:
            return False
        node = self.nodes[name]
        return node.op == "Enter" or (
            node.op in _PASSES and self._enters(node.input[0])
        )

    def _of_resource(self, node):
        source = node.input[0]
        if node.op == "ReadVariableOp" and self._enters(source):
            handle = self._handle(source)
            self._read(node.name, handle, self._variable(source), *_controls(node))
        elif node.op in ("ReadVariableOp", "VarIsInitializedOp"):
            read = self._add(node, node.name, "Identity", copy=("_class",))
            read.attr["T"].type = node.attr["dtype"].type
        elif node.op == "ResourceGather" and not node.attr["batch_dims"].i:
            taken = self._add(node, node.name, "Gather", copy=("Tindices",))
            taken.attr["Tparams"].type = node.attr["dtype"].type
        elif node.op in _RESOURCE_ASSIGNS:
            made = self._add(node, node.name, node.op)
            made.input[0] = self._handle(node.input[0])
        else:
            raise self._unknown(node)

    def _assign(self, node, variable):
        made = self._add(node, node.name, _ASSIGNS[node.op])
        made.input[0] = self._handle(node.input[0])
        for name in _OF_REFERENCES:
            made.attr.pop(name, None)
        if made.op != "ResourceStridedSliceAssign":  # that one calls it T
            made.attr.pop("T", None)
            made.attr["dtype"].type = self.dtypes[variable]
        handle = self._handle(node.input[0])
        self._read(f"{node.name}/assigned", handle, variable, f"^{node.name}")

    def _read(self, name, handle, variable, *after):
        """Reads a variable when the graph comes to it."""
        read = self.made.node.add(name=name, op="ReadVariableOp")
        read.input[:] = [handle, *after]
        read.attr["dtype"].type = self.dtypes[variable]

    def _add(self, node, name, op, copy=None):
        made = self.made.node.add()
        made.CopyFrom(node)
        made.name, made.op = name, op
        made.input[:] = [
            tensor if tensor.startswith("^") else self._value(tensor)
            for tensor in node.input
        ]
        if copy is not None:
            for key in [key for key in made.attr if key not in copy]:
                del made.attr[key]
        return made

    def _placeholder(self, name, dtype):
        made = self.made.node.add(name=name, op="Placeholder")
        made.attr["dtype"].type = dtype


def _controls(node):
    return [tensor for tensor in node.input if tensor.startswith("^")]
