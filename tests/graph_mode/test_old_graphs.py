"""Graphs that earlier releases wrote, imported today: by ``legacy.old_graphs``, and
under the runner."""

import json

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from helpers.legacy_process import legacy, succeeded, write
from helpers.recorded_graphs import folder
from legacy import old_graphs

CONV_GRU = folder("tf-1.15.5/conv_gru")
# Today's session against what real TensorFlow recorded in inference (its README.md).
TOLERANCE = 6e-7


def graph_of(place):
    meta = tf.MetaGraphDef()
    meta.ParseFromString((place / "model.ckpt-40.meta").read_bytes())
    return meta.graph_def


def nodes(*given):
    """A GraphDef of (name, operation) pairs."""
    graph = tf.GraphDef()
    for name, kind in given:
        graph.node.add(name=name, op=kind)
    return graph


def imported(graph_def):
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def, name="")
    return graph


def test_shapes_that_inference_contradicts_are_dropped_and_others_kept():
    given = graph_of(CONV_GRU)
    with pytest.raises(ValueError, match=old_graphs.SHAPES):
        imported(given)
    before = given.SerializeToString(deterministic=True)
    mended = old_graphs.importable(given)
    assert given.SerializeToString(deterministic=True) == before
    imported(mended)
    dropped = [
        old.op
        for old, new in zip(given.node, mended.node, strict=True)
        if old_graphs.SHAPES in old.attr and old_graphs.SHAPES not in new.attr
    ]
    assert dropped == ["FusedBatchNormGradV3"] * 2


def test_placeholders_of_0_12_keep_the_shapes_that_only_this_attribute_holds():
    given = graph_of(folder("tf-0.12.1/sleep"))
    graph = imported(old_graphs.importable(given))
    assert graph.get_tensor_by_name("input_x:0").shape.as_list() == [None, 4, 7, 9]
    bare = imported(old_graphs.without(given, old_graphs.SHAPES))
    assert bare.get_tensor_by_name("input_x:0").shape.rank is None


def test_shapes_that_contradict_only_one_another_are_all_dropped():
    """x is [2] and claims [3]; without that claim, that of y makes x + y impossible."""
    graph = nodes(("x", "Const"), ("y", "Placeholder"), ("sum", "AddV2"))
    x, y, total = graph.node
    x.attr["value"].tensor.CopyFrom(tf.make_tensor_proto([1.0, 2.0]))
    total.input.extend("xy")
    for node, attribute in ((x, "dtype"), (y, "dtype"), (total, "T")):
        node.attr[attribute].type = tf.float32.as_datatype_enum
        node.attr["_output_shapes"].list.shape.add().dim.add(size=3)
    mended = imported(old_graphs.importable(graph))
    assert mended.get_tensor_by_name("x:0").shape.as_list() == [2]


@pytest.mark.parametrize(
    ("device", "kept"),
    [
        ("/device:GPU:0", ""),
        ("/gpu:0", ""),
        ("/job:localhost/replica:0/task:0/device:GPU:3", ""),
        ("/device:TPU:0", ""),
        ("/device:CPU:0", "/device:CPU:0"),
        ("/cpu:1", "/cpu:1"),
        ("/job:worker/task:1/device:GPU:0", "/job:worker/task:1/device:GPU:0"),
        ("", ""),
    ],
)
def test_devices_that_this_machine_lacks_are_dropped(device, kept):
    if tf.config.list_physical_devices("GPU"):
        pytest.skip("this machine has a GPU")
    graph = nodes(("a", "NoOp"))
    graph.node[0].device = device
    assert old_graphs.importable(graph).node[0].device == kept


def test_colocation_with_nodes_that_are_not_there_is_dropped():
    graph = nodes(("a", "NoOp"), ("b", "NoOp"), ("c", "NoOp"))
    graph.node[0].attr["_class"].list.s.extend([b"loc:@gone"])
    graph.node[1].attr["_class"].list.s.extend([b"loc:@a", b"loc:@gone"])
    mended = old_graphs.importable(graph)
    assert [list(n.attr["_class"].list.s) for n in mended.node] == [[], [b"loc:@a"], []]
    imported(mended)


