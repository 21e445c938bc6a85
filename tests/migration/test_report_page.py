"""The page of a proof: parsed, and held against the ``Proof`` that it is made of."""

import base64
import dataclasses
import hashlib
import io
import os
import re
import shlex
import shutil
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import migrate
import migrate.verbs.verify
from helpers import checkpoints
from helpers import recorded_graphs as graph_recordings
from helpers.places import SHARED
from migrate import bits
from migrate.cli.main import main
from migrate.errors import MigrateError
from migrate.proof.page import heat_maps
from migrate.proof.page.elements import Markup, escaped, joined, tag
from migrate.proof.page.facts import KINDS, gather
from migrate.proof.page.write import page
from migrate.proof.verdict import CellResult, differences, relative_difference

# A name that would be markup, in two alphabets, and one that would turn a line round.
ODD = 'réseau <b>&"q"\'/ячейка'
OTHER = "tail\u202e<script>alert(1)</script>"
REAL = SHARED / "real" / "seqsleepnet_1chan_eeg"


class Page(HTMLParser):
    """A page's elements, with their text; a tag that is not closed is an error."""

    def __init__(self, text):
        super().__init__()
        self.elements, self._open = [], []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, name, attributes):
        element = {"tag": name, "text": "", **dict(attributes)}
        assert len(dict(attributes)) == len(attributes)
        self.elements.append(element)
        self._open.append(element)

    def handle_startendtag(self, name, attributes):
        assert name in ("meta", "br")
        self.elements.append({"tag": name, "text": "", **dict(attributes)})

    def handle_endtag(self, name):
        assert self._open.pop()["tag"] == name

    def handle_data(self, data):
        for element in self._open:
            element["text"] += data

    def all(self, name, **attributes):
        return [
            element
            for element in self.elements
            if element["tag"] == name
            and all(element.get(key) == value for key, value in attributes.items())
        ]

    def one(self, name, **attributes):
        (element,) = self.all(name, **attributes)
        return element

    def inside(self, start):
        """The elements between one and the next of the same kind."""
        first = self.elements.index(start)
        rest = self.elements[first + 1 :]
        ends = [i for i, e in enumerate(rest) if e["tag"] == start["tag"]]
        return rest[: ends[0]] if ends else rest


def _read(path):
    return _hold_self_contained(path.read_text(encoding="utf-8"))


