"""A Python that has imported TensorFlow already, which takes seconds each time.

    python forks.py SOCKET (-m MODULE | -c CODE | SCRIPT) [ARGUMENT ...]

A server has imported TensorFlow with tf_keras, as `python -m legacy` does, and nothing
has been computed. For each command it forks a process that gets the caller's streams,
folder and environment, and runs there what Python would run. So each script still has a
process of its own. The server ends with the process that started it.
"""

import atexit
import contextlib
import json
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import traceback
from pathlib import Path

_CLIENT = (sys.executable, "-I", "-S", str(Path(__file__).resolve()))
_STREAMS = (0, 1, 2)
_running = []


def python(environment):
    """The words of a command that stands for ``python``.

    The server starts at the first call, under ``environment``. Another one counts only
    for what is not read while TensorFlow is imported.
    """
    if not _running:
        folder = tempfile.mkdtemp()
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        listening = socket.socket(socket.AF_UNIX)
        path = os.path.join(folder, "socket")
        listening.bind(path)
        listening.listen()
        alive, held = os.pipe()  # readable in the server once this process has ended
        import subprocess

        subprocess.Popen(
            [sys.executable, __file__, "--serve", str(listening.fileno()), str(alive)],
            pass_fds=(listening.fileno(), alive),
            env={**environment, "TF_USE_LEGACY_KERAS": "1"},
            stdin=subprocess.DEVNULL,
        )
        listening.close()
        os.close(alive)
        _running.extend((path, held))
    return (*_CLIENT, _running[0])


def main(argv):
    if argv[0] == "--serve":
        return serve(socket.socket(fileno=int(argv[1])), int(argv[2]))
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(argv[0])
        asked = {"argv": argv[1:], "cwd": os.getcwd(), "environment": dict(os.environ)}
        socket.send_fds(server, [b"\n"], _STREAMS)
        server.sendall(json.dumps(asked).encode() + b"\n")
        code = int(server.makefile().readline() or 70)
    if code < 0:  # ended by a signal, and so does this
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


def serve(listening, alive):
    """Forks a process for each connection until ``alive`` says that nobody is left."""
    import tensorflow.compat.v1
    import tf_keras

    assert tf_keras.Model is tensorflow.compat.v1.keras.Model  # both are whole now
    while True:
        ready, _, _ = select.select([listening, alive], [], [])
        if alive in ready:
            return 0
        connection, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            os.close(alive)
            if os.fork() == 0:
                _run(connection)
            _, status = os.wait()
            with contextlib.suppress(OSError):  # the caller may have been killed
                connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
            os._exit(0)
        connection.close()
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _run(connection):
    """Becomes the process of one command."""
    import runpy

    import numpy as np

    _, streams, _, _ = socket.recv_fds(connection, 1, len(_STREAMS))
    with connection.makefile() as lines:
        asked = json.loads(lines.readline())
    connection.close()
    for stream, place in zip(streams, _STREAMS, strict=True):
        os.dup2(stream, place)
        os.close(stream)
    os.environ.clear()
    os.environ.update(asked["environment"], TF_USE_LEGACY_KERAS="1")
    os.chdir(asked["cwd"])
    folders = asked["environment"].get("PYTHONPATH", "").split(os.pathsep)
    sys.path[1:1] = [f for f in folders if f and f not in sys.path]
    np.random.seed()  # forked processes would all draw the same
    kind, *arguments = asked["argv"]
    try:
        if kind == "-m":
            sys.path[0], sys.argv = asked["cwd"], arguments
            runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
        elif kind == "-c":
            sys.path[0], sys.argv = "", ["-c", *arguments[1:]]
            exec(arguments[0], {"__name__": "__main__"})
        else:
            sys.path[0], sys.argv = os.path.dirname(kind), asked["argv"]
            runpy.run_path(kind, run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code
        if code is None or isinstance(code, int):
            code = code or 0
        else:
            print(code, file=sys.stderr)
            code = 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    _end(code & 255)


def _end(code):
    """Ends as the interpreter does: waits for threads, then runs what is registered."""
    import threading

    try:
        threading._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        traceback.print_exc()
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
