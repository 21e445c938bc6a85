"""Every Python and shell block of README and docs runs; outputs are as shown."""

import ast
import re

import pytest

import documents

PAGES = {
    str(path.relative_to(documents.ROOT)): path.read_text(encoding="utf-8")
    for path in documents.pages()
}
RUN = [
    pytest.param(name, marks=() if name == "README.md" else pytest.mark.slow)
    for name, page in PAGES.items()
    if any(block.runs for block in documents.blocks(page))
]
# Words of ARCHITECTURE.md's table that no page uses any more.
OLD_WORDS = re.compile(
    r"\b(goldens?|seed's (cell|discussion)|olavhn|comment's cell|graph cell|step path|"
    r"fast path|misfits|the original's way|half a cell)\b"
)


@pytest.mark.parametrize("name", RUN)
def test_blocks_run_and_print_what_is_shown(name, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    documents.prepare(tmp_path)
    for block, printed in documents.run(PAGES[name], tmp_path):
        assert documents.matches(block, printed), printed


@pytest.mark.parametrize(
    ("note", "shown", "same"),
    [
        ("output", "a\nb 1", True),
        ("output", "a", False),
        ("output", "a\n...", True),
        ("output: more is allowed", "b 1", True),
        ("output: more is allowed", "b 1\na", False),
        ("output: more is allowed", "c", False),
    ],
)
def test_outputs_are_compared(note, shown, same):
    block = documents.Block("text", shown, note, (0, 0))
    assert documents.matches(block, "a\n\nb  1 \n") is same


@pytest.mark.parametrize("name", PAGES)
def test_blocks_have_a_language_and_links_lead_somewhere(name):
    folder = (documents.ROOT / name).parent
    for block in documents.blocks(PAGES[name]):
        assert block.language, block.text
        if block.note.startswith("not run"):
            assert len(block.note) > len("not run: ")
    links = re.findall(r"\]\((?!http)([^)#]+)(?:#[^)]*)?\)", PAGES[name])
    for link in links:
        assert (folder / link).exists(), link


@pytest.mark.parametrize("name", PAGES)
def test_plain_words(name):
    prose = re.sub(r"`[^`]*`", "", PAGES[name])
    assert not OLD_WORDS.findall(" ".join(prose.lower().split()))


PACKAGES = ("bnlstm_compat", "legacy", "migrate")
# Names that outputs of 0.1 hold.
EXCEPTIONS = {"olavhn", "olavhn-lstm", "leaf"}


def _texts(tree):
    """Strings and public names of a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name.replace("_", " ")


@pytest.mark.parametrize("package", PACKAGES)
def test_plain_words_in_messages_and_names(package):
    words = re.compile(
        OLD_WORDS.pattern.removesuffix(r")\b") + r"|leaf|survey|(to|from) canonical)\b"
    )
    for path in (documents.ROOT / package).rglob("*.py"):
        for text in _texts(ast.parse(path.read_text(encoding="utf-8"))):
            found = words.search(text)
            assert not found or text in EXCEPTIONS, f"{path}: {text}"


def test_the_readme_is_short():
    assert len(PAGES["README.md"].splitlines()) <= 135


def test_every_page_is_in_the_index():
    index = PAGES["docs/README.md"]
    for name in PAGES:
        if name.startswith("docs/") and name != "docs/README.md":
            assert f"]({name.removeprefix('docs/')})" in index, name
