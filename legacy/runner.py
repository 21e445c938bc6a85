"""Command line: runs old scripts unchanged, or checks what they use.

python -m legacy [OPTIONS] SCRIPT [ARGS...]
python -m legacy [OPTIONS] -m PACKAGE.MODULE [ARGS...]
python -m legacy --check [--json] SCRIPT
python -m legacy --coverage [--json]
"""

import argparse
import builtins
import importlib.util
import os
import sys
import types

USAGE = 2


class _UsageError(Exception):
    """The command line, or what it names, is wrong."""


def _release(name):
    from legacy import release

    try:
        return release.full_name(name)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise _UsageError(f"{message}; see {self.prog} -h")


def _parser():
    parser = _Parser(
        prog="python -m legacy",
        description="Runs TensorFlow 0.8-1.15 scripts, unchanged, on TensorFlow 2.",
        usage="python -m legacy [OPTIONS] (SCRIPT | -m MODULE | --coverage) [ARGS ...]",
    )
    parser.add_argument(
        "-m", dest="module", action="store_true", help="SCRIPT is the name of a module"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="run nothing; list the names in use: native, emulated or missing",
    )
    parser.add_argument(
        "--coverage",
        action="store_true",
        help="run nothing; print which share of each old release's names is there",
    )
    parser.add_argument(
        "--json", action="store_true", help="--check and --coverage print JSON"
    )
    parser.add_argument(
        "--port-cell",
        action="store_true",
        help="put legacy.BNLSTMCell in the place of the script's BNLSTMCell",
    )
    parser.add_argument(
        "--release",
        type=_release,
        metavar="0.12|1.0|1.15",
        help="the TensorFlow that the script was written for (default: a guess)",
    )
    parser.add_argument(
        "--verbose",
        action="store_true",
        help="keep deprecation warnings and TensorFlow's messages at start",
    )
    parser.add_argument("script", nargs="?", metavar="SCRIPT", help="the script to run")
    # All that follows belongs to the script, options included.
    parser.add_argument(
        "args", nargs=argparse.REMAINDER, metavar="ARGS", help="options of the script"
    )
    return parser


def main(argv=None):
    """Runs the command line ``argv`` (without the program's name; None: the process's).

    Returns:
      0; 1 if ``--check`` found a missing name; 2 for a wrong command line. A script's
      own exit, or exception, passes through.
    """
    argv = sys.argv[1:] if argv is None else argv
    own = _split(argv)
    try:
        options = _parser().parse_args(own)
        options.args = argv[len(own) :]
        if options.coverage:
            return _coverage(options)
        if options.script is None:
            raise _UsageError(
                "expected a script, -m MODULE or --coverage; see python -m legacy -h"
            )
        if options.check:
            return _check(options)
        if options.json:
            raise _UsageError("--json goes with --check or --coverage")
        _run(options)
    except _UsageError as error:
        print(f"legacy: {error}", file=sys.stderr)
        return USAGE
    return 0


def _split(argv):
    """The part of ``argv`` up to and including the script: the runner's own."""
    value = False
    for position, argument in enumerate(argv):
        if not argument.startswith("-") and not value:
            return argv[: position + 1]
        value = argument == "--release"
    return argv


def _coverage(options):
    from legacy.imports import coverage

    return coverage.main(options.json)


def _check(options):
    from legacy.script import check

    path = options.script
    if options.module:
        path = _locate_module(options.script)
    try:
        return check.main(_script(path), options.json)
    except SyntaxError as error:
        line = f":{error.lineno}" if error.lineno else ""
        raise _UsageError(f"{error.filename}{line}: {error.msg}") from None


def _script(path):
    """The file to run for ``path``: itself, or the ``__main__.py`` of a folder."""
    if os.path.isdir(path):
        path = os.path.join(path, "__main__.py")
    # What is neither may be a pipe, as in `python -m legacy <(generate)`.
    if os.path.isdir(path) or not os.path.exists(path):
        raise _UsageError(f"can't open file {path!r}: no such file")
    if not os.access(path, os.R_OK):
        raise _UsageError(f"can't open file {path!r}: permission denied")
    return path


