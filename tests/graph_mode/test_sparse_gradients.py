"""``tf.contrib.opt`` on rows of a table: the paper's formula, for both variables."""

from helpers.legacy_process import python, succeeded

# AddSign's first step (arXiv 1709.07417, section 5): the average has the gradient's
# sign, so that the step is rate * (alpha + 1) * gradient.
ADD_SIGN = """
import legacy
legacy.install()
import numpy as np
import tensorflow as tf
for resource in (False, True):
    name = f"table_{resource}"
    table = tf.get_variable(name, [4, 2], initializer=tf.ones_initializer(),
                            use_resource=resource)
    rows = tf.gather(table, [1, 3, 3])
    optimizer = tf.contrib.opt.AddSignOptimizer(learning_rate=0.5, alpha=1.0)
    step = optimizer.minimize(tf.reduce_sum(rows), var_list=[table])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(step)
        found = session.run(table)
    # The gradient is how often a row was read.
    wanted = 1 - 0.5 * 2 * np.float32([[0], [1], [0], [2]]) * np.ones([4, 2], "f")
    assert (found == wanted).all(), (resource, found)
"""


def test_add_sign_steps_by_its_formula():
    succeeded(python("-c", ADD_SIGN, timeout=120))
