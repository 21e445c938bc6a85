"""Modules deep inside TensorFlow, and names that were private, as scripts import them."""
# Recorded with TensorFlow 1.15.5


import tensorflow as tf
from tensorflow.contrib import slim
from tensorflow.contrib.layers.python.layers import utils
from tensorflow.contrib.learn.python.learn.estimators import model_fn as model_fn_lib
from tensorflow.contrib.learn.python.learn.estimators.estimator import SKCompat
from tensorflow.contrib.learn.python.learn.utils import input_fn_utils
from tensorflow.contrib.lookup import lookup_ops
from tensorflow.contrib.rnn.python.ops.rnn_cell import _conv, _get_concat_variable
from tensorflow.contrib.seq2seq.python.ops import decoder, helper
from tensorflow.contrib.slim.nets import vgg
from tensorflow.contrib.slim.python.slim.data import dataset, tfexample_decoder
from tensorflow.contrib.slim.python.slim.learning import create_train_op
from tensorflow.contrib.slim.python.slim.nets import resnet_utils, resnet_v1
from tensorflow.contrib.tensorboard.plugins.projector import projector_config_pb2
from tensorflow.python.estimator.export.export import ServingInputReceiver

print(SKCompat.__name__, ServingInputReceiver.__name__, vgg.vgg_16.__name__)
print(create_train_op.__name__, lookup_ops.HashTable.__name__)
print(input_fn_utils.InputFnOps._fields)
print(model_fn_lib.ModeKeys.TRAIN, model_fn_lib.ModelFnOps._fields[:4])
print(dataset.Dataset.__name__, tfexample_decoder.Tensor.__name__)
config = projector_config_pb2.ProjectorConfig()
config.embeddings.add().tensor_name = "words"
print(str(config).split())

print(utils.two_element_tuple(3), slim.utils.n_positive_integers(2, 4))
x = tf.ones([2, 9, 9, 3])
with slim.arg_scope(resnet_v1.resnet_arg_scope()):
    block = resnet_utils.Block(
        "block", resnet_v1.bottleneck, [{"depth": 8, "depth_bottleneck": 4, "stride": 2}]
    )
    net, ends = resnet_v1.resnet_v1(x, [block], is_training=False, scope="net")
print(net.shape, sorted(ends))
print([v.op.name for v in slim.get_model_variables()][:6])
with slim.arg_scope([slim.conv2d], outputs_collections="ends"):
    slim.conv2d(x, 2, 3, scope="conv")
print(sorted(utils.convert_collection_to_dict("ends")))
print(slim.utils.last_dimension(x.shape), utils.collect_named_outputs("e", "n", x) is x)

with tf.variable_scope("cells"):
    print(_conv([x], [3, 3], 5, True).shape)
    print(_get_concat_variable("w", [5, 2], tf.float32, 2).shape)
print([v.op.name + str(v.shape) for v in tf.global_variables("cells")])
print(decoder._transpose_batch_time(tf.zeros([2, 3, 4])).shape)
print(helper._unstack_ta(tf.zeros([3, 2])).read(0).shape)
