"""A proof as one page of HTML, to hand on.

``facts`` gathers what the page says, as plain data; ``elements`` makes HTML, and
escapes; ``charts`` and ``heat_maps`` draw; ``sections``, ``method`` and
``cell_section`` put facts into elements; ``write`` makes the file.
"""
