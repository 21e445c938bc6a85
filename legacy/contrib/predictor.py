"""`tf.contrib.predictor`: a saved model, or an estimator, as a function of arrays."""

import tensorflow.compat.v1 as tf

from legacy.estimator.spec import ModeKeys

_PUBLIC = "Predictor from_contrib_estimator from_estimator from_saved_model"
NAMES = {name: f"{__name__}:{name}" for name in _PUBLIC.split()}
_DEFAULT = tf.saved_model.signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY


class Predictor:
    """Called with {input: array}, gives {output: array}."""

    def __init__(self, graph, session, feed_tensors, fetch_tensors):
        self.graph, self.session = graph, session
        self.feed_tensors, self.fetch_tensors = feed_tensors, fetch_tensors

    def __repr__(self):
        return (
            f"{type(self).__name__} with feed tensors {self.feed_tensors} and "
            f"fetch_tensors {self.fetch_tensors}"
        )

    def __call__(self, input_dict):
        """ValueError for a key that is no input."""
        unknown = sorted(set(input_dict) - set(self.feed_tensors))
        if unknown:
            raise ValueError(
                f"Expected keys of {sorted(self.feed_tensors)}. Received: {unknown}"
            )
        feed = {
            self.feed_tensors[key]: value
            for key, value in input_dict.items()
            if value is not None
        }
        return self.session.run(self.fetch_tensors, feed)


def from_saved_model(
    export_dir,
    signature_def_key=None,
    signature_def=None,
    input_names=None,
    output_names=None,
    tags=None,
    graph=None,
    config=None,
):
    """A predictor of a SavedModel folder.

    Inputs and outputs are those of a signature, by its key or given, or named.

    Raises:
      ValueError: more than one of these ways, or a signature that is not there.
    """
    if isinstance(export_dir, bytes):
        export_dir = export_dir.decode()
    named = input_names is not None or output_names is not None
    ways = [signature_def_key is not None, signature_def is not None, named]
    if sum(ways) > 1:
        raise ValueError(
            "Expected at most one of signature_def_key, signature_def, and input_names "
            "with output_names."
        )
    graph = graph or tf.Graph()
    with graph.as_default():
        session = tf.Session(config=config)
        wanted = tags.split(",") if isinstance(tags, str) else tags
        loaded = tf.saved_model.loader.load(session, wanted or ["serve"], export_dir)
    if not named:
        key = signature_def_key or _DEFAULT
        if signature_def is None and key not in loaded.signature_def:
            raise ValueError(
                f"Expected a signature of {sorted(loaded.signature_def)}. "
                f"Received: {key!r}"
            )
        signature = signature_def or loaded.signature_def[key]
        input_names = {key: info.name for key, info in signature.inputs.items()}
        output_names = {key: info.name for key, info in signature.outputs.items()}
    tensors = [
        {key: graph.get_tensor_by_name(name) for key, name in names.items()}
        for names in (input_names, output_names)
    ]
    return Predictor(graph, session, *tensors)


def from_estimator(
    estimator, serving_input_receiver_fn, output_key=None, graph=None, config=None
):
    """A predictor of an estimator's newest checkpoint."""
    graph = graph or tf.Graph()
    with graph.as_default():
        tf.train.create_global_step()
        receiver = serving_input_receiver_fn()
        spec = estimator._call_model(receiver.features, None, ModeKeys.PREDICT)
        session = tf.train.MonitoredSession(
            tf.train.ChiefSessionCreator(
                spec.scaffold,
                config=config,
                checkpoint_filename_with_path=estimator.latest_checkpoint(),
            )
        )
    outputs = spec.predictions
    if output_key is not None:
        outputs = spec.export_outputs[output_key].outputs
    return Predictor(graph, session, _named(receiver.receiver_tensors), _named(outputs))


def _named(tensors):
    return tensors if isinstance(tensors, dict) else {"output": tensors}


def from_contrib_estimator(
    estimator, prediction_input_fn, input_alternative_key=None, graph=None, config=None
):
    """A predictor of a `tf.contrib.learn` estimator, from its input for serving."""
    graph = graph or tf.Graph()
    with graph.as_default():
        tf.train.create_global_step()
        features, _, inputs = prediction_input_fn()
        spec = estimator._spec(features, None, ModeKeys.PREDICT)
        path = tf.train.latest_checkpoint(estimator.model_dir)
        session = tf.train.MonitoredSession(
            tf.train.ChiefSessionCreator(
                spec.scaffold, config=config, checkpoint_filename_with_path=path
            )
        )
    return Predictor(graph, session, _named(inputs), _named(spec.predictions))
