"""`tf.contrib.factorization`: clustering by K-means. Names as data.

GMM and WALS are left out: their kernels were contrib's own.
"""

_OPS = "tensorflow.python.ops.clustering_ops:"
NAMES = {
    name: _OPS + name
    for name in (
        "COSINE_DISTANCE",
        "KMEANS_PLUS_PLUS_INIT",
        "KMeans",
        "RANDOM_INIT",
        "SQUARED_EUCLIDEAN_DISTANCE",
    )
}
NAMES["KMeansClustering"] = "legacy.estimator.kmeans:KMeansClustering"
