"""Who gets TensorFlow 1, and how.

User code that imports ``tensorflow`` or ``numpy`` gets modules of ours; installed
packages get the real ones. ``ownership`` tells whose code asks, ``hook`` stands in the
import system, ``modules`` answers look-ups of attributes, ``registry`` joins the tables
of names (``legacy.names``, ``legacy.contrib``), and ``setup`` puts it all to work.
``history`` knows which release had a name; ``errors`` says so if nobody has it now.
"""
