"""The verbs, one thin module each."""
