"""Feature columns of tf.contrib.layers: what a network and a linear model make of them."""

import os
import tempfile

from harness import scenario, values

# The order of the columns is that of their text, which differs in Python 2 (0.12.1).
NEW, PYTHON3 = ("1.15.5",), ("1.15.5", "1.0.0")


def features(tf):
    def sparse(rows, dtype, shape=(3, 2)):
        indices = [[r, c] for r, row in enumerate(rows) for c in range(len(row))]
        flat = [value for row in rows for value in row]
        return tf.SparseTensor(indices, tf.constant(flat, dtype), list(shape))

    return {
        "age": tf.constant([[20.0], [35.0], [61.0]]),
        "size": tf.constant(values((3, 2), 1)),
        "city": sparse([["rome"], ["oslo", "bonn"], ["nowhere"]], tf.string),
        "word": sparse([["a", "b"], ["c"], []], tf.string),
        "number": sparse([[3], [1, 4], [0]], tf.int64),
        "second": sparse([[6], [2], []], tf.int64),
        "weight": sparse([[0.5], [2.0, 1.0], [3.0]], tf.float32),
    }


def base(tf):
    c = tf.contrib.layers
    return {
        "age": c.real_valued_column("age"),
        "size": c.real_valued_column("size", 2, normalizer=lambda x: x * 2.0),
        "city": c.sparse_column_with_keys("city", ["rome", "oslo", "bonn"]),
        "word": c.sparse_column_with_hash_bucket("word", 7, combiner="sqrtn"),
        "number": c.sparse_column_with_integerized_feature("number", 5),
    }


@scenario(PYTHON3)
def network(tf):
    c, b = tf.contrib.layers, base(tf)
    columns = [
        b["age"],
        b["size"],
        c.bucketized_column(b["age"], [25.0, 40.0, 60.0]),
        c.one_hot_column(b["city"]),
        c.embedding_column(b["word"], 3),
        c.embedding_column(b["number"], 2, combiner="sum"),
        c.embedding_column(c.crossed_column([b["city"], b["word"]], 11), 2),
    ]
    return {"input": c.input_from_feature_columns(features(tf), columns)}


@scenario(PYTHON3)
def linear(tf):
    c, b = tf.contrib.layers, base(tf)
    columns = [
        b["age"],
        b["size"],
        b["city"],
        b["word"],
        b["number"],
        c.bucketized_column(b["age"], [25.0, 40.0, 60.0]),
        c.weighted_sparse_column(
            c.sparse_column_with_integerized_feature("number", 6, combiner="mean"),
            "weight",
        ),
        c.crossed_column([b["city"], b["word"]], 11, combiner="mean"),
    ]
    logits, parts, bias = c.weighted_sum_from_feature_columns(
        features(tf), columns, num_outputs=2
    )
    names = sorted(k.name for k in parts)
    return {
        "logits": logits,
        "bias": bias + 0,
        "names": [name.encode("utf8") for name in names],
    }


@scenario(PYTHON3)
def joint(tf):
    c, b = tf.contrib.layers, base(tf)
    logits, _, bias = c.joint_weighted_sum_from_feature_columns(
        features(tf), [b["city"], b["number"]], num_outputs=2
    )
    return {"logits": logits, "bias": bias + 0}


@scenario(NEW)
def shared_and_sequence(tf):
    c, b = tf.contrib.layers, base(tf)
    folder = tempfile.mkdtemp()
    path = os.path.join(folder, "words.txt")
    with open(path, "w") as file:
        file.write("a\nb\nc\n")
    listed = c.sparse_column_with_vocabulary_file(
        "word", path, num_oov_buckets=2, vocab_size=3
    )
    other = c.sparse_column_with_integerized_feature("number", 7)
    shared = c.shared_embedding_columns(
        [other, c.sparse_column_with_integerized_feature("second", 7)],
        2,
        shared_embedding_name="both",
    )
    result = {
        "city": c.transform_features(features(tf), [b["city"]])[b["city"]].values,
        "input": c.input_from_feature_columns(
            features(tf), list(shared) + [c.embedding_column(listed, 2)]
        ),
    }
    sequences = {
        "age": tf.constant(values((2, 3, 1), 1)),
        "size": tf.constant(values((2, 3, 2), 3)),
        "number": tf.SparseTensor(
            [[0, 0, 0], [0, 1, 0], [1, 0, 0], [1, 2, 0]],
            tf.constant([1, 2, 3, 0], tf.int64),
            [2, 3, 1],
        ),
    }
    with tf.variable_scope("steps"):
        result["sequence"] = c.sequence_input_from_feature_columns(
            sequences, [b["age"], b["size"], c.embedding_column(b["number"], 2)]
        )
    return result


@scenario(PYTHON3, gradients=False)
def parsing(tf):
    c, b = tf.contrib.layers, base(tf)
    columns = [
        b["size"],
        b["city"],
        b["number"],
        c.embedding_column(b["word"], 2),
        c.real_valued_column("lost", default_value=4.0),
    ]
    spec = c.create_feature_spec_for_parsing(columns)
    f = tf.train.Feature
    serialized = [
        tf.train.Example(
            features=tf.train.Features(
                feature={
                    "size": f(float_list=tf.train.FloatList(value=[1.5 * i, 2.0])),
                    "city": f(bytes_list=tf.train.BytesList(value=[b"oslo"])),
                    "number": f(int64_list=tf.train.Int64List(value=[i, 1])),
                }
            )
        ).SerializeToString()
        for i in range(2)
    ]
    parsed = c.parse_feature_columns_from_examples(tf.constant(serialized), columns)
    placeholders = c.make_place_holder_tensors_for_base_features([b["size"], b["city"]])
    inferred = c.infer_real_valued_columns(tf.zeros([3, 4]))
    result = {
        "spec": [
            ("%s %s" % (k, type(v).__name__)).encode("utf8")
            for k, v in sorted(spec.items())
        ],
        "size": parsed[b["size"]] if b["size"] in parsed else parsed["size"],
        "keys": [
            str(k if isinstance(k, str) else k.name).encode("utf8")
            for k in sorted(parsed, key=lambda k: k if isinstance(k, str) else k.name)
        ],
        "holders": [
            (
                "%s %d"
                % (k if isinstance(k, str) else k.name, isinstance(v, tf.Tensor))
            ).encode("utf8")
            for k, v in placeholders.items()
        ],
    }
    if isinstance(inferred, list):
        result["inferred"] = [int(column.dimension) for column in inferred]
    return result