def test_all_operations_that_are_not_here_are_named_in_one_sentence():
    graph = nodes(("r", "Resampler"), ("n", "NoOp"), ("r2", "Resampler"), ("f", "Mine"))
    graph.library.function.add().signature.name = "Mine"
    graph.library.function[0].node_def.add(name="inner", op="ZeroOut")
    with pytest.raises(tf.errors.NotFoundError) as caught:
        old_graphs.importable(graph)
    message = str(caught.value)
    assert "Resampler (node r), ZeroOut (node inner)" in message
    assert "Mine" not in message
    assert "\n" not in message


SCRIPT = """
    import json, sys
    import numpy as np
    import tensorflow as tf
    from tensorflow.python.framework import importer
    from tensorflow.python.saved_model import loader
    folder = sys.argv[1]
    record = np.load(folder + '/record.npz')
    fed = {k[5:] + ':0': record[k] for k in record.files if k.startswith('feed|')}
    fed['is_training:0'] = False

    def probabilities(session, prefix=''):
        feed = {prefix + k: v for k, v in fed.items()}
        return session.run(prefix + 'probabilities:0', feed).tolist()

    def by_meta_graph(meta, **options):
        with tf.Session(graph=tf.Graph()) as session:
            with session.graph.as_default():
                saver = tf.train.import_meta_graph(meta, **options)
            saver.restore(session, folder + '/model.ckpt-40')
            return probabilities(session)

    def by_graph_def(function):
        meta = tf.MetaGraphDef()
        meta.ParseFromString(open(folder + '/model.ckpt-40.meta', 'rb').read())
        for node in meta.graph_def.node:
            node.device = '/device:GPU:0'
        with tf.Session(graph=tf.Graph()) as session:
            with session.graph.as_default():
                function(meta.graph_def, name='old')
            names = [k[2:].replace(chr(92), '/') for k in record.files if k[:2] == 'v|']
            values = {
                'old/' + n + ':0': record['v|' + n.replace('/', chr(92))] for n in names
            }
            session.run(['old/' + n + '/Assign' for n in names], {
                session.graph.get_operation_by_name('old/' + n + '/Assign').inputs[1]:
                values['old/' + n + ':0'] for n in names})
            return probabilities(session, 'old/')

    def by_loader(load):
        with tf.Session(graph=tf.Graph()) as session:
            meta = load(session, ['serve'], folder + '/saved_model')
            assert 'serving_default' in meta.signature_def
            return probabilities(session)

    def scores(folder):
        record = np.load(folder + '/record.npz')
        feed = {k[5:] + ':0': record[k] for k in record.files if k[:5] == 'feed|'}
        feed['istraining:0'] = False
        with tf.Session(graph=tf.Graph()) as session:
            with session.graph.as_default():
                saver = tf.train.import_meta_graph(folder + '/model.ckpt-40.meta')
            saver.restore(session, folder + '/model.ckpt-40')
            return session.run('scores:0', feed).tolist()

    meta = folder + '/model.ckpt-40.meta'
    print(json.dumps({
        'import_meta_graph': by_meta_graph(meta),
        'clear_devices': by_meta_graph(meta, clear_devices=True),
        'import_graph_def': by_graph_def(tf.import_graph_def),
        'importer': by_graph_def(importer.import_graph_def),
        'loader.load': by_loader(tf.saved_model.loader.load),
        'saved_model.load': by_loader(tf.saved_model.load),
        'internal loader': by_loader(loader.load),
    }))
    print(json.dumps([scores(old) for old in sys.argv[2:]]))
    unknown = tf.GraphDef()
    unknown.node.add(name='here', op='Resampler')
    try:
        tf.import_graph_def(unknown)
    except tf.errors.NotFoundError as error:
        print(error)
"""


def test_scripts_import_such_graphs(tmp_path):
    """Every function that imports, on conv_gru, gives what real 1.15.5 recorded; and
    the graphs of earlier releases what these recorded."""
    old = [folder("tf-0.12.1/sleep"), folder("tf-1.0.0/sleep")]
    run = legacy(write(tmp_path / "script.py", SCRIPT), CONV_GRU, *old)
    results, scores, unknown = succeeded(run).splitlines()
    for got, place in zip(json.loads(scores), old, strict=True):
        recorded = np.load(place / "record.npz")["out|inference|scores"]
        assert np.abs(np.array(got) - recorded).max() <= TOLERANCE
    assert "Resampler (node here)" in unknown
    expected = np.load(CONV_GRU / "record.npz")["out|inference|probabilities"]
    for function, got in json.loads(results).items():
        assert np.abs(np.array(got) - expected).max() <= TOLERANCE, function
