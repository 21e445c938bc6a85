"""The Keras side: building models, finding their cells and weights, filling them."""
