"""``main``: runs one command and gives its exit code.

Exit codes: 0 done (or equal), 1 different, 2 unusable input. Nothing else in
``migrate`` prints or exits than this package.
"""

import sys
import warnings
from argparse import Namespace

from migrate.cli.parser import make_parser
from migrate.cli.show import one_line
from migrate.errors import MigrateError, MigrateWarning


def main(argv=None) -> int:
    """Runs one command; ``argv`` is without the program's name; None: the process's."""
    argv = sys.argv[1:] if argv is None else argv
    try:
        options = make_parser().parse_args(argv, Namespace(argv=argv))
        with warnings.catch_warnings():
            warnings.simplefilter("always", MigrateWarning)
            warnings.showwarning = _warn
            return options.run(options)
    except MigrateError as error:
        print(f"migrate: {one_line(error)}", file=sys.stderr)
        return 2
    except Exception as error:
        if "--traceback" in argv:
            raise
        print(
            f"migrate: a fault of migrate itself, {type(error).__name__}: "
            f"{one_line(error)}; please report it with what "
            "`python -m migrate --traceback ...` prints",
            file=sys.stderr,
        )
        return 2
    except KeyboardInterrupt:
        print("migrate: stopped", file=sys.stderr)
        return 130


_show = warnings.showwarning


def _warn(message, category, *more, **options):
    """Our own warnings are a line; others are shown as they are."""
    if issubclass(category, MigrateWarning):
        print(f"migrate: warning: {one_line(message)}", file=sys.stderr)
    else:
        _show(message, category, *more, **options)
