"""The cells that are known by the names of their variables: one file a family.

To add a cell, write its file here. ``migrate.cells.layouts`` finds it. A file has

* ``LAYOUTS``: a tuple of ``base.Layout`` objects,
* ``PLACE``: a number. Layouts of a file with a smaller one stand first, in the search
  and where layouts are listed.
"""
