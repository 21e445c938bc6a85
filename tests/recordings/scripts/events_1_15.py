"""TensorBoard's files: what FileWriter and EventsWriter write, read back."""
# Recorded with TensorFlow 1.15.5


import glob
import os
import tempfile

import tensorflow as tf
from tensorflow.core.util import event_pb2
from tensorflow.python import pywrap_tensorflow
from tensorflow.python.util import compat


def show(folder):
    for path in sorted(glob.glob(os.path.join(folder, "*"))):
        print("file", os.path.basename(path).split(".")[1:3])
        for event in tf.train.summary_iterator(path):
            print(event.step, event.WhichOneof("what"), end=" ")
            if event.HasField("graph_def"):
                graph = tf.GraphDef.FromString(event.graph_def)
                print(len(graph.node), end=" ")
            if event.HasField("session_log"):
                print(event.session_log.status, event.session_log.checkpoint_path)
            print(event.file_version, end=" ")
            for value in event.summary.value:
                kind = value.WhichOneof("value")
                print(value.tag, kind, end=" ")
                if kind == "simple_value":
                    print(round(value.simple_value, 3), end=" ")
                if kind == "histo":
                    print(value.histo.num, value.histo.max, end=" ")
                if kind == "image":
                    print(value.image.height, value.image.colorspace, end=" ")
            print()


x = tf.placeholder(tf.float32, [None, 2], name="x")
with tf.name_scope("metrics"):
    tf.summary.scalar("mean", tf.reduce_mean(x))
    tf.summary.scalar("mean", tf.reduce_max(x))
    tf.summary.histogram("values", x)
tf.summary.image("picture", tf.reshape(x, [1, 2, 2, 1]))
merged = tf.summary.merge_all()

folder = tempfile.mkdtemp()
with tf.Session() as session:
    writer = tf.summary.FileWriter(folder, session.graph)
    for step in range(2):
        summary = session.run(merged, {x: [[1.0, 2.0], [3.0, 4.0 + step]]})
        writer.add_summary(summary, step)
    own = tf.Summary(value=[tf.Summary.Value(tag="own", simple_value=0.25)])
    own.value.add(tag="more", simple_value=2)
    writer.add_summary(own, global_step=7)
    writer.add_session_log(
        tf.SessionLog(status=tf.SessionLog.CHECKPOINT, checkpoint_path="a/b"), 8
    )
    writer.add_event(event_pb2.Event(wall_time=1.0, step=9, summary=own))
    print(writer.get_logdir() == folder)
    writer.flush()
    writer.close()
show(folder)

folder = tempfile.mkdtemp()
plain = pywrap_tensorflow.EventsWriter(compat.as_bytes(os.path.join(folder, "run")))
plain.WriteEvent(event_pb2.Event(wall_time=2.0, step=3, summary=own))
plain.Flush()
print(os.path.basename(compat.as_text(plain.FileName())).split(".")[:3])
plain.Close()
show(folder)

folder = tempfile.mkdtemp()
with tf.summary.FileWriter(folder, filename_suffix=".mine") as writer:
    writer.add_graph(tf.get_default_graph())
print([name.endswith(".mine") for name in os.listdir(folder)])
