"""``main``: runs one command and gives its exit code.

Exit codes: 0 done (or equal), 1 different, 2 unusable input. Nothing else in
``migrate`` prints or exits than this package.
"""

import sys

from migrate.cli.parser import make_parser
from migrate.cli.show import one_line
from migrate.errors import MigrateError


def main(argv) -> int:
    """Runs one command; ``argv`` is without the program's name."""
    try:
        options = make_parser().parse_args(argv)
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
