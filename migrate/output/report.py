"""What is said about a checkpoint and a conversion, as plain data for JSON.

docs/reference/reports.md has the schemas.
"""

import importlib.metadata
import json
import os

from migrate.cells.inventory import CHOICES, averages_in
from migrate.cells.layouts import layout_of
from migrate.cells.settings import ASSUMED, GRAPH, ORIGINS, USUAL
from migrate.cells.training_state import is_counter

FORMAT = 2


def inspection(source, inventory) -> dict:
    """What ``inspect`` found: RNNs with their cells, slots, other variables."""
    return {
        "format": FORMAT,
        "checkpoint": source.label,
        "graph": _graph(source),
        "variables": len(source),
        "rnns": [network(rnn) for rnn in inventory.rnns],
        "optimizer_slots": dict(inventory.slots),
        "moving_averages": averages_in(inventory.slots, source.entries),
        "other_variables": {
            name: entry(source.entries[name]) for name in inventory.others
        },
        "partitioned": {
            name: entry(item)["parts"]
            for name, item in source.entries.items()
            if item.parts
        },
        "problems": [problem.text for problem in inventory.problems],
        "notes": [note.text for note in inventory.notes],
        "near_cells": {item.scope: item.text for item in inventory.near},
        "counters": [name for name in inventory.others if is_counter(name)],
    }


def _graph(source):
    return None if source.graph is None else source.graph.label


def entry(item) -> dict:
    """An ``Entry``: shape, dtype, and parts if it was partitioned."""
    found = {"shape": list(item.shape), "dtype": item.dtype}
    if item.parts:
        found["parts"] = [[list(extent) for extent in part] for part in item.parts]
    return found


# Which every cell has, from its variables.
_SIZES = ("input_dim", "units", "max_bn_steps")


def network(rnn, settings=USUAL) -> dict:
    """An RNN: scope, kind, and for each cell scope, layout, D, H, M, dtype, the v1
    names of its variables, and its settings with their origin."""
    return {
        "scope": rnn.scope,
        "kind": rnn.kind,
        "cells": [
            {
                "scope": cell.scope,
                "layout": cell.layout,
                "input_dim": cell.input_dim,
                "units": cell.units,
                "max_bn_steps": cell.max_bn_steps,
                "dtype": cell.dtype,
                "variables": dict(cell.variables),
                "settings": {
                    name: _known(known) for name, known in settings.known(cell).items()
                },
                "facts": {
                    name: _known(known)
                    for name, known in cell.settings.items()
                    if known.origin == GRAPH
                    and name not in layout_of(cell).defaults
                    and name not in _SIZES
                },
                **({"definition": cell.definition} if cell.definition else {}),
            }
            for cell in rnn.cells
        ],
    }


def _known(known) -> dict:
    found = {"value": known.value, "origin": known.origin}
    return found if known.node is None else {**found, "node": known.node}


def conversion(
    source, settings, *, averages, averaged, formats, others, rnns, tensors
) -> dict:
    """What ``convert`` did.

    Args:
      source: what was converted.
      settings: the ``Settings`` asked for.
      averages: of moving averages, "raw" or "averaged"; averaged: how many variables of
        cells have one. formats: names of formats.
      others: files of what is no part of a cell.
      rnns: pairs of an RNN and its files by format.
      tensors: a row for each source tensor: where it went, by which rule, checksum.
    """
    return {
        "format": FORMAT,
        "checkpoint": source.label,
        "graph": _graph(source),
        "made_by": {
            name: importlib.metadata.version(name)
            for name in ("bnlstm-compat", "tensorflow", "keras", "numpy")
        },
        "formats": list(formats),
        "averages": averages,
        "moving_averages": averaged,
        "others": others,
        "rnns": [
            {
                **network(rnn, settings),
                "files": files,
                "widened_to": settings.max_bn_steps
                if any(map(settings.widens, rnn.cells))
                else None,
                "settings": {
                    name: {"value": known.value, "assumed": known.origin == ASSUMED}
                    for name, known in settings.known(rnn.cells[0]).items()
                },
            }
            for rnn, files in rnns
        ],
        "tensors": tensors,
    }


def read(path) -> dict:
    """Reads a conversion's report.

    Raises:
      OSError: it cannot be opened.
      ValueError: it is not a report of ``convert``, of this format.
    """
    with open(path, encoding="utf-8") as stream:
        made = json.load(stream)
    try:
        good = (
            made["format"] == FORMAT
            and made["averages"] in CHOICES
            and made["formats"]
            and all(isinstance(name, str) for name in made["formats"])
            and all(map(_is_file, made["others"]))
            and all(_is_network(rnn, made["formats"]) for rnn in made["rnns"])
            and all(_is_tensor(row) for row in made["tensors"])
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is not a report of convert") from error
    if not good:
        raise ValueError(f"{path} is not a report of convert, of format {FORMAT}")
    return made


def files(made) -> set[str]:
    """The files that a conversion's report names (of a TensorFlow checkpoint, the
    prefix)."""
    return {
        *made["others"],
        *(f for rnn in made["rnns"] for f in rnn["files"].values()),
    }


# The other settings are numbers.
_KINDS = dict.fromkeys(("activation", "recurrent_activation"), str)


def _is_network(rnn, formats):
    return (
        isinstance(rnn["scope"], str)
        and sorted(rnn["files"]) == sorted(formats)
        and all(map(_is_file, rnn["files"].values()))
        and isinstance(rnn.get("widened_to"), int | None)
        and all(
            isinstance(item["value"], _KINDS.get(name, (int, float)))
            and isinstance(item["assumed"], bool)
            for name, item in rnn["settings"].items()
        )
        and all(map(_is_cell, rnn["cells"]))
        and len(rnn["cells"]) > 0
    )


def _is_cell(cell):
    return (
        all(isinstance(cell[key], str) for key in ("scope", "layout", "dtype"))
        and all(isinstance(cell[key], int) for key in ("input_dim", "units"))
        and isinstance(cell["max_bn_steps"], int | None)
        and all(isinstance(name, str) for name in cell["variables"].values())
        and isinstance(cell.get("definition"), dict | None)
        and all(
            isinstance(item["value"], _KINDS.get(name, (int, float)))
            and item["origin"] in ORIGINS
            and isinstance(item.get("node"), str | None)
            for name, item in cell.get("settings", {}).items()
        )
    )


def _is_tensor(row):
    return (
        isinstance(row["name"], str)
        and isinstance(row["dtype"], str)
        and isinstance(row["sha256"], str)
        and all(isinstance(size, int) and size >= 0 for size in row["shape"])
        and all(_is_file(place["file"]) for place in row["places"])
    )


def _is_file(name):
    """A file inside the conversion's folder, and in no other."""
    return isinstance(name, str) and name == os.path.basename(name) and name != ".."
