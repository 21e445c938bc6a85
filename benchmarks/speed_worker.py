"""One process of ``speed.py``: makes subjects and times them, as told on stdin.

    python benchmarks/speed_worker.py MODULE

``MODULE`` (``speed_keras``, ``speed_session``, ``speed_torch``) has ``make(subject)``,
which gives a function without arguments: one call of the subject, done when it returns.
Requests and answers are JSON, one a line; Python 3.7 runs this too.
"""

import importlib
import json
import os
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def resident(field):
    """Kilobytes of this process: ``VmRSS`` now, ``VmHWM`` at most so far."""
    with open("/proc/self/status") as status:
        return int(re.search(field + r":\s+(\d+) kB", status.read()).group(1))


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

    def memory(name, calls):
        """MB at most in calls that compile nothing, above what the imports held."""
        run(name, calls)
        with open("/proc/self/clear_refs", "w") as reset:
            reset.write("5")
        run(name, calls)
        return (resident("VmHWM") - held) / 1024

    does = {"make": make, "run": run, "processor": processor, "memory": memory}
    print(json.dumps(module.VERSIONS), file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        answer = does[request.pop("do")](**request)
        print(json.dumps(answer), file=answers, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
