"""Keras's own layers with variables of an old graph as weights, under their names."""

import keras
import tensorflow as tf

from migrate.models.graph_part import OldVariables

# The option of a layer for the regularisation of each weight.
_OPTIONS = {
    "kernel": "kernel_regularizer",
    "bias": "bias_regularizer",
    "embeddings": "embeddings_regularizer",
    "gamma": "gamma_regularizer",
    "beta": "beta_regularizer",
}


class _Known(OldVariables):
    """A layer of Keras that takes its weights from variables.

    Args:
      variables: as for ``GraphPart``, each with the ``weight`` that it is.
    """

    def __init__(self, *, variables, **options):
        super().__init__(**options)
        self.hold(variables)

    def add_weight(self, *args, name=None, regularizer=None, **options):
        """The variable that this weight is."""
        del args, options
        weight = next(
            variable
            for item, variable in zip(self.described, self.old, strict=True)
            if item["weight"] == name
        )
        weight.regularizer = regularizer
        return weight

    def get_config(self):
        variables = [dict(item) for item in self.described]
        return super().get_config() | {"variables": variables}


def _registered(cls):
    return keras.saving.register_keras_serializable(package="migrate")(cls)


@_registered
class Dense(_Known, keras.layers.Dense):
    """``keras.layers.Dense``."""


@_registered
class Conv1D(_Known, keras.layers.Conv1D):
    """``keras.layers.Conv1D``."""


@_registered
class Conv2D(_Known, keras.layers.Conv2D):
    """``keras.layers.Conv2D``."""


@_registered
class Embedding(_Known, keras.layers.Embedding):
    """``keras.layers.Embedding``, whose table has a gradient in every row.

    An optimizer of Keras that gets those of some rows only would leave the state of the
    others as it is; that of TensorFlow 1 does not.
    """

    def call(self, inputs):
        return tf.gather(_with_every_row(tf.convert_to_tensor(self.embeddings)), inputs)


@tf.custom_gradient
def _with_every_row(table):
    return tf.identity(table), tf.convert_to_tensor


@_registered
class BatchNormalization(_Known, keras.layers.BatchNormalization):
    """``keras.layers.BatchNormalization``.

    Args:
      unbiased: the moving variance takes the batch's with n / (n - 1), n the number of
        values, as TensorFlow's fused operation does.
    """

    def __init__(self, *, unbiased, **options):
        self.unbiased = unbiased
        super().__init__(**options)

    def call(self, inputs, training=None):
        moves = training and self.trainable and self.unbiased
        before = tf.identity(self.moving_variance) if moves else None
        outputs = super().call(inputs, training=training)
        if moves:
            new = self.moving_variance - before * self.momentum
            count = tf.size(inputs) / tf.shape(inputs)[-1]
            count = tf.cast(count, new.dtype)
            self.moving_variance.assign_add(new / tf.maximum(count - 1, 1))
        return outputs

    def get_config(self):
        return super().get_config() | {"unbiased": self.unbiased}


def known_layer(layer, variables, name, terms=()) -> keras.layers.Layer:
    """The Keras layer of a ``KnownLayer``.

    Args:
      variables: from its weights' names to what ``GraphPart`` takes. name: its name.
      terms: ``graph.regularisation.Term`` of its variables.
    """
    options = dict(layer.options)
    for weight, variable in layer.weights.items():
        own = [term for term in terms if term.variable == variable]
        if own:
            options[_OPTIONS[weight]] = keras.regularizers.L1L2(
                sum(term.l1 for term in own), sum(term.l2 for term in own)
            )
    described = [{**item, "weight": weight} for weight, item in variables.items()]
    kinds = {kind.__name__: kind for kind in _Known.__subclasses__()}
    return kinds[layer.kind](
        variables=described, name=name, dtype=described[0]["dtype"], **options
    )
