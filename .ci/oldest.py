"""Prints the lower bounds of the dependencies in setup.cfg as exact requirements."""

import configparser
import re
import sys


def main(argv):
    """Reads the file ``argv[0]``."""
    parser = configparser.ConfigParser()
    parser.read(argv[0])
    required = parser["options"]["install_requires"].splitlines()
    for extra in ("demo", "plot", "yaml"):
        required += parser["options.extras_require"][extra].splitlines()
    for line in filter(None, required):
        name, version = re.match(r"([\w.-]+)>=([\d.]+)", line).groups()
        print(f"{name}=={version}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
