"""What removed or changed NumPy functions did, for user code only (``numpy_names``)."""

import ast
import inspect
import math  # noqa: F401  names that NumPy leaked
import pickle
import sys  # noqa: F401
import warnings  # noqa: F401

import numpy as np

NINF = -np.inf
PZERO = 0.0
NZERO = -0.0
loads = pickle.loads
# Where NumPy 1.26 and NumPy 2 keep what both have.
if np.lib.NumpyVersion(np.__version__) >= "2.0.0":
    RankWarning = np.exceptions.RankWarning
    byte_bounds = np.lib.array_utils.byte_bounds
    format_parser = np.rec.format_parser
    trapz = np.trapezoid
else:
    RankWarning = np.RankWarning
    byte_bounds = np.byte_bounds
    format_parser = np.format_parser
    trapz = np.trapz

_KINDS = {
    "int": "int8 int16 int32 int64",
    "uint": "uint8 uint16 uint32 uint64",
    "float": "float16 float32 float64 longdouble",
    "complex": "complex64 complex128 clongdouble",
}
sctypes = {
    kind: [getattr(np, name) for name in names.split()]
    for kind, names in _KINDS.items()
}
sctypes["others"] = [bool, object, bytes, str, np.void]
_SCALARS = sorted(set(np.sctypeDict.values()), key=lambda t: t.__name__)
nbytes = {scalar: np.dtype(scalar).itemsize for scalar in _SCALARS}
cast = {
    scalar: (lambda value, scalar=scalar: np.asarray(value).astype(scalar))
    for scalar in _SCALARS
}


def alen(a):
    """Length of the first axis; 1 for a scalar."""
    return len(np.atleast_1d(a))


def asfarray(a, dtype=np.float64):
    """``a`` as an array of floats; integer ``dtype`` means float64."""
    inexact = np.issubdtype(dtype, np.inexact)
    return np.asarray(a, dtype=dtype if inexact else np.float64)


def asscalar(a):
    """The Python scalar that an array of one element holds."""
    return a.item()


def in1d(ar1, ar2, assume_unique=False, invert=False):
    """For each element of ``ar1``, flattened: whether it is in ``ar2``."""
    return np.isin(np.ravel(ar1), ar2, assume_unique, invert)


def msort(a):
    """A copy of ``a``, sorted along its first axis."""
    return np.sort(a, axis=0)


def fastCopyAndTranspose(a):
    """A transposed copy of ``a``."""
    return np.asarray(a).T.copy()


def compare_chararrays(a1, a2, cmp, rstrip):
    """Compares two arrays of strings; see ``numpy.char.compare_chararrays``."""
    return np.char.compare_chararrays(a1, a2, cmp, rstrip)


def disp(mesg, device=None, linefeed=True):
    """Prints ``mesg`` to ``device`` (standard output)."""
    print(mesg, file=device, end="\n" if linefeed else "")


def safe_eval(source):
    """Value of a text that holds a Python literal."""
    return ast.literal_eval(source)


def source(object, output=None):
    """Prints the source of a Python object."""
    print(inspect.getsource(object), file=output)


def deprecate(function=None, *arguments, **named):
    """Marked a function as deprecated; gives it back as it is."""
    del arguments, named
    return function if function is not None else deprecate


def deprecate_with_doc(msg):
    """Made such a marker with a message; see ``deprecate``."""
    del msg
    return deprecate


def find_common_type(array_types, scalar_types):
    """Type that holds all of ``array_types``; scalars count if of a higher kind."""
    arrays = [np.dtype(t) for t in array_types]
    scalars = [np.dtype(t) for t in scalar_types]
    if not arrays or not scalars:
        return np.result_type(*(arrays or scalars)) if arrays or scalars else None
    by_array, by_scalar = np.result_type(*arrays), np.result_type(*scalars)
    order = "biufcSUVO"
    if order.index(by_scalar.kind) > order.index(by_array.kind):
        return np.promote_types(by_array, by_scalar)
    return by_array


def issctype(rep):
    """Whether ``rep`` names a scalar type."""
    if not isinstance(rep, (type, np.dtype)):
        return False
    scalar = obj2sctype(rep)
    return scalar is not None and scalar is not np.object_


def issubclass_(arg1, arg2):
    """``issubclass`` that answers False if ``arg1`` is no class."""
    return isinstance(arg1, type) and issubclass(arg1, arg2)


def issubsctype(arg1, arg2):
    """Whether the scalar type of ``arg1`` is below that of ``arg2``."""
    return issubclass(obj2sctype(arg1), obj2sctype(arg2))


def obj2sctype(rep, default=None):
    """Scalar type of an array, type or name; ``default`` if there is none."""
    if isinstance(rep, type) and issubclass(rep, np.generic):
        return rep
    if isinstance(rep, np.ndarray):
        return rep.dtype.type
    try:
        return np.dtype(rep).type
    except (TypeError, ValueError):
        return default


def maximum_sctype(t):
    """The largest scalar type of the kind of ``t``."""
    scalar = obj2sctype(t)
    for kind, names in (("u", "uint"), ("i", "int"), ("f", "float"), ("c", "complex")):
        if np.dtype(scalar).kind == kind:
            return sctypes[names][-1]
    return scalar


def sctype2char(sctype):
    """One-letter code of a scalar type."""
    return np.dtype(obj2sctype(sctype)).char


def set_string_function(f, repr=True):
    """Changes how arrays are printed; ``None`` brings the usual form back."""
    np.set_printoptions(override_repr=f if repr else None)


def ndfromtxt(fname, **named):
    """``genfromtxt`` into a plain array."""
    return np.genfromtxt(fname, **{**named, "usemask": False})


def mafromtxt(fname, **named):
    """``genfromtxt`` into a masked array."""
    return np.genfromtxt(fname, **{**named, "usemask": True})


def recfromtxt(fname, **named):
    """``genfromtxt`` into a record array; types are found out unless given."""
    named = {"dtype": None, "encoding": "bytes", **named}
    return np.genfromtxt(fname, **named).view(np.recarray)


def recfromcsv(fname, **named):
    """``recfromtxt`` of a comma-separated file with lower-case names from its top."""
    named = {"case_sensitive": "lower", "names": True, "delimiter": ",", **named}
    return recfromtxt(fname, **named)
