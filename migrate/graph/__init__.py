"""Reading TensorFlow 1 graphs without running them."""

from migrate.graph.find import find
from migrate.graph.found import (
    Found,
    GraphCell,
    GraphRNN,
    Lacking,
    Reverse,
    Setting,
    Wrapper,
)
from migrate.graph.nodes import Graph
from migrate.graph.other import what_is
from migrate.graph.read import read

__all__ = [
    "Found",
    "Graph",
    "GraphCell",
    "GraphRNN",
    "Lacking",
    "Reverse",
    "Setting",
    "Wrapper",
    "find",
    "read",
    "what_is",
]
