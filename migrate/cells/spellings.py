"""How three ranges of releases spell the variables of TensorFlow 1's own cells.

They have names that anything could have (``kernel``, ``bias``), so that the cells are
known by their own name, the last component of the scope. Names changed twice: up to
0.12, 1.0 and 1.1, from 1.2 on.
"""

import re
from collections.abc import Mapping

FROM_1_2: Mapping[str, str] = {}
FROM_1_0 = {"kernel": "weights", "bias": "biases"}


def named(pattern: str) -> re.Pattern[str]:
    """The pattern of a cell's own name; a second one in a scope has a number behind."""
    return re.compile(rf"{pattern}(_\d+)?")
