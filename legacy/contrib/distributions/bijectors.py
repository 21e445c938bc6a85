"""`tf.contrib.distributions.bijectors`: functions with an inverse and a slope.

Origin: TensorFlow 1.15.5. Those of flows (`MaskedAutoregressiveFlow`, `RealNVP`, ...)
are in TensorFlow Probability.
"""

import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.python.ops.distributions import bijector_impl, identity_bijector, util

Bijector = bijector_impl.Bijector
Identity = identity_bijector.Identity
_PUBLIC = """AbsoluteValue Affine AffineLinearOperator AffineScalar Bijector Chain Exp
FillTriangular Identity Inline Invert Permute PowerTransform Reshape Sigmoid
SoftmaxCentered Softplus Softsign Square"""
NAMES = {name: f"{__name__}:{name}" for name in _PUBLIC.split()}


def scale_of(
    loc=None, scale_diag=None, scale_tril=None, scale_identity_multiplier=None
):
    """The linear operator that these parameters describe; `loc` [..., D] says D."""
    operators = tf.linalg
    loc = None if loc is None else tf.convert_to_tensor(loc, name="loc")
    diagonal = None if scale_diag is None else tf.convert_to_tensor(scale_diag)
    factor = scale_identity_multiplier
    if factor is not None:
        factor = tf.convert_to_tensor(factor)
    if scale_tril is not None:
        triangle = tf.matrix_band_part(scale_tril, -1, 0)
        own = tf.matrix_diag_part(triangle)
        own = own if diagonal is None else own + diagonal
        own = own if factor is None else own + factor[..., tf.newaxis]
        triangle = tf.matrix_set_diag(triangle, own)
        return operators.LinearOperatorLowerTriangular(triangle, is_non_singular=True)
    if diagonal is not None:
        diagonal = diagonal if factor is None else diagonal + factor[..., tf.newaxis]
        return operators.LinearOperatorDiag(
            diagonal, is_non_singular=True, is_self_adjoint=True
        )
    if loc is None:
        raise ValueError("Expected loc or a scale, for the size of an event.")
    size = loc.shape[-1]
    if factor is None:
        return operators.LinearOperatorIdentity(size, dtype=loc.dtype.base_dtype)
    return operators.LinearOperatorScaledIdentity(size, factor)


class _Elements(Bijector):
    """Takes each number by itself."""

    def __init__(self, validate_args=False, name=None, constant=False):
        super().__init__(
            validate_args=validate_args,
            forward_min_event_ndims=0,
            is_constant_jacobian=constant,
            name=name or type(self).__name__.lower(),
        )


class PowerTransform(_Elements):
    """(1 + c x)^(1 / c), or exp(x) for the power 0."""

    def __init__(self, power=0.0, validate_args=False, name="power_transform"):
        self._power = power
        super().__init__(validate_args, name)

    power = property(lambda self: self._power)

    def _forward(self, x):
        if self._power == 0.0:
            return tf.exp(x)
        return (1.0 + x * self._power) ** (1.0 / self._power)

    def _inverse(self, y):
        if self._power == 0.0:
            return tf.log(y)
        return (y**self._power - 1.0) / self._power

    def _inverse_log_det_jacobian(self, y):
        return (self._power - 1.0) * tf.log(y)

    def _forward_log_det_jacobian(self, x):
        if self._power == 0.0:
            return x
        return (1.0 / self._power - 1.0) * tf.log1p(x * self._power)


class Exp(PowerTransform):
    """exp(x)."""

    def __init__(self, validate_args=False, name="exp"):
        super().__init__(0.0, validate_args, name)


class Sigmoid(_Elements):
    """sigmoid(x)."""

    def _forward(self, x):
        return tf.sigmoid(x)

    def _inverse(self, y):
        return tf.log(y) - tf.log1p(-y)

    def _inverse_log_det_jacobian(self, y):
        return -tf.log1p(-y) - tf.log(y)

    def _forward_log_det_jacobian(self, x):
        return -tf.nn.softplus(-x) - tf.nn.softplus(x)


class Softplus(_Elements):
    """c log(1 + exp(x / c)); c is `hinge_softness`."""

    def __init__(self, hinge_softness=None, validate_args=False, name="softplus"):
        self._softness = 1.0 if hinge_softness is None else hinge_softness
        super().__init__(validate_args, name)

    hinge_softness = property(lambda self: self._softness)

    def _forward(self, x):
        return self._softness * tf.nn.softplus(x / self._softness)

    def _inverse(self, y):
        return self._softness * util.softplus_inverse(y / self._softness)

    def _inverse_log_det_jacobian(self, y):
        return -tf.log(-tf.math.expm1(-y / self._softness))

    def _forward_log_det_jacobian(self, x):
        return -tf.nn.softplus(-x / self._softness)


