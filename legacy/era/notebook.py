"""Reads the cells of a notebook as files are read: translated if they are Python 2."""

import sys

from legacy.era import source


def _shell():
    """The running IPython, which is below every notebook kernel, or None."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def install(announce):
    """Has the cells that follow read by ``source``, if this is a notebook.

    Once a cell was Python 2, those after it are: a notebook has one language.

    Args:
      announce: a function of one line of text for the person at the notebook.
    """
    shell = _shell()
    if shell is None:
        return
    own, python_2 = shell.compile.ast_parse, []

    def ast_parse(text, filename="<unknown>", symbol="exec"):
        if symbol != "exec":
            return own(text, filename, symbol)
        try:
            tree, translated = source.cell_tree(text, filename, own, bool(python_2))
        except SyntaxError:
            if not python_2:
                raise
            # Cells that only Python 3 can read are left to it.
            tree, translated = source.cell_tree(text, filename, own, False)
        if translated and not python_2:
            announce("cells are Python 2 from here on: translated in memory")
            python_2.append(True)
        return tree

    shell.compile.ast_parse = ast_parse
