"""One part of a graph, imported and ready to run."""

import contextlib

import numpy as np

from migrate.errors import MigrateError
from migrate.graph import memory
from migrate.graph.cut import cut, step_by_step, unfed
from migrate.graph.harmless import refused
from migrate.graph.nodes import VARIABLES, Graph
from migrate.graph.updates import written
from migrate.graph.values import values_of

_TABLES = "table_initializer"


class Program:
    """The part of ``graph`` that computes ``fetches`` from ``feeds``, in a session.

    Args:
      graph: the whole graph.
      feeds: names of the tensors that every run gives.
      fetches: names of the tensors wanted.
      extra: names of nodes that run besides.
      values: arrays of variables by name, as for ``UserGraph``.
      seconds, more_memory: bounds, as for ``UserGraph``.
      kept: names of tensors that are in the part, too, and do not run.

    Raises:
      MigrateError: the part needs more than the feeds, has operations that must not
        run or that this TensorFlow lacks, or cannot be imported.
    """

    def __init__(
        self,
        graph: Graph,
        feeds,
        fetches,
        extra,
        values,
        seconds,
        more_memory,
        *,
        kept=(),
    ):
        self._label, self._seconds = graph.label, seconds
        wanted = (*fetches, *extra, *kept)
        tables = _table_initializers(graph, cut(graph, feeds, wanted))
        part = cut(graph, feeds, (*wanted, *tables))
        _require_all_fed(graph, part)
        _require_harmless(graph, part)
        names = [node.name for node in part.graph_def.node if node.name in graph]
        variables = [n for n in names if graph.op(n) in VARIABLES]
        self._values = values_of(graph, variables, values)
        size = sum(array.nbytes for array in self._values.values())
        self._more_memory = more_memory + 4 * size
        self._import(part, written(graph, names).values())
        self._fetched = {name: _tensor(part.fetched[name]) for name in fetches}
        self._extra = [part.fetched[name] for name in extra]
        self._tables = list(tables)
        self._fed = {
            name: _tensor(placeholder) for name, placeholder in part.fed.items()
        }

    def _import(self, part, changed):
        import tensorflow.compat.v1 as tf

        from legacy import old_graphs

        ordered = self._changed(part.graph_def)
        bare = old_graphs.without(ordered, old_graphs.SHAPES)
        self._graph = tf.Graph()
        with self._errors(), self._graph.as_default():
            tf.import_graph_def(old_graphs.importable(bare), name="")
            self._assignments = {}
            for name, array in self._values.items():
                start = tf.placeholder(array.dtype, array.shape)
                variable = self._graph.get_tensor_by_name(name + ":0")
                if variable.dtype == tf.resource:
                    operation = tf.raw_ops.AssignVariableOp(
                        resource=variable, value=start
                    )
                else:
                    operation = tf.raw_ops.Assign(ref=variable, value=start).op
                self._assignments[name] = (operation, start)
            self._statistics = {
                name: self._read(tf, name) for name in sorted(set(changed))
            }
        # Literally the user's operations: no rewriting, on the processor.
        config = tf.ConfigProto(
            allow_soft_placement=True,
            device_count={"GPU": 0},
        )
        config.graph_options.rewrite_options.disable_meta_optimizer = True
        self._options = tf.RunOptions(timeout_in_ms=int(self._seconds * 1000))
        self.session = tf.Session(graph=self._graph, config=config)

    def _changed(self, graph_def):
        """What is imported in place of a part."""
        return step_by_step(graph_def)

    def _read(self, tf, name):
        variable = self._graph.get_tensor_by_name(name + ":0")
        if variable.dtype == tf.resource:
            dtype = self._values[name].dtype
            return tf.raw_ops.ReadVariableOp(resource=variable, dtype=dtype)
        return variable

    def run(self, feeds, altered=None):
        """Runs from the values of the start.

        Args:
          feeds: arrays for the names given when this was made.
          altered: a function that changes the arrays of the start; None: as they are.

        Returns:
          (arrays by fetched name, variables that the part writes to by name, after it).
        """
        given = {self._fed[name]: self._array(name, a) for name, a in feeds.items()}
        start = {
            placeholder: self._values[name]
            if altered is None
            else altered(self._values[name])
            for name, (_, placeholder) in self._assignments.items()
        }
        with self._errors():
            self._session_run([op for op, _ in self._assignments.values()], start)
            if self._tables:
                self._session_run(self._tables, {})
                self._tables = []
            found, _ = self._session_run([self._fetched, self._extra], given)
            return found, self._session_run(self._statistics, {})

    def _session_run(self, fetches, feeds):
        return self.session.run(fetches, feeds, options=self._options)

    def _array(self, name, value):
        dtype = self._graph.get_tensor_by_name(self._fed[name]).dtype.as_numpy_dtype
        try:
            return np.asarray(value, dtype)
        except (TypeError, ValueError) as error:
            raise MigrateError(
                f"{name} in {self._label} takes {np.dtype(dtype).name}. Received: "
                f"{np.asarray(value).dtype}"
            ) from error

    @contextlib.contextmanager
    def _errors(self):
        """What goes wrong inside, as a sentence about the graph."""
        import tensorflow.compat.v1 as tf

        try:
            with memory.at_most(self._more_memory):
                yield
        except tf.errors.DeadlineExceededError as error:
            raise self._cannot(
                f"it did not end within {self._seconds:g} seconds; it may wait for "
                "data or run an endless loop"
            ) from error
        except (tf.errors.ResourceExhaustedError, MemoryError) as error:
            raise self._cannot(
                f"it needs more than {self._more_memory / memory.GIB:.1f} GiB of memory"
            ) from error
        except (
            tf.errors.OpError,
            ValueError,
            TypeError,
            KeyError,
            RuntimeError,
        ) as error:
            text = str(getattr(error, "message", error)).strip() or type(error).__name__
            raise self._cannot(text.splitlines()[0][:400]) from error

    def _cannot(self, reason):
        return MigrateError(f"cannot run the graph {self._label}: {reason}")


def _tensor(name):
    return name if ":" in name else name + ":0"


def _table_initializers(graph, part):
    """Nodes that fill the look-up tables of ``part``."""
    present = {node.name for node in part.graph_def.node}
    nodes = graph.collections.get(_TABLES, ())
    return [node for node in nodes if graph.inputs(node)[0][0] in present]


def _require_all_fed(graph, part):
    lacking = unfed(part)
    if lacking:
        shown = ", ".join(lacking[:10]) + (", ..." if len(lacking) > 10 else "")
        raise MigrateError(
            f"running {graph.label} needs values for the placeholders {shown}; give "
            "them as arrays by name (--data FILE.npz)"
        )


def _require_harmless(graph, part):
    found = refused(part.graph_def)
    if found:
        shown = ", ".join(
            f"{operation} (node {node}) {reason}"
            for operation, (node, reason) in list(found.items())[:10]
        )
        raise MigrateError(
            f"the graph {graph.label} is not run: {shown}; only operations on tensors "
            "are run"
        )
