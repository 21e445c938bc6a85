"""What Keras adds to a loss for regularisation terms of an old graph."""

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="migrate")
class AddTerms(keras.layers.Layer):
    """Hands on its first input, and adds the others, scalars, to the model's losses."""

    def call(self, inputs, terms):
        for term in terms:
            self.add_loss(term)
        return ops.convert_to_tensor(inputs)

    def compute_output_spec(self, inputs, terms):
        return keras.KerasTensor(inputs.shape, inputs.dtype)


@keras.saving.register_keras_serializable(package="migrate")
class OldWeights(keras.regularizers.Regularizer):
    """The sum of l1 * |w - offset| + l2 * (w - offset)**2: the terms of the variables
    that a weight is made of.

    Args:
      l1, l2, offset: numbers, or nested lists of them that broadcast to the weight.
        ``offset`` is what the weight has more than the variables, such as the forget
        bias.
    """

    def __init__(self, l1, l2, offset):
        self.l1, self.l2, self.offset = l1, l2, offset

    def __call__(self, x):
        l1, l2, offset = (
            ops.convert_to_tensor(np.asarray(value, "float64"), x.dtype)
            for value in (self.l1, self.l2, self.offset)
        )
        own = x - offset
        return ops.sum(l1 * ops.abs(own) + l2 * ops.square(own))

    def get_config(self):
        return {"l1": self.l1, "l2": self.l2, "offset": self.offset}
