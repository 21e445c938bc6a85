"""The code of docs/guides/torch.md, block after block, and what its modules compute."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from running import BACKEND, arrays

import migrate
from bnlstm_compat import reference
from helpers import checkpoints, recorded
from helpers.places import RECORDINGS, ROOT

pytestmark = pytest.mark.skipif(BACKEND != "torch", reason="the guide is of torch")

HERE = Path(__file__).parent
GUIDE = ROOT / "docs" / "guides" / "torch.md"
NEIGHBOURS = RECORDINGS / "neighbours" / "recorded"


@pytest.fixture
def ran(tmp_path, monkeypatch):
    """The names that the guide's code leaves behind."""
    import torch

    monkeypatch.chdir(tmp_path)
    checkpoints.write("model.ckpt-1000", checkpoints.cell("rnn", 32, 64, 29))
    for file in NEIGHBOURS.glob("neighbours-1.15.5.*"):
        if file.suffix != ".npz":
            shutil.copy(file, file.name.replace("neighbours-1.15.5", "lstm.ckpt"))
    torch.manual_seed(0)
    names = {
        "batches": [
            (torch.randn(32, 29, 32), torch.randint(0, 5, (32,))) for _ in range(3)
        ]
    }
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 5
    start = {}
    for number, block in enumerate(blocks):
        exec(compile(block, f"{GUIDE.name}, block {number + 1}", "exec"), names)
        if number == 0:
            start = names["layer"].cell.export_weights()
    return names, start


def test_the_guide(ran):
    names, start = ran
    import torch

    read = migrate.read("model.ckpt-1000")["rnn"]
    for name, array in read.asdict().items():
        np.testing.assert_array_equal(getattr(start, name), array)
    layer, model = names["layer"], names["model"]
    after = layer.cell.export_weights()
    assert np.abs(after.kernel - start.kernel).max() > 0
    x = names["batches"][0][0]
    expected = reference.run(after, x.numpy()).outputs
    # Float32 over 29 steps of 64 units, as for TensorFlow's in
    # recordings/cells/README.md.
    recorded.within(
        recorded.difference(arrays(layer(x)), expected), recorded.TRAINING, "outputs"
    )
    states = {name: value.clone() for name, value in model.state_dict().items()}
    with torch.no_grad():
        logits = model(x)
        for parameter in model.parameters():
            parameter.zero_()
        model.load_state_dict(states)
        assert torch.equal(model(x), logits)

    recording = np.load(NEIGHBOURS / "neighbours-1.15.5.npz")
    x, lengths = torch.tensor(recording["in|x"]), recording["in|lengths"]
    valid = (np.arange(x.shape[1]) < lengths[:, None])[..., None]
    found = {
        "basic": names["lstm"](x)[0],
        "cudnn_gru/rnn": names["gru"](x)[0],
        "gated": names["keras_gru"](x),
    }
    for scope, outputs in found.items():
        worst = recorded.difference(arrays(outputs) * valid, recording[scope])
        recorded.within(worst, recorded.INFERENCE, scope)
    with pytest.raises(ValueError, match=r"torch\.nn\.GRU cannot"):
        names["torch_gru"](names["cells"]["gated/gru_cell"])
