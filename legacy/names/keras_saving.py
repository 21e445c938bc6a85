"""``tf.keras.experimental``'s SavedModel functions of TensorFlow 1.15."""

import tf_keras


def export_saved_model(model, saved_model_path, **kwargs):
    """Writes the Keras model as a SavedModel folder; further options are refused."""
    if kwargs:
        raise ValueError(
            "export_saved_model writes architecture and weights; expected no further "
            f"options. Received: {', '.join(sorted(kwargs))}"
        )
    tf_keras.models.save_model(model, saved_model_path, save_format="tf")


def load_from_saved_model(saved_model_path, custom_objects=None):
    """The Keras model that ``export_saved_model`` wrote."""
    return tf_keras.models.load_model(saved_model_path, custom_objects)


def save_keras_model(model, saved_model_path, **kwargs):
    """``tf.contrib.saved_model.save_keras_model``; gives the folder, as bytes."""
    options = {"custom_objects", "as_text", "input_signature", "serving_only"}
    unknown = sorted(set(kwargs) - options)
    if unknown:
        raise TypeError(f"save_keras_model() got {', '.join(unknown)}")
    export_saved_model(model, saved_model_path)
    return saved_model_path.encode()
