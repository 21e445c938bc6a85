"""The formats of a conversion, one file each."""
