"""A subject of ``speed.py`` in torch: ``torch.nn.LSTM``."""

import torch

VERSIONS = {"torch": torch.__version__}


def make(subject):
    """A function that runs ``subject`` once: see ``speed.subject``."""
    batch, steps, features, units = subject["shape"]
    torch.manual_seed(0)
    x, target = torch.randn(batch, steps, features), torch.randn(batch, steps, units)
    lstm = torch.nn.LSTM(features, units, batch_first=True)
    optimizer = torch.optim.Adam(lstm.parameters(), 1e-3)

    def train():
        optimizer.zero_grad()
        torch.mean(torch.square(lstm(x)[0] - target)).backward()
        optimizer.step()

    def infer():
        with torch.inference_mode():
            lstm(x)

    return train if subject["training"] else infer
