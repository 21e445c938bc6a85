"""How fast the layer is: one command, one table.

    python benchmarks/speed.py [--torch PYTHON] [--tf1 PYTHON] [--out FILE] [--quick]
                               [--shapes A,B] [--keep-memory] [--avx2]
    python benchmarks/speed.py --markdown FILE
    python benchmarks/speed.py --plot FILE PNG

Measures ``BNLSTM`` in each mode against ``keras.layers.LSTM``, torch's ``nn.LSTM``,
``legacy.BNLSTMCell`` and the per-step cell as it was published ("original"), at four
shapes; then growth with T, B and H, and bidirectional and stacked layers against their
parts.

``--torch`` and ``--tf1`` name interpreters: one that imports torch (if this one does
not), one with TensorFlow 1.15.5. Subjects live in processes that this one tells when to
run, so that all of them take turns, in another order each round; ratios are of one
round. First calls and memory are measured in a process for each subject; ``heap.c``
counts what it has, so a C compiler (``cc``) is needed. The results, JSON, are written
to ``--out``; the table is printed. With ``--keep-memory``, Keras's layers and
``BNLSTM`` run after ``bnlstm_compat.keep_memory()``. With ``--avx2``, XLA, oneDNN and
torch use no AVX-512, which many processors do not have. TensorFlow 1.15.5 cannot be
told so.
"""

import argparse
import importlib.util
import json
import os
import pathlib
import platform
import random
import subprocess
import sys
import tempfile
import time

import speed_report

FOLDER = pathlib.Path(__file__).resolve().parent
#: B, T, D, H.
SHAPES = {
    "SeqSleepNet": (640, 29, 32, 64),
    "text": (64, 100, 50, 1000),
    "small": (32, 20, 128, 64),
    "pixels": (100, 784, 1, 100),
}
#: What grows, and the shapes; all else stays.
GROWTH = {
    "T": [(100, steps, 1, 100) for steps in (98, 196, 392, 784)],
    "B": [(batch, 29, 32, 64) for batch in (40, 160, 640)],
    "H": [(64, 20, 50, units) for units in (64, 250, 1000)],
}
#: Beyond, Python's loop takes longer to trace than all the rest to run, and XLA long
#: to compile the general loop.
MOST_STEPS_OF_ALL_MODES = 32
#: A round of one subject lasts about so many seconds. One call alone, after those of
#: others, is no measure: it has three at least if they do not take long.
ROUND_SECONDS, LEAST_CALLS, LONG_SECONDS = 0.12, 3, 0.6
MODES = ("auto", "plain", "xla", "general", "unrolled")
#: What makes a processor with AVX-512 one without: for XLA, oneDNN, and torch's own.
AVX2 = {
    "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
}


def subject(kind, shape, training, *, mode=None, compiled=False, made_of="one"):
    """A subject's description, as ``make`` of the workers' modules takes it.

    Args:
      kind: "lstm", "bnlstm", "matmuls", "legacy", "original" or "torch".
      shape: B, T, D, H. training: a training step, or inference.
      mode: of ``BNLSTM``. compiled: the whole step, by XLA.
      made_of: "one" layer, "bidirectional" or "two stacked".
    """
    return {
        "kind": kind,
        "shape": shape,
        "training": training,
        "mode": mode,
        "compiled": compiled,
        "made_of": made_of,
    }


