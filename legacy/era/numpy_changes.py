"""Functions of NumPy that still exist and take or give something else than they did.

For user code only (``numpy_names``): each gives, under NumPy 1.26 and NumPy 2, what
NumPy 1.16 gave. Rows of unequal length become an array of objects, as before 1.24.

Source: the release notes of NumPy 1.17 to 2.4.
"""

import functools
import pathlib
import types

import numpy as np

from legacy.era import numpy_functions, numpy_printing

TWO = np.lib.NumpyVersion(np.__version__) >= "2.0.0"
_RAGGED = "inhomogeneous"


# Values


def _converting(convert):
    """``convert`` as it was: ragged rows make objects, whole numbers wrap around."""

    @functools.wraps(convert)
    def converted(value, dtype=None, *arguments, **named):
        if TWO and named.get("copy") is False:
            named["copy"] = None  # "only if it must be", as then
        try:
            return convert(value, dtype, *arguments, **named)
        except ValueError as error:
            if dtype is not None or _RAGGED not in str(error):
                raise
            return convert(value, object, *arguments, **named)
        except OverflowError:
            if dtype is None or np.dtype(dtype).kind not in "iu":
                raise
            return convert(value, None, *arguments, **named).astype(dtype)

    return converted


array = _converting(np.array)
asarray = _converting(np.asarray)
asanyarray = _converting(np.asanyarray)


def wrapped(scalar):
    """A type of whole numbers, to be called: larger numbers wrap around."""

    @functools.wraps(scalar, updated=())
    def convert(*arguments):
        try:
            return scalar(*arguments)
        except OverflowError:
            return np.array(*arguments).astype(scalar)[()]

    return convert


def _objects(value):
    """Ragged rows as an array of objects; all else as it is."""
    if isinstance(value, (list, tuple)):
        try:
            np.asarray(value)
        except ValueError as error:
            if _RAGGED in str(error):
                return np.asarray(value, object)
    return value


def _taking_ragged(function):
    """``function`` that accepts ragged rows if the old one did."""

    @functools.wraps(function)
    def taking(*arguments, **named):
        try:
            return function(*arguments, **named)
        except ValueError as error:
            if _RAGGED not in str(error):
                raise
        named = {name: _objects(value) for name, value in named.items()}
        return function(*map(_objects, arguments), **named)

    return taking


_TAKING_RAGGED = (
    "append array_split asfarray copy delete expand_dims flip full insert max min "
    "ndim random.choice random.permutation ravel repeat reshape roll save savez "
    "savez_compressed shape size sort split squeeze sum swapaxes take tile transpose "
    "where zeros_like ones_like"
).split()
_STACKS = "column_stack dstack hstack stack vstack"


def _stacking(stack):
    """A function that stacks what any iterable gives, ``map`` and ``zip`` too."""

    @functools.wraps(stack)
    def stacking(arrays, *arguments, **named):
        if not hasattr(arrays, "__getitem__"):
            arrays = list(arrays)
        return _taking_ragged(stack)(arrays, *arguments, **named)

    return stacking


def _sum(function):
    """``sum``, of what a generator gives as well."""

    @functools.wraps(function)
    def sum_(a, *arguments, **named):
        if isinstance(a, types.GeneratorType):
            return sum(a)
        return function(a, *arguments, **named)

    return sum_


def _list_of(function):
    """A function that gave a list of arrays and gives a tuple now."""

    @functools.wraps(function)
    def listing(*arguments, **named):
        found = function(*arguments, **named)
        return list(found) if isinstance(found, tuple) else found

    return listing


# Numbers


def _in_floats(function):
    """``floor`` and its like, which gave floats for whole numbers up to 2.0."""

    @functools.wraps(function, updated=())
    def rounding(x, *arguments, **named):
        if np.asarray(x).dtype.kind in "biu":
            x = np.asarray(x, np.float64)[()]
        return function(x, *arguments, **named)

    return rounding


def _in_doubles(transform):
    """A Fourier transform, which was computed in double precision up to 1.26."""

    @functools.wraps(transform)
    def transformed(a, *arguments, **named):
        a = np.asarray(a)
        if a.dtype.kind in "fc":
            a = a.astype(np.result_type(a.dtype, np.float64), copy=False)
        return transform(a, *arguments, **named)

    return transformed


def unique(ar, *arguments, **named):
    """``unique``: the inverse indices are flat, as up to 1.26."""
    found = np.unique(ar, *arguments, **named)
    flags = [*arguments[:2], named.get("return_inverse")]
    if not flags[-1] and not (len(arguments) > 1 and arguments[1]):
        return found
    first = arguments[0] if arguments else named.get("return_index")
    place = 2 if first else 1
    return (*found[:place], found[place].reshape(-1), *found[place + 1 :])


def _whole_count(function):
    """``linspace`` and its like with a float for the number of points."""

    @functools.wraps(function)
    def counted(start, stop, num=50, *arguments, **named):
        return function(start, stop, int(num), *arguments, **named)

    return counted


