"""``HParams``: named hyperparameters with types, read from ``name=value`` strings."""

import json
import re

__all__ = [
    "HParams",
    "parse_values",
]

# name, perhaps an index, then a value or a bracketed list, up to the next comma.
_SETTING = re.compile(
    r"\s*(?P<name>[a-zA-Z][\w.]*)\s*(\[\s*(?P<index>\d+)\s*\])?\s*=\s*"
    r"(\[(?P<list>[^\]]*)\]|(?P<value>[^,\[]*))\s*(,|$)"
)


def _as_type(name, kind, text):
    """The value that ``text`` writes, of type ``kind``."""
    text = text.strip()
    try:
        if kind is bool:
            known = {"true": True, "True": True, "false": False, "False": False}
            return known[text] if text in known else bool(int(text))
        return kind(text)
    except ValueError:
        raise ValueError(
            f"Could not parse hparam {name!r}: expected {kind.__name__}. "
            f"Received: {text!r}"
        ) from None


def parse_values(values, type_map, ignore_unknown=False):
    """Settings out of ``"a=1,b[2]=x,c=[1,2]"``.

    Args:
      values: the settings, comma-separated.
      type_map: name -> type; of a list, the type of its elements.
      ignore_unknown: skip names that ``type_map`` has not.

    Returns:
      name -> value; a list for ``[...]``; a dict of index -> value for ``name[index]``.

    Raises:
      ValueError: malformed, unknown or repeated settings, or values of another type.
    """
    results, position = {}, 0
    while position < len(values):
        match = _SETTING.match(values, position)
        if not match:
            raise ValueError(f"Malformed hyperparameter value: {values[position:]!r}")
        position = match.end()
        name = match["name"]
        if name not in type_map:
            if ignore_unknown:
                continue
            raise ValueError(f"Unknown hyperparameter type for {name}")
        kind = type_map[name]
        if match["index"] is not None:
            if match["list"] is not None:
                raise ValueError(
                    f"{name}[{match['index']}] takes one value, not a list"
                )
            indexed = results.setdefault(name, {})
            if not isinstance(indexed, dict) or int(match["index"]) in indexed:
                raise ValueError(f"Multiple assignments to {name!r} in {values!r}")
            indexed[int(match["index"])] = _as_type(name, kind, match["value"])
            continue
        if name in results:
            raise ValueError(f"Multiple assignments to {name!r} in {values!r}")
        if match["list"] is not None:
            parts = [part for part in re.split("[ ,]", match["list"]) if part]
            results[name] = [_as_type(name, kind, part) for part in parts]
        else:
            results[name] = _as_type(name, kind, match["value"])
    return results


def _cast(name, kind, value):
    """``value`` as ``kind``, if that loses nothing."""
    if value is None or (
        isinstance(value, kind) and not (isinstance(value, bool) and kind is not bool)
    ):
        return value
    fits = (
        (kind is float and isinstance(value, int) and not isinstance(value, bool))
        or (kind is int and hasattr(value, "__index__") and not isinstance(value, bool))
        or (
            kind is float and hasattr(value, "__float__") and not isinstance(value, str)
        )
        or (kind is str and isinstance(value, bytes))
        or (kind is bytes and isinstance(value, str))
    )
    if not fits or (kind is float and isinstance(value, bool)):
        raise ValueError(
            f"Could not cast hparam {name!r} of type {kind.__name__!r} "
            f"from value {value!r}"
        )
    if isinstance(value, bytes):
        return value.decode()
    return value.encode() if kind is bytes else kind(value)


class HParams:
    """Hyperparameters as attributes; each keeps the type of its first value.

    ``HParams(learning_rate=0.1, units=[10, 20])``, then ``hparams.learning_rate``,
    ``hparams.parse("learning_rate=0.2,units=[5]")``.

    Raises:
      ValueError: a name is an attribute already, or a new value has another type.
    """

    def __init__(self, hparam_def=None, model_structure=None, **kwargs):
        if hparam_def is not None:
            raise ValueError(
                "HParams takes keyword arguments. Received: a protocol buffer"
            )
        self._hparam_types = {}
        self._model_structure = model_structure
        for name, value in kwargs.items():
            self.add_hparam(name, value)

    def add_hparam(self, name, value):
        """Adds a hyperparameter; lists must not be empty, and hold one type."""
        if getattr(self, name, None) is not None:
            raise ValueError(f"Hyperparameter name is reserved: {name}")
        if isinstance(value, list | tuple):
            if not value:
                raise ValueError(
                    f"Multi-valued hyperparameters cannot be empty: {name}"
                )
            self._hparam_types[name] = (type(value[0]), True)
        else:
            self._hparam_types[name] = (type(value), False)
        setattr(self, name, value)

    def set_hparam(self, name, value):
        """Gives an existing hyperparameter another value of its type."""
        kind, is_list = self._hparam_types[name]
        if isinstance(value, list | tuple):
            if not is_list:
                raise ValueError(f"Must not pass a list for single-valued {name}")
            setattr(self, name, [_cast(name, kind, each) for each in value])
        else:
            if is_list:
                raise ValueError(f"Must pass a list for multi-valued {name}")
            setattr(self, name, _cast(name, kind, value))

    def del_hparam(self, name):
        """Removes a hyperparameter; an absent one is no error."""
        if self._hparam_types.pop(name, None):
            delattr(self, name)

    def parse(self, values):
        """Takes settings from ``"name=value,..."``; returns this object."""
        types = {name: kind for name, (kind, _) in self._hparam_types.items()}
        return self.override_from_dict(parse_values(values, types))

    def override_from_dict(self, values_dict):
        """Takes settings from a dict; returns this object."""
        for name, value in values_dict.items():
            if isinstance(value, dict):
                changed = list(getattr(self, name))
                for index, each in value.items():
                    changed[index] = each
                value = changed
            self.set_hparam(name, value)
        return self

    def parse_json(self, values_json):
        """Takes settings from a JSON object; returns this object."""
        return self.override_from_dict(json.loads(values_json))

    def set_model_structure(self, model_structure):
        """Keeps any object beside the hyperparameters."""
        self._model_structure = model_structure

    def get_model_structure(self):
        """The object that was kept."""
        return self._model_structure

    def values(self):
        """All hyperparameters: name -> value."""
        return {name: getattr(self, name) for name in self._hparam_types}

    def to_json(self, indent=None, separators=None, sort_keys=False):
        """The hyperparameters as a JSON object; functions are left out."""
        plain = {name: v for name, v in self.values().items() if not callable(v)}
        return json.dumps(
            plain, indent=indent, separators=separators, sort_keys=sort_keys
        )

    def get(self, key, default=None):
        """The value of ``key``, or ``default``, which must have its type."""
        if key not in self._hparam_types:
            return default
        if default is not None:
            kind, is_list = self._hparam_types[key]
            if isinstance(default, list) != is_list:
                raise ValueError(f"Default of {key} and its value differ in kind")
            for each in default if is_list else [default]:
                _cast(key, kind, each)
        return getattr(self, key)

    def __contains__(self, key):
        return key in self._hparam_types

    def __str__(self):
        return ",".join(f"{name}={value}" for name, value in self.values().items())

    def __repr__(self):
        return f"{type(self).__name__}({sorted(self.values().items())})"
