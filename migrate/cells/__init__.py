"""The v1 cells: what layouts are made of, the layouts that are known (``known/``, one
file a family), and the search for them in a source."""
