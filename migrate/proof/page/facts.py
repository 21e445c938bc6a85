"""What the page of a proof says, as plain data."""

import datetime
import importlib.metadata
import os
import platform
from dataclasses import dataclass

import numpy as np

from bnlstm_compat import spec
from migrate import bits
from migrate.cells.values import cell_weights
from migrate.output import report
from migrate.proof.subject import File

# What can change how a processor rounds.
_VARIABLES = (
    "ONEDNN_MAX_CPU_ISA",
    "OMP_NUM_THREADS",
    "OPENBLAS_CORETYPE",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_XLA_FLAGS",
    "XLA_FLAGS",
)
#: What is compared, in the order of the page, and what people call it.
KINDS = {
    "inference": "outputs in inference",
    "training": "outputs in training",
    "states": "final states",
    "statistics": "statistics after a training pass",
}
_PACKAGES = ("bnlstm-compat", "tensorflow", "keras", "numpy")


@dataclass(frozen=True)
class Measure:
    """What was measured of one kind, see ``CellResult``; ``share``: of what is allowed;
    ``by_step``: None if the kind has no steps."""

    kind: str
    difference: float
    distance: float
    level: float
    limit: float
    share: float
    by_step: dict[str, np.ndarray] | None


@dataclass(frozen=True)
class Setting:
    """A setting of a cell: name, value, origin ("given", "graph", "assumed"), and the
    node of the graph that shows it, or None."""

    name: str
    value: str
    origin: str
    node: str | None


@dataclass(frozen=True)
class CellFacts:
    """One cell. ``reference`` as in ``CellResult``; ``reasons``: sentences on what
    differs; ``statistics``: from (site, "mean" or "variance") to a table [M,.]."""

    number: int
    scope: str
    rnn: str
    kind: str
    layout: str
    sizes: dict[str, int]
    dtype: str
    file: str
    reference: str | None
    equal: bool
    differing: list[str]
    reasons: list[str]
    compared: list[tuple[str, tuple[int, ...]]]
    skipped: list[str]
    measures: list[Measure]
    settings: list[Setting]
    statistics: dict[tuple[str, str], np.ndarray]


@dataclass(frozen=True)
class Facts:
    """All of a page.

    Attributes:
      verdict: the sentence. good: whether it is the one that was asked for.
      tolerance: None for the measured level.
      data: (name, shape, dtype, SHA-256) of each of the user's arrays.
      others: how many variables are in no cell; differing: names of those that differ.
      surroundings, made_by: pairs of a name and a version or the like, of this process
        and of ``convert``'s.
    """

    verdict: str
    good: bool
    checkpoint: str
    conversion: str
    graph: str | None
    reference: str
    assumed: tuple[str, ...]
    tolerance: float | None
    seed: int
    data: list[tuple[str, str, str, str]]
    others: int
    differing: list[str]
    notes: tuple[str, ...]
    cells: list[CellFacts]
    files: list[File]
    surroundings: list[tuple[str, str]]
    made_by: list[tuple[str, str]]
    date: str
    command: str


def gather(proof, *, tolerance=None, require_graph=False, command=None) -> Facts:
    """The facts of a ``Proof``; see ``Proof.report``.

    Raises:
      MigrateError: a file has changed since it was compared.
    """
    subject = proof.subject
    conversion, source = subject.conversion, subject.source
    files = subject.files()  # first, for all else is read from them
    cells = [(rnn, cell) for rnn in conversion.rnns.values() for cell in rnn.cells]
    found = [
        _cell(number, subject, rnn, cell, result, tolerance)
        for number, ((rnn, cell), result) in enumerate(
            zip(cells, proof.cells, strict=True), 1
        )
    ]
    good = proof.equal(tolerance) and (proof.by_graph or not require_graph)
    return Facts(
        verdict=proof.sentence(tolerance, require_graph, to_others=True),
        good=good,
        checkpoint=source.label,
        conversion=conversion.out,
        graph=proof.graph,
        reference=proof.reference,
        assumed=proof.assumed,
        tolerance=tolerance,
        seed=subject.seed,
        data=[
            (name, str(list(array.shape)), str(array.dtype), bits.checksum(array))
            for name, array in (subject.data or {}).items()
        ],
        others=len(source) - sum(len(cell.variables) for _, cell in cells),
        differing=list(proof.variables),
        notes=subject.notes,
        cells=found,
        files=files,
        surroundings=surroundings(),
        made_by=list(conversion.report.get("made_by", {}).items()),
        date=now(),
        command=command or subject.call,
    )


def _cell(number, subject, rnn, cell, result, tolerance):
    settings = subject.conversion.settings(rnn.scope)
    row = report.network(rnn, settings)["cells"][rnn.cells.index(cell)]
    sizes = {"D": cell.input_dim, "H": cell.units}
    if cell.max_bn_steps is not None:
        sizes["M"] = cell.max_bn_steps
    return CellFacts(
        number=number,
        scope=cell.scope,
        rnn=rnn.scope,
        kind=rnn.kind,
        layout=cell.layout,
        sizes=sizes,
        dtype=cell.dtype,
        file=result.file,
        reference=result.reference,
        equal=result.equal(tolerance),
        differing=list(result.differing),
        reasons=list(result.contradictions),
        compared=list(result.compared),
        skipped=list(result.skipped),
        measures=[
            _measure(result, kind, tolerance) for kind in KINDS if kind in result.layer
        ],
        settings=[
            Setting(name, str(item["value"]), item["origin"], item.get("node"))
            for name, item in {**row["settings"], **row["facts"]}.items()
        ],
        statistics=_statistics(subject, cell, settings),
    )


def _measure(result, kind, tolerance):
    if tolerance is None:
        value, limit = result.distance[kind], result.limit(kind)
    else:
        value, limit = result.layer[kind], tolerance
    share = float("inf")
    if np.isfinite(value) and np.isfinite(limit):
        share = value / limit if limit else float(value and "inf")
    return Measure(
        kind,
        result.layer[kind],
        result.distance[kind],
        result.level[kind],
        limit,
        share,
        result.by_step.get(kind),
    )


def _statistics(subject, cell, settings):
    """The checkpoint's population statistics, as Keras has them."""
    if cell.max_bn_steps is None:
        return {}
    weights = cell_weights(subject.source, cell, settings)
    return {
        (site, kind): getattr(weights, f"{site}_moving_{kind}")
        for site in spec.SITES
        for kind in ("mean", "variance")
    }


def now() -> str:
    """The date of the page."""
    time = datetime.datetime.now(datetime.timezone.utc)
    return time.strftime("%Y-%m-%d %H:%M UTC")


def surroundings() -> list[tuple[str, str]]:
    """Versions, processor, and what changes rounding."""
    found = [("Python", platform.python_version())]
    found += [(name, importlib.metadata.version(name)) for name in _PACKAGES]
    found += [("system", platform.platform()), ("processor", _processor())]
    return found + [(n, os.environ[n]) for n in _VARIABLES if n in os.environ]


def _processor():
    """The processor's name, and how many of its cores there are."""
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                key, _, value = line.partition(":")
                if key.strip() == "model name":
                    name = value.strip()
                    break
    except OSError:  # another system
        pass
    return f"{name}, {os.cpu_count()} cores"
