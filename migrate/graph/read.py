"""Reading graphs from files: .meta, frozen GraphDef (binary, text), SavedModel."""

import os

from migrate.errors import MigrateError
from migrate.graph.nodes import MOST_NODES, Graph
from migrate.graph.other import kind_of, what_is

# A file larger than this is refused: protobuf itself takes no more than twice that.
_MOST_BYTES = 1 << 30
# Text is parsed in Python, at about a megabyte a second.
_MOST_TEXT = 32 << 20


def read(path) -> Graph:
    """The graph in a file or folder.

    Args:
      path: a ``.meta`` file, a frozen ``GraphDef`` (``.pb``, ``.pbtxt``), or the folder
        of a TensorFlow 1 SavedModel (or its ``saved_model.pb``).

    Raises:
      MigrateError: there is no graph there, or it is damaged; something else there is
        called what it is.
    """
    path = os.fspath(path)
    label = os.path.basename(os.path.abspath(path))
    if kind_of(path) not in (None, "valueless"):
        raise MigrateError(f"{path} is {what_is(path)}")
    if os.path.isdir(path):
        for name in ("saved_model.pb", "saved_model.pbtxt"):
            if os.path.isfile(os.path.join(path, name)):
                return _saved_model(os.path.join(path, name), label)
        raise MigrateError(
            f"{path} is a folder without a graph: expected a SavedModel's folder (with "
            "saved_model.pb in it), a .meta file, or a frozen graph's .pb"
        )
    if os.path.basename(path) in ("saved_model.pb", "saved_model.pbtxt"):
        return _saved_model(path, label)
    return _graph(path, label)


def _saved_model(path, label):
    from tensorflow.core.protobuf import saved_model_pb2

    saved = saved_model_pb2.SavedModel()
    _parse(saved, path)
    if not saved.meta_graphs:
        raise _unreadable(path, "it holds no graph")
    graphs = [m for m in saved.meta_graphs if "serve" in m.meta_info_def.tags]
    meta = (graphs or saved.meta_graphs)[0]
    return Graph(meta.graph_def, label, meta, path)


def _graph(path, label):
    from tensorflow.core.framework import graph_pb2
    from tensorflow.core.protobuf import meta_graph_pb2

    meta = meta_graph_pb2.MetaGraphDef()
    if path.endswith((".pb", ".pbtxt")):
        kinds = (graph_pb2.GraphDef(), meta)
    else:
        kinds = (meta, graph_pb2.GraphDef())
    # The two kinds of message can look like each other for a few bytes only: a file of
    # the one kind does not parse as the other, or has no nodes then.
    errors = []
    for message in kinds:
        try:
            _parse(message, path)
        except MigrateError as error:
            errors.append(error)
            continue
        graph_def = message.graph_def if message is meta else message
        if graph_def.node and all(node.op for node in graph_def.node):
            return Graph(graph_def, label, message if message is meta else None, path)
    raise errors[0] if errors else _unreadable(path, "it holds no nodes")


def _unreadable(path, reason):
    return MigrateError(
        f"cannot read a graph from {path}: {reason}; expected a .meta file, a frozen "
        "GraphDef (.pb or .pbtxt) or a SavedModel, whole and undamaged"
    )


def _parse(message, path):
    """Fills ``message`` from a file, binary or text."""
    from google.protobuf import text_format
    from google.protobuf.message import DecodeError

    try:
        size = os.path.getsize(path)
        if size > _MOST_BYTES:
            raise _unreadable(path, f"it is larger than {_MOST_BYTES >> 20} MiB")
        with open(path, "rb") as stream:
            data = stream.read()
    except OSError as error:
        raise MigrateError(f"cannot read {path}: {error.strerror}") from error
    text = _is_text(path, data)
    if not text:
        _require_few(path, data)
    if text and size > _MOST_TEXT:
        raise _unreadable(
            path, f"as text it is larger than {_MOST_TEXT >> 20} MiB; save it binary"
        )
    try:
        if not text:
            message.ParseFromString(data)
            return
        text_format.Parse(data.decode(), message)
    except DecodeError as error:
        raise _unreadable(path, "it is cut or damaged, or something else") from error
    except (text_format.ParseError, UnicodeDecodeError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise _unreadable(path, f"its text does not parse ({reason})") from error
    except (MemoryError, ValueError) as error:
        raise _unreadable(path, "it is damaged") from error


def _require_few(path, data):
    """Refuses a file with too many nodes before it becomes objects.

    A GraphDef holds nodes in its field 1, a MetaGraphDef the graph in its field 2.
    """
    counts = [0, 0]
    for field, start, stop in _fields(data, 0, len(data)):
        counts[0] += field == 1
        if field == 2 and stop - start > MOST_NODES:
            counts[1] += sum(f == 1 for f, _, _ in _fields(data, start, stop))
    if max(counts) > MOST_NODES:
        raise _unreadable(
            path, f"it has {max(counts):,} nodes, and at most {MOST_NODES:,} are read"
        )


def _fields(data, at, end):
    """(number, start, stop) of the fields of a message that have a length; stops where
    the bytes are no message."""
    end = min(end, len(data))
    while at < end:
        key, at = _number(data, at, end)
        kind = key & 7
        if kind == 2:
            size, at = _number(data, at, end)
            yield key >> 3, at, at + size
            at += size
        elif kind == 0:
            _, at = _number(data, at, end)
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            return


def _number(data, at, end):
    """A number of variable length, and where it ends."""
    value = shift = 0
    while at < end and shift < 64:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
    return 7, end


def _is_text(path, data):
    if path.endswith(".pbtxt"):
        return True
    head = data[:512].lstrip()
    return head[:5] in (b"node ", b"node{", b"meta_") and b"\0" not in data[:4096]