def _hold_self_contained(text):
    """Well-formed, also as XML; no script; nothing from elsewhere. The ``Page``."""
    ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>\n"))
    parsed = Page(text)
    names = {element["tag"] for element in parsed.elements}
    assert not names & {"script", "link", "iframe", "object", "embed", "base", "img"}
    assert not re.search(r"https?:|url\(|@import", text)
    ids = [element["id"] for element in parsed.elements if "id" in element]
    assert len(ids) == len(set(ids))
    for element in parsed.elements:
        assert not [key for key in element if key.startswith("on") or key == "src"]
        target = element.get("href", "#verdict")
        if not target.startswith("data:image/png;base64,"):
            assert target[1:] in ids
    drawn = parsed.all("svg", role="img")
    assert all(svg["aria-label"] for svg in drawn)
    assert len(drawn) == len(parsed.all("title")) - 1
    return parsed


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A checkpoint without a graph: its prefix, the conversion, the page, the proof."""
    folder = tmp_path_factory.mktemp("page")
    variables = checkpoints.cell(ODD) | checkpoints.cell("b/cell", seed=1)
    variables[OTHER] = np.ones(3, np.float32)
    prefix = checkpoints.write(folder / "model <i>.ckpt", variables)
    out, path = str(folder / "out"), folder / "proof.html"
    assert main(["convert", prefix, out, "--epsilon", "1e-4"]) == 0
    proofs, verify = [], migrate.verbs.verify.verify
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "migrate.verbs.verify.verify",
            lambda *given, **options: (
                proofs.append(verify(*given, **options)) or proofs[0]
            ),
        )
        assert main(["verify", prefix, out, "--report", str(path)]) == 0
    return prefix, out, path, *proofs


@pytest.fixture(scope="module")
def proof(made):
    return made[3]


def test_verdict_and_numbers_are_those_of_the_proof(made, proof):
    found = _read(made[2])
    verdict = found.one("p", id="verdict")
    assert verdict["text"] == "✓ " + proof.sentence(to_others=True)
    assert verdict["class"] == "verdict good"
    assert "if the script used decay 0.95" in verdict["text"]
    assert (
        "So they are assumed: decay 0.95" in found.one("section", id="compared")["text"]
    )
    values = [float(e["value"]) for e in found.all("data")]
    summary = [
        value
        for result in proof.cells
        for kind in KINDS
        for value in (result.layer[kind], result.level[kind])
    ]
    assert values[: len(summary)] == summary
    rest = [
        value
        for result in proof.cells
        for kind in KINDS
        for value in (
            result.layer[kind],
            result.level[kind],
            result.distance[kind],
            result.limit(kind),
            result.distance[kind] / result.limit(kind),
        )
    ]
    assert values[len(summary) :] == rest
    assert max(rest[4::5]) == max(result.excess for result in proof.cells)


def test_names_are_shown_as_they_are(made):
    found = _read(made[2])
    links = [e["text"] for e in found.all("a")]
    assert links.count(ODD) == 2
    assert f"Cell 2: {ODD}" in [e["text"] for e in found.all("h2")]
    assert not found.all("b")
    codes = [e["text"] for e in found.all("code")]
    assert str(made[0]) in codes
    assert any(code.endswith("--report " + shlex.quote(str(made[2]))) for code in codes)


def test_settings_have_their_origin(made):
    cells = [e["text"] for e in _read(made[2]).all("td")]
    at = cells.index("epsilon")
    assert cells[at : at + 5] == ["epsilon", "0.0001", "given", "all", "-"]
    at = cells.index("decay")
    assert cells[at : at + 5] == ["decay", "0.95", "assumed", "all", "-"]


def test_files_have_their_checksums(made):
    cells = [e["text"] for e in _read(made[2]).all("td")]
    prefix, out, *_ = made
    files = [f"{prefix}.index", f"{prefix}.data-00000-of-00001"]
    files += [os.path.join(out, name) for name in os.listdir(out)]
    assert len(files) == 6
    for path in files:
        content = Path(path).read_bytes()
        row = cells[cells.index(path) :]
        assert row[2:5] == [
            "yes",
            f"{len(content):,}",
            hashlib.sha256(content).hexdigest(),
        ]


def test_steps_are_tabled_and_drawn(made, proof):
    """A row for each step, and the largest of each column is that of the cell."""
    found = _read(made[2])
    for result in proof.cells:
        assert set(result.by_step) == {"inference", "training", "statistics"}
        for kind, table in result.by_step.items():
            steps = checkpoints.M + (kind != "statistics")
            for name, values in table.items():
                assert values.shape == (steps,)
                assert values.max() == getattr(result, name)[kind]
        table = found.one("div", **{"aria-label": f"By step, {result.scope}"})
        first = [f"{table_['layer'][0]:.1e}" for table_ in result.by_step.values()]
        assert all(number in table["text"] for number in first)
    drawn = found.all("svg", role="img")
    assert len(drawn) == 1 + 2 * (3 + 6)
    assert sum("variance, 5 x 16" in svg["aria-label"] for svg in drawn) == 4


def test_pictures_show_the_statistics(made):
    """matplotlib decodes them: as many rows and columns, the lowest the darkest."""
    from matplotlib.image import imread

    found = _read(made[2])
    pictures = [e["href"].partition(",")[2] for e in found.all("image")]
    read = [imread(io.BytesIO(base64.b64decode(data))) for data in pictures]
    assert read[0].shape[:2] == (5, 16)
    assert read[8].shape[:2] == (5, 4)
    cell = checkpoints.cell("b/cell", seed=1)
    table = cell["b/cell/hh/pop_var"]
    light = read[2][..., :3].sum(axis=-1)
    assert light.flat[table.argmin()] == light.min()
    assert light.flat[table.argmax()] == light.max()


def test_colours_get_lighter_only():
    colours = np.frombuffer(heat_maps.palette(), np.uint8).reshape(-1, 3)
    light = colours[:-1].astype(float) @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(light) > 0).all()


def test_what_is_no_number_has_its_own_colour():
    table, scale = heat_maps.prepared(
        [[0.5, np.nan, -1.0], [0.0, 2.0, 1.0]], "variance"
    )
    bad = scale.colours(table) == scale.colours(np.array([np.nan]))
    assert bad.tolist() == [[False, True, True], [False, False, False]]
    assert scale.colours(table)[1, 0] == 0
    large, _ = heat_maps.prepared(np.arange(300.0)[:, None] * np.ones(5), "mean", 3, 2)
    np.testing.assert_allclose(large, [[49.5] * 2, [149.5] * 2, [249.5] * 2])


def test_a_changed_weight_and_a_changed_variable(made, tmp_path, capfd):
    import safetensors.numpy

    prefix, out, *_ = made
    changed, path = shutil.copytree(out, tmp_path / "out"), tmp_path / "proof.html"
    file = changed / "variables.safetensors"
    arrays = safetensors.numpy.load_file(file)
    safetensors.numpy.save_file({k: a * 2 for k, a in arrays.items()}, file)
    model = checkpoints_model(changed / "b.keras")
    weights = model.get_weights()
    model.set_weights([weights[0] * 1.01, *weights[1:]])
    model.save(changed / "b.keras")
    assert main(["verify", prefix, str(changed), "--report", str(path)]) == 1
    found = _read(path)
    verdict = found.one("p", id="verdict")
    assert verdict["text"].startswith("✗ Different: 1 of 2 cells compute")
    assert verdict["class"] == "verdict bad"
    problems = found.one("section", id="problems")["text"]
    assert "b/cell: the bits differ in b/cell/W_xh (weights)" in problems
    assert "outputs in inference are further apart than" in problems
    shown = OTHER.replace("\u202e", "\N{REPLACEMENT CHARACTER}")
    assert f"Variables in no cell: {shown} differ." in problems
    assert sum(e["text"] == "✗\xa0DIFFERENT" for e in found.all("strong")) == 2
    capfd.readouterr()


def checkpoints_model(path):
    import keras

    return keras.models.load_model(path)


def test_what_no_layer_can_express(tmp_path, capfd):
    """Converted by its names alone; its graph says that no layer computes that."""
    prefix = graph_recordings.meta("tf-1.15.5/hard_gates").removesuffix(".meta")
    out, path = str(tmp_path / "out"), tmp_path / "proof.html"
    assert main(["convert", prefix, out, "--no-graph"]) == 0
    assert main(["verify", prefix, out, "--report", str(path)]) == 1
    found = _read(path)
    problems = found.one("section", id="problems")["text"]
    assert "computes no such RNN" in problems
    assert "clip(0.2 z + 0.5" in problems
    compared = found.one("section", id="compared")["text"]
    assert "cells: allnothing" in compared
    assert "weights of the cells" not in compared
    assert "No case was run." in compared
    assert "Left as they are" in [e["text"] for e in found.all("h3")]
    assert "clip(0.2 z + 0.5" in found.one("section", id="results")["text"]
    assert not found.all("data")
    capfd.readouterr()


def test_with_a_graph_and_data(tmp_path):
    name = "tf-1.15.5/foreign_names"
    source = graph_recordings.meta(name)
    migrate.convert(source, tmp_path / "out")
    record = graph_recordings.Record(graph_recordings.folder(name) / "record.npz")
    data = record.feeds(False)
    proof = migrate.verify(source, tmp_path / "out", data=data)
    proof.report(tmp_path / "proof.html", require_graph=True)
    found = _read(tmp_path / "proof.html")
    verdict = found.one("p", id="verdict")["text"]
    assert verdict == "✓ " + proof.sentence(to_others=True)
    assert f"the graph {os.path.basename(source)} computes" in verdict
    assert "on random input and on given data" in verdict
    cells = [e["text"] for e in found.all("td")]
    assert hashlib.sha256(Path(source).read_bytes()).hexdigest() in cells
    assert {"inference, given data", "training, given data"} <= set(cells)
    assert proof.subject.data
    for key, array in proof.subject.data.items():
        assert str(list(np.shape(data[key]))) == cells[cells.index(key) + 1]
        assert bits.checksum(array) in cells
    (cell,) = proof.cells
    (rnn,) = proof.subject.conversion.rnns.values()
    node = rnn.cells[0].settings["epsilon"].node
    row = cells[cells.index("epsilon") :]
    assert row[2:5] == ["graph", "all", f"1: {node}"]
    assert repr(source) in found.all("pre")[0]["text"]
    assert cell.compared[-1][0] == "training, given data"


def test_a_page_of_many_cells_stays_small(proof):
    facts = gather(proof)
    (cell, _) = facts.cells
    statistics = {
        key: np.random.default_rng(0).uniform(0.1, 1, (120, table.shape[1] * 25))
        for key, table in cell.statistics.items()
    }
    steps = {
        kind: {
            name: np.linspace(1e-7, 1e-6, 801)
            for name in ("layer", "distance", "level")
        }
        for kind in ("inference", "training", "statistics")
    }
    measures = [
        dataclasses.replace(one, by_step=steps.get(one.kind)) for one in cell.measures
    ]
    many = [
        dataclasses.replace(
            cell,
            number=number,
            sizes=cell.sizes | {"H": 100},
            statistics=statistics,
            measures=measures,
        )
        for number in range(1, 61)
    ]
    text = page(dataclasses.replace(facts, cells=many))
    assert len(text.encode()) < 4 << 20
    found = _hold_self_contained(text)
    assert len(found.all("a")) == 4 + 2 * 60
    assert "Of 60 cells the 40 closest to the limit are drawn." in text


def test_a_tolerance_and_a_required_graph(proof, tmp_path):
    path = tmp_path / "proof.html"
    proof.report(path, tolerance=1e-12, require_graph=True, command="again <now>")
    found = _read(path)
    assert found.one("p", id="verdict")["text"] == "✗ " + proof.sentence(
        1e-12, True, to_others=True
    )
    assert "further apart than allowed" in found.one("section", id="problems")["text"]
    assert found.all("pre")[0]["text"] == "again <now>"
    proof.report(path, tolerance=1.0, require_graph=True)
    found = _read(path)
    assert found.one("p", id="verdict")["text"].startswith("✗ Not proved: 2 of 2")
    problems = found.one("section", id="problems")["text"]
    assert f"compared with something else: b/cell, {ODD}." in problems


def _fails(capfd, *argv):
    capfd.readouterr()
    assert main(list(map(str, argv))) == 2
    out, error = capfd.readouterr()
    assert out == ""
    assert error.count("\n") == 1
    return error


def test_a_page_that_cannot_be_written_is_one_line(made, tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(migrate.verbs.verify, "verify", None)  # said before any work
    prefix, out, path, _ = made
    verify = ["verify", prefix, out, "--report"]
    (tmp_path / "file").write_text("kept")
    error = _fails(capfd, *verify, tmp_path / "file" / "proof.html")
    assert "cannot write" in error
    assert (tmp_path / "file").read_text() == "kept"
    assert "is a folder" in _fails(
        capfd, *verify, shutil.copytree(out, path.parent / "x.html")
    )
    assert "ends in .html" in _fails(capfd, *verify, f"{prefix}.index")


def test_a_page_is_replaced_or_stays(proof, tmp_path, monkeypatch):
    path = tmp_path / "new" / "proof.html"
    proof.report(path)
    assert os.listdir(path.parent) == ["proof.html"]
    before = path.stat().st_ino
    proof.report(path)
    assert path.stat().st_ino != before
    kept = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(MigrateError, match=r"proof.html: No space left on device"):
        proof.report(path)
    assert path.read_bytes() == kept
    assert os.listdir(path.parent) == ["proof.html"]


def test_files_that_changed_since_are_not_vouched_for(made, proof, tmp_path):
    file = os.path.join(made[1], "b.keras")
    before = os.stat(file)
    os.utime(file, (1, 1))
    with pytest.raises(
        MigrateError, match=r"b.keras has changed since it was verified"
    ):
        proof.report(tmp_path / "proof.html")
    assert os.listdir(tmp_path) == []
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    proof.report(tmp_path / "proof.html")


def test_differences_by_step():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 3, 4, 5))
    by_step = differences(a, b, 1)
    expected = [np.abs(a - b)[:, t].max() / np.abs(b).max() for t in range(4)]
    np.testing.assert_array_equal(by_step, expected)
    assert relative_difference(a, b) == by_step.max()
    a[1, 2, 3] = np.inf
    assert np.isinf(differences(a, b, 1)).tolist() == [False, False, True, False]
    assert differences(a, b[:2], 1).tolist() == [np.inf] * 4


def test_rows_of_several_variables_are_one_table():
    result = CellResult("cell", "file", "graph")
    for row in (2, 0):
        one = np.full((1, 3), 1.0 + row)
        result.add("statistics", one, one * 1.5, one, [one], axis=0, first=row)
    found = result.by_step["statistics"]["layer"]
    np.testing.assert_allclose(found, [0.5, np.nan, 0.5])


def test_text_is_escaped_and_markup_is_not():
    assert (
        tag("p", "a<b", tag("br"), class_='"') == '<p class="&quot;">a&lt;b<br /></p>'
    )
    assert joined([Markup("<i>"), "\ud800\x07\u2066"]) == "<i>" + "\ufffd" * 3
    assert escaped("नमस्ते\u200d Ω") == "नमस्ते\u200d Ω"
    assert not isinstance(Markup("<i>") + "<b>", Markup)


@pytest.mark.slow
@pytest.mark.shared("real", "seqsleepnet_1chan_eeg")
def test_the_page_of_a_published_checkpoint_is_small(tmp_path):
    source = REAL / "pretrained_model.ckpt"
    migrate.convert(source, tmp_path / "out")
    proof = migrate.verify(source, tmp_path / "out")
    proof.report(tmp_path / "proof.html")
    assert (tmp_path / "proof.html").stat().st_size < 2e6
    found = _read(tmp_path / "proof.html")
    assert sum(e["text"] == "✓\xa0equal" for e in found.all("strong")) == 8
