"""Python, NumPy and small TensorFlow habits of 2015 to 2019, for user code.

Names are data (``numpy_names``, ``python_names``, ``tf_names``, and the table of
``lost_methods``); ``source`` is the only place that changes what a file says, in
memory; ``install`` puts both to work.
"""

import importlib.machinery
import sys

from legacy.era import (
    lost_methods,
    notebook,
    numpy_printing,
    one_element,
    patterns,
    python_names,
    source,
    translate,
)


class _UserLoader(importlib.machinery.SourceFileLoader):
    """Loads a user's module through ``source``; bytecode caches are left alone."""

    def __init__(self, name, path, announce):
        super().__init__(name, path)
        self._announce = announce

    def get_code(self, fullname):
        in_package = "." in fullname or self.is_package(fullname)
        return source.compile_file(
            self.get_filename(fullname), self._announce, in_package
        )


class _UserFinder:
    """Finds what ``PathFinder`` finds, and gives user files the loader above."""

    def __init__(self, is_user, announce):
        self._is_user = is_user
        self._announce = announce

    def find_spec(self, fullname, path=None, target=None):
        find = importlib.machinery.PathFinder.find_spec
        spec = find(fullname, path, target)
        if (
            spec is not None
            and type(spec.loader) is importlib.machinery.SourceFileLoader
            and self._is_user(spec.origin)
        ):
            spec.loader = _UserLoader(fullname, spec.origin, self._announce)
        return spec


def install(is_user, announce):
    """Installs the era in this process; a second call changes nothing.

    Args:
      is_user: a function of a file name, true for the user's own source files.
        Only these are translated and rewritten.
      announce: a function of one line of text for the person at the terminal.
    """
    python_names.install()
    lost_methods.install()
    translate.install()
    numpy_printing.install()
    one_element.install()
    patterns.install()
    notebook.install(announce)
    if not any(isinstance(finder, _UserFinder) for finder in sys.meta_path):
        path_finder = sys.meta_path.index(importlib.machinery.PathFinder)
        sys.meta_path.insert(path_finder, _UserFinder(is_user, announce))
