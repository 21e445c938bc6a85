"""Cells of cuDNN whose weights are one vector in that library's own order."""

import re

from migrate.cells.search import Problem

# The variable of contrib's layers CudnnLSTM, CudnnGRU and so on.
_KERNEL = re.compile(r"((?:.*/)?)opaque_kernel")


def opaque_kernels(entries, cells) -> tuple[Problem, ...]:
    """What to do about each opaque kernel without its canonical form beside it.

    Args:
      entries: of the source. cells: those found in it, of which some may be that form.
    """
    found = []
    for name, entry in entries.items():
        match = _KERNEL.fullmatch(name)
        if match is None:
            continue
        scope = match[1].rstrip("/")
        if not any(cell.scope.startswith(match[1]) for cell in cells):
            found.append(Problem(scope, _sentence(name, entry)))
    return tuple(found)


def _sentence(name, entry):
    return (
        f"{name} {list(entry.shape)} is an opaque cuDNN kernel: all weights as one "
        "vector, in an order that belongs to cuDNN and the GPU, so it is kept as it "
        "is; to convert the cell, restore this checkpoint by the script in TensorFlow "
        "1 on a GPU and save it again with the layer's saveable (collection "
        "SAVEABLE_OBJECTS), which writes a kernel and a bias for each cell"
    )
