"""Loops whose random draws happen in the order in which TensorFlow 1.15 makes them.

An operation that draws has one state for all iterations. If it waits only for constants
in its iteration, 1.15 draws in the order of the iterations, and 2.21 in the reverse
order (both measured). Otherwise both do the same. So such an iteration begins here only
after those before it have drawn. That takes control edges, but no operations.
"""

import tensorflow.compat.v1 as tf

from legacy.ops.replace import around

# Type of operation -> whether it draws.
_seeded = {}


@around("tensorflow.python.ops.control_flow_ops:WhileContext._BuildLoop")
def build_loop(original, self, *args):
    """Builds the loop ``self``, then ties its iterations to its draws."""
    graph = tf.get_default_graph()
    before = graph.num_operations()
    result = original(self, *args)
    made = graph.get_operations()[before:]
    own = [op for op in made if op._get_control_flow_context() is self]
    drawn = [op for op in own if draws(op) and _waits_for_nothing(op)]
    if drawn:
        for op in own:
            if op.type == "NextIteration":
                op._add_control_inputs(drawn)
    return result


def draws(op):
    """Whether an operation draws random numbers from a state of its own."""
    if op.type not in _seeded:
        attributes = {attribute.name for attribute in op.op_def.attr}
        _seeded[op.type] = {"seed", "seed2"} <= attributes
    return _seeded[op.type]


def _waits_for_nothing(op):
    """Whether ``op`` can run as soon as its iteration begins."""
    return all(
        value.op.type in ("Const", "Enter")
        or (value.op.type in ("Identity", "Switch") and _waits_for_nothing(value.op))
        for value in op.inputs
    )
