"""`tf.contrib.distributions.bijectors`: functions with an inverse and a slope; as data.

Origin: TensorFlow 1.15.5. Those of flows (`MaskedAutoregressiveFlow`, `RealNVP`, ...)
are in TensorFlow Probability.
"""

from legacy.contrib.written import written

NAMES = {
    **written(__name__, __path__),
    "Bijector": "tensorflow.python.ops.distributions.bijector_impl:Bijector",
    "Identity": "tensorflow.python.ops.distributions.identity_bijector:Identity",
}
