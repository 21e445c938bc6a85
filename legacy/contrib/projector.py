"""`tf.contrib.tensorboard.plugins.projector`: the embedding projector's settings.

A message of TensorBoard's file `projector_config.pbtxt`, built from its documented
fields, so that neither TensorBoard nor its plugin is needed to write one.
"""

import os

import tensorflow.compat.v1 as tf
from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    text_format,
)

_PACKAGE, _FILE = "legacy_projector", "projector_config.pbtxt"
_FIELDS = {
    "SpriteMetadata": [
        (1, "image_path", "string", False),
        (2, "single_image_dim", "uint32", True),
    ],
    "EmbeddingInfo": [
        (1, "tensor_name", "string", False),
        (2, "metadata_path", "string", False),
        (3, "bookmarks_path", "string", False),
        (4, "tensor_shape", "uint32", True),
        (5, "sprite", "SpriteMetadata", False),
        (6, "tensor_path", "string", False),
    ],
    "ProjectorConfig": [
        (1, "model_checkpoint_path", "string", False),
        (2, "embeddings", "EmbeddingInfo", True),
        (3, "model_checkpoint_dir", "string", False),
    ],
}


def _messages():
    kind = descriptor_pb2.FieldDescriptorProto
    scalars = {"string": kind.TYPE_STRING, "uint32": kind.TYPE_UINT32}
    proto = descriptor_pb2.FileDescriptorProto(
        name=_PACKAGE + ".proto", package=_PACKAGE, syntax="proto3"
    )
    for message, fields in _FIELDS.items():
        described = proto.message_type.add(name=message)
        for number, name, type_name, repeated in fields:
            field = described.field.add(name=name, number=number)
            field.label = kind.LABEL_REPEATED if repeated else kind.LABEL_OPTIONAL
            field.type = scalars.get(type_name, kind.TYPE_MESSAGE)
            if type_name not in scalars:
                field.type_name = f".{_PACKAGE}.{type_name}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(proto)
    return [
        message_factory.GetMessageClass(
            pool.FindMessageTypeByName(f"{_PACKAGE}.{message}")
        )
        for message in _FIELDS
    ]


SpriteMetadata, EmbeddingInfo, ProjectorConfig = _messages()


def visualize_embeddings(summary_writer, config):
    """Writes `config` as projector_config.pbtxt to the folder of the summaries.

    ValueError for a writer that has no folder.
    """
    folder = summary_writer
    if hasattr(summary_writer, "get_logdir"):
        folder = summary_writer.get_logdir()
    if not isinstance(folder, (str, os.PathLike)):
        raise ValueError(
            "Expected a summary writer with get_logdir(), or a folder. "
            f"Received: {summary_writer!r}"
        )
    with tf.gfile.Open(os.path.join(folder, _FILE), "w") as file:
        file.write(text_format.MessageToString(config))


NAMES = {
    name: f"{__name__}:{name}"
    for name in (
        "EmbeddingInfo",
        "ProjectorConfig",
        "SpriteMetadata",
        "visualize_embeddings",
    )
}