class Softsign(_Elements):
    """x / (1 + |x|)."""

    def _forward(self, x):
        return tf.nn.softsign(x)

    def _inverse(self, y):
        return y / (1.0 - tf.abs(y))

    def _inverse_log_det_jacobian(self, y):
        return -2.0 * tf.log1p(-tf.abs(y))

    def _forward_log_det_jacobian(self, x):
        return -2.0 * tf.log1p(tf.abs(x))


class Square(_Elements):
    """x squared, of x that is not negative."""

    def _forward(self, x):
        return tf.square(x)

    def _inverse(self, y):
        return tf.sqrt(y)

    def _forward_log_det_jacobian(self, x):
        return np.log(2.0) + tf.log(x)


class AbsoluteValue(_Elements):
    """|x|; the inverse is (-y, y)."""

    def _forward(self, x):
        return tf.abs(x)

    def _inverse(self, y):
        return -y, y

    def _inverse_log_det_jacobian(self, y):
        zeros = tf.zeros_like(y)
        return zeros, zeros


class AffineScalar(_Elements):
    """shift + scale x."""

    def __init__(
        self, shift=None, scale=None, validate_args=False, name="affine_scalar"
    ):
        self._shift = None if shift is None else tf.convert_to_tensor(shift)
        self._scale = None if scale is None else tf.convert_to_tensor(scale)
        super().__init__(validate_args, name, constant=True)

    shift = property(lambda self: self._shift)
    scale = property(lambda self: self._scale)

    def _forward(self, x):
        x = tf.identity(x)
        x = x if self._scale is None else x * self._scale
        return x if self._shift is None else x + self._shift

    def _inverse(self, y):
        y = tf.identity(y)
        y = y if self._shift is None else y - self._shift
        return y if self._scale is None else y / self._scale

    def _forward_log_det_jacobian(self, x):
        if self._scale is None:
            return tf.constant(0.0, x.dtype.base_dtype)
        return tf.log(tf.abs(self._scale))


class AffineLinearOperator(Bijector):
    """shift + scale x of vectors x; `scale` is a linear operator."""

    def __init__(
        self,
        shift=None,
        scale=None,
        validate_args=False,
        name="affine_linear_operator",
    ):
        self._shift = None if shift is None else tf.convert_to_tensor(shift)
        self._scale = scale
        super().__init__(
            validate_args=validate_args,
            is_constant_jacobian=True,
            forward_min_event_ndims=1,
            name=name,
        )

    shift = property(lambda self: self._shift)
    scale = property(lambda self: self._scale)

    def _forward(self, x):
        x = x if self._scale is None else self._scale.matvec(x)
        return x if self._shift is None else x + self._shift

    def _inverse(self, y):
        y = y if self._shift is None else y - self._shift
        return y if self._scale is None else self._scale.solvevec(y)

    def _forward_log_det_jacobian(self, x):
        if self._scale is None:
            return tf.constant(0.0, x.dtype.base_dtype)
        return self._scale.log_abs_determinant()


class Affine(AffineLinearOperator):
    """shift + scale x of vectors; the scale by its diagonal, triangle or factor."""

    def __init__(
        self,
        shift=None,
        scale_identity_multiplier=None,
        scale_diag=None,
        scale_tril=None,
        scale_perturb_factor=None,
        scale_perturb_diag=None,
        validate_args=False,
        name="affine",
    ):
        if scale_perturb_factor is not None or scale_perturb_diag is not None:
            raise ValueError("Expected no scale_perturb_..., which are not emulated.")
        given = scale_identity_multiplier, scale_diag, scale_tril
        scale = None
        if any(each is not None for each in given):
            scale = scale_of(shift, scale_diag, scale_tril, scale_identity_multiplier)
        super().__init__(shift, scale, validate_args, name)


class Invert(Bijector):
    """Another's inverse."""

    def __init__(self, bijector, validate_args=False, name=None):
        self._bijector = bijector
        super().__init__(
            is_constant_jacobian=bijector.is_constant_jacobian,
            validate_args=validate_args,
            forward_min_event_ndims=bijector.inverse_min_event_ndims,
            inverse_min_event_ndims=bijector.forward_min_event_ndims,
            name=name or f"invert_{bijector.name}",
        )

    bijector = property(lambda self: self._bijector)

    def _forward(self, x):
        return self._bijector._inverse(x)

    def _inverse(self, y):
        return self._bijector._forward(y)

    def _forward_log_det_jacobian(self, x):
        return self._bijector.inverse_log_det_jacobian(x, self.forward_min_event_ndims)

    def _inverse_log_det_jacobian(self, y):
        return self._bijector.forward_log_det_jacobian(y, self.inverse_min_event_ndims)

    def _forward_event_shape(self, shape):
        return self._bijector._inverse_event_shape(shape)

    def _inverse_event_shape(self, shape):
        return self._bijector._forward_event_shape(shape)

    def _forward_event_shape_tensor(self, shape):
        return self._bijector._inverse_event_shape_tensor(shape)

    def _inverse_event_shape_tensor(self, shape):
        return self._bijector._forward_event_shape_tensor(shape)


