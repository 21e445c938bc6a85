"""TensorFlow 1 as old scripts knew it: names as data, and the engine that serves them.

``core``, ``nn``, ``train``, ``leaked``, ... hold tables; ``registry`` joins them;
``modules`` answers attribute look-ups; ``asks`` decides who gets TensorFlow 1;
``hook`` stands in the import system; ``setup`` puts TensorFlow into graph mode.
"""
