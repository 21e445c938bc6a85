"""Bijectors that scale and shift."""

import tensorflow.compat.v1 as tf
from tensorflow.python.ops.distributions.bijector_impl import Bijector

from legacy.contrib.distributions.bijectors.elements import Elements

__all__ = [
    "Affine",
    "AffineLinearOperator",
    "AffineScalar",
]


def scale_of(
    loc=None, scale_diag=None, scale_tril=None, scale_identity_multiplier=None
):
    """The linear operator of these parameters; `loc` [..., D] gives its size D."""
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


class AffineScalar(Elements):
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
