"""``tf.contrib.linalg`` of TensorFlow 1.0: linear operators, now ``tf.linalg``'s."""

_LINALG = "tensorflow.compat.v1:linalg."

NAMES = {
    "LinearOperator": _LINALG + "LinearOperator",
    "LinearOperatorComposition": _LINALG + "LinearOperatorComposition",
    "LinearOperatorDiag": _LINALG + "LinearOperatorDiag",
    "LinearOperatorFullMatrix": _LINALG + "LinearOperatorFullMatrix",
    "LinearOperatorIdentity": _LINALG + "LinearOperatorIdentity",
    "LinearOperatorLowerTriangular": _LINALG + "LinearOperatorLowerTriangular",
    "LinearOperatorMatrix": _LINALG + "LinearOperatorFullMatrix",
    "LinearOperatorScaledIdentity": _LINALG + "LinearOperatorScaledIdentity",
    "LinearOperatorTriL": _LINALG + "LinearOperatorLowerTriangular",
}
