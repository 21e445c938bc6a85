"""What people hand over besides graphs and TensorFlow 1 checkpoints, and what next."""

import os
import re
import zipfile

from migrate.sources.prefix import names_in

_HDF5 = b"\x89HDF\r\n\x1a\n"
_OBJECT_GRAPH = b"CHECKPOINTABLE_OBJECT_GRAPH"
_POINTER = b"version https://git-lfs.github.com/spec/"

_SENTENCES = {
    "pointer": "a Git LFS pointer of {size} bytes, not the file itself; run `git lfs "
    "pull` in its repository, or download the file from the repository's web page",
    "object checkpoint": "a TensorFlow 2 object-based checkpoint: its names follow "
    "Python attributes, not TensorFlow 1 variables; build the model in TensorFlow 2 "
    "and restore it there with tf.train.Checkpoint",
    "SavedModel 2": "a TensorFlow 2 SavedModel: it holds functions, no TensorFlow 1 "
    "graph; load it with tf.saved_model.load and take the weights from its variables",
    "HDF5": "an HDF5 file: Keras weights or a Keras model, no TensorFlow 1 checkpoint; "
    "load it with keras.models.load_model or model.load_weights",
    "keras": "a .keras file: a Keras 3 model; load it with keras.models.load_model",
    "valueless": "a graph.pbtxt, a graph without values: its variables live in a "
    "checkpoint; name that (a prefix such as model.ckpt-1000) and give this file as "
    "its graph",
    "safetensors": "a safetensors file: names and arrays without a graph; name the "
    "TensorFlow 1 checkpoint that it came from",
    "tflite": "a TensorFlow Lite model: its weights may be quantised and its names "
    "are gone; name the checkpoint or frozen graph that it was converted from",
    "events": "a file of TensorBoard events: summaries, no weights; name the "
    "checkpoint that training wrote beside it",
}


# How the text of a graph names operations that hold a variable.
_VARIABLES = re.compile(rb'op: *"(VariableV?2?|VarHandleOp)"')


def what_is(path) -> str | None:
    """What a path is, if it is neither a TensorFlow 1 checkpoint nor a graph.

    Args:
      path: a file, a folder, or a checkpoint's prefix.

    Returns:
      A phrase that follows "PATH is", with what to do next; None if it is nothing that
      this function knows (a graph with constants, a v1 checkpoint, or unknown).
    """
    kind = kind_of(os.fspath(path))
    if kind is None:
        return None
    size = os.path.getsize(path) if os.path.isfile(path) else 0
    return _SENTENCES[kind].format(size=size)


def kind_of(path: str) -> str | None:
    """The same as one of a few words; "valueless" is a graph that can be read."""
    if os.path.isdir(path):
        model = os.path.join(path, "saved_model.pb")
        if os.path.isfile(model):
            return kind_of(model)
        found = [n for n in names_in(path) if n.endswith(".index")]
        objects = [_is_object_based(os.path.join(path, name)) for name in found]
        return "object checkpoint" if objects and all(objects) else None
    for index in (path, path + ".index"):
        if index.endswith(".index") and os.path.isfile(index):
            head = _head(index, 512)
            if head.startswith(_POINTER):
                return "pointer"
            return "object checkpoint" if _is_object_based(index) else None
    return _kind_of_file(path) if os.path.isfile(path) else None


def _kind_of_file(path):
    head = _head(path, 512)
    if head.startswith(_POINTER):
        return "pointer"
    if head.startswith(_HDF5):
        return "HDF5"
    if head[4:8] == b"TFL3":
        return "tflite"
    if b"brain.Event:" in head[:64]:
        return "events"
    if head[:2] == b"PK" and zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as archive:
                return "keras" if "config.json" in archive.namelist() else None
        except (zipfile.BadZipFile, OSError, ValueError):
            return None
    if path.endswith(".safetensors") and head[8:9] == b"{":
        return "safetensors"
    if path.endswith(".pbtxt") and _VARIABLES.search(_head(path, 32 << 20)):
        return "valueless"
    if os.path.basename(path) == "saved_model.pb" and _is_saved_model_2(path):
        return "SavedModel 2"
    return None


def _head(path, size):
    try:
        with open(path, "rb") as stream:
            return stream.read(size)
    except OSError:
        return b""


def _is_object_based(index):
    # The key begins with "_"; a table of keys writes shared beginnings only once.
    return _OBJECT_GRAPH in _head(index, 1 << 20)


def _is_saved_model_2(path):
    """Whether restoring goes by objects: TensorFlow 1's graphs have no such part."""
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf import saved_model_pb2

    saved = saved_model_pb2.SavedModel()
    try:
        saved.ParseFromString(_head(path, 1 << 30))
    except (DecodeError, ValueError, MemoryError):
        return False
    return any(meta.HasField("object_graph_def") for meta in saved.meta_graphs)
