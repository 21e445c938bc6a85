"""Runs the code of the README and of docs/, and writes the outputs into the pages.

    python tests/documents.py [PAGE ...]     # runs pages, and fills in their outputs

A page's blocks run in order, in a folder of their own that holds ``model.ckpt-40`` and
``examples/`` (see ``prepare``). Comments before a block say what it is:

* ``<!-- output -->``: a ``text`` block is what the block before it printed. A line that
  is ``...`` stands for any number of lines.
* ``<!-- output: more is allowed -->``: likewise, but lines may stand between those that
  are shown. A page that is filled in again shows all.
* ``<!-- file: NAME -->``: the block is written to a file.
* ``<!-- not run: REASON -->``, ``<!-- ci: tests -->``: the block is not run here.
"""

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_BLOCK = re.compile(
    r"(?:^[ ]*<!-- (?P<note>[^>]+) -->\n)?"
    r"^(?P<indent>[ ]*)```(?P<language>\w*)\n(?P<text>.*?)^[ ]*```$",
    re.DOTALL | re.MULTILINE,
)
#: The comments before an output.
OUTPUT, AT_LEAST = "output", "output: more is allowed"
#: Differences by rounding, which no two processors have alike.
_ROUNDING = re.compile(r"\d\.?\d*e-0[5-9]|\d\.?\d*e-1\d")


@dataclass
class Block:
    """A fenced block: language, text, the comment before it, its place in a page."""

    language: str
    text: str
    note: str
    span: tuple[int, int]

    @property
    def shows(self):
        """Whether it shows what the block before it printed."""
        return self.note in (OUTPUT, AT_LEAST)

    @property
    def runs(self):
        skipped = self.note.startswith(("not run: ", "ci: ", "file: "))
        return self.language in ("bash", "python") and not skipped


def pages():
    """The pages, README first."""
    docs = sorted((ROOT / "docs").rglob("*.md"))
    return [ROOT / "README.md", *docs, ROOT / "CONTRIBUTING.md"]


def blocks(page):
    """The ``Block`` objects of a page's text."""
    for match in _BLOCK.finditer(page):
        indent = match["indent"]
        lines = match["text"].splitlines()
        text = "\n".join(line.removeprefix(indent) for line in lines)
        span = match.span("text")
        yield Block(match["language"], text, match["note"] or "", span)


def prepare(folder):
    """Puts the files that the pages use into a folder."""
    shutil.copytree(ROOT / "examples", Path(folder) / "examples")
    for path in (ROOT / "examples" / "checkpoint").glob("model.ckpt-40.*"):
        shutil.copy(path, folder)
    shutil.copy(ROOT / "examples" / "checkpoint" / "recorded.npz", folder)


def run(page, folder):
    """Runs a page's blocks in a folder.

    Returns:
      pairs of an output's ``Block`` and what the block before it printed.

    Raises:
      AssertionError: a block failed; it is named.
    """
    found, printed = [], ""
    names = {"__name__": "page"}
    with _inside(folder):
        for block in blocks(page):
            if block.shows:
                found.append((block, printed))
            elif block.note.startswith("file: "):
                Path(block.note.removeprefix("file: ")).write_text(block.text + "\n")
            elif block.runs and block.language == "python":
                printed = _python(block, names)
            elif block.runs:
                printed = "".join(map(_command, _lines(block.text)))
    return found


@contextlib.contextmanager
def _inside(folder):
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _python(block, names):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(block.text, "block", "exec"), names)
    return out.getvalue()


def _lines(text):
    joined = text.replace("\\\n", " ")
    return [line for line in joined.splitlines() if line and not line.startswith("#")]


def _command(line):
    """Runs one command as a shell would; ``python`` is the one of this process."""
    out = io.StringIO()
    words = shlex.split(line, comments=True)
    if words[:3] == ["python", "-m", "migrate"]:
        from migrate.cli.main import main

        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            try:
                code = main(words[3:])
            except SystemExit as ended:  # of --help
                code = ended.code
        printed = out.getvalue()
    else:
        words = [sys.executable if word == "python" else word for word in words]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        code = done.returncode
        printed = done.stderr if code else done.stdout
    # For these, 1 is an answer: different, or faults found.
    answers = {"verify", "doctor", "diff"} & set(words[:4])
    assert not code or (answers and code == 1), f"{line}: exit code {code}\n{printed}"
    return printed


def comparable(text):
    """Lines without trailing spaces, empty lines and figures of rounding."""
    lines = [_ROUNDING.sub("#", line).strip() for line in text.splitlines()]
    return [re.sub(r"\s+", " ", re.sub("─+", "─", line)) for line in lines if line]


def matches(block, printed):
    """Whether what a block shows is what was printed; ``...`` stands for any lines."""
    if block.note == AT_LEAST:
        lines = iter(comparable(printed))
        return all(line in lines for line in comparable(block.text))
    pattern = "".join(
        r"(?:.*\n)*" if line == "..." else re.escape(line) + r"\n"
        for line in comparable(block.text)
    )
    text = "".join(line + "\n" for line in comparable(printed))
    return re.fullmatch(pattern, text) is not None


def fill(path):
    """Runs a page, and writes the outputs that it does not show rightly into it."""
    page = path.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        prepare(folder)
        outputs = run(page, folder)
    for block, printed in reversed(outputs):
        if block.note == AT_LEAST or not matches(block, printed):
            lines = [line.strip("\n").rstrip() for line in printed.splitlines()]
            text = "\n".join(line for line in lines if line)
            start, end = block.span
            page = f"{page[:start]}{text}\n{page[end:]}"
    path.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    os.environ.setdefault("COLUMNS", "100")
    for name in sys.argv[1:] or pages():
        fill(Path(name).resolve())
