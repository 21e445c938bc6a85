"""What the canned models share: optimizers, summaries, predictions."""

from tf_slim.layers import optimizers as slim_optimizers

from legacy.contrib.learn.estimator import Estimator


def optimizer_of(given, rate):
    """The optimizer: itself, made by a function, or by name with the rate."""
    if isinstance(given, str):
        return slim_optimizers.OPTIMIZER_CLS_NAMES[given](learning_rate=rate)
    return given() if callable(given) else given


def named(features):
    return features if isinstance(features, dict) else {"": features}


def rest_of(model_dir, config, feature_engineering_fn):
    return {
        "model_dir": model_dir,
        "config": config,
        "feature_engineering_fn": feature_engineering_fn,
    }


class Canned(Estimator):
    def _one(self, key, x, input_fn, batch_size, as_iterable):
        rows = Estimator.predict(self, x, input_fn, batch_size, [key], as_iterable)
        return (row[key] for row in rows) if as_iterable else rows[key]


class Classifies:
    """What classifiers predict."""

    def predict(
        self, x=None, input_fn=None, batch_size=None, outputs=None, as_iterable=True
    ):
        """Classes, or the predictions that `outputs` names."""
        if not outputs:
            return self.predict_classes(x, input_fn, batch_size, as_iterable)
        return super().predict(x, input_fn, batch_size, outputs, as_iterable)

    def predict_classes(self, x=None, input_fn=None, batch_size=None, as_iterable=True):
        return self._one("classes", x, input_fn, batch_size, as_iterable)

    def predict_proba(self, x=None, input_fn=None, batch_size=None, as_iterable=True):
        return self._one("probabilities", x, input_fn, batch_size, as_iterable)


class Regresses:
    """What regressors predict."""

    def predict(
        self, x=None, input_fn=None, batch_size=None, outputs=None, as_iterable=True
    ):
        """Scores, or the predictions that `outputs` names."""
        if not outputs:
            return self.predict_scores(x, input_fn, batch_size, as_iterable)
        return super().predict(x, input_fn, batch_size, outputs, as_iterable)

    def predict_scores(self, x=None, input_fn=None, batch_size=None, as_iterable=True):
        return self._one("scores", x, input_fn, batch_size, as_iterable)
