"""``tf.keras`` names of TensorFlow 1.15 that Keras 2 has under other names."""

_KERAS = "tf_keras:"

TABLE = {
    "tensorflow.keras.mixed_precision.experimental": {
        "LossScaleOptimizer": _KERAS + "mixed_precision.LossScaleOptimizer",
        "Policy": _KERAS + "mixed_precision.Policy",
        "global_policy": _KERAS + "mixed_precision.global_policy",
        "set_policy": _KERAS + "mixed_precision.set_global_policy",
    },
    "tensorflow.keras.experimental": {
        "export_saved_model": "legacy.names.keras_saving:export_saved_model",
        "load_from_saved_model": "legacy.names.keras_saving:load_from_saved_model",
    },
}
