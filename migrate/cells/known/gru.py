"""TensorFlow 1's own GRU cells, in the spellings of three ranges of releases."""

from migrate.cells.gru import CUDNN_GRU_SHAPES, GRU, GRU_SHAPES, CudnnGRU
from migrate.cells.spellings import FROM_1_0, FROM_1_2, named


def _gru(name, summary, cell_names, spelling):
    return GRU(
        name=name,
        summary=summary,
        target="GRU",
        defaults={"activation": "tanh", "recurrent_activation": "sigmoid"},
        shapes=GRU_SHAPES,
        spelling=spelling,
        cell_names=named(cell_names),
    )


PLACE = 50
LAYOUTS = (
    _gru("gru", "GRUCell", "gru_cell", FROM_1_2),
    _gru(
        "gru-1.0",
        "GRUCell",
        "gru_cell",
        {
            f"{part}/{part_name}": f"{part}/{name}"
            for part in ("gates", "candidate")
            for part_name, name in FROM_1_0.items()
        },
    ),
    _gru(
        "gru-0.12",
        "GRUCell",
        "GRUCell",
        {
            f"{part.lower()}/{part_name}": f"{part}/Linear/{name}"
            for part in ("Gates", "Candidate")
            for part_name, name in (("kernel", "Matrix"), ("bias", "Bias"))
        },
    ),
    CudnnGRU(
        name="cudnn-gru",
        summary="CudnnGRU as it is saved, CudnnCompatibleGRUCell",
        target="GRU",
        defaults={"activation": "tanh", "recurrent_activation": "sigmoid"},
        shapes=CUDNN_GRU_SHAPES,
        cell_names=named("cudnn_compatible_gru_cell"),
    ),
)
