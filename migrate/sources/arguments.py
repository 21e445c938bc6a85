"""Types of the arguments that many verbs take."""

import os
from collections.abc import Callable, Mapping
from typing import Any

from migrate.sources.base import Source

#: The name of a file or folder.
Path = str | os.PathLike[str]
#: What ``migrate.inspect`` takes as a source.
SourceLike = Path | Source
#: The file of a graph; None: what is found; False: none.
GraphFile = Path | bool | None
#: From scopes to layouts: a name, the path of a layout file, or the same as a dict.
Layouts = Mapping[str, Path | Mapping[str, Any]]
#: Called with what is done, what there is to do, and of what.
Progress = Callable[[int, int, str], object]
#: From names of placeholders to values.
Feeds = Mapping[str, Any]
