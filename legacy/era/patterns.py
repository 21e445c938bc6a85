"""``re.split`` as it was up to Python 3.6, for user code.

Matches of nothing did not split: ``re.split(r"(\\W+)?", "a b")``, which tokenizers of
the time call, gave words, and gives letters now. ``source`` sends user code here. A
pattern that can only match nothing, which no Python before 3.7 split at, splits as now.
"""

import builtins
import re

try:
    from re import _parser
except ImportError:  # Python 3.10
    import sre_parse as _parser

# The built-in name under which user code reaches ``split``.
SPLIT = "__legacy_re_split__"


def _may_match_nothing(pattern):
    """Whether it can match nothing, and something as well."""
    least, most = _parser.parse(pattern.pattern, pattern.flags).getwidth()
    return least == 0 < most


def split(module, pattern, string, maxsplit=0, flags=0):
    """``module.split`` of these; ``module`` is what the user's code calls ``re``."""
    if module is not re:
        return module.split(pattern, string, maxsplit, flags)
    compiled = re.compile(pattern, flags)
    if not _may_match_nothing(compiled):
        return compiled.split(string, maxsplit)
    parts, done, place = [], 0, 0
    while not maxsplit or len(parts) // (1 + compiled.groups) < maxsplit:
        found = compiled.search(string, place)
        if found is None or (found.end() == found.start() == len(string)):
            break
        if found.end() == found.start():
            place = found.end() + 1
            continue
        parts += [string[done : found.start()], *found.groups()]
        done = place = found.end()
    return [*parts, string[done:]]


def install():
    """Puts the function where user code finds it."""
    setattr(builtins, SPLIT, split)
