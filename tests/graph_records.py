"""The recorded graphs of real TensorFlow 1, and where they are."""

import pathlib

GRAPHS = pathlib.Path(__file__).resolve().parent / "recordings" / "graphs"
if not GRAPHS.is_dir():
    GRAPHS = pathlib.Path(__file__).resolve().parent.parent.parent / "shared" / "graphs"