class Chain(Bijector):
    """The last of `bijectors` first, then the one before, and so on."""

    def __init__(self, bijectors=None, validate_args=False, name=None):
        self._bijectors = tuple(bijectors or ())
        least = max((b.forward_min_event_ndims for b in self._bijectors), default=0)
        super().__init__(
            is_constant_jacobian=all(b.is_constant_jacobian for b in self._bijectors),
            validate_args=validate_args,
            forward_min_event_ndims=least,
            inverse_min_event_ndims=max(
                (b.inverse_min_event_ndims for b in self._bijectors), default=0
            ),
            name=name
            or "chain_of_" + "_of_".join(b.name for b in self._bijectors)
            or "identity",
        )

    bijectors = property(lambda self: self._bijectors)

    def _forward(self, x):
        for bijector in reversed(self._bijectors):
            x = bijector.forward(x)
        return x

    def _inverse(self, y):
        for bijector in self._bijectors:
            y = bijector.inverse(y)
        return y

    def _forward_log_det_jacobian(self, x):
        total = tf.constant(0.0, x.dtype.base_dtype)
        ndims = self.forward_min_event_ndims
        for bijector in reversed(self._bijectors):
            total += bijector.forward_log_det_jacobian(x, ndims)
            ndims += bijector.inverse_min_event_ndims
            ndims -= bijector.forward_min_event_ndims
            x = bijector.forward(x)
        return total

    def _inverse_log_det_jacobian(self, y):
        total = tf.constant(0.0, y.dtype.base_dtype)
        ndims = self.inverse_min_event_ndims
        for bijector in self._bijectors:
            total += bijector.inverse_log_det_jacobian(y, ndims)
            ndims += bijector.forward_min_event_ndims
            ndims -= bijector.inverse_min_event_ndims
            y = bijector.inverse(y)
        return total

    def _forward_event_shape(self, shape):
        for bijector in reversed(self._bijectors):
            shape = bijector.forward_event_shape(shape)
        return shape

    def _inverse_event_shape(self, shape):
        for bijector in self._bijectors:
            shape = bijector.inverse_event_shape(shape)
        return shape

    def _forward_event_shape_tensor(self, shape):
        for bijector in reversed(self._bijectors):
            shape = bijector.forward_event_shape_tensor(shape)
        return shape

    def _inverse_event_shape_tensor(self, shape):
        for bijector in self._bijectors:
            shape = bijector.inverse_event_shape_tensor(shape)
        return shape


class Permute(Bijector):
    """Another order of a vector's numbers."""

    def __init__(self, permutation, validate_args=False, name=None):
        self._permutation = tf.convert_to_tensor(permutation, name="permutation")
        super().__init__(
            is_constant_jacobian=True,
            validate_args=validate_args,
            forward_min_event_ndims=1,
            name=name or "permute",
        )

    permutation = property(lambda self: self._permutation)

    def _forward(self, x):
        return tf.gather(x, self._permutation, axis=-1)

    def _inverse(self, y):
        return tf.gather(y, tf.invert_permutation(self._permutation), axis=-1)

    def _forward_log_det_jacobian(self, x):
        return tf.constant(0.0, x.dtype.base_dtype)

    _inverse_log_det_jacobian = _forward_log_det_jacobian


class Inline(Bijector):
    """A bijector of functions that are given."""

    def __init__(
        self,
        forward_fn=None,
        inverse_fn=None,
        inverse_log_det_jacobian_fn=None,
        forward_log_det_jacobian_fn=None,
        forward_event_shape_fn=None,
        forward_event_shape_tensor_fn=None,
        inverse_event_shape_fn=None,
        inverse_event_shape_tensor_fn=None,
        is_constant_jacobian=False,
        validate_args=False,
        forward_min_event_ndims=None,
        inverse_min_event_ndims=None,
        name="inline",
    ):
        super().__init__(
            is_constant_jacobian=is_constant_jacobian,
            validate_args=validate_args,
            forward_min_event_ndims=forward_min_event_ndims,
            inverse_min_event_ndims=inverse_min_event_ndims,
            name=name,
        )
        for method, function in (
            ("_forward", forward_fn),
            ("_inverse", inverse_fn),
            ("_inverse_log_det_jacobian", inverse_log_det_jacobian_fn),
            ("_forward_log_det_jacobian", forward_log_det_jacobian_fn),
            ("_forward_event_shape", forward_event_shape_fn),
            ("_forward_event_shape_tensor", forward_event_shape_tensor_fn),
            ("_inverse_event_shape", inverse_event_shape_fn),
            ("_inverse_event_shape_tensor", inverse_event_shape_tensor_fn),
        ):
            if function is not None:
                setattr(self, method, function)


