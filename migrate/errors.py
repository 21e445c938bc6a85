"""The kinds of error that are meant for the person at the terminal."""

import difflib
from collections.abc import Iterable


class MigrateError(ValueError):
    """An error for people: what was expected, what was found, what to do.

    One line; only a ``LoadError`` has several, which the command line joins.
    """


class MigrateWarning(UserWarning):
    """A warning: what you should know, although the work goes on; one line."""


class LoadError(MigrateError):
    """A checkpoint that does not fill a model as its map says, with all that is wrong.

    Its text has a line for each problem, the first ten of each kind.

    Attributes:
      missing: sentences on weights that nothing would fill, and rules that match
        nothing. unexpected: on variables that no rule places. mismatched: on variables
        that do not fit their place.
    """

    def __init__(
        self,
        prefix: str,
        *,
        missing: Iterable[str] = (),
        unexpected: Iterable[str] = (),
        mismatched: Iterable[str] = (),
    ) -> None:
        self.missing, self.unexpected = tuple(missing), tuple(unexpected)
        self.mismatched = tuple(mismatched)
        super().__init__(
            f"{prefix} does not fit.\n"
            + problems_text(self.missing, self.unexpected, self.mismatched)
        )


_SHOWN = 10


def problems_text(missing=(), unexpected=(), mismatched=()) -> str:
    """The problems of a ``LoadError``: a heading for each kind, and a line for each."""
    lines = []
    for kind, sentences in (
        ("missing", missing),
        ("unexpected", unexpected),
        ("mismatched", mismatched),
    ):
        if sentences:
            lines.append(f"{kind} ({len(sentences)}):")
            lines += [f"  - {sentence}" for sentence in sentences[:_SHOWN]]
        if sentences[_SHOWN:]:
            lines.append(f"  - and {len(sentences) - _SHOWN} more")
    return "\n".join(lines)


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """A question that offers the nearest of ``names``, to follow a sentence on
    ``name``; nothing if none is near.

    Nearest is the only one that ends with it, part by part, or that it ends with; else
    the one that is spelt most alike.
    """
    names = sorted({other for other in names if other and other != name})
    inside = [n for n in names if f"/{n}".endswith(f"/{name}")]
    inside = inside or [n for n in names if f"/{name}".endswith(f"/{n}")]
    near = inside if len(inside) == 1 else difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {near[0]}?" if near else ""
