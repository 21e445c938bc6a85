"""TensorFlow's own names of releases 0.8 to 1.15, outside ``tf.contrib``.

Each module holds the names of one part of TensorFlow: a table ``TABLE`` of where they
are now, and functions for those that are nowhere. ``legacy.imports.registry`` joins the
tables.
"""
