"""How a round is counted: pure functions over integers and fractions, the standard library and nothing else.

The same text is published with every result as one file, `recount.py` (see `single_file`). So every name that a module
here defines at its top is its own among all modules, and a module is imported by its names.
"""
