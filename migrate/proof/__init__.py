"""The proof that a conversion equals its source."""
