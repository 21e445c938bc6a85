"""NumPy names of 1.11 to 1.18 that a later NumPy removed or changed.

``NAMES`` lies over ``numpy`` in user code only; ``TABLE`` holds the same for its
submodules. A target is a function, or "module" or "module:attribute", looked up on
first use.

Left out (``LEFT_OUT``): the C layer's constants and buffers, what edits NumPy's own
documentation, operators or test runs, what ``from __future__ import`` leaked, and the
financial functions, which moved whole to the package numpy-financial.

Source: the release notes of NumPy 1.18 to 2.5, "Expired deprecations"; the list is
checked against the names of real NumPy 1.16.6 and 1.18.5 in
tests/graph_mode/test_era.py.
"""

import numpy as np

from legacy.era import numpy_changes

_HERE = "legacy.era.numpy_functions:"

_RENAMED = {
    "Inf": "inf",
    "Infinity": "inf",
    "NAN": "nan",
    "NaN": "nan",
    "PINF": "inf",
    "alltrue": "all",
    "bool8": "bool_",
    "bytes0": "bytes_",
    "cfloat": "complex128",
    "clongfloat": "clongdouble",
    "complex_": "complex128",
    "cumproduct": "cumprod",
    "float_": "float64",
    "infty": "inf",
    "int0": "intp",
    "longcomplex": "clongdouble",
    "longfloat": "longdouble",
    "mat": "asmatrix",
    "object0": "object_",
    "product": "prod",
    "rank": "ndim",
    "round_": "round",
    "singlecomplex": "complex64",
    "sometrue": "any",
    "str0": "str_",
    "string_": "bytes_",
    "typeDict": "sctypeDict",
    "uint0": "uintp",
    "unicode_": "str_",
    "void0": "void",
}
_EXCEPTIONS = (
    "AxisError ComplexWarning ModuleDeprecationWarning TooHardError "
    "VisibleDeprecationWarning"
)
# Python's own types, under NumPy's roof until 1.24.
_PYTHON = {
    "bool": "bool",
    "complex": "complex",
    "float": "float",
    "int": "int",
    "long": "int",
    "object": "object",
    "str": "str",
    "unicode": "str",
}
_FUNCTIONS = (
    "NINF NZERO PZERO RankWarning alen asscalar byte_bounds cast compare_chararrays "
    "deprecate deprecate_with_doc disp fastCopyAndTranspose find_common_type "
    "format_parser in1d issctype issubclass_ issubsctype loads mafromtxt math "
    "maximum_sctype msort nbytes ndfromtxt obj2sctype recfromcsv recfromtxt safe_eval "
    "sctype2char sctypes set_string_function source sys trapz warnings"
)

NAMES = {
    **{name: f"numpy:{today}" for name, today in _RENAMED.items()},
    **{name: f"numpy.exceptions:{name}" for name in _EXCEPTIONS.split()},
    **{name: f"builtins:{python}" for name, python in _PYTHON.items()},
    **{name: _HERE + name for name in _FUNCTIONS.split()},
    "DataSource": "numpy.lib.npyio:DataSource",
    "chararray": "numpy.char:chararray",
    **numpy_changes.table(""),
}

TABLE = {
    "numpy.random": {"np": "numpy", **numpy_changes.table("random")},
    "numpy.linalg": {"linalg": "numpy.linalg", **numpy_changes.table("linalg")},
    "numpy.fft": {
        "fftpack": "numpy.fft",
        "helper": "numpy.fft",
        **numpy_changes.table("fft"),
    },
    "numpy.lib": {"pad": "numpy:pad"},
    "numpy.testing": {"rand": "numpy.random:rand"},
    "numpy.testing.utils": {
        name: f"numpy.testing:{name}"
        for name in np.testing.__all__
        if name.startswith("assert_")
    },
}

LEFT_OUT = frozenset(
    "ALLOW_THREADS BUFSIZE CLIP ERR_CALL ERR_DEFAULT ERR_IGNORE ERR_LOG ERR_PRINT "
    "ERR_RAISE ERR_WARN FLOATING_POINT_SUPPORT FPE_DIVIDEBYZERO FPE_INVALID "
    "FPE_OVERFLOW FPE_UNDERFLOW MAXDIMS MAY_SHARE_BOUNDS MAY_SHARE_EXACT RAISE "
    "SHIFT_DIVIDEBYZERO SHIFT_INVALID SHIFT_OVERFLOW SHIFT_UNDERFLOW "
    "UFUNC_BUFSIZE_DEFAULT UFUNC_PYVALS_NAME WRAP geterrobj int_asbuffer seterrobj "
    "MachAr Tester add_docstring add_newdoc add_newdoc_ufunc compat get_array_wrap "
    "lookfor numarray oldnumeric sctypeNA set_numeric_ops tracemalloc_domain typeNA "
    "who absolute_import division print_function "
    "fv ipmt irr mirr nper npv pmt ppmt pv rate".split()
)
