"""Standard-library names that Python 3.0 to 3.13 removed, put back.

These are additions to the real modules: nothing that exists is replaced, so code that
does not know the old names is not affected.

Source: "Removed" in What's New in Python 3.0 to 3.13.
"""

import collections.abc
import contextlib
import importlib
import importlib.machinery
import importlib.util
import operator
import sys
import types

from legacy.era import library_names

# (where, name): what the name meant; both in the form "module" or "module:attribute".
REMOVED = {
    **{
        ("collections", name): f"collections.abc:{name}"
        for name in collections.abc.__all__
    },
    **{
        ("string", name): f"builtins:str.{name}"
        for name in (
            "capitalize count expandtabs find index ljust lower lstrip replace rfind "
            "rjust rstrip split strip swapcase translate upper zfill maketrans"
        ).split()
    },
    ("string", "atof"): "builtins:float",
    ("string", "atoi"): "builtins:int",
    ("string", "atol"): "builtins:int",
    ("string", "join"): "legacy.era.python_functions:join",
    ("string", "joinfields"): "legacy.era.python_functions:join",
    ("string", "splitfields"): "builtins:str.split",
    ("string", "letters"): "string:ascii_letters",
    ("string", "lowercase"): "string:ascii_lowercase",
    ("string", "uppercase"): "string:ascii_uppercase",
    ("time", "clock"): "time:process_time",
    ("fractions", "gcd"): "math:gcd",
    ("inspect", "getargspec"): "legacy.era.python_functions:getargspec",
    ("base64", "encodestring"): "base64:encodebytes",
    ("base64", "decodestring"): "base64:decodebytes",
    ("threading:Thread", "isAlive"): "threading:Thread.is_alive",
    ("sys", "setdefaultencoding"): "legacy.era.python_functions:setdefaultencoding",
    ("sys", "maxint"): "sys:maxsize",
    ("sys", "exc_clear"): "legacy.era.python_functions:nothing",
    ("sys", "setcheckinterval"): "legacy.era.python_functions:nothing",
    ("os", "errno"): "errno",
    ("os", "getcwdu"): "os:getcwd",
    ("itertools", "ifilter"): "builtins:filter",
    ("itertools", "ifilterfalse"): "itertools:filterfalse",
    ("itertools", "imap"): "builtins:map",
    ("itertools", "izip"): "builtins:zip",
    ("itertools", "izip_longest"): "itertools:zip_longest",
    ("operator", "div"): "operator:floordiv",
    ("operator", "isCallable"): "builtins:callable",
    ("operator", "sequenceIncludes"): "operator:contains",
    **{
        ("types", old): f"builtins:{new}"
        for old, new in (
            pair.split("=")
            for pair in (
                "BooleanType=bool ComplexType=complex DictType=dict "
                "DictionaryType=dict FloatType=float IntType=int ListType=list "
                "LongType=int ObjectType=object SliceType=slice StringType=str "
                "TupleType=tuple TypeType=type UnicodeType=str XRangeType=range "
                "ClassType=type"
            ).split()
        )
    },
    ("types", "StringTypes"): "legacy.era.python_functions:STRING_TYPES",
    ("types", "NoneType"): "legacy.era.python_functions:NONE_TYPE",
    **{
        ("urllib", name): f"urllib.{module}:{name}"
        for module, names in (
            ("parse", "quote quote_plus unquote unquote_plus urlencode"),
            ("request", "pathname2url url2pathname urlcleanup urlopen urlretrieve"),
        )
        for name in names.split()
    },
    ("cgi", "escape"): "legacy.era.python_functions:escape",
    ("configparser", "SafeConfigParser"): "configparser:ConfigParser",
    ("configparser:RawConfigParser", "readfp"): (
        "configparser:RawConfigParser.read_file"
    ),
    ("html.parser:HTMLParser", "unescape"): "legacy.era.python_functions:unescape",
    ("locale", "format"): "locale:format_string",
    **{
        ("unittest:TestCase", old): f"unittest:TestCase.{new}"
        for old, new in (
            pair.split("=")
            for pair in (
                "assertAlmostEquals=assertAlmostEqual assertEquals=assertEqual "
                "assertItemsEqual=assertCountEqual "
                "assertNotAlmostEquals=assertNotAlmostEqual "
                "assertNotEquals=assertNotEqual assertRaisesRegexp=assertRaisesRegex "
                "assertRegexpMatches=assertRegex assert_=assertTrue "
                "failIf=assertFalse failUnless=assertTrue failUnlessEqual=assertEqual "
                "failUnlessRaises=assertRaises"
            ).split()
        )
    },
    **library_names.REMOVED,
}
# Functions that take less than they took: what they took is taken again, and nothing
# else about them changes.
NARROWED = {
    ("random:Random", "sample"): "legacy.era.python_functions:sample",
    ("random:Random", "seed"): "legacy.era.python_functions:seed",
    ("random:Random", "shuffle"): "legacy.era.python_functions:shuffle",
    ("random:Random", "randrange"): "legacy.era.python_functions:randrange",
    ("json", "load"): "legacy.era.python_functions:without_encoding",
    ("json", "loads"): "legacy.era.python_functions:without_encoding",
    ("json", "dumps"): "legacy.era.python_functions:without_encoding",
    ("json", "dump"): "legacy.era.python_functions:without_encoding",
}
# Modules that are gone as a whole; made only where this Python lacks them.
MODULES = {
    "imp": {
        "reload": "importlib:reload",
        "load_source": "legacy.era.python_functions:load_source",
        "new_module": "types:ModuleType",
    },
    "cgi": {"escape": "legacy.era.python_functions:escape"},
    "distutils": {},
    "distutils.util": {"strtobool": "legacy.era.python_functions:strtobool"},
    "distutils.version": {
        "LooseVersion": "legacy.era.python_functions:LooseVersion",
        "StrictVersion": "legacy.era.python_functions:LooseVersion",
    },
    "pipes": {"quote": "shlex:quote"},
    **library_names.MODULES,
}


