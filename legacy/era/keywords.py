"""``async`` and ``await``, which were names before Python 3.7 made them keywords.

Python puts an identifier into its plain form (NFKC) after it has looked for keywords.
So a name in which the "a" is the mathematical letter is the same name, but no keyword.
"""

import itertools

_NAMES = {
    word: "\N{MATHEMATICAL SANS-SERIF SMALL A}" + word[1:]
    for word in ("async", "await")
}
_COROUTINE = frozenset({"def", "for", "with"})


def as_names(text):
    """A source that Python cannot parse, in which these words are names.

    ``async def``, ``async for`` and ``async with`` stay what they are.
    """
    if not any(word in text for word in _NAMES):
        return text
    from fissix.pgen2 import token, tokenize

    lines = text.splitlines(keepends=True)
    try:
        tokens = list(tokenize.generate_tokens(iter([*lines, ""]).__next__))
    except (tokenize.TokenError, IndentationError):
        return text
    places = [
        (start, word)
        for (kind, word, start, *_), (_, after, *_) in itertools.pairwise(tokens)
        if kind == token.NAME and word in _NAMES and after not in _COROUTINE
    ]
    # From the end, so that the columns of the others stay.
    for (row, column), word in reversed(places):
        line = lines[row - 1]
        lines[row - 1] = line[:column] + _NAMES[word] + line[column + len(word) :]
    return "".join(lines)
