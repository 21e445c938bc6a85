"""The kinds of error that are meant for the person at the terminal."""


class MigrateError(ValueError):
    """What was expected, what was found, what to do; one line, shown as it is."""


class MigrateWarning(UserWarning):
    """What a person should know though the work goes on; one line."""


class LoadError(MigrateError):
    """A checkpoint that does not fill a model as its map says, with all that is wrong.

    Attributes:
      missing: sentences on weights that nothing would fill, and rules that match
        nothing. unexpected: on variables that no rule places. mismatched: on variables
        that do not fit their place.
    """

    def __init__(self, prefix, *, missing=(), unexpected=(), mismatched=()):
        self.missing, self.unexpected = tuple(missing), tuple(unexpected)
        self.mismatched = tuple(mismatched)
        told = [
            f"{kind}: {'; '.join(sentences)}"
            for kind, sentences in (
                ("missing", self.missing),
                ("unexpected", self.unexpected),
                ("mismatched", self.mismatched),
            )
            if sentences
        ]
        super().__init__(f"{prefix} does not fit. {'. '.join(told)}")
