"""safetensors of ``convert``: NumPy runs the cells by the file and its metadata."""

import re

import numpy as np
import pytest
from safetensors import safe_open

import documents
import migrate
from helpers import recorded

PAGE = documents.ROOT / "docs" / "reference" / "safetensors.md"
NEIGHBOURS = recorded.FOLDER.parent / "neighbours" / "recorded"
DEEP, PLAIN = NEIGHBOURS / "deep-1.15.5", NEIGHBOURS / "neighbours-1.15.5"
ACTIVATIONS = {
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
}
BATCH_NORM = ("input", "recurrent", "cell")


def _read(path):
    """Metadata and arrays of a file; torch and Keras have no part in it."""
    with safe_open(path, framework="numpy") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return file.metadata(), arrays


class _Cell:
    """One cell, made of nothing but what the file says."""

    def __init__(self, number, about, arrays):
        prefix = f"cell_{number}"
        self.about = {
            name.removeprefix(f"{prefix}."): value
            for name, value in about.items()
            if name.startswith(f"{prefix}.")
        }
        self.weights = {
            name.removeprefix(f"{prefix}/"): array.astype(np.float64)
            for name, array in arrays.items()
            if name.startswith(f"{prefix}/")
        }
        self.act = ACTIVATIONS[self.about["activation"]]
        self.gate = ACTIVATIONS[self.about["recurrent_activation"]]
        self.names = self.about["gates"].split(",")
        self.units = int(self.about["units"])
        expected = (int(self.about["input_dim"]), len(self.names) * self.units)
        assert self.weights["kernel"].shape == expected

    def _split(self, z):
        return dict(zip(self.names, np.split(z, len(self.names), axis=1), strict=True))

    def _bn(self, site, z, t):
        w, row = self.weights, min(t, int(self.about["max_bn_steps"]) - 1)
        mean, variance = (
            w[f"{site}_moving_{kind}"][row] for kind in ("mean", "variance")
        )
        gamma = w[f"{site}_gamma"]
        beta = w.get(f"{site}_beta", 0.0)
        d = (z - mean) / np.sqrt(variance + float(self.about["epsilon"]))
        return d * gamma + beta

    def step(self, x, h, c, t):
        step = {"LSTM": self._lstm, "GRU": self._gru, "BNLSTM": self._bnlstm}
        return step[self.about["type"]](x, h, c, t)

    def _lstm(self, x, h, c, t):
        w = self.weights
        gates = self._split(x @ w["kernel"] + h @ w["recurrent_kernel"] + w["bias"])
        c = self.gate(gates["forget"]) * c
        c = c + self.gate(gates["input"]) * self.act(gates["candidate"])
        return self.gate(gates["output"]) * self.act(c), c

    def _bnlstm(self, x, h, c, t):
        w = self.weights
        z = self._bn("input", x @ w["kernel"], t)
        gates = self._split(z + self._bn("recurrent", h @ w["recurrent_kernel"], t))
        c = self.gate(gates["forget"]) * c
        c = c + self.gate(gates["input"]) * self.act(gates["candidate"])
        return self.act(self._bn("cell", c, t)) * self.gate(gates["output"]), c

    def _gru(self, x, h, c, t):
        w = self.weights
        after = {"true": True, "false": False}[self.about["reset_after"]]
        bias, inner = w["bias"] if after else (w["bias"], 0.0)
        given = self._split(x @ w["kernel"] + bias)
        fed = self._split(h @ w["recurrent_kernel"] + inner)
        update = self.gate(given["update"] + fed["update"])
        reset = self.gate(given["reset"] + fed["reset"])
        if after:
            candidate = reset * fed["candidate"]
        else:
            kernel = self._split(w["recurrent_kernel"])["candidate"]
            candidate = (reset * h) @ kernel
        candidate = self.act(given["candidate"] + candidate)
        return update * h + (1 - update) * candidate, c

    def run(self, x, lengths):
        """Outputs [B,T,H], zero past each row's length; one row at a time."""
        out = np.zeros((*x.shape[:2], self.units))
        v1 = self.about.get("padding") == "v1"
        for row, length in enumerate(lengths):
            h = c = np.zeros((1, self.units))
            for t in range(length):
                # The row of the statistics, where there are any.
                counted = min(t, lengths[0]) if v1 else t
                h, c = self.step(x[row : row + 1, t], h, c, counted)
                out[row, t] = h
        return out


