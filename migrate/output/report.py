"""What is said about a checkpoint and a conversion, as plain data for JSON.

docs/reports.md has the schemas.
"""

import importlib.metadata
import json
import os

from migrate.cells.inventory import CHOICES, averages_in

FORMAT = 2


def inspection(source, inventory) -> dict:
    """What ``inspect`` found: RNNs with their cells, slots, other variables."""
    return {
        "format": FORMAT,
        "checkpoint": source.label,
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
    }


def entry(item) -> dict:
    """An ``Entry``: shape, dtype, and parts if it was partitioned."""
    found = {"shape": list(item.shape), "dtype": item.dtype}
    if item.parts:
        found["parts"] = [[list(extent) for extent in part] for part in item.parts]
    return found


def network(rnn) -> dict:
    """An RNN: scope, kind, and for each cell scope, layout, D, H, M, dtype and the v1
    names of its variables."""
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
            }
            for cell in rnn.cells
        ],
    }


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
                **network(rnn),
                "files": files,
                "widened_to": settings.max_bn_steps
                if any(map(settings.widens, rnn.cells))
                else None,
                "settings": {
                    name: {
                        "value": value,
                        "assumed": getattr(settings, name) is None,
                    }
                    for name, value in settings.resolve(rnn.cells[0]).items()
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


_KINDS = {"activation": str}  # the other settings are numbers


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
        and all(
            isinstance(cell["scope"], str) and isinstance(cell["layout"], str)
            for cell in rnn["cells"]
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
