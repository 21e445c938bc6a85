"""fissix fixer: modules of Python 2 that have one of ours in their place."""

from fissix.fixes.fix_imports import FixImports

from legacy.era import python2


class FixModules(FixImports):
    """Renames the imports and their uses; runs before fissix's own renaming."""

    run_order = 4
    mapping = python2.MODULES
