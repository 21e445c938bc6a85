"""What a conversion is compared with, behind one interface.

A reference is made of a source, an RNN and the settings of its cells; it has

* ``covers(case)``: whether the layer is meant to give what it gives;
* ``run(case)``: the ``Result``.
"""
