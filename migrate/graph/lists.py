"""Arrays of TensorFlow 1's loops (TensorArray) as lists, which have gradients.

Pure functions from GraphDef to GraphDef. A TensorArray is a resource, and its flow, a
float that says nothing, orders what is done to it. A list is a value: the flow becomes
the list itself, and the resource goes.
"""

import re

from migrate.graph.nodes import output

_VARIANT = 21  # DT_VARIANT in types.proto
_INT32 = 3
_ARRAY = re.compile("TensorArray(?!Grad)(V3)")
# Operations on an array: the kind, and the place of its flow.
_USES = re.compile("TensorArray(Write|Read|Gather|Scatter|Size|Close)V3")
_PASSES = ("Identity", "Enter", "Exit", "Merge", "Switch", "NextIteration")


class WithoutGradientError(Exception):
    """A part of a graph that cannot be made such that it has gradients; says why."""


def with_lists(graph_def):
    """A copy of ``graph_def`` with lists in place of arrays.

    Raises:
      WithoutGradientError: an array is used in a way that lists are not.
    """
    for node in graph_def.node:
        known = _ARRAY.fullmatch(node.op) or _USES.fullmatch(node.op)
        if node.op.startswith(("TensorArray", "Stack")) and not known:
            raise WithoutGradientError(f"{node.op} (node {node.name})")
    if not any(_ARRAY.fullmatch(node.op) for node in graph_def.node):
        return graph_def
    return _Rewriting(graph_def).done()


