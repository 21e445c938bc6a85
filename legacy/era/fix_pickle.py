"""fissix fixer: ``pickle`` and ``cPickle`` of Python 2 become ``era.cpickle``."""

from fissix.fixes.fix_imports import FixImports


class FixPickle(FixImports):
    """Renames the imports and their uses; runs before fissix's own renaming."""

    run_order = 4
    mapping = dict.fromkeys(["cPickle", "pickle"], "legacy.era.cpickle")
