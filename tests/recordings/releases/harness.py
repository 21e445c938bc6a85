"""Runs the cases of one file of this folder; under real old TensorFlow and the runner.

    PYTHON harness.py CASES OUT RELEASE

Each public function of ``cases/CASES.py`` is a case: it builds a graph and returns
{name: tensor, list of tensors, number or text}. Each has a graph of its own, in which
every variable gets numbers that depend on its place and shape only, unless the case
says ``fill = False``. OUT becomes {case: {"variables", "values"}}, or, for a case that
fails, {case: {"raises": the error's class}}. Runs under Python 2.7 and 3.
"""

import importlib
import json
import os
import sys

import numpy as np
import tensorflow as tf

HERE = os.path.dirname(os.path.abspath(__file__))
EVERY = ("0.12.1", "1.0.0", "1.15.5")


def only(*releases, **settings):
    """Marks a case with its releases, and with ``fill``, ``names``, ``limit``."""

    def mark(case):
        case.releases = releases or EVERY
        for name in settings:
            setattr(case, name, settings[name])
        return case

    return mark


def cases(name, release):
    """The cases of a file for one release, in the order of their names."""
    module = importlib.import_module("cases." + name)
    found = [
        value
        for key, value in sorted(vars(module).items())
        if callable(value)
        and not key.startswith("_")
        and getattr(value, "__module__", "") == module.__name__
        and not isinstance(value, type)
    ]
    return [case for case in found if release in getattr(case, "releases", EVERY)]


def all_variables():
    """Every variable of the graph, in the order in which they were made."""
    collect = getattr(tf, "global_variables", None) or tf.all_variables
    return collect()


def _fill(session):
    for place, variable in enumerate(all_variables()):
        shape = variable.get_shape().as_list()
        values = np.random.RandomState(7 + place).randn(*shape) * 0.4
        kind = variable.dtype.base_dtype.as_numpy_dtype
        session.run(variable.assign(np.asarray(values, kind)))


def _plain(value):
    if isinstance(value, dict):
        return dict((key, _plain(value[key])) for key in value)
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, bytes) and not isinstance(value, str):
        return value.decode("utf-8")
    if isinstance(value, (np.ndarray, np.generic)):
        return _plain(value.tolist())
    return float("%.9g" % value) if isinstance(value, float) else value


def _is_fetch(value):
    if isinstance(value, (list, tuple)):
        return any(_is_fetch(one) for one in value)
    return isinstance(value, (tf.Tensor, tf.Variable))


def run(case):
    """What one case gives, as plain data."""
    with tf.Graph().as_default(), tf.Session() as session:
        try:
            result = case()
            made = [
                [variable.op.name, variable.get_shape().as_list()]
                for variable in all_variables()
            ]
            initial = getattr(tf, "global_variables_initializer", None)
            session.run((initial or tf.initialize_all_variables)())
            if getattr(case, "fill", True):
                _fill(session)
            tensors = dict((k, result[k]) for k in result if _is_fetch(result[k]))
            values = dict(result, **session.run(tensors) if tensors else {})
        except Exception as error:
            if os.environ.get("CASES_TRACE"):
                raise
            return {"raises": type(error).__name__}
    return {"variables": made, "values": _plain(values)}


def main(name, out, release):
    found = dict((case.__name__, run(case)) for case in cases(name, release))
    with open(out, "w") as file:
        json.dump(found, file, sort_keys=True)


if __name__ == "__main__":
    main(*sys.argv[1:4])