class _Rewriting:
    def __init__(self, graph_def):
        self.nodes = {node.name: node for node in graph_def.node}
        self.made = type(graph_def)(versions=graph_def.versions)
        self.made.library.CopyFrom(graph_def.library)
        self.takers = {}
        for node in graph_def.node:
            for tensor in node.input:
                self.takers.setdefault(output(tensor)[0], []).append(node)
        arrays = [n for n in graph_def.node if _ARRAY.fullmatch(n.op)]
        self.flows = self._reached(arrays, 1, ("Write", "Scatter"))
        self.handles = self._reached(arrays, 0, ())

    def _reached(self, arrays, number, through):
        """From a node that hands one output of an array on to the array's node."""
        found = {}
        for array in arrays:
            waiting = []
            for taker in self.takers.get(array.name, ()):
                if any(output(t) == (array.name, number) for t in taker.input):
                    waiting.append(taker)
            seen = set()
            while waiting:
                node = waiting.pop()
                use = _USES.fullmatch(node.op)
                if node.name in seen:
                    continue
                if node.op in _PASSES or (use and use[1] in through):
                    seen.add(node.name)
                    found[node.name] = array
                    waiting += self.takers.get(node.name, ())
        return found

    def done(self):
        for node in self.nodes.values():
            use = _USES.fullmatch(node.op)
            if _ARRAY.fullmatch(node.op):
                self._array(node)
            elif use:
                getattr(self, f"_{use[1].lower()}")(node)
            elif node.name in self.flows:
                self._copy(node).attr["T"].type = _VARIANT
            elif node.name not in self.handles:
                self._copy(node)
        return self.made

    def _copy(self, node):
        made = self.made.node.add()
        made.CopyFrom(node)
        made.input[:] = [self._flow(tensor) for tensor in node.input]
        return made

    def _flow(self, tensor):
        """The name that a tensor has now: the flow of an array is its only output."""
        name, number = output(tensor)
        if tensor.startswith("^") and tensor[1:] in self.handles:
            return f"^{self.handles[tensor[1:]].name}"
        array = self.nodes.get(name)
        if array is not None and _ARRAY.fullmatch(array.op) and number == 1:
            return name
        return tensor

    def _of(self, node):
        """The array that an operation uses, by the handle that it takes."""
        name = output(node.input[0])[0]
        array = self.nodes[name]
        if not _ARRAY.fullmatch(array.op):
            array = self.handles.get(name)
        if array is None:
            raise WithoutGradientError(f"{node.op} (node {node.name})")
        return array

    def _add(self, node, op, inputs, **attributes):
        made = self.made.node.add(name=node.name, op=op)
        controls = [tensor for tensor in node.input if tensor.startswith("^")]
        made.input[:] = [*map(self._flow, inputs), *map(self._flow, controls)]
        for key, value in attributes.items():
            if isinstance(value, bool):
                made.attr[key].b = value
            else:
                made.attr[key].type = value
        return made

    def _shape(self, node, array):
        """The name of a constant with the shape of the array's elements, -1 if open."""
        name = f"{node.name}/element_shape"
        made = self.made.node.add(name=name, op="Const")
        made.attr["dtype"].type = _INT32
        shape = array.attr["element_shape"].shape
        known = "element_shape" in array.attr and not shape.unknown_rank
        value = made.attr["value"].tensor
        value.dtype = _INT32
        if known:
            value.tensor_shape.dim.add(size=len(shape.dim))
            value.int_val.extend(dim.size for dim in shape.dim)
        else:
            value.int_val.append(-1)
        # In a loop a constant runs in each step only if something of the step does.
        made.input.extend(
            f"^{output(tensor)[0]}" for tensor in node.input[1:2] if node is not array
        )
        return name

    def _array(self, node):
        self._add(
            node,
            "TensorListReserve",
            [self._shape(node, node), node.input[0]],
            element_dtype=node.attr["dtype"].type,
            shape_type=_INT32,
        )

    def _write(self, node):
        _, index, value, flow = node.input[:4]
        array = self._of(node)
        made = self._add(
            node,
            "TensorListSetItem",
            [flow, index, value],
            element_dtype=array.attr["dtype"].type,
        )
        if array.attr["dynamic_size"].b:
            made.attr["resize_if_index_out_of_bounds"].b = True

    def _read(self, node):
        _, index, flow = node.input[:3]
        array = self._of(node)
        self._add(
            node,
            "TensorListGetItem",
            [flow, index, self._shape(node, array)],
            element_dtype=array.attr["dtype"].type,
        )

    def _gather(self, node):
        _, indices, flow = node.input[:3]
        array = self._of(node)
        shape = self._shape(node, node)
        dtype = array.attr["dtype"].type
        if self._all(indices, array):
            made = self._add(
                node, "TensorListStack", [flow, shape], element_dtype=dtype
            )
            made.attr["num_elements"].i = -1
        else:
            self._add(
                node, "TensorListGather", [flow, indices, shape], element_dtype=dtype
            )

    def _scatter(self, node):
        _, indices, value, flow = node.input[:4]
        array = self._of(node)
        dtype = array.attr["dtype"].type
        if output(flow) == (array.name, 1) and self._counts(indices):
            self._add(
                node,
                "TensorListFromTensor",
                [value, self._shape(node, array)],
                element_dtype=dtype,
                shape_type=_INT32,
            )
        else:
            self._add(
                node,
                "TensorListScatterIntoExistingList",
                [flow, value, indices],
                element_dtype=dtype,
            )

    def _size(self, node):
        self._add(node, "TensorListLength", [node.input[1]])

    def _close(self, node):
        self._add(node, "NoOp", [])

    def _counts(self, indices):
        """Whether ``indices`` are 0, 1, 2 and so on."""
        from tensorflow.python.framework import tensor_util

        node = self.nodes[output(indices)[0]]
        if node.op != "Range":
            return False
        ends = [self.nodes[output(node.input[place])[0]] for place in (0, 2)]
        return all(end.op == "Const" for end in ends) and [
            int(tensor_util.MakeNdarray(end.attr["value"].tensor)) for end in ends
        ] == [0, 1]

    def _all(self, indices, array):
        """Whether ``indices`` are those of all elements of the array."""
        if not self._counts(indices):
            return False
        end = self.nodes[output(indices)[0]].input[1]
        size = self.nodes[output(end)[0]]
        if size.op.startswith("TensorArraySize"):
            return self._of(size) is array
        return output(end) == output(array.input[0])
