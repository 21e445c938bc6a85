"""What the scripts of this folder write down: operations, first weights and losses."""
import json
import hashlib
import tensorflow as tf


def digests(session, variables=None):
    """Name -> first sixteen digits of the SHA-256 of each variable's bytes."""
    variables = tf.global_variables() if variables is None else variables
    values = session.run(dict((v.name, v) for v in variables))
    return dict((name, hashlib.sha256(value.tobytes()).hexdigest()[:16])
                for name, value in values.items())


def save(path, weights, losses, graph=None):
    """Writes all operations of the graph in order, with the two kinds of numbers."""
    graph = graph or tf.get_default_graph()
    operations = [[op.name, op.type] for op in graph.get_operations()]
    with open(path, 'w') as f:
        json.dump(dict(operations=operations, weights=weights,
                       losses=[float(loss) for loss in losses]), f)
