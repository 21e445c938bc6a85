"""docs/reference/reports.schema.json describes every report of any checkpoint."""

import json

import jsonschema
import numpy as np
import pytest

from helpers import checkpoints, recorded
from helpers.places import ROOT
from helpers.recorded_graphs import meta
from migrate.cli.main import main
from migrate.output import write as writers

DOCS = ROOT / "docs" / "reference"
SCHEMA = json.loads((DOCS / "reports.schema.json").read_text())
CKPT = recorded.FOLDER / "tf-1.15.5" / "ckpt"


def _validate(report, which):
    schema = {**SCHEMA, "$ref": f"#/$defs/{which}"}
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(report)


def _printed(capfd, *argv):
    capfd.readouterr()
    code = main(list(map(str, argv)))
    return code, json.loads(capfd.readouterr().out)


@pytest.mark.parametrize(
    "name", ["bidirectional", "comment_static", "partitioned_and_averaged"]
)
def test_inspection(name, capfd):
    code, report = _printed(capfd, "inspect", CKPT / name, "--json")
    assert code == 0
    _validate(report, "inspection")
    assert report["rnns"]


def test_inspection_of_half_a_cell(tmp_path, capfd):
    variables = {**checkpoints.cell("good/BNLSTMCell"), "other/hh/scale": np.ones(4)}
    prefix = checkpoints.write(tmp_path / "m", variables)
    _, report = _printed(capfd, "inspect", prefix, "--json")
    _validate(report, "inspection")
    assert report["problems"]


def test_conversion_and_differences(tmp_path, capfd):
    prefix, out = CKPT / "partitioned_and_averaged", tmp_path / "out"
    formats = ",".join(writers.MODELS)
    assert main(["convert", str(prefix), str(out), "--format", formats]) == 0
    _validate(json.loads((out / "report.json").read_text()), "conversion")
    other = checkpoints.write(
        tmp_path / "m", {"head/bias": np.ones(2), "x": np.ones(1)}
    )
    code, found = _printed(capfd, "diff", out, other, "--json")
    assert code == 1
    _validate(found, "differences")
    assert len(found) == 50


def test_diagnoses(capfd):
    for source in (CKPT / "aged_constant", meta("tf-1.15.5/foreign_names")):
        code, found = _printed(capfd, "doctor", source, "--json")
        assert code in (0, 1)
        _validate(found, "diagnoses")
        shown = found["cells"][0]["graph_shows"]
        assert (shown is None) == (found["graph"] is None)
    assert shown["lengths"] == {"value": "fed", "node": "lengths"}


def test_the_schema_refuses_what_is_no_report():
    for which in ("inspection", "conversion"):
        with pytest.raises(jsonschema.ValidationError):
            _validate({"format": 2}, which)


def test_every_key_is_explained():
    text = (DOCS / "reports.md").read_text()
    for which, schema in SCHEMA["$defs"].items():
        for key in schema.get("properties", ()):
            assert f"`{key}`" in text, (which, key)
