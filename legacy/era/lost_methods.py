"""Methods that today's built-in and NumPy types no longer have.

The types are written in C and cannot be given methods, so ``source`` turns a call
``value.name(...)`` of user code, for the names in ``METHODS``, into
``__legacy_method__(value, "name")(...)``. A value that has the method keeps its own.
"""

import array
import builtins
import functools

import numpy as np

# The built-in name under which rewritten user code reaches ``method``; safe to add,
# since nothing else uses it.
METHOD = "__legacy_method__"


def _same(value, *encoding_and_errors, **named):
    """Text that Python 3 has decoded already (or bytes not encoded) stays as it is."""
    del encoding_and_errors, named
    return value


def _itemset(array, *index_and_value):
    *index, value = index_and_value
    if not index:
        array[...] = value
    elif len(index) == 1 and not isinstance(index[0], tuple):
        array.flat[index[0]] = value
    else:
        array[index[0] if len(index) == 1 else tuple(index)] = value


def _swapped(array, order="S"):
    return array.view(array.dtype.newbyteorder(order))


def _next(iterator):
    return next(iterator)


_ARRAYS = (np.ndarray, np.generic)
# method: (types that lost it, what it did). None: any type; text:
# the method by which today's type is known.
METHODS = {
    "decode": (str, _same),
    "encode": (bytes, _same),
    "tostring": (
        (*_ARRAYS, array.array),
        lambda array, *order: array.tobytes(*order),
    ),
    "fromstring": (array.array, lambda array, data: array.frombytes(data)),
    "itemset": (np.ndarray, _itemset),
    "newbyteorder": (_ARRAYS, _swapped),
    "ptp": (_ARRAYS, np.ptp),
    "has_key": (None, lambda mapping, key: key in mapping),
    "iteritems": (None, lambda mapping: iter(mapping.items())),
    "iterkeys": (None, lambda mapping: iter(mapping.keys())),
    "itervalues": (None, lambda mapping: iter(mapping.values())),
    "viewitems": (None, lambda mapping: mapping.items()),
    "viewkeys": (None, lambda mapping: mapping.keys()),
    "viewvalues": (None, lambda mapping: mapping.values()),
    "pack": ("stack", lambda array, name=None: array.stack(name)),
    "unpack": ("unstack", lambda array, value, name=None: array.unstack(value, name)),
    "getchildren": (None, list),
    "getiterator": ("iter", lambda element, tag=None: element.iter(tag)),
    "next": (None, _next),
}


def method(value, name):
    """Gives ``value.name``, or what it was when the type still had it."""
    try:
        return getattr(value, name)
    except AttributeError:
        if name not in METHODS:
            raise
        types, function = METHODS[name]
        if isinstance(types, str):
            lost = hasattr(value, types)
        else:
            kind = value if isinstance(value, type) else type(value)
            lost = types is None or issubclass(kind, types)
        if lost:
            # Of a class, as in `dict.has_key(d, 1)`: the function itself.
            of_class = isinstance(value, type) and value is not type
            return function if of_class else functools.partial(function, value)
        raise


def install():
    """Puts the helper where rewritten code finds it."""
    setattr(builtins, METHOD, method)
