"""Operations that move numbers without changing them: slices, rows, joins, shapes.

Each takes an ``Evaluator``, the node's name, the number of its output and the
expressions of its operands, and gives an expression, or None for "not understood".
"""


def _last(evaluator, poly, axis):
    """Whether ``axis`` is the last one of an expression."""
    rank = evaluator.rank(poly)
    return axis == -1 or (rank is not None and axis == rank - 1)


def _axis(evaluator, name, place):
    value = evaluator.static(name, place)
    return None if value is None or value.size != 1 else int(value.reshape(-1)[0])


def split(evaluator, name, number, polys):
    """Split(axis, value): equal pieces."""
    count = evaluator.graph.attribute(name, "num_split", 0)
    width = evaluator.algebra.width(polys[0])
    axis = _axis(evaluator, name, 0)
    if axis is None or not _last(evaluator, polys[0], axis) or not width or count < 1:
        return None
    size = width // count
    if size * count != width or not 0 <= number < count:
        return None
    return evaluator.algebra.slice(polys[0], number * size, size)


def split_sizes(evaluator, name, number, polys):
    """SplitV(value, sizes, axis)."""
    sizes, axis = evaluator.static(name, 1), _axis(evaluator, name, 2)
    if sizes is None or axis is None or not _last(evaluator, polys[0], axis):
        return None
    sizes = [int(size) for size in sizes.reshape(-1)]
    width = evaluator.algebra.width(polys[0])
    if sizes.count(-1) == 1 and width is not None:
        sizes[sizes.index(-1)] = width - sum(sizes) - 1
    if number >= len(sizes) or min(sizes) < 1 or sum(sizes) != width:
        return None
    return evaluator.algebra.slice(polys[0], sum(sizes[:number]), sizes[number])


def cut(evaluator, name, _, polys):
    """Slice(value, begin, size): a piece of the last axis, all of the others."""
    begin, size = evaluator.static(name, 1), evaluator.static(name, 2)
    width = evaluator.algebra.width(polys[0])
    if begin is None or size is None or begin.ndim != 1 or begin.shape != size.shape:
        return None
    begin, size = begin.tolist(), size.tolist()
    if not begin or any(begin[:-1]) or any(s != -1 for s in size[:-1]):
        return None
    if len(begin) != evaluator.rank(polys[0]) or width is None:
        return None
    length = width - begin[-1] if size[-1] == -1 else size[-1]
    return evaluator.algebra.slice(polys[0], begin[-1], length)


def strided(evaluator, name, _, polys):
    """StridedSlice: a row of a table, the first row of a batch, or a piece."""
    graph, algebra = evaluator.graph, evaluator.algebra
    masks = {
        key: graph.attribute(name, f"{key}_mask", 0)
        for key in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    }
    table, inputs = polys[0], graph.inputs(name)
    if masks["new_axis"]:
        # v[newaxis, :] of a vector is no other vector to arithmetic.
        vector = evaluator.rank(table) == 1 and masks["new_axis"] == 1
        return table if vector and masks["begin"] & masks["end"] & 2 else None
    shape = algebra.only(table, "shape")
    begin, end, step = (evaluator.static(t) for t in inputs[1:4])
    if step is None or (step != 1).any():
        return None
    if shape is not None:
        first = (
            begin is not None and begin.tolist() == [0] and masks["shrink_axis"] == 1
        )
        return algebra.atom("rows") if first else None
    if masks["shrink_axis"] & 1:
        if step.size == 1 or _rest_whole(step, masks):
            row = first_index(evaluator, inputs[1])
            if row is not None and not (step.size > 1 and masks["begin"] & 1):
                return _row(evaluator, name, table, row)
        if begin is not None and not begin.any() and not masks["begin"]:
            return _first(evaluator, name, table)
        return None
    if begin is None or end is None or masks["shrink_axis"] or masks["ellipsis"]:
        return None
    return _piece(evaluator, table, begin.tolist(), end.tolist(), masks)


def _rest_whole(step, masks):
    """Whether every axis after the first is taken whole."""
    rest = (1 << step.size) - 2
    return masks["begin"] & rest == rest == masks["end"] & rest and not (
        masks["shrink_axis"] & rest
    )


def _piece(evaluator, poly, begin, end, masks):
    """The range [begin, end) of the last axis, all of the others."""
    width, last = evaluator.algebra.width(poly), len(begin) - 1
    if width is None or len(begin) != evaluator.rank(poly) or last < 0:
        return None
    others = (1 << last) - 1
    if masks["begin"] & others != others or masks["end"] & others != others:
        return None
    start = 0 if masks["begin"] >> last & 1 else begin[-1]
    stop = width if masks["end"] >> last & 1 else end[-1]
    start, stop = start + width * (start < 0), stop + width * (stop < 0)
    return evaluator.algebra.slice(poly, start, min(stop, width) - start)


