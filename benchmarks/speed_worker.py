"""One process of ``speed.py``: makes subjects and times them, as told on stdin.

    python benchmarks/speed_worker.py MODULE

``MODULE`` (``speed_keras``, ``speed_session``, ``speed_torch``) has ``make(subject)``,
which gives a function without arguments: one call of the subject, done when it returns.
Requests and answers are JSON, one a line; Python 3.7 runs this too.
"""

import ctypes
import importlib
import json
import os
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


#: A step's memory is watched for so long.
WATCHED_SECONDS = 3.0


def resident(field):
    """MB of this process: ``VmRSS`` now, ``VmHWM`` at most since it was reset."""
    with open("/proc/self/status") as status:
        return int(re.search(field + r":\s+(\d+) kB", status.read()).group(1)) / 1024


def reset_most():
    """What ``VmHWM`` tells starts from here."""
    with open("/proc/self/clear_refs", "w") as reset:
        reset.write("5")


def most_of_each_call(call):
    """MB in use at most in each of many calls, above what was in use before it.

    Only where ``heap.c`` was loaded before all else.
    """
    heap = ctypes.CDLL(os.environ["LD_PRELOAD"])
    heap.heap_held.restype = heap.heap_most.restype = ctypes.c_long
    found, start = [], time.perf_counter()
    while time.perf_counter() - start < WATCHED_SECONDS or len(found) < 3:
        heap.heap_reset()
        before = heap.heap_held()
        call()
        found.append((heap.heap_most() - before) / 2**20)
    return found


def main(argv):
    """Answers until stdin ends; the first line tells versions and memory."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    module = importlib.import_module(argv[0])
    held, made, spent = resident("VmRSS"), {}, {}

    def make(name, subject):
        start = time.perf_counter()
        made[name] = module.make(subject)
        made[name]()
        return time.perf_counter() - start

    def run(name, calls):
        seconds, before = [], time.process_time()
        for _ in range(calls):
            start = time.perf_counter()
            made[name]()
            seconds.append(time.perf_counter() - start)
        spent[name] = (time.process_time() - before) / calls
        return seconds

    def processor(name):
        """Seconds of the processor for a call, of all threads, in the last ``run``."""
        return spent[name]

    def alone(name, subject):
        """Seconds of the first call, and MB in it and in a step, for a process's only
        subject.

        "compiling": the most that the process holds until the first call is done,
        compiler and all, above what the imports held. "step": the most that is in use
        in a later call, above what was in use before it: tensors and buffers, without
        weights, data and compiled programs. It is the median of many calls, "most" the
        largest of them.
        """
        reset_most()
        first = make(name, subject)
        compiling = resident("VmHWM") - held
        run(name, 2)
        steps = sorted(most_of_each_call(made[name]))
        step, most = steps[len(steps) // 2], steps[-1]
        return {"first": first, "compiling": compiling, "step": step, "most": most}

    does = {"make": make, "run": run, "processor": processor, "alone": alone}
    print(json.dumps(module.VERSIONS), file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        answer = does[request.pop("do")](**request)
        print(json.dumps(answer), file=answers, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
