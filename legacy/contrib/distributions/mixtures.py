"""Mixtures: a categorical distribution draws which component a number comes from."""

import tensorflow.compat.v1 as tf
from tensorflow.python.ops.distributions import util

from legacy.contrib.distributions.base import (
    NOT,
)

__all__ = [
    "Mixture",
    "MixtureSameFamily",
]


class _Mixed(tf.distributions.Distribution):
    """Mixes: `_logs` gives the components' log densities in a last dimension."""

    def _weights(self, ndims=0):
        probs = self._mixture.probs
        for _ in range(ndims):
            probs = tf.expand_dims(probs, -2)
        return probs

    def _log_prob(self, x):
        logs = tf.nn.log_softmax(self._mixture.logits)
        return tf.reduce_logsumexp(logs + self._logs(x, "log_prob"), -1)

    def _prob(self, x):
        return tf.exp(self._log_prob(x))

    def _log_cdf(self, x):
        logs = tf.nn.log_softmax(self._mixture.logits)
        return tf.reduce_logsumexp(logs + self._logs(x, "log_cdf"), -1)

    def _cdf(self, x):
        return tf.exp(self._log_cdf(x))

    def _mean(self):
        means = self._stacked("mean")
        weights = self._weights(self.event_shape.ndims)
        return tf.reduce_sum(weights * means, -1)

    def _variance(self):
        means, weights = self._stacked("mean"), self._weights(self.event_shape.ndims)
        squares = self._stacked("variance") + tf.square(means)
        mean = tf.reduce_sum(weights * means, -1)
        return tf.reduce_sum(weights * squares, -1) - tf.square(mean)

    def _stddev(self):
        return tf.sqrt(self._variance())


class Mixture(_Mixed):
    """One of several distributions of a kind, which `cat` draws."""

    def __init__(
        self,
        cat,
        components,
        validate_args=False,
        allow_nan_stats=True,
        use_static_graph=False,
        name="Mixture",
    ):
        if not isinstance(components, (list, tuple)) or not components:
            raise TypeError(
                "Expected components as a list of distributions. "
                f"Received: {components!r}"
            )
        self._mixture, self._components = cat, list(components)
        self._static = use_static_graph
        super().__init__(
            dtype=components[0].dtype,
            reparameterization_type=NOT,
            validate_args=validate_args,
            allow_nan_stats=allow_nan_stats,
            parameters={"cat": cat, "components": components},
            name=name,
        )

    cat = property(lambda self: self._mixture)
    components = property(lambda self: self._components)
    num_components = property(lambda self: len(self._components))

    def _batch_shape(self):
        return self._mixture.batch_shape

    def _batch_shape_tensor(self):
        return self._mixture.batch_shape_tensor()

    def _event_shape(self):
        return self._components[0].event_shape

    def _event_shape_tensor(self):
        return self._components[0].event_shape_tensor()

    def _logs(self, x, name):
        logs = [getattr(component, name)(x) for component in self._components]
        return tf.stack(logs, -1)

    def _stacked(self, name):
        values = [getattr(component, name)() for component in self._components]
        return tf.stack(values, -1)

    def entropy_lower_bound(self, name="entropy_lower_bound"):
        """The components' mean entropy."""
        with tf.name_scope(name):
            return tf.reduce_sum(self._weights() * self._stacked("entropy"), -1)

    def _sample_n(self, n, seed=None):
        chosen = self._mixture.sample(n, seed=seed)
        if not self._static:
            return self._parted(n, chosen, seed)
        drawn = []
        for component in self._components:
            seed = util.gen_new_seed(seed, "mixture")
            drawn.append(component.sample(n, seed=seed))
        hot = tf.one_hot(chosen, self.num_components, dtype=self.dtype)
        for _ in range(self.event_shape.ndims):
            hot = tf.expand_dims(hot, -2)
        return tf.reduce_sum(hot * tf.stack(drawn, -1), -1)

    def _parted(self, n, chosen, seed):
        """Draws from each component only as many as `chosen` [n, batch] says."""
        shape, count = tf.shape(chosen), self.num_components
        batch = tf.reduce_prod(shape[1:])
        places = tf.reshape(tf.range(tf.size(chosen)), shape)
        places = tf.dynamic_partition(places, chosen, count)
        rows = tf.reshape(tf.tile(tf.range(batch), [n]), shape)
        rows = tf.dynamic_partition(rows, chosen, count)
        event, drawn = self.event_shape_tensor(), []
        for component, row in zip(self._components, rows, strict=True):
            seed = util.gen_new_seed(seed, "mixture")
            size = tf.size(row)
            flat = tf.concat([[size * batch], event], 0)
            values = tf.reshape(component.sample(size, seed=seed), flat)
            drawn.append(tf.gather(values, batch * tf.range(size) + row))
        stitched = tf.dynamic_stitch(places, drawn)
        return tf.reshape(stitched, tf.concat([shape, event], 0))


class MixtureSameFamily(_Mixed):
    """One of a distribution's last batch dimension, which a `Categorical` draws."""

    def __init__(
        self,
        mixture_distribution,
        components_distribution,
        validate_args=False,
        allow_nan_stats=True,
        name="MixtureSameFamily",
    ):
        self._mixture, self._parts = mixture_distribution, components_distribution
        super().__init__(
            dtype=components_distribution.dtype,
            reparameterization_type=NOT,
            validate_args=validate_args,
            allow_nan_stats=allow_nan_stats,
            parameters={"mixture_distribution": mixture_distribution},
            name=name,
        )

    mixture_distribution = property(lambda self: self._mixture)
    components_distribution = property(lambda self: self._parts)

    def _batch_shape(self):
        return self._parts.batch_shape[:-1]

    def _batch_shape_tensor(self):
        return self._parts.batch_shape_tensor()[:-1]

    def _event_shape(self):
        return self._parts.event_shape

    def _event_shape_tensor(self):
        return self._parts.event_shape_tensor()

    def _logs(self, x, name):
        place = -1 - self.event_shape.ndims
        return getattr(self._parts, name)(tf.expand_dims(x, place))

    def _stacked(self, name):
        """The components in the last dimension."""
        values = getattr(self._parts, name)()
        return self._last(values)

    def _last(self, values):
        ndims = self.event_shape.ndims
        if not ndims:
            return values
        order = list(range(values.shape.ndims))
        order.append(order.pop(-1 - ndims))
        return tf.transpose(values, order)

    def _sample_n(self, n, seed=None):
        drawn = self._last(self._parts.sample(n, seed=seed))
        chosen = self._mixture.sample(n, seed=seed)
        depth = self._parts.batch_shape.as_list()[-1]
        hot = tf.one_hot(chosen, depth, dtype=self.dtype)
        if not self._mixture.batch_shape.ndims:
            for _ in range(self.batch_shape.ndims):
                hot = tf.expand_dims(hot, 1)
        for _ in range(self.event_shape.ndims):
            hot = tf.expand_dims(hot, -2)
        return tf.reduce_sum(hot * drawn, -1)
