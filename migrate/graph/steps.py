"""How many steps a loop runs: all of its sequence, or, of lengths, the longest."""


def runs_over_all(graph, follow, condition: str, array: str, lengths) -> bool:
    """Whether a loop goes on while its counters are below the size of its input array.

    Args:
      follow: sees through operations that change nothing. condition: the LoopCond.
      array: the node of the array that holds the sequence, a place for each step.
      lengths: the tensor of lengths, which may end the loop after the longest; or None.
    """
    if not graph.inputs(array):
        return False
    size = follow(graph.inputs(array)[0])
    stack, seen = [graph.inputs(condition)[0]], 0
    while stack and seen < 20:
        name, _ = follow(stack.pop())
        seen += 1
        if graph.op(name) == "LogicalAnd":
            stack += graph.inputs(name)
        elif graph.op(name) != "Less" or not _is_size(
            graph, follow, graph.inputs(name)[1], size, lengths
        ):
            return False
    return not stack


def _is_size(graph, follow, bound, size, lengths):
    """The size, or the least of it and of max(1, longest)."""
    bound = follow(bound)
    if bound == size:
        return True
    if graph.op(bound[0]) != "Minimum":
        return False
    parts = [follow(tensor) for tensor in graph.inputs(bound[0])]
    return size in parts and any(
        _is_longest(graph, follow, part, size, lengths)
        for part in parts
        if part != size
    )


def _is_longest(graph, follow, tensor, size, lengths):
    """Max(lengths), or the larger of that (without lengths: of the size) and 1."""
    op, inputs = graph.op(tensor[0]), graph.inputs(tensor[0])
    if op == "Maximum":
        parts = [follow(t) for t in inputs]
        ones = [p for p in parts if graph.op(p[0]) == "Const"]
        if len(ones) != 1 or graph.constant(ones[0][0]).tolist() != 1:
            return False
        (tensor,) = [p for p in parts if p not in ones]
        if tensor == size and lengths is None:
            return True
        op, inputs = graph.op(tensor[0]), graph.inputs(tensor[0])
    return op == "Max" and lengths is not None and follow(inputs[0]) == lengths
