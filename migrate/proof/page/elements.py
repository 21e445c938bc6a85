"""HTML from small functions: whatever is not ``Markup`` is text, and is escaped."""

import html
import unicodedata

from migrate.proof.page.style import STYLE

# Joiners belong to the words of some scripts; other formatting characters can turn a
# line round, so that a name would not look as it is.
_KEPT = "\u200c\u200d\n"
_VOID = ("meta", "br")


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def escaped(text) -> Markup:
    """Any text as HTML; what cannot be shown becomes a replacement character."""
    if isinstance(text, Markup):
        return text
    text = str(text)
    if not text.isprintable():
        text = "".join(map(_shown, text))
    return Markup(html.escape(text))


def _shown(character):
    hidden = unicodedata.category(character).startswith("C")
    if hidden and character not in _KEPT:
        return "\N{REPLACEMENT CHARACTER}"
    return character


def tag(name: str, /, *children, **attributes) -> Markup:
    """An element. In names of attributes ``_`` stands for ``-``, at the end for nothing
    (``class_``); None leaves an attribute out."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escaped(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Markup(f"<{name}{given} />")
    return Markup(f"<{name}{given}>{joined(children)}</{name}>")


def joined(children) -> Markup:
    """Elements and texts, one after the other."""
    return Markup("".join(map(escaped, children)))


def table(columns, rows, label: str, class_: str | None = None) -> Markup:
    """A table in a box of its own, in which it can be scrolled.

    Args:
      columns: titles; one that begins with ">" is of numbers. rows: of cells, texts or
        ``Markup``. label: what the table shows.
    """
    numbers = [title.startswith(">") for title in columns]
    kinds = ["n" if number else None for number in numbers]
    head = [
        tag("th", title.lstrip(">"), class_=kind, scope="col")
        for title, kind in zip(columns, kinds, strict=True)
    ]
    body = [
        tag("tr", *(tag("td", c, class_=k) for c, k in zip(row, kinds, strict=True)))
        for row in rows
    ]
    made = tag("table", tag("thead", tag("tr", *head)), tag("tbody", *body))
    return tag(
        "div",
        made,
        class_=f"box {class_}" if class_ else "box",
        role="region",
        tabindex="0",
        aria_label=label,
    )


def items(sentences) -> Markup:
    """A list."""
    return tag("ul", *(tag("li", sentence) for sentence in sentences))


def number(value) -> Markup:
    """A difference, with all its digits for machines."""
    return tag("data", short(value), value=repr(float(value)))


def short(value) -> str:
    """A difference as text."""
    if value != value:
        return "-"
    if value == float("inf"):
        return "not finite"
    return f"{value:.1e}" if value else "0"


def document(title, body: Markup) -> Markup:
    """A whole page: ``body`` is its element of that name."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", Markup(STYLE)),
    )
    return joined(
        [Markup("<!DOCTYPE html>\n"), tag("html", head, body, lang="en"), "\n"]
    )


def picture(name, width, height, *children) -> Markup:
    """A drawing of a size, with its name for those who do not see it."""
    return tag(
        "svg",
        tag("title", name),
        *children,
        viewBox=f"0 0 {width} {height}",
        role="img",
        aria_label=name,
    )
