"""What a layer is given: types, and checks."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

#: A tensor of the backend, a Keras variable or an array.
Tensor = Any
#: A function of one tensor, or Keras's name of it.
Function = str | Callable[[Any], Any]
#: An initializer, its configuration or its name.
Initializer = str | Mapping[str, Any] | keras.initializers.Initializer
#: A regularizer or constraint, its configuration or its name, or none.
Option = str | Mapping[str, Any] | Callable[[Any], Any] | None

#: Up to here every whole number is one of the dtype's.
_COUNTS_TO = {"bfloat16": 256, "float16": 2048}


def at_least(name: str, value: int, smallest: int) -> int:
    """``value``, an integer of at least ``smallest``."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or value < smallest:
        raise _invalid(name, value, f"an integer of at least {smallest}")
    return value


def one_of(name: str, value: str, allowed: Sequence[str]) -> str:
    """``value``, one of those allowed."""
    if value not in allowed:
        raise _invalid(name, value, " or ".join(map(repr, allowed)))
    return value


def between(name: str, value: float, low: float, high: float) -> float:
    """``value``, a number of at least ``low`` and less than ``high``."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not low <= value < high:
        raise _invalid(name, value, f"a number in [{low}, {high})")
    return value


def require_countable(dtype: Any, max_bn_steps: int) -> None:
    """Counters are states, and Keras may keep those in less than float32."""
    highest = _COUNTS_TO.get(keras.backend.standardize_dtype(dtype))
    if highest is not None and max_bn_steps > highest:
        raise ValueError(
            f"A step counter in {dtype} counts to {highest} at most. Use a float32 "
            "policy for this layer, or fewer steps. Received: "
            f"max_bn_steps={max_bn_steps}"
        )


def _invalid(name, value, expected):
    return ValueError(
        f"Received an invalid value for argument `{name}`, expected {expected}. "
        f"Received: {name}={value!r}"
    )