def first_index(evaluator, tensor):
    """The expression of the first number of a Pack (or Const) of indices."""
    tensor = evaluator.follow(tensor)
    graph = evaluator.graph
    if graph.op(tensor[0]) == "Pack" and graph.inputs(tensor[0]):
        return evaluator(graph.inputs(tensor[0])[0])
    value = evaluator.static(tensor)
    if value is None or value.ndim != 1 or not value.size:
        return None
    return evaluator.algebra.const(float(value[0]))


def _row(evaluator, name, table, row):
    """table[row], of a variable of two axes; or state[0]."""
    variable = evaluator.algebra.only(table, "variable")
    if variable is None:
        return _first(evaluator, name, table) if row == () else None
    label, shape = variable.args
    if shape is None or len(shape) != 2:
        return None
    return evaluator.algebra.atom("row", label, shape, row, node=name)


def _first(evaluator, name, poly):
    """The first number of a batch's column, such as a counter of steps."""
    if evaluator.algebra.value(poly) is not None:
        return poly
    algebra = evaluator.algebra
    if algebra.only(poly, "first") is not None:
        return poly
    whole = algebra.only(poly, "int")
    if whole is not None:
        poly = whole.args[0]
    if algebra.only(poly, "state") is None:
        return None
    return algebra.atom("first", poly, node=name)


def gather(evaluator, name, _, polys):
    """Gather(table, row): a row of a variable, or state[0]."""
    graph, algebra = evaluator.graph, evaluator.algebra
    if graph.op(name) == "GatherV2" and _axis(evaluator, name, 2) != 0:
        return None
    if algebra.only(polys[0], "shape") is not None:
        index = evaluator.static(name, 1)
        zero = index is not None and index.reshape(-1).tolist() == [0]
        return algebra.atom("rows") if zero else None
    return _row(evaluator, name, polys[0], polys[1])


def joined(evaluator, name, _, polys):
    """Concat (axis first) and ConcatV2 (axis last), along the last axis."""
    inputs = evaluator.graph.inputs(name)
    place = 0 if evaluator.graph.op(name) == "Concat" else len(inputs) - 1
    axis = _axis(evaluator, name, place)
    operands = polys[1:] if place == 0 else polys[:-1]
    if axis not in (1, -1) or not operands or len(polys) != len(inputs):
        return None
    if len(operands) == 1:
        return operands[0]
    return evaluator.algebra.atom("concat", tuple(operands), node=name)


def reshaped(evaluator, name, _, polys):
    """Reshape, Squeeze, ExpandDims: nothing, for a vector or a single number."""
    poly, op = polys[0], evaluator.graph.op(name)
    algebra = evaluator.algebra
    if algebra.value(poly) is not None:
        return poly
    if any(algebra.only(poly, kind) is not None for kind in ("first", "rows")):
        return poly
    if algebra.only(poly, "int") is not None and op == "Squeeze":
        return poly  # a column of counters; of more columns none could be lost
    if evaluator.rank(poly) != 1:
        return None
    if op == "Squeeze":
        dims = evaluator.graph.attribute(name, "squeeze_dims", [])
        return poly if dims in ([0], []) else None
    target = evaluator.static(name, 1)
    if target is None:
        return None
    target = target.reshape(-1).tolist()
    if op == "ExpandDims":
        return poly if target == [0] else None
    sizes = [size for size in target if size != 1] or [1]
    return poly if len(sizes) == 1 and target[-1:] == sizes else None


def shape(evaluator, name, _, polys):
    """Shape of something that depends on the batch."""
    if not polys[0] or not evaluator.algebra.depends(polys[0]):
        return None
    if any(
        evaluator.algebra.atoms[n].kind not in ("matmul", "state", "new", "read")
        for monomial, _ in polys[0]
        for n in monomial
        if evaluator.algebra.of_batch(n)
    ):
        return None
    return evaluator.algebra.atom("shape", polys[0], node=name)


def product(evaluator, _, __, polys):
    """Prod of one number: that number."""
    return polys[0] if evaluator.algebra.only(polys[0], "rows") else None


COMPUTE = {
    "Split": split,
    "SplitV": split_sizes,
    "Slice": cut,
    "StridedSlice": strided,
    **dict.fromkeys(("Gather", "GatherV2", "ResourceGather"), gather),
    **dict.fromkeys(("Concat", "ConcatV2"), joined),
    **dict.fromkeys(("Reshape", "Squeeze", "ExpandDims"), reshaped),
    "Shape": shape,
    "Prod": product,
}
PLACES = {
    "Split": (1,),
    **dict.fromkeys(("SplitV", "Slice", "StridedSlice", "Reshape"), (0,)),
    **dict.fromkeys(("Squeeze", "ExpandDims", "Shape", "Prod"), (0,)),
    **dict.fromkeys(("Gather", "GatherV2", "ResourceGather"), (0, 1)),
    **{op: range(16) for op in ("Concat", "ConcatV2")},
}