def solve(a, b):
    """``linalg.solve``: one vector for each matrix of a stack is understood."""
    if np.ndim(b) == np.ndim(a) - 1 and np.ndim(a) > 2:
        return np.linalg.solve(a, np.asarray(b)[..., None])[..., 0]
    return np.linalg.solve(a, b)


def lstsq(a, b, rcond=-1):
    """``linalg.lstsq``: small singular values count, unless ``rcond`` is given."""
    return np.linalg.lstsq(a, b, rcond=-1 if rcond == "warn" else rcond)


def corrcoef(x, y=None, rowvar=True, bias=None, ddof=None, **named):
    """``corrcoef``; ``bias`` and ``ddof`` have had no effect since 1.10."""
    del bias, ddof
    return np.corrcoef(x, y, rowvar, **named)


def nonzero(a):
    """``nonzero``, of a scalar as well."""
    return np.nonzero(np.atleast_1d(a))


def bincount(x, weights=None, minlength=0):
    """``bincount``; None for ``minlength`` is 0."""
    return np.bincount(x, weights, minlength or 0)


# Arguments under another name


def _renamed(function, **names):
    """``function`` that takes keywords by their old names, too."""

    @functools.wraps(function)
    def called(*arguments, **named):
        for old, new in names.items():
            if old in named:
                named[new] = named.pop(old)
        return function(*arguments, **named)

    return called


def _normed(function):
    """A histogram that takes ``normed``, which became ``density``."""

    @functools.wraps(function)
    def histogram(*arguments, normed=None, **named):
        if normed is not None:
            named["density"] = bool(normed)
        return function(*arguments, **named)

    return histogram


# Files and text


def load(file, mmap_mode=None, allow_pickle=True, **named):
    """``numpy.load`` as before 1.16.3: arrays of Python objects are read.

    Objects that Python 2 saved are read too. As then, load only files that you trust.
    """
    try:
        return np.load(file, mmap_mode, allow_pickle, **named)
    except UnicodeError:
        if "encoding" in named or not isinstance(file, (str, pathlib.Path)):
            raise
    from legacy.era.python2 import pickles

    with open(file, "rb") as stream:
        version = np.lib.format.read_magic(stream)
        read = getattr(np.lib.format, f"read_array_header_{version[0]}_0")
        shape = read(stream)[0]
        return pickles.load(stream).reshape(shape)


def fromstring(string, dtype=float, count=-1, *, sep="", **named):
    """``numpy.fromstring``: without ``sep``, the bytes of an array (copied)."""
    if sep:
        return np.fromstring(string, dtype, count, sep=sep, **named)
    data = string
    if isinstance(string, str):
        try:
            data = string.encode("latin1")
        except UnicodeEncodeError:
            data = string.encode("utf-8", "surrogateescape")
    return np.frombuffer(data, dtype, count).copy()


def _in_bytes(function):
    """A reader of text whose converters were given bytes up to 1.26."""

    @functools.wraps(function)
    def reading(*arguments, encoding="bytes", **named):
        return function(*arguments, encoding=encoding, **named)

    return reading


def _found(name):
    module, _, function = name.rpartition(".")
    return getattr(getattr(np, module) if module else np, function, None)


def _changed():
    """Dotted name below ``numpy`` -> the function as it was."""
    found = {}

    def adapt(adapter, names):
        for name in names.split() if isinstance(names, str) else names:
            today = found.get(name) or _found(name)
            if today is not None:
                found[name] = adapter(today)

    adapt(_taking_ragged, _TAKING_RAGGED)
    found["asfarray"] = _taking_ragged(numpy_functions.asfarray)
    adapt(_stacking, _STACKS)
    found["row_stack"] = found["vstack"]
    adapt(_sum, "sum")
    adapt(_list_of, "atleast_1d atleast_2d atleast_3d broadcast_arrays gradient")
    adapt(_list_of, "meshgrid")
    adapt(_in_floats, "ceil fix floor trunc")
    transforms = "fft fft2 fftn hfft ifft ifft2 ifftn ihfft irfft irfft2 irfftn rfft "
    adapt(_in_doubles, [f"fft.{name}" for name in (transforms + "rfft2 rfftn").split()])
    adapt(_whole_count, "geomspace linspace logspace")
    adapt(functools.partial(_renamed, interpolation="method"), "percentile quantile")
    adapt(functools.partial(_renamed, interpolation="method"), "nanpercentile")
    adapt(_normed, "histogram histogram2d histogramdd")
    adapt(functools.partial(_renamed, newshape="shape") if TWO else _same, "reshape")
    adapt(_in_bytes, "genfromtxt loadtxt")
    own = (array, asanyarray, asarray, bincount, corrcoef, fromstring, load, nonzero)
    found |= {function.__name__: function for function in (*own, unique)}
    found["set_printoptions"] = numpy_printing.set_printoptions
    return found | {"linalg.solve": solve, "linalg.lstsq": lstsq}


def _same(function):
    return function


CHANGED = _changed()


def table(module):
    """The changed functions of ``numpy`` (module "") or of ``numpy.MODULE``."""
    pairs = [(name.rpartition("."), function) for name, function in CHANGED.items()]
    return {name: function for (where, _, name), function in pairs if where == module}
