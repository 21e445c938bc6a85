"""Serving inputs, and exporters for ``train_and_evaluate``."""

import collections
import os
import shutil

import tensorflow.compat.v1 as tf

ServingInputReceiver = collections.namedtuple(
    "ServingInputReceiver",
    "features receiver_tensors receiver_tensors_alternatives",
    defaults=(None,),
)
ServingInputReceiver.__doc__ = "Features, and the placeholders that they come from."


class TensorServingInputReceiver(ServingInputReceiver):
    """The same for a model function that takes one tensor as its features."""


def _placeholders(features, default_batch_size):
    return {
        name: tf.placeholder(
            tensor.dtype, [default_batch_size, *tensor.shape[1:]], name=name
        )
        for name, tensor in features.items()
    }


def build_raw_serving_input_receiver_fn(features, default_batch_size=None):
    """A function that makes a placeholder for each tensor of the dict ``features``."""

    def receiver():
        tensors = _placeholders(features, default_batch_size)
        return ServingInputReceiver(tensors, tensors)

    return receiver


def build_parsing_serving_input_receiver_fn(feature_spec, default_batch_size=None):
    """A function that parses serialised ``tf.Example`` from one placeholder."""

    def receiver():
        serialized = tf.placeholder(
            tf.string, [default_batch_size], name="input_example_tensor"
        )
        features = tf.parse_example(serialized, feature_spec)
        return ServingInputReceiver(features, {"examples": serialized})

    return receiver


class Exporter:
    """Exports a trained model; derive, and give ``name`` and ``export``."""

    name = None

    def export(
        self, estimator, export_path, checkpoint_path, eval_result, is_the_final_export
    ):
        """Writes the model below ``export_path``; returns the folder or None."""
        raise NotImplementedError


class LatestExporter(Exporter):
    """Exports after every evaluation; keeps the last ``exports_to_keep``."""

    def __init__(
        self,
        name,
        serving_input_receiver_fn,
        assets_extra=None,
        as_text=False,
        exports_to_keep=5,
    ):
        self.name = name
        self._options = (serving_input_receiver_fn, assets_extra, as_text)
        self._keep = exports_to_keep

    def export(
        self, estimator, export_path, checkpoint_path, eval_result, is_the_final_export
    ):
        receiver, assets, as_text = self._options
        written = estimator.export_saved_model(
            export_path, receiver, assets, as_text, checkpoint_path
        )
        if self._keep:
            for old in sorted(filter(str.isdigit, os.listdir(export_path)))[
                : -self._keep
            ]:
                shutil.rmtree(os.path.join(export_path, old))
        return written


class FinalExporter(LatestExporter):
    """Exports once, at the end."""

    def __init__(
        self, name, serving_input_receiver_fn, assets_extra=None, as_text=False
    ):
        super().__init__(name, serving_input_receiver_fn, assets_extra, as_text, None)

    def export(
        self, estimator, export_path, checkpoint_path, eval_result, is_the_final_export
    ):
        if not is_the_final_export:
            return None
        return super().export(
            estimator, export_path, checkpoint_path, eval_result, is_the_final_export
        )


class BestExporter(LatestExporter):
    """Exports when an evaluation is better than all before it.

    ``compare_fn(best_eval_result, current_eval_result)`` says so; by default, a smaller
    ``loss``.
    """

    def __init__(
        self,
        name="best_exporter",
        serving_input_receiver_fn=None,
        event_file_pattern=None,
        compare_fn=None,
        assets_extra=None,
        as_text=False,
        exports_to_keep=5,
    ):
        super().__init__(
            name, serving_input_receiver_fn, assets_extra, as_text, exports_to_keep
        )
        del event_file_pattern
        self._better = compare_fn or (
            lambda best_eval_result, current_eval_result: (
                current_eval_result["loss"] < best_eval_result["loss"]
            )
        )
        self._best = None

    def export(
        self, estimator, export_path, checkpoint_path, eval_result, is_the_final_export
    ):
        if self._best is not None and not self._better(
            best_eval_result=self._best, current_eval_result=eval_result
        ):
            return None
        self._best = eval_result
        return super().export(
            estimator, export_path, checkpoint_path, eval_result, is_the_final_export
        )
