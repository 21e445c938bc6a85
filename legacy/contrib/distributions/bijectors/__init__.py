"""`tf.contrib.distributions.bijectors`: functions with an inverse and a slope; as data.

Origin: TensorFlow 1.15.5. Those of flows (`MaskedAutoregressiveFlow`, `RealNVP`, ...)
are in TensorFlow Probability.
"""

_HOMES = {
    "elements": "AbsoluteValue Exp PowerTransform Sigmoid Softplus Softsign Square",
    "affine": "Affine AffineLinearOperator AffineScalar",
    "combined": "Chain Inline Invert",
    "shapes": "FillTriangular Permute Reshape SoftmaxCentered",
}
NAMES = {
    **{
        name: f"{__name__}.{home}:{name}"
        for home, names in _HOMES.items()
        for name in names.split()
    },
    "Bijector": "tensorflow.python.ops.distributions.bijector_impl:Bijector",
    "Identity": "tensorflow.python.ops.distributions.identity_bijector:Identity",
}
