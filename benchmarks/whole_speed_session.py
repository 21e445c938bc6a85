"""Subjects of ``whole_speed.py`` in a session: TensorFlow 1.15.5's, or today's."""

import os

import tensorflow.compat.v1 as tf

from whole_speed_data import feed

tf.disable_v2_behavior()
VERSIONS = {"tensorflow": tf.__version__}


def make(subject):
    """A function that runs ``subject`` once: see ``whole_speed.subject``."""
    meta = tf.MetaGraphDef()
    with open(subject["checkpoint"] + ".meta", "rb") as stream:
        meta.ParseFromString(stream.read())
    if not tf.__version__.startswith("1."):
        from legacy import old_graphs

        bare = old_graphs.without(meta.graph_def, old_graphs.SHAPES)
        meta.graph_def.CopyFrom(bare)
    with tf.Graph().as_default():
        saver = tf.train.import_meta_graph(meta)
        session = tf.Session()
        saver.restore(session, os.path.abspath(subject["checkpoint"]))
        given = {name + ":0": array for name, array in feed(subject).items()}
        given["keep:0"], given["is_training:0"] = 1.0, subject["training"]
        wanted = ["loss:0", "train"] if subject["training"] else ["scores:0"]
        wanted = [session.graph.as_graph_element(name) for name in wanted]
    return lambda: session.run(wanted, given)
