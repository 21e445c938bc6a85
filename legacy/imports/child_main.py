"""Main module of a process that multiprocessing has started: see ``processes``."""

# One expression, so that no name but the script's own is left in its namespace.
exec(
    __import__("legacy.imports.processes", fromlist=["begin"]).begin(globals()),
    globals(),
)
