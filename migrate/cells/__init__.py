"""The v1 cells: one file a family, with names, the way to Keras and back, equations,
and known faults; and the search for them in a source.

To add a cell, write its file and add its layout to ``layouts.LAYOUTS``.
"""
