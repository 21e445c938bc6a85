"""``KMeansClustering``, of ``tf.contrib.factorization`` and ``tf.estimator``.

Origin: TensorFlow 1.15.5. The kernels are still in TensorFlow.
"""

import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.python.ops import clustering_ops
from tensorflow.python.saved_model.model_utils import export_output

from legacy.estimator.core import Estimator
from legacy.estimator.spec import SERVING, EstimatorSpec


class _Settled(tf.train.SessionRunHook):
    """Stops when the loss changes by less than a share of it."""

    def __init__(self, loss, tolerance):
        self._loss, self._tolerance, self._before = loss, tolerance, None

    def before_run(self, run_context):
        return tf.train.SessionRunArgs(self._loss)

    def after_run(self, run_context, run_values):
        loss, before = run_values.results, self._before
        if before and abs(loss - before) / (1 + abs(before)) < self._tolerance:
            run_context.request_stop()
        self._before = loss


class _Centres(tf.train.SessionRunHook):
    """Makes the first centres, from as many batches as they need."""

    def __init__(self, start, started):
        self._start, self._started = start, started

    def after_create_session(self, session, coord):
        while not session.run(self._started):
            session.run(self._start)


def _points(features, columns):
    if not isinstance(features, dict):
        return features
    if columns:
        return tf.feature_column.input_layer(features, columns)
    return tf.concat([features[key] for key in sorted(features)], 1)


class KMeansClustering(Estimator):
    """Finds `num_clusters` centres of points [N, D], without labels.

    Raises:
      ValueError: `initial_clusters` or `distance_metric` is none of the known ones.
    """

    SQUARED_EUCLIDEAN_DISTANCE = clustering_ops.SQUARED_EUCLIDEAN_DISTANCE
    COSINE_DISTANCE = clustering_ops.COSINE_DISTANCE
    RANDOM_INIT = clustering_ops.RANDOM_INIT
    KMEANS_PLUS_PLUS_INIT = clustering_ops.KMEANS_PLUS_PLUS_INIT
    SCORE, CLUSTER_INDEX, ALL_DISTANCES = "score", "cluster_index", "all_distances"
    CLUSTER_CENTERS_VAR_NAME = clustering_ops.CLUSTERS_VAR_NAME

    def __init__(
        self,
        num_clusters,
        model_dir=None,
        initial_clusters=RANDOM_INIT,
        distance_metric=SQUARED_EUCLIDEAN_DISTANCE,
        random_seed=0,
        use_mini_batch=True,
        mini_batch_steps_per_iteration=1,
        kmeans_plus_plus_num_retries=2,
        relative_tolerance=None,
        config=None,
        feature_columns=None,
    ):
        starts = self.RANDOM_INIT, self.KMEANS_PLUS_PLUS_INIT
        metrics = self.SQUARED_EUCLIDEAN_DISTANCE, self.COSINE_DISTANCE
        if isinstance(initial_clusters, str) and initial_clusters not in starts:
            raise ValueError(
                f"Expected initial_clusters of {starts}, or centres. "
                f"Received: {initial_clusters!r}"
            )
        if distance_metric not in metrics:
            raise ValueError(
                f"Expected a distance_metric of {metrics}. "
                f"Received: {distance_metric!r}"
            )
        self._metric = distance_metric

        def model_fn(features, mode):
            distances, nearest, losses, started, start, step = clustering_ops.KMeans(
                inputs=_points(features, feature_columns),
                num_clusters=num_clusters,
                initial_clusters=initial_clusters,
                distance_metric=distance_metric,
                use_mini_batch=use_mini_batch,
                mini_batch_steps_per_iteration=mini_batch_steps_per_iteration,
                random_seed=random_seed,
                kmeans_plus_plus_num_retries=kmeans_plus_plus_num_retries,
            ).training_graph()
            loss = tf.reduce_sum(losses)
            tf.summary.scalar("loss/raw", loss)
            count = tf.assign_add(tf.train.get_global_step(), 1)
            with tf.control_dependencies([step, count]):
                train_op = tf.identity(loss)
            hooks = [_Centres(start, started)]
            if relative_tolerance is not None:
                hooks.append(_Settled(loss, relative_tolerance))
            index = export_output.PredictOutput(nearest[0])
            return EstimatorSpec(
                mode,
                predictions={
                    self.ALL_DISTANCES: distances[0],
                    self.CLUSTER_INDEX: nearest[0],
                },
                loss=loss,
                train_op=train_op,
                eval_metric_ops={self.SCORE: tf.metrics.mean(loss)},
                training_hooks=hooks,
                export_outputs={
                    self.ALL_DISTANCES: export_output.PredictOutput(distances[0]),
                    self.CLUSTER_INDEX: index,
                    SERVING: index,
                },
            )

        super().__init__(model_fn, model_dir, config)

    def _each(self, input_fn, key):
        for row in self.predict(input_fn, [key]):
            yield row[key]

    def predict_cluster_index(self, input_fn):
        """Yields the number of each point's centre."""
        return self._each(input_fn, self.CLUSTER_INDEX)

    def score(self, input_fn):
        """The sum of distances to the nearest centres."""
        return self.evaluate(input_fn, steps=1)[self.SCORE]

    def transform(self, input_fn):
        """Yields each point's distances to all centres; Euclid's squared."""
        return self._each(input_fn, self.ALL_DISTANCES)

    def cluster_centers(self):
        """The centres, [num_clusters, D]."""
        return self.get_variable_value(self.CLUSTER_CENTERS_VAR_NAME)


class KMeans(KMeansClustering):
    """``tf.estimator.experimental.KMeans``, which calls the seed ``seed``."""

    def __init__(self, *arguments, seed=0, **named):
        super().__init__(*arguments, random_seed=seed, **named)

    def transform(self, input_fn):
        """Yields each point's distances to all centres."""
        for distances in self._each(input_fn, self.ALL_DISTANCES):
            squared = self._metric == self.SQUARED_EUCLIDEAN_DISTANCE
            yield np.sqrt(distances) if squared else distances