class Reshape(Bijector):
    """Another shape of an event."""

    def __init__(
        self, event_shape_out, event_shape_in=(-1,), validate_args=False, name=None
    ):
        self._out, self._in = list(event_shape_out), list(event_shape_in)
        super().__init__(
            is_constant_jacobian=True,
            validate_args=validate_args,
            forward_min_event_ndims=len(self._in),
            inverse_min_event_ndims=len(self._out),
            name=name or "reshape",
        )

    def _forward(self, x):
        batch = tf.shape(x)[: tf.rank(x) - len(self._in)]
        return tf.reshape(x, tf.concat([batch, self._out], 0))

    def _inverse(self, y):
        batch = tf.shape(y)[: tf.rank(y) - len(self._out)]
        return tf.reshape(y, tf.concat([batch, self._in], 0))

    def _forward_log_det_jacobian(self, x):
        return tf.constant(0.0, x.dtype.base_dtype)

    _inverse_log_det_jacobian = _forward_log_det_jacobian

    def _forward_event_shape(self, shape):
        return tf.TensorShape([size if size >= 0 else None for size in self._out])

    def _inverse_event_shape(self, shape):
        return tf.TensorShape([size if size >= 0 else None for size in self._in])

    def _forward_event_shape_tensor(self, shape):
        return tf.constant(self._out, tf.int32)

    def _inverse_event_shape_tensor(self, shape):
        return tf.constant(self._in, tf.int32)


class FillTriangular(Bijector):
    """A vector as a triangle."""

    def __init__(self, upper=False, validate_args=False, name="fill_triangular"):
        self._upper = upper
        super().__init__(
            is_constant_jacobian=True,
            validate_args=validate_args,
            forward_min_event_ndims=1,
            inverse_min_event_ndims=2,
            name=name,
        )

    def _forward(self, x):
        return util.fill_triangular(x, upper=self._upper)

    def _inverse(self, y):
        return util.fill_triangular_inverse(y, upper=self._upper)

    def _forward_log_det_jacobian(self, x):
        return tf.zeros(tf.shape(x)[:-1], x.dtype.base_dtype)

    def _inverse_log_det_jacobian(self, y):
        return tf.zeros(tf.shape(y)[:-2], y.dtype.base_dtype)

    def _forward_event_shape(self, shape):
        size = int(((8 * int(shape[-1]) + 1) ** 0.5 - 1) / 2)
        return shape[:-1].concatenate([size, size])

    def _inverse_event_shape(self, shape):
        size = int(shape[-1])
        return shape[:-2].concatenate([size * (size + 1) // 2])

    def _forward_event_shape_tensor(self, shape):
        return tf.constant(
            self._forward_event_shape(
                tf.TensorShape(tf.get_static_value(shape))
            ).as_list()
        )

    def _inverse_event_shape_tensor(self, shape):
        return tf.constant(
            self._inverse_event_shape(
                tf.TensorShape(tf.get_static_value(shape))
            ).as_list()
        )


class SoftmaxCentered(Bijector):
    """D numbers as D + 1 shares: the softmax of them and a 0."""

    def __init__(self, validate_args=False, name="softmax_centered"):
        super().__init__(
            validate_args=validate_args, forward_min_event_ndims=1, name=name
        )

    def _forward(self, x):
        zeros = tf.zeros_like(x[..., :1])
        return tf.nn.softmax(tf.concat([x, zeros], -1))

    def _inverse(self, y):
        logs = tf.log(y)
        return logs[..., :-1] - logs[..., -1:]

    def _inverse_log_det_jacobian(self, y):
        return -tf.reduce_sum(tf.log(y), -1)

    def _forward_log_det_jacobian(self, x):
        return -self._inverse_log_det_jacobian(self._forward(x))

    def _forward_event_shape(self, shape):
        return shape[:-1].concatenate([int(shape[-1]) + 1])

    def _inverse_event_shape(self, shape):
        return shape[:-1].concatenate([int(shape[-1]) - 1])

    def _forward_event_shape_tensor(self, shape):
        return tf.concat([shape[:-1], shape[-1:] + 1], 0)

    def _inverse_event_shape_tensor(self, shape):
        return tf.concat([shape[:-1], shape[-1:] - 1], 0)