def _find_module(name):
    """The spec of the module to run; for a package, of its ``__main__``.

    Imports the packages that the module is in, as plain Python does.
    """
    _name_working_folder()
    try:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(name + ".__main__")
    except ImportError as error:
        # Any other module is missed by the package's own code.
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        raise _UsageError(f"no module named {name}: {error}") from None
    except ValueError as error:
        raise _UsageError(f"no module named {name}: {error}") from None
    if spec is None or spec.origin is None:
        raise _no_module(name)
    return spec


def _locate_module(name):
    """The file of the module ``name``, found without importing any package."""
    _name_working_folder()
    for folder in sys.path:
        base = os.path.join(folder, *name.split("."))
        for path in (os.path.join(base, "__main__.py"), base + ".py"):
            if os.path.isfile(path):
                return path
    raise _no_module(name)


def _no_module(name):
    return _UsageError(f"no module named {name}, or nothing in it to run")


def _name_working_folder():
    if sys.path[0] == "":
        sys.path[0] = os.getcwd()


def _run(options):
    """Runs the script as ``__main__``, in a process made one of TensorFlow 1."""
    from legacy import release, terminal
    from legacy.era import numpy_forms, source
    from legacy.imports import ownership, processes, setup, tracebacks
    from legacy.script import guess, uses

    main_module = types.ModuleType("__main__")
    names = vars(main_module)
    claimed = []
    # multiprocessing's children never run the __main__ of a package or folder again.
    again = True
    if not options.module:
        path = _script(options.script)
        folder = options.script if os.path.isdir(options.script) else None
        if not getattr(sys.flags, "safe_path", False):
            sys.path[0] = folder or os.path.dirname(os.path.realpath(path))
        # As under plain Python: argv keeps the spelling, __file__ is absolute.
        sys.argv = [options.script, *options.args]
        path = os.path.abspath(path)
        names.update(__file__=path, __package__=None, __spec__=None)
        again = folder is None
        if not ownership.is_user(path):
            claimed.append(os.path.dirname(path))
    setup.prepare(options.verbose, options.port_cell, options.release)
    sys.excepthook = tracebacks.excepthook
    if options.module:
        spec = _find_module(options.script)
        claimed.append(_claimed(spec))
        path = spec.origin
        again = not spec.name.endswith(".__main__")
        sys.argv = [path, *options.args]
        names.update(
            __file__=path,
            __package__=spec.parent,
            __spec__=spec,
            __loader__=spec.loader,
        )
    for folder in claimed:
        ownership.claim(folder)
    names["__builtins__"] = builtins
    names["__cached__"] = None
    sys.modules["__main__"] = main_module
    python_2 = source.whole_program(file for file, _ in uses.trees(path))
    code = source.compile_file(path, terminal.announce)
    if not release.told():
        release.guess(*guess.release_of(path))
    changed = numpy_forms.announcement(uses.trees(path))
    if changed:
        terminal.announce(changed)
    processes.install(
        path=path,
        package=names["__package__"],
        again=again,
        claimed=claimed,
        release=release.state(),
        python_2=python_2,
        verbose=options.verbose,
        port_cell=options.port_cell,
    )
    try:
        exec(code, names)
    except SystemExit as end:
        if end.code or not options.port_cell:
            raise
    if options.port_cell:
        _require_ported()


def _require_ported():
    """Refuses ``--port-cell`` of a script that had nothing to replace."""
    from legacy.imports import port_cell

    if not port_cell.replaced:
        raise _UsageError(f"--port-cell replaced nothing: {port_cell.explanation()}")


def _claimed(spec):
    """The folder of the top-level package that ``spec`` is in."""
    folder = os.path.dirname(spec.origin)
    for _ in range((spec.parent or "").count(".")):
        folder = os.path.dirname(folder)
    return folder
