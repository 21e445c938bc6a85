"""The one kind of error that is meant for the person at the terminal."""


class MigrateError(ValueError):
    """What was expected, what was found, what to do; one line, shown as it is."""
