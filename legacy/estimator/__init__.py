"""``tf.estimator``: training loops over monitored sessions, as in TensorFlow 1.15.

Origin: the public API of ``tensorflow_estimator`` 1.15, which TensorFlow 2.16 dropped.
Here: ``Estimator`` on one machine, its specs and configuration, input functions,
SavedModel export; canned estimators (``DNNClassifier`` and the like) and their heads.
Not here: boosted trees, recurrent models, SDCA.
"""
