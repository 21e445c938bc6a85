"""What TensorFlow 1 has beside the known cells: wrappers and cells that no layer here
has, by the scopes that they make.

Source: names of variables of TensorFlow 0.12.1, 1.0.0 and 1.15.5, by running each.
"""

import re

#: Wrappers with variables: what they do to the cell inside of them, or beside them (in
#: 0.12 and 1.0 projections and embeddings stand beside the cell).
WRAPPERS = {
    "attentioncellwrapper": "attends to its last outputs, which changes the input",
    "attentionwrapper": "attends to a memory, which changes the input",
    "outputprojectionwrapper": "projects the cell's output",
    "inputprojectionwrapper": "projects the cell's input",
    "embeddingwrapper": "looks the cell's input up in a table",
}
#: Variables of wrappers without a scope of their own, likewise.
_HIGHWAY = re.compile(r"carry_[wb](_\d+)?")
_HIGHWAY_TEXT = "HighwayWrapper mixes the cell's input into its output"
#: Cells that no layer here can be.
CELLS = {
    "layernormbasiclstmcell": "normalises the gates of each sequence by itself",
    "layernormlstmcell": "normalises the gates of each sequence by itself",
    "weightnormlstmcell": "normalises its kernels",
    "coupledinputforgetgatelstmcell": "has one gate for input and forgetting",
    "timefreqlstmcell": "runs over frequencies, too",
    "phasedlstmcell": "has a gate of time",
    "glstmcell": "has kernels of groups of units",
    "indylstmcell": "has a vector in the place of the recurrent kernel",
    "indygrucell": "has a vector in the place of the recurrent kernel",
    "indrnncell": "has a vector in the place of the recurrent kernel",
    "basicrnncell": "has no gates",
    "ugrnncell": "has one gate",
    "intersectionrnncell": "has two outputs",
    "nascell": "has eight products, found by search",
    "srucell": "has gates without the state",
    "convlstmcell": "is convolutional",
    "ntmcell": "writes to a memory",
}


def _plain(component):
    """A scope's component without the spelling of a release: ``lstm_cell_1``,
    ``LSTMCell`` -> ``lstmcell``."""
    return re.sub(r"_\d+$", "", component).replace("_", "").lower()


def cell_in(scope: str) -> str | None:
    """What the cell that a scope's last component names does; None if it is unknown."""
    own = scope.rpartition("/")[2]
    return CELLS.get(_plain(own))


def wrapper_of(name: str) -> tuple[str, str] | None:
    """Of a wrapper's variable: the scope of all that it may wrap, and what it does."""
    parts = name.split("/")
    for place, part in enumerate(parts[:-1]):
        plain = _plain(part)
        if plain in WRAPPERS or plain.endswith("wrapper"):
            does = WRAPPERS.get(plain, "changes what goes into the cell or comes out")
            return "/".join(parts[:place]), f"{part} {does}"
    if _HIGHWAY.fullmatch(parts[-1]):
        return "/".join(parts[:-1]), _HIGHWAY_TEXT
    return None