class Worker:
    """A process with subjects, and its answers."""

    def __init__(self, module, python=sys.executable, **variables):
        environment = {
            **os.environ,
            **variables,
            "CUDA_VISIBLE_DEVICES": "-1",
            "KERAS_BACKEND": "tensorflow",
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        environment.pop("TF2_BEHAVIOR", None)  # today's TensorFlow sets it
        if python != sys.executable:  # TensorFlow 1 ends at a flag it does not know
            environment.pop("XLA_FLAGS", None)
        self._process = subprocess.Popen(
            [python, str(FOLDER / "speed_worker.py"), module],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.versions = self.answer()

    def answer(self):
        """The next one."""
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(
                "A worker ended early. To see why, run it by hand: "
                + " ".join(self._process.args)
            )
        return json.loads(line)

    def ask(self, does, name, **more):
        """Starts something; ``answer`` waits for it."""
        request = json.dumps({"do": does, "name": str(name), **more})
        self._process.stdin.write(request + "\n")
        self._process.stdin.flush()

    def do(self, does, name, **more):
        """``ask``, and the answer."""
        self.ask(does, name, **more)
        return self.answer()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.communicate()


def measure(hosts, rounds, versions, processor=None):
    """Times subjects that take turns.

    Args:
      hosts: list of ``(module, python, {name: subject})``, a process each.
      rounds: how many. versions: a dict, to which the workers' are added. processor: a
        dict that is given what is returned, of the processor's time of a call.

    Returns:
      From name to a list of seconds, the median of each round.
    """
    workers, calls, seconds = {}, {}, {}
    opened = [(Worker(module, python), subjects) for module, python, subjects in hosts]
    # First calls are not what is measured here, so processes make theirs together.
    for worker, subjects in opened:
        for library, version in worker.versions.items():
            if version not in versions.setdefault(library, []):
                versions[library].append(version)
        for name, description in subjects.items():
            worker.ask("make", name, subject=description)
            workers[name], seconds[name] = worker, []
    for worker, subjects in opened:
        for _ in subjects:
            worker.answer()
    for name, worker in workers.items():
        (once,) = worker.do("run", name, calls=1)
        least = LEAST_CALLS if once < LONG_SECONDS else 1
        calls[name] = max(least, min(50, round(ROUND_SECONDS / once)))
    order = list(workers)
    for _ in range(rounds):
        random.shuffle(order)
        for name in order:
            taken = workers[name].do("run", name, calls=calls[name])
            seconds[name].append(sorted(taken)[len(taken) // 2])
            if processor is not None:
                spent = workers[name].do("processor", name)
                processor.setdefault(name, []).append(spent)
    for worker, _ in opened:
        worker.__exit__()
    return seconds


def layers(shape, training):
    """The subjects of this TensorFlow, by name."""
    found = {
        "keras LSTM": subject("lstm", shape, training),
        "keras LSTM, jit": subject("lstm", shape, training, compiled=True),
        "matmuls alone": subject("matmuls", shape, training),
    }
    short = shape[1] <= MOST_STEPS_OF_ALL_MODES
    for mode in MODES if short else MODES[:-1]:
        # XLA takes minutes over a loop of Python's.
        by_xla = mode != "unrolled" and (short or mode != "general")
        for compiled in (False, True) if by_xla else (False,):
            name = f"BNLSTM {mode}" + (", jit" if compiled else "")
            found[name] = subject(
                "bnlstm", shape, training, mode=mode, compiled=compiled
            )
    return found


def at_shape(shape, rounds, pythons, versions):
    """Seconds of every subject at a shape, in training and in inference."""
    today, old, torch = {}, {}, {}
    for key in ("training", "inference"):
        training = key == "training"
        for name, description in layers(shape, training).items():
            today[key, name] = description
        for kind in ("legacy", "original"):
            old[key, kind] = subject(kind, shape, training)
        torch[key, "torch nn.LSTM"] = subject("torch", shape, training)
    # Two processes, so that first calls take both cores.
    names = list(today)
    parts = ({name: today[name] for name in names[start::2]} for start in (0, 1))
    hosts = [("speed_keras", sys.executable, part) for part in parts]
    hosts.append(("speed_session", sys.executable, old))
    if pythons["tf1"]:
        on_tf1 = {(k, n + speed_report.TF1): each for (k, n), each in old.items()}
        hosts.append(("speed_session", pythons["tf1"], on_tf1))
    if pythons["torch"]:
        hosts.append(("speed_torch", pythons["torch"], torch))
    seconds = measure(hosts, rounds, versions)
    found = {"training": {}, "inference": {}}
    for name in (*today, *(name for name in seconds if name not in today)):
        found[name[0]][name[1]] = seconds[name]
    return found


def alone(name, shape, counter):
    """First call [s] of a training step, and its memory [MB], in a new process.

    Without oneDNN, whose allocator would keep what a step gives back. ``counter``: what
    ``heap_counter`` made.
    """
    mode = name.partition(" ")[2].partition(",")[0]
    description = subject(
        "lstm" if name.startswith("keras") else "bnlstm",
        shape,
        True,
        mode=mode,
        compiled=name.endswith("jit"),
    )
    variables = {"TF_ENABLE_ONEDNN_OPTS": "0", "LD_PRELOAD": counter}
    with Worker("speed_keras", **variables) as worker:
        return worker.do("alone", name, subject=description)


def heap_counter(folder):
    """The path of the library of ``heap.c``, built in a folder."""
    path = os.path.join(folder, "heap.so")
    command = ["cc", "-O2", "-shared", "-fPIC", "-o", path, str(FOLDER / "heap.c")]
    subprocess.run(command, check=True)
    return path


ALONE = (
    "keras LSTM",
    "keras LSTM, jit",
    "BNLSTM auto",
    "BNLSTM auto, jit",
    "BNLSTM plain",
)


def growth(rounds):
    """Seconds of a training step by shape, for each of ``GROWTH``."""
    found = {}
    for what, shapes in GROWTH.items():
        subjects = {}
        for shape in shapes:
            key = " ".join(map(str, shape))
            subjects["BNLSTM auto " + key] = subject("bnlstm", shape, True, mode="auto")
            subjects["keras LSTM " + key] = subject("lstm", shape, True)
        hosts = [("speed_keras", sys.executable, subjects)]
        found[what] = measure(hosts, rounds, {})
    return found


def composed(rounds):
    """Seconds of bidirectional and stacked layers, and of their parts."""
    shape = batch, steps, _, units = SHAPES["small"]
    above = batch, steps, units, units
    found = {}
    for compiled in (False, True):
        for training in (True, False):
            options = {"mode": "auto", "compiled": compiled}
            subjects = {
                "one": subject("bnlstm", shape, training, **options),
                "above": subject("bnlstm", above, training, **options),
            }
            for made_of in ("bidirectional", "two stacked"):
                subjects[made_of] = subject(
                    "bnlstm", shape, training, made_of=made_of, **options
                )
            name = "training" if training else "inference"
            hosts = [("speed_keras", sys.executable, subjects)]
            name += ", jit" if compiled else ""
            found[name] = measure(hosts, rounds, {})
    return found


def machine():
    """What it was measured on."""
    with open("/proc/cpuinfo") as lines:
        kinds = {
            line.partition(":")[2].strip() for line in lines if "model name" in line
        }
    return {
        "cores": os.cpu_count(),
        "cpu": ", ".join(sorted(kinds)),
        "python": platform.python_version(),
        "load before": os.getloadavg()[0],
    }


def run(options):
    """Everything, as a dict for JSON."""
    pythons = {"tf1": options.tf1, "torch": options.torch}
    if not options.torch and importlib.util.find_spec("torch"):
        pythons["torch"] = sys.executable
    start, versions = time.monotonic(), {}
    found = {"machine": machine(), "versions": versions, "shapes": {}, "minutes": 0}
    if options.avx2:
        found["machine"]["cpu"] += ", without its AVX-512"
    words = {
        "--torch PYTHON": options.torch,
        "--tf1 PYTHON": options.tf1,
        "--quick": options.quick,
        f"--shapes {options.shapes}": options.shapes,
        "--keep-memory": options.keep_memory,
        "--avx2": options.avx2,
    }
    given = [word for word, value in words.items() if value]
    found["command"] = " ".join(["python benchmarks/speed.py", *given])
    names = options.shapes.split(",") if options.shapes else list(SHAPES)
    for name in names:
        shape = SHAPES[name]
        heavy = name in ("text", "pixels")
        rounds = 3 if options.quick else 7 if heavy else 12
        entry = found["shapes"][name] = {"shape": shape}
        say(name)
        entry |= at_shape(shape, rounds, pythons, versions)
        say(f"{name}, first calls and memory")
        with tempfile.TemporaryDirectory() as folder:
            counter = heap_counter(folder)
            entry["alone"] = {each: alone(each, shape, counter) for each in ALONE}
        write(found, options.out)
    if not options.shapes:
        say("growth")
        found["growth"] = growth(3 if options.quick else 4)
        say("bidirectional and stacked")
        found["composed"] = composed(3 if options.quick else 8)
    found["minutes"] = (time.monotonic() - start) / 60
    write(found, options.out)
    return found


def write(results, path):
    """As JSON, also when not complete yet: a run takes long."""
    if path:
        pathlib.Path(path).write_text(json.dumps(results, indent=1) + "\n")


def say(text):
    """Progress, on stderr."""
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


def main(argv):
    """Measures, or shows what was measured; returns 0."""
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--torch", metavar="PYTHON", help="one that imports torch")
    parser.add_argument("--tf1", metavar="PYTHON", help="one with TensorFlow 1.15.5")
    parser.add_argument("--out", metavar="FILE", help="write the results as JSON")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--shapes", metavar="A,B", help=f"of {', '.join(SHAPES)}")
    parser.add_argument(
        "--keep-memory", action="store_true", help="let the process keep its memory"
    )
    parser.add_argument("--avx2", action="store_true", help="use no AVX-512")
    parser.add_argument("--markdown", metavar="FILE", help="only show these results")
    parser.add_argument("--plot", nargs=2, metavar=("FILE", "PNG"), help="only draw")
    options = parser.parse_args(argv)
    if options.plot:
        results = json.loads(pathlib.Path(options.plot[0]).read_text())
        speed_report.plot(results, options.plot[1])
        return 0
    if options.markdown:
        results = json.loads(pathlib.Path(options.markdown).read_text())
    else:
        if options.keep_memory:
            os.environ["KEEP_MEMORY"] = "1"  # for the workers
        if options.avx2:
            os.environ.update(AVX2)
        results = run(options)
    print(speed_report.markdown(results))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
