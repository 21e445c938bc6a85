"""`tf.contrib.slim`: names as data; all of it is tf_slim.

The namespace also shows what it is made of: contrib.layers, and the variables and
argument scopes of contrib.framework.
"""

from legacy.contrib import framework, layers

_MODULES = """data evaluation learning losses metrics model_analyzer nets queues
summaries"""
_DATA = """data_decoder data_provider dataset dataset_data_provider parallel_reader
prefetch_queue tfexample_decoder"""

NAMES = {**layers.NAMES, **framework.NAMES}
NAMES.update({name: "tf_slim." + name for name in _MODULES.split()})
NAMES.update({name: "tf_slim.data." + name for name in _DATA.split()})
NAMES.update(
    arg_scope_func_key="tf_slim:arg_scope_func_key",
    bucketize="tf_slim:bucketize",
    get_model_variables="tf_slim.ops.variables:get_model_variables",
    train_eval="tf_slim.training.evaluation",
    training="tf_slim.training.training",
)
