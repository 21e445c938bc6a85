"""What Python 2 did differently under the same name; for translated sources only.

Tables: ``translate`` sends the operators, built-in names, methods and modules named
here to the functions beside this file.
"""

import builtins
import functools
import struct
import subprocess

from legacy.era import lost_methods
from legacy.era.python2 import files, operators, sequences, text

# The built-in names under which translated code reaches what follows. They end in two
# underscores, or Python would put the class's name before them inside of a class.
DIVIDE = "__legacy_divide__"
DIVIDE_IN_PLACE = "__legacy_divide_in_place__"
MODULO = "__legacy_modulo__"
METHOD = "__legacy_python2_method__"

BUILTINS = {
    "buffer": memoryview,
    "cmp": operators.cmp,
    "file": files.open_,
    "filter": sequences.filter_,
    "map": sequences.map_,
    "open": files.open_,
    "ord": text.ord_,
    "print": text.print_function,
    "round": operators.round_,
    "str": text.str_,
    "zip": sequences.zip_,
}
# Classes as well: only their calls are sent elsewhere.
CALLED = frozenset({"file", "str"})
PRINTING = "printing"

# Methods, and functions of modules: of what, and what it was.
METHODS = {
    **dict.fromkeys(("FastGFile", "GFile", "Open"), (files.opens_gfiles, files.gfile)),
    "check_output": (lambda value: value is subprocess, files.check_output),
    "communicate": (subprocess.Popen, files.communicate),
    "format": (str, text.format_),
    "join": (str, text.join),
    "read": (files.is_binary, files.read),
    "readline": (files.is_binary, files.readline),
    "readlines": (files.is_binary, files.readlines),
    "translate": (str, text.translate),
    "unpack": (lambda value: value is struct, files.unpack),
    "write": (text.takes_bytes_or_space, text.write),
}
# Codecs from bytes to bytes, which ``encode`` and ``decode`` of strings took.
CODECS = frozenset(
    "base64 bz2 hex quopri rot13 rot_13 string_escape string-escape unicode_escape "
    "unicode-escape uu zip zlib".split()
)
_CODED = {"encode": text.recoded, "decode": text.decoded}

_HERE = "legacy.era.python2."
MODULES = {
    "StringIO": _HERE + "files",
    "cPickle": _HERE + "pickles",
    "cStringIO": _HERE + "files",
    "pickle": _HERE + "pickles",
    "random": _HERE + "random",
}


def method(value, name, codec=None):
    """``value.name`` as Python 2 had it, to be called."""
    if codec is not None:
        if isinstance(value, (str, bytes)):
            return functools.partial(_CODED[name], value)
        return getattr(value, name)
    of, function = METHODS[name]
    matches = isinstance(value, of) if isinstance(of, type) else of(value)
    if matches:
        return functools.partial(function, value)
    return lost_methods.method(value, name)


def hidden(name):
    """The built-in name under which translated code finds ``BUILTINS[name]``."""
    return f"__legacy_python2_{name}__"


def install():
    """Puts the functions where translated code finds them."""
    setattr(builtins, DIVIDE, operators.divide)
    setattr(builtins, DIVIDE_IN_PLACE, operators.divide_in_place)
    setattr(builtins, MODULO, text.modulo)
    setattr(builtins, METHOD, method)
    setattr(builtins, hidden(PRINTING), text.Printing)
    for name, function in BUILTINS.items():
        setattr(builtins, hidden(name), function)