def _reverse(x, lengths):
    x = x.copy()
    for row, length in enumerate(lengths):
        x[row, :length] = x[row, :length][::-1]
    return x


def _outputs(path, x, lengths):
    """Of the whole network that a file describes."""
    about, arrays = _read(path)
    cells = [_Cell(n, about, arrays) for n in range(int(about["cells"]))]
    ends = []
    for direction in ("forward", "backward"):
        chain = [cell for cell in cells if cell.about["direction"] == direction]
        assert [int(cell.about["layer"]) for cell in chain] == list(range(len(chain)))
        if not chain:
            continue
        y = _reverse(x, lengths) if direction == "backward" else x
        for cell in chain:
            y = cell.run(y, lengths)
        ends.append(_reverse(y, lengths) if direction == "backward" else y)
    assert (len(ends) == 2) == about["network"].startswith("bidirectional")
    return np.concatenate(ends, axis=-1)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Conversions of TensorFlow's own cells."""
    folder = tmp_path_factory.mktemp("plain")
    for prefix in (PLAIN, DEEP):
        migrate.convert(str(prefix), str(folder / prefix.name), formats=["safetensors"])
    return folder


@pytest.mark.parametrize(
    "scope",
    ["basic", "long", "stack", "gated", "both", "cudnn/rnn", "cudnn_gru/rnn", "deep"],
)
def test_numpy_computes_from_the_file_what_tensorflow_did(plain, scope):
    prefix = DEEP if scope == "deep" else PLAIN
    recording = np.load(f"{prefix}.npz")
    path = plain / prefix.name / f"{scope.replace('/', '.')}.safetensors"
    outputs = _outputs(path, recording["in|x"], recording["in|lengths"])
    recorded.within(recorded.difference(outputs, recording[scope]), recorded.INFERENCE)


@pytest.mark.parametrize("name", ["bidirectional", "stacked"])
def test_batch_normalised_cells_too(name, tmp_path):
    recording = recorded.load("1.15.5", name)
    out = tmp_path / "out"
    migrate.convert(str(recording.checkpoint), str(out), formats=["safetensors"])
    path = out / f"{recording.rnn.scope.replace('/', '.')}.safetensors"
    lengths = np.full(len(recording.x), recording.x.shape[1])
    outputs = _outputs(path, recording.x, lengths)
    worst = recorded.difference(outputs, recording["out|final|outputs"])
    recorded.within(worst, recorded.INFERENCE)
    about, _ = _read(path)
    assert about["cell_1.gates"] == "forget,input,output,candidate"
    assert about["cell_1.padding"] == "v1"


def test_the_documents_code_runs(plain):
    blocks = documents.blocks(PAGE.read_text(encoding="utf-8"))
    (code,) = (block.text for block in blocks if block.language == "python")
    code = code.replace("OUT/", f"{plain / PLAIN.name}/")
    recording = np.load(f"{PLAIN}.npz")
    names = {"x": recording["in|x"]}
    exec(compile(code, PAGE.name, "exec"), names)
    valid = np.arange(names["x"].shape[1]) < recording["in|lengths"][:, None]
    outputs = names["outputs"] * valid[..., None]
    recorded.within(recorded.difference(outputs, recording["long"]), recorded.INFERENCE)


def test_every_name_is_documented(plain):
    about, _ = _read(plain / PLAIN.name / "both.safetensors")
    text = PAGE.read_text(encoding="utf-8")
    for name in about:
        assert f"`{re.sub('cell_[0-9]+', 'cell_N', name)}`" in text
