"""Which names of TensorFlow a family's modules write: what their ``__all__`` says."""

import ast
import re
from collections.abc import Iterable
from pathlib import Path

_ALL = re.compile(r"^__all__ = (\[.*?\])", re.DOTALL | re.MULTILINE)


def written(package: str, folders: Iterable[str]) -> dict[str, str]:
    """{name: "module:name"} for each module of a package. None is imported.

    Args:
      package: its ``__name__``. folders: its ``__path__``.

    Raises:
      ValueError: two modules write one name.
    """
    found = {}
    for path in sorted(p for folder in folders for p in Path(folder).glob("*.py")):
        module = f"{package}.{path.stem}"
        listed = _ALL.search(path.read_text(encoding="utf-8"))
        for name in ast.literal_eval(listed[1]) if listed else ():
            if name in found:
                raise ValueError(f"{module} and {found[name]} are of one name")
            found[name] = f"{module}:{name}"
    return found
