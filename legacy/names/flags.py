"""``tf.app.flags`` as scripts used it, over absl's flags.

Up to TensorFlow 1.4, ``FLAGS`` was a small object over argparse: flags were parsed at
the first look, unknown arguments were left to the script, any attribute could be set,
and ``FLAGS.__flags`` was a dictionary of values; ``FLAGS._parse_flags()`` parsed. From
1.5 on it is absl's object, where ``FLAGS.__flags`` holds Flag objects. Both ways work
here, and the flags are absl's own, so that ``absl.app`` and libraries see them.
"""

import sys

import absl.flags
import tensorflow.compat.v1 as tf

from legacy import release

# Libraries that define flags of their own, whose names a script may use again.
_LIBRARIES = ("absl", "tensorflow", "keras", "tf_keras")


def _from_library(name):
    module = absl.flags.FLAGS.find_module_defining_flag(name)
    return module is not None and module.partition(".")[0] in _LIBRARIES


_ORDER = ("name", "default", "help")
_OLD_KEYWORDS = {"flag_name": "name", "default_value": "default", "docstring": "help"}


def _definer(define):
    """``define`` with old keywords too, also for names of a library's flags."""

    def defined(*arguments, **named):
        given = dict(zip(_ORDER, arguments, strict=False))
        given.update({_OLD_KEYWORDS.get(key, key): named[key] for key in named})
        arguments = arguments[len(_ORDER) :]
        name, default = given.pop("name"), given.pop("default", None)
        rest = {"help": None, **given}
        if name in absl.flags.FLAGS and _from_library(name):
            rest["allow_override"] = True
        help_text = rest.pop("help")
        try:
            made = define(name, default, help_text, *arguments, **rest)
        except absl.flags.IllegalFlagValueError:
            if not _keeps(name, default, refused=True):
                raise
            made = define(name, None, help_text, *arguments, **rest)
            absl.flags.FLAGS[name].default = default
            absl.flags.FLAGS[name].value = default
            return made
        flag = absl.flags.FLAGS[name]
        # As text, what a boolean or a list is differs between the two parsers.
        same = type(flag.value) is type(default) or isinstance(default, str)
        if not same and _keeps(name, default):
            flag.value = flag.default = default
        return made

    defined.__name__ = define.__name__
    defined.__doc__ = define.__doc__
    return defined


def _keeps(name, default, refused=False):
    """Whether a flag's default stays as it is given, as up to 1.4.

    Later releases convert it, and refuse some values.
    """
    if isinstance(default, list | tuple) and not refused:
        return False
    if refused and not release.told():
        release.guess(
            "1.0.0",
            f"flag {name} has the default {default!r}, which no later release takes",
        )
    return release.rule("flags") == "argparse"


DEFINE_string = _definer(tf.flags.DEFINE_string)
DEFINE_integer = _definer(tf.flags.DEFINE_integer)
DEFINE_float = _definer(tf.flags.DEFINE_float)
DEFINE_boolean = DEFINE_bool = _definer(tf.flags.DEFINE_boolean)
DEFINE_enum = _definer(tf.flags.DEFINE_enum)
DEFINE_list = _definer(tf.flags.DEFINE_list)
DEFINE_multi_string = _definer(tf.flags.DEFINE_multi_string)
DEFINE_multi_integer = _definer(tf.flags.DEFINE_multi_integer)
DEFINE_multi_float = _definer(tf.flags.DEFINE_multi_float)


def _value_class(kind):
    """A class of values of ``kind`` that also have ``.value``, as Flag objects do."""
    names = {"value": property(kind)}
    if kind is bool:
        # bool cannot be subclassed.
        show = lambda self, *format_spec: format(str(bool(self)), *format_spec)  # noqa: E731
        names |= {
            "value": property(bool),
            "__repr__": show,
            "__str__": lambda self: repr(self),
            "__format__": show,
        }
        kind = int
    return type("FlagValue", (kind,), names)


_VALUE_CLASSES = {kind: _value_class(kind) for kind in (bool, int, float, str)}


def _values():
    """The script's own flags and their parsed values: what ``__flags`` held."""
    FLAGS._parse_flags()
    values = {
        name: absl.flags.FLAGS[name].value
        for name in absl.flags.FLAGS
        if not _from_library(name)
    }
    values.update(FLAGS.__dict__["_added"])
    return {
        name: _VALUE_CLASSES.get(type(value), lambda value: value)(value)
        for name, value in values.items()
    }


# What argparse, behind the flags up to 1.4, took for a boolean's value.
_BOOLEANS = {"true", "t", "1", "false", "f", "0"}


def _of_the_time(argv):
    """``argv`` with ``--flag False`` as ``--flag=False``, for scripts up to 1.4.

    Later releases take the second word for an argument of the script.
    """
    if release.rule("flags", matters=False) == "absl":
        return argv
    joined, words = [], list(argv)
    while words:
        word = words.pop(0)
        name = word.lstrip("-")
        boolean = (
            word.startswith("-")
            and name in absl.flags.FLAGS
            and absl.flags.FLAGS[name].boolean
        )
        if boolean and words and words[0].lower() in _BOOLEANS:
            word = f"--{name}={words.pop(0)}"
        joined.append(word)
    return joined


def run(main=None, argv=None):
    """``tf.app.run``: parses the flags, runs ``main``, exits with what it returns."""
    tf.app.run(main, argv=_of_the_time(sys.argv if argv is None else argv))


class _Flags:
    """``tf.app.flags.FLAGS`` with what it had in all releases; see the module."""

    def __init__(self):
        self.__dict__["_added"] = {}

    def _parse_flags(self, args=None):
        """Parses ``args`` (the command line) once; returns what is no flag."""
        if absl.flags.FLAGS.is_parsed() and args is None:
            return []
        argv = sys.argv if args is None else [sys.argv[0], *args]
        return absl.flags.FLAGS(_of_the_time(argv), known_only=True)[1:]

    def __getattr__(self, name):
        if name == "__flags":
            return _values()
        if name in self.__dict__["_added"]:
            return self.__dict__["_added"][name]
        if name in absl.flags.FLAGS:
            self._parse_flags()
        return getattr(absl.flags.FLAGS, name)

    def __setattr__(self, name, value):
        if name in absl.flags.FLAGS:
            self._parse_flags()
            setattr(absl.flags.FLAGS, name, value)
        else:
            self.__dict__["_added"][name] = value

    def __delattr__(self, name):
        delattr(absl.flags.FLAGS, name)

    def __dir__(self):
        return dir(absl.flags.FLAGS)

    def __getitem__(self, name):
        return absl.flags.FLAGS[name]

    def __setitem__(self, name, flag):
        absl.flags.FLAGS[name] = flag

    def __contains__(self, name):
        return name in absl.flags.FLAGS

    def __iter__(self):
        return iter(absl.flags.FLAGS)

    def __len__(self):
        return len(absl.flags.FLAGS)

    def __str__(self):
        return str(absl.flags.FLAGS)

    def __call__(self, argv, known_only=False):
        return absl.flags.FLAGS(argv, known_only)


FLAGS = _Flags()
