"""Files, flags and the MNIST reader: names that several modules of TensorFlow had."""

_FILES = {
    "GFile": "legacy.names.files:GFile",
    "FastGFile": "legacy.names.files:GFile",
    "Open": "legacy.names.files:GFile",
}
_FLAGS = {
    name: f"legacy.names.flags:{name}"
    for name in (
        "FLAGS DEFINE_string DEFINE_integer DEFINE_float DEFINE_boolean DEFINE_bool "
        "DEFINE_enum DEFINE_list DEFINE_multi_string DEFINE_multi_integer "
        "DEFINE_multi_float"
    ).split()
}
_MNIST = {
    name: f"legacy.names.tutorials.mnist:{name}"
    for name in (
        "read_data_sets DataSet Datasets dense_to_one_hot extract_images "
        "extract_labels load_mnist"
    ).split()
}

TABLE = {
    "tensorflow.gfile": _FILES,
    "tensorflow.python.platform.gfile": _FILES,
    "tensorflow.flags": _FLAGS,
    "tensorflow.app": {"run": "legacy.names.flags:run"},
    "tensorflow.app.flags": _FLAGS,
    "tensorflow.python.platform.flags": _FLAGS,
    "tensorflow.examples.tutorials.mnist.input_data": _MNIST,
    "tensorflow.contrib.learn.python.learn.datasets.mnist": _MNIST,
}
