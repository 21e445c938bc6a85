"""The options of a conversion's layers against those that its report says."""

from migrate.models.cells import cells_of

# What does not change what a layer computes.
_IRRELEVANT = frozenset({"name", "trainable", "mode", "unroll", "use_cudnn", "seed"})
_DRAWN = ("initializer", "regularizer", "constraint")


def differing_options(model, as_reported) -> list[list[str]]:
    """For each cell of a model, sentences on options of its cell that are not those of
    the model that the report's settings make."""
    found = []
    for cell, other in zip(cells_of(model), cells_of(as_reported), strict=True):
        config, expected = cell.get_config(), other.get_config()
        found.append(
            [
                f"{name} is {config[name]!r}, and the report's settings make "
                f"{expected[name]!r}"
                for name in expected
                if _matters(name) and name in config and config[name] != expected[name]
            ]
        )
    return found


def _matters(name):
    return name not in _IRRELEVANT and not name.endswith(_DRAWN)