def resolve(target):
    """Gives the object that ``"module"`` or ``"module:attribute"`` names."""
    module, _, attribute = target.partition(":")
    found = importlib.import_module(module)
    return operator.attrgetter(attribute)(found) if attribute else found


class _Missing:
    """Finder and loader of the modules in ``MODULES``, asked after all others."""

    @staticmethod
    def find_spec(fullname, path=None, target=None):
        del path, target
        if fullname not in MODULES:
            return None
        package = any(name.startswith(fullname + ".") for name in MODULES)
        return importlib.machinery.ModuleSpec(fullname, _Missing, is_package=package)

    @staticmethod
    def create_module(spec):
        return types.ModuleType(spec.name, "Put back by legacy.era.")

    @staticmethod
    def exec_module(module):
        targets = MODULES[module.__name__]
        for name, target in targets.items():
            if target.partition(":")[0] in sys.modules:
                setattr(module, name, resolve(target))
        _give_later(module, targets)


class _Later:
    """Finder that gives modules their names back once somebody imports them."""

    waiting = set()  # noqa: RUF012  one for the process

    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        if fullname not in cls.waiting:
            return None
        cls.waiting.remove(fullname)
        spec = importlib.util.find_spec(fullname)
        if spec is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            _amend(fullname)

        with contextlib.suppress(AttributeError):
            spec.loader.exec_module = exec_module
        return spec


def _amend(module):
    """Gives the imported ``module`` what it has lost."""
    late = {}
    for (where, name), target in REMOVED.items():
        if where.partition(":")[0] != module or hasattr(resolve(where), name):
            continue
        if ":" not in where and target.partition(":")[0] not in sys.modules:
            late[name] = target
        else:
            setattr(resolve(where), name, resolve(target))
    if late:
        _give_later(sys.modules[module], late)
    for (where, name), target in NARROWED.items():
        if where.partition(":")[0] == module:
            place = resolve(where)
            setattr(place, name, resolve(target)(getattr(place, name)))
    if module == "random":
        _rebind(sys.modules[module])


def _give_later(module, targets):
    """Lets ``module`` find ``targets`` when asked, and all that it finds itself."""
    own = getattr(module, "__getattr__", None)

    def found(name):
        if name in targets:
            return resolve(targets[name])
        if own is not None:
            return own(name)
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")

    module.__getattr__ = found


def _rebind(random):
    """The functions of ``random`` are methods of one generator, bound when made."""
    for where, name in NARROWED:
        if where == "random:Random":
            setattr(random, name, getattr(random._inst, name))


def install():
    """Adds the names of ``REMOVED`` and the modules of ``MODULES`` that are missing.

    Names whose own module is not imported yet are resolved on first use, and modules
    that are not imported yet are seen to when they are: nothing is imported for this.
    """
    if _Missing in sys.meta_path:
        return
    for module in {where.partition(":")[0] for where, _ in (*REMOVED, *NARROWED)}:
        if module in sys.modules:
            _amend(module)
        else:
            _Later.waiting.add(module)
    sys.meta_path.insert(0, _Later)
    sys.meta_path.append(_Missing)
