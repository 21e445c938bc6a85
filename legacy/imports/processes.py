"""Children of multiprocessing's "spawn" and "forkserver" get TensorFlow 1, too.

Such a child is a new interpreter that runs the script's file again, by another name
than ``__main__``. We make it run ``child_main.py`` instead. That sets up TensorFlow 1
and then runs the script.
"""

import json
import os
from multiprocessing import spawn

import legacy

_CHILD_MAIN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "child_main.py")
# The folder from which a child imports this project.
_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(legacy.__file__)))
# The environment reaches the fork server as well, which no argument does.
_VARIABLE = "LEGACY_CHILD"


def install(**main):
    """Has all children that are made from now on begin with :func:`begin`.

    Args:
      main: what :func:`begin` needs: ``path`` of the script, its ``package`` (or
        None), whether to run it ``again``, ``claimed`` folders, the state of
        its ``release``, whether the program is ``python_2``, and the runner's
        ``verbose`` and ``port_cell``.
    """
    os.environ[_VARIABLE] = json.dumps(main)
    original = spawn.get_preparation_data

    def get_preparation_data(name):
        data = original(name)
        data.pop("init_main_from_name", None)
        data["init_main_from_path"] = _CHILD_MAIN
        # The runner has put the script's folder in the place of its own.
        if _ROOT not in data["sys_path"]:
            data["sys_path"] = [*data["sys_path"], _ROOT]
        return data

    spawn.get_preparation_data = get_preparation_data


def begin(names):
    """Sets up a child like its parent; returns the script's code, for it to run.

    Args:
      names: the namespace of the child's main module, which becomes the script's.
    """
    from legacy import release
    from legacy.era import source
    from legacy.imports import ownership, setup

    main = json.loads(os.environ[_VARIABLE])
    for folder in main["claimed"]:
        ownership.claim(folder)
    setup.prepare(verbose=main["verbose"], port_cell=main["port_cell"])
    release.restore(main["release"])
    install(**main)
    names.update(__file__=main["path"], __package__=main["package"])
    if not main["again"]:
        return ""
    if main["python_2"]:
        source.whole_program([], known=True)
    # The parent has said what is translated.
    return source.compile_file(main["path"], lambda line: None)
