"""tf.contrib.opt: three steps of each optimiser, dense and sparse gradients."""

import numpy as np
from harness import scenario

LAST = ("1.15.5",)


# In 1.15.5 decoupled decay and the reading of the variable for its gradient are a race,
# so these have gradients that do not depend on the variables.
RACES = ("adamw", "momentumw", "extended")


def minimised(tf, optimizer, rows=False, linear=False):
    """The variables after some steps from fixed values."""
    with tf.variable_scope(None, "case"):
        w = tf.get_variable(
            "w", initializer=np.linspace(-1, 2, 12, dtype="f").reshape(4, 3)
        )
        v = tf.get_variable("v", initializer=np.float32([0.5, -0.25]))
    x = tf.gather(w, [0, 2, 2]) if rows else w
    loss = tf.reduce_sum(tf.square(x - 0.3)) + tf.reduce_sum(tf.sin(v))
    if linear:
        loss = tf.reduce_sum(x * np.linspace(-1, 1, 3, dtype="f")) - tf.reduce_sum(v)
    return w, v, optimizer.minimize(loss)


def scenario_of(name, rows=False):
    @scenario(LAST, weights=False, gradients=False, steps="step")
    def build(tf):
        w, v, step = minimised(tf, MAKERS[name](tf), rows, name in RACES)
        return {"step": step, "w": w, "v": v}

    return build


MAKERS = {
    "addsign": lambda tf: tf.contrib.opt.AddSignOptimizer(0.05, alpha=1.5, beta=0.8),
    "powersign": lambda tf: tf.contrib.opt.PowerSignOptimizer(0.05, base=2.0),
    "adamax": lambda tf: tf.contrib.opt.AdaMaxOptimizer(0.1),
    "nadam": lambda tf: tf.contrib.opt.NadamOptimizer(0.1),
    "lazy": lambda tf: tf.contrib.opt.LazyAdamOptimizer(0.1),
    "lars": lambda tf: tf.contrib.opt.LARSOptimizer(0.5, eeta=0.1),
    "lars_nesterov": lambda tf: tf.contrib.opt.LARSOptimizer(
        0.5, eeta=0.1, skip_list=["v"], use_nesterov=True
    ),
    "adamw": lambda tf: tf.contrib.opt.AdamWOptimizer(0.01, 0.1),
    "momentumw": lambda tf: tf.contrib.opt.MomentumWOptimizer(0.01, 0.1, 0.9),
    "extended": lambda tf: tf.contrib.opt.extend_with_decoupled_weight_decay(
        tf.train.GradientDescentOptimizer
    )(0.02, learning_rate=0.1),
    "averages": lambda tf: tf.contrib.opt.MovingAverageOptimizer(
        tf.train.GradientDescentOptimizer(0.1), 0.5
    ),
    "multitask": lambda tf: tf.contrib.opt.MultitaskOptimizerWrapper(
        tf.train.AdamOptimizer(0.1)
    ),
}

for _name in MAKERS:
    globals()[_name] = scenario_of(_name)
    globals()[_name].__name__ = _name
for _name in ("lazy", "adamax", "nadam"):
    globals()[_name + "_rows"] = scenario_of(_name, rows=True)
    globals()[_name + "_rows"].__name__ = _name + "_rows"


@scenario(LAST, weights=False, gradients=False, steps="step")
def clipping(tf):
    with tf.variable_scope("clip"):
        w = tf.get_variable("w", initializer=np.float32([[3, 4], [0.3, 0.4]]))
    optimizer = tf.contrib.opt.VariableClippingOptimizer(
        tf.train.GradientDescentOptimizer(0.1), {w: [1]}, 2.0
    )
    step = optimizer.minimize(tf.reduce_sum(w))
    return {"step": step, "w": w}


@scenario(LAST, weights=False, gradients=False, steps="step")
def global_norm(tf):
    with tf.variable_scope("norm"):
        w = tf.get_variable("w", initializer=np.float32([3, 4]))
    optimizer = tf.train.GradientDescentOptimizer(0.1)
    pairs = optimizer.compute_gradients(tf.reduce_sum(tf.square(w)))
    pairs, _ = tf.contrib.opt.clip_gradients_by_global_norm(pairs, 1.0)
    return {"step": optimizer.apply_gradients(pairs), "w": w}
