"""The proof of a whole model: as of each RNN, see the modules of the same names."""
