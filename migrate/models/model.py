"""The class of whole models."""

import keras


@keras.saving.register_keras_serializable(package="migrate")
class WholeModel(keras.Model):
    """A functional model that takes a dict of arrays, or its only input as it is."""

    # Keras revives a functional model whose constructor takes exactly these.
    def __init__(self, *args, **kwargs):
        """See ``keras.Model``."""
        super().__init__(*args, **kwargs)
        # Up to Keras 3.4 these are names of layers, and losses find no output.
        if isinstance(self.output, dict) and {*self.output_names} != {*self.output}:
            self.output_names = sorted(self.output)

    def call(self, inputs, training=None, mask=None, **options):
        """See ``keras.Model``."""
        if len(self.input) == 1:
            if isinstance(inputs, list | tuple) and len(inputs) == 1:
                (inputs,) = inputs
            if not isinstance(inputs, dict):
                inputs = dict.fromkeys(self.input, inputs)
        return super().call(inputs, training=training, mask=mask, **options)
