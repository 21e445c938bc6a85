"""The population statistics of a model: finding, judging and estimating them."""
