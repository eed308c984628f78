"""Load and fault runs against a stack of our own on loopback; each ends by itself and prints a table.

`python -m bench.NAME`, from the repository's root. Tests hold promises; these measure.
"""
