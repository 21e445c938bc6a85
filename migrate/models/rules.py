"""Rules that say where a v1 checkpoint's variables go in a Keras model.

A map has rules, pattern to path. A pattern stands for a variable's name, or for a
scope and so for every variable below it:

    "frame_rnn_layer"          that scope
    "tower/conv*"              `*`: anything within one part of a name; `?`: one letter
    "**/kernel"                `**`: any number of parts
    "re:tower/(dense|out)\\d"  a regular expression for the whole name or scope

A path is that of a layer or a weight in the model (``migrate.models.paths``). Each
wildcard in it stands for what the wildcard of that number in the pattern matched; after
``re:``, ``\\1`` and ``\\g<name>`` stand for groups. None, or an empty path, leaves
variables out. The first rule that matches decides.
"""

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from migrate.errors import MigrateError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_REGEX = "re:"
_WILDCARD = re.compile(r"\*\*/|\*\*|\*|\?")
_MEANING = {
    "**/": r"(?:(.*)/)?",
    "**": r"(.*)",
    "*": r"([^/]*)",
    "?": r"([^/])",
}


@dataclass(frozen=True)
class Rule:
    """One rule: ``pattern`` and ``path`` as written; ``path`` is None for variables
    that are left out.

    Raises:
      ValueError: a sentence on what is wrong with it.
    """

    pattern: str
    path: str | None
    _compiled: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self):
        if self.pattern.startswith(_REGEX):
            try:
                compiled = re.compile(self.pattern[len(_REGEX) :])
            except re.error as error:
                raise ValueError(f"{self.pattern!r}: {error}") from error
        else:
            compiled = re.compile(_translated(self.pattern.strip("/")))
            wanted = len(_WILDCARD.findall(self.path or ""))
            if wanted > compiled.groups:
                raise ValueError(
                    f"{self.pattern!r}: {self.path!r} has more wildcards than it"
                )
        object.__setattr__(self, "_compiled", compiled)

    @property
    def literal(self) -> bool:
        """Whether the pattern is a name or scope as it is."""
        return not (self.pattern.startswith(_REGEX) or _WILDCARD.search(self.pattern))

    def matches(self, name) -> bool:
        """Whether the pattern stands for this whole name or scope."""
        return self._compiled.fullmatch(name) is not None

    def path_of(self, name) -> str:
        """The path of a name or scope that matches.

        Raises:
          MigrateError: it asks for a group that the pattern does not have.
        """
        match = self._compiled.fullmatch(name)
        if self.pattern.startswith(_REGEX):
            try:
                return match.expand(self.path).strip("/")
            except (re.error, IndexError) as error:
                raise MigrateError(
                    f"the map cannot be used: {self.pattern!r}: {self.path!r}: {error}"
                ) from None
        found = iter(match.groups())

        def filled(wildcard):
            part = next(found) or ""
            return f"{part}/" if part and wildcard[0] == "**/" else part

        return _WILDCARD.sub(filled, self.path or "").strip("/")


def _translated(glob):
    """The regular expression that a pattern with wildcards means."""
    parts, end = [], 0
    for wildcard in _WILDCARD.finditer(glob):
        parts += [re.escape(glob[end : wildcard.start()]), _MEANING[wildcard[0]]]
        end = wildcard.end()
    return "".join([*parts, re.escape(glob[end:])])


def left_out(rules) -> set[str]:
    """The names that rules leave out, each by itself, not by a wildcard."""
    return {
        rule.pattern.strip("/")
        for rule in rules or ()
        if rule.path is None and rule.literal
    }


def read(source) -> tuple[Rule, ...]:
    """The rules of a map, in order.

    Args:
      source: a mapping from pattern to path, or the path of a TOML file, or of a YAML
        file (with PyYAML), that holds one.

    Raises:
      MigrateError: the file cannot be read, or is no such map; each wrong rule is told.
    """
    where = "the map"
    if not isinstance(source, Mapping):
        try:
            where = os.fspath(source)
        except TypeError:
            raise MigrateError(
                "expected a dict of rules, or the path of a TOML or YAML file. "
                f"Received: map={source!r}"
            ) from None
        source = _file(where)
    rules, problems = [], []
    for pattern, path in source.items():
        if not isinstance(pattern, str) or not isinstance(path, str | None):
            problems.append(
                f"{pattern!r}: {path!r} is not a name with a place (quote names)"
            )
            continue
        try:
            rules.append(Rule(pattern, path or None))
        except ValueError as error:
            problems.append(str(error))
    if not source:
        problems.append("it has no rules")
    if problems:
        raise MigrateError(f"{where} cannot be used: {'; '.join(problems)}")
    return tuple(rules)


def patterns(given) -> tuple[Rule, ...]:
    """Patterns alone, without paths: what may be left out.

    Args:
      given: a pattern, or several, as in a map.

    Raises:
      MigrateError: one is no pattern.
    """
    given = (given,) if isinstance(given, str) else tuple(given)
    try:
        return tuple(Rule(pattern, None) for pattern in given)
    except (ValueError, AttributeError) as error:
        raise MigrateError(
            f"expected patterns such as 'head/*'. Received: {given!r} ({error})"
        ) from error


def _file(path):
    """What a TOML or YAML file holds: a mapping."""
    kind = os.path.splitext(path)[1].lower()
    readers = {".toml": _toml, ".yaml": _yaml, ".yml": _yaml}
    if kind not in readers:
        raise MigrateError(
            f"expected a map in a file that ends in {', '.join(readers)}. "
            f"Received: {path}"
        )
    try:
        with open(path, encoding="utf-8") as stream:
            found = readers[kind](stream.read())
    except OSError as error:
        raise MigrateError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        told = " ".join(str(error).split())
        raise MigrateError(f"{path} cannot be read: {told}") from error
    if not isinstance(found, Mapping):
        raise MigrateError(f"{path} is no map: expected lines of pattern and place")
    return found


def _toml(text):
    return tomllib.loads(text)


def _yaml(text):
    """The mapping in a YAML text, in which no pattern may stand twice."""
    try:
        import yaml
    except ImportError:
        raise MigrateError(
            "a map in YAML needs PyYAML, which the extra `yaml` installs; or write it "
            "in TOML"
        ) from None
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(error) from error
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value]
        twice = sorted({str(key) for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"given twice: {', '.join(twice)}")
    return found
