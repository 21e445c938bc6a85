"""What a batch-normalised LSTM consists of: names, shapes, order, constants.

Symbols: D input, H units, M steps with statistics of their own. The order of
``WEIGHTS`` is the order of creation, and so the order in saved files.

Source: T. Cooijmans et al., "Recurrent Batch Normalization", arXiv 1603.09025.
"""

from dataclasses import dataclass

#: Order of the four gates along the last axis of the kernels: forget, input, output,
#: candidate.
GATES = ("f", "i", "o", "j")
EPSILON = 1e-5
MOMENTUM = 0.95
#: Scale of the normalised values before training (arXiv 1603.09025, section 4).
GAMMA = 0.1


#: What lengths mean: see ``BNLSTM``.
PADDINGS = ("masked", "v1")
#: What steps beyond ``max_bn_steps`` do to the last row of the statistics.
OVERFLOWS = ("update", "keep")


@dataclass(frozen=True)
class Weight:
    """One weight: its name, symbolic shape, whether it is trained, what it is."""

    name: str
    axes: tuple[str, ...]
    trainable: bool
    meaning: str

    @property
    def kind(self) -> str:
        """One of "kernel", "gamma", "beta", "mean" or "variance"."""
        return self.name.rpartition("_")[2]

    @property
    def affine(self) -> bool:
        """Whether it is a scale or an offset, which may have a row for each step."""
        return self.kind in ("gamma", "beta")

    def shape(
        self,
        input_dim: int,
        units: int,
        max_bn_steps: int,
        affine_per_step: bool = False,
    ) -> tuple[int, ...]:
        """Shape for D = ``input_dim``, H = ``units``, M = ``max_bn_steps``."""
        sizes = {"D": input_dim, "H": units, "4H": 4 * units, "M": max_bn_steps}
        axes = ("M", *self.axes) if affine_per_step and self.affine else self.axes
        return tuple(sizes[axis] for axis in axes)


def _statistics(site: str, size: str) -> tuple[Weight, Weight]:
    return (
        Weight(f"{site}_moving_mean", ("M", size), False, "population mean, by step"),
        Weight(
            f"{site}_moving_variance",
            ("M", size),
            False,
            "population variance, by step",
        ),
    )


WEIGHTS = (
    Weight("kernel", ("D", "4H"), True, "input to gates"),
    Weight("recurrent_kernel", ("H", "4H"), True, "output to gates"),
    Weight("recurrent_gamma", ("4H",), True, "scale of bn(h recurrent_kernel)"),
    Weight("recurrent_beta", ("4H",), True, "offset of both normalised sums"),
    *_statistics("recurrent", "4H"),
    Weight("input_gamma", ("4H",), True, "scale of bn(x kernel)"),
    *_statistics("input", "4H"),
    Weight("cell_gamma", ("H",), True, "scale of bn(c)"),
    Weight("cell_beta", ("H",), True, "offset of bn(c)"),
    *_statistics("cell", "H"),
)
NAMES = tuple(weight.name for weight in WEIGHTS)
TRAINABLE = tuple(weight.name for weight in WEIGHTS if weight.trainable)
#: Where batch normalisation stands in the cell.
SITES = ("recurrent", "input", "cell")
STATISTICS = tuple(weight.name for weight in WEIGHTS if not weight.trainable)
AFFINE = tuple(weight.name for weight in WEIGHTS if weight.affine)
#: With bias-corrected averages, the number of updates [M] that each row has had; the
#: last weight, and only then there.
COUNT = "moving_count"
