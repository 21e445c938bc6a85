"""`tf.contrib.learn.utils`: inputs and strategies for exported models."""

import collections
import os
import shutil

import tensorflow.compat.v1 as tf

_PUBLIC = """ExportStrategy InputFnOps build_default_serving_input_fn
build_parsing_serving_input_fn make_export_strategy"""
NAMES = {name: f"{__name__}:{name}" for name in _PUBLIC.split()}

InputFnOps = collections.namedtuple("InputFnOps", "features labels default_inputs")
InputFnOps.__doc__ = "What an input function for serving gives."


def build_parsing_serving_input_fn(feature_spec, default_batch_size=None):
    """An input function that parses serialised `tf.Example`s."""

    def input_fn():
        serialized = tf.placeholder(
            tf.string, [default_batch_size], "input_example_tensor"
        )
        features = tf.parse_example(serialized, feature_spec)
        return InputFnOps(features, None, {"examples": serialized})

    return input_fn


def build_default_serving_input_fn(features, default_batch_size=None):
    """An input function with a placeholder for each of the tensors `features`."""

    def input_fn():
        placeholders = {}
        for name, tensor in features.items():
            shape = tensor.shape.as_list()
            shape[0] = default_batch_size
            placeholders[name] = tf.placeholder(
                tensor.dtype, shape, tensor.op.name.rpartition("/")[2]
            )
        return InputFnOps(placeholders, None, placeholders)

    return input_fn


class ExportStrategy(
    collections.namedtuple("ExportStrategy", "name export_fn strip_default_attrs")
):
    """A name, and a function of the estimator and a folder."""

    def __new__(cls, name, export_fn, strip_default_attrs=None):
        return super().__new__(cls, name, export_fn, strip_default_attrs)

    def export(
        self,
        estimator,
        export_path,
        checkpoint_path=None,
        eval_result=None,
        strip_default_attrs=None,
    ):
        """What the function gives, usually the folder of the export."""
        return self.export_fn(estimator, export_path)


def make_export_strategy(
    serving_input_fn,
    default_output_alternative_key=None,
    assets_extra=None,
    as_text=False,
    exports_to_keep=5,
    strip_default_attrs=None,
):
    """A strategy that writes SavedModels and keeps the newest."""

    def export_fn(estimator, export_dir_base, checkpoint_path=None):
        folder = estimator.export_savedmodel(
            export_dir_base,
            serving_input_fn,
            assets_extra=assets_extra,
            as_text=as_text,
            checkpoint_path=checkpoint_path,
        )
        numbered = sorted(filter(str.isdigit, os.listdir(export_dir_base)), key=int)
        for old in numbered[:-exports_to_keep] if exports_to_keep else ():
            shutil.rmtree(os.path.join(export_dir_base, old))
        return folder

    return ExportStrategy("Servo", export_fn, strip_default_attrs)
