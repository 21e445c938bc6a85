"""What a conversion is compared with, behind one interface.

A reference has

* ``kind``: "graph", "legacy" or "equations"; ``border``: see ``cases.Border``;
* ``covers(case)``: whether the layer is meant to give what it gives;
* ``run(case)``: the ``Result``.
"""
