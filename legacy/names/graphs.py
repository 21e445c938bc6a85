"""Graphs of earlier releases (``legacy.old_graphs``), and gradients of scripts."""

import tensorflow.compat.v1 as tf
from tensorflow.python.framework import meta_graph, ops
from tensorflow.python.saved_model import loader_impl

from legacy import old_graphs


def import_graph_def(graph_def, *args, **kwargs):
    """``tf.import_graph_def``, also of graphs that today's TensorFlow refuses."""
    if isinstance(graph_def, tf.GraphDef):
        graph_def = old_graphs.importable(graph_def, kwargs.get("producer_op_list"))
    return tf.import_graph_def(graph_def, *args, **kwargs)


def import_meta_graph(meta_graph_or_file, *args, **kwargs):
    """``tf.train.import_meta_graph``, also of graphs that TensorFlow now refuses."""
    return tf.train.import_meta_graph(_mended(meta_graph_or_file), *args, **kwargs)


def import_scoped_meta_graph(meta_graph_or_file, *args, **kwargs):
    """``meta_graph.import_scoped_meta_graph``, also of graphs that it now refuses."""
    return meta_graph.import_scoped_meta_graph(
        _mended(meta_graph_or_file), *args, **kwargs
    )


def _mended(meta_graph_or_file):
    """The ``MetaGraphDef``, or that in the file, with a graph that can be imported."""
    given = meta_graph_or_file
    if not isinstance(given, tf.MetaGraphDef):
        given = meta_graph.read_meta_graph_file(given)
    mended = tf.MetaGraphDef()
    mended.CopyFrom(given)
    _mend(mended)
    return mended


def _mend(meta):
    producer = None
    if meta.meta_info_def.HasField("stripped_op_list"):
        producer = meta.meta_info_def.stripped_op_list
    meta.graph_def.CopyFrom(old_graphs.importable(meta.graph_def, producer))


class SavedModelLoader(loader_impl.SavedModelLoader):
    """Loads SavedModels of earlier releases too."""

    def load_graph(self, graph, tags, *args, **kwargs):
        """Makes the graph importable, then does what TensorFlow's own method does."""
        _mend(self.get_meta_graph_def_from_tags(tags))
        return super().load_graph(graph, tags, *args, **kwargs)


def load_saved_model(sess, tags, export_dir, import_scope=None, **saver_kwargs):
    """``tf.saved_model.loader.load``: the ``MetaGraphDef`` loaded into ``sess``."""
    loader = SavedModelLoader(export_dir)
    return loader.load(sess, tags, import_scope, **saver_kwargs)


_LOADER = {"load": load_saved_model}
_INTERNAL_LOADER = {**_LOADER, "SavedModelLoader": SavedModelLoader}


def in_graph_mode():
    """``context.in_graph_mode`` of 1.4: whether operations go into a graph."""
    return not tf.executing_eagerly()


# Types of operations whose gradient a script has registered.
_own_gradients = set()


class RegisterGradient(tf.RegisterGradient):
    """``tf.RegisterGradient``, also of operations that have a gradient by now.

    A script registers what its release lacked, such as that of `FloorMod` in 1.0.
    """

    def __call__(self, f):
        if self._op_type not in _own_gradients:
            ops.gradient_registry._registry.pop(self._op_type, None)
            _own_gradients.add(self._op_type)
        return super().__call__(f)


TABLE = {
    "tensorflow": {
        "import_graph_def": import_graph_def,
        "RegisterGradient": RegisterGradient,
    },
    "tensorflow.python.eager.context": {
        "in_eager_mode": tf.executing_eagerly,
        "in_graph_mode": in_graph_mode,
    },
    "tensorflow.graph_util": {"import_graph_def": import_graph_def},
    "tensorflow.python.framework.importer": {"import_graph_def": import_graph_def},
    "tensorflow.python.framework.meta_graph": {
        "import_scoped_meta_graph": import_scoped_meta_graph
    },
    "tensorflow.python.saved_model.loader": _INTERNAL_LOADER,
    "tensorflow.python.saved_model.loader_impl": _INTERNAL_LOADER,
    "tensorflow.saved_model": _LOADER,
    "tensorflow.saved_model.loader": _LOADER,
    "tensorflow.train": {"import_meta_graph": import_meta_graph},
}
