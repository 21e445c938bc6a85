"""Time and memory of ``convert`` on a checkpoint of 2 GiB, against plain reading.

    python benchmarks/convert_large.py [RUNS]

Makes the checkpoint in a temporary folder (which must have 7 GB): a bidirectional and a
single RNN, of cells of 100 MB, and variables of 250 MB. Two processes take turns, and
each measures itself after its imports: ``convert``, which reads, writes and rereads,
and TensorFlow's own ``load_checkpoint`` with NumPy's ``save`` of every tensor. Prints
medians; exits with 1 where the median of the ratios is above 3, or where ``convert`` at
its highest has 1 GiB more memory than after the imports.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

LIMIT, MEMORY = 3.0, 1 << 30
TOTAL, CELL, LARGEST = 2 << 30, 100 * 10**6, 250 * 10**6
SPACE = 7 * 10**9
D, H, M = 1350, 1800, 64
ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))


def _cell(scope):
    shapes = {f"{scope}/W_xh": (D, 4 * H), f"{scope}/W_hh": (H, 4 * H)}
    for site, size in (("hh", 4 * H), ("xh", 4 * H), ("c", H)):
        leaves = {"scale": (size,), "pop_mean": (M, size), "pop_var": (M, size)}
        leaves |= {} if site == "xh" else {"offset": (size,)}
        shapes |= {f"{scope}/{site}/{leaf}": shape for leaf, shape in leaves.items()}
    return shapes


def make(prefix):
    """Writes the checkpoint; gives the number of its bytes."""
    import tensorflow as tf

    shapes = {}
    for scope in ("both/fw", "both/bw", "single"):
        shapes |= _cell(f"{scope}/BNLSTMCell")
    cells = list(shapes.values())
    assert 4 * sum(map(np.prod, cells)) <= 3 * CELL
    left = TOTAL - 4 * sum(int(np.prod(shape)) for shape in cells)
    while left > 0:
        size = min(left, LARGEST) // 4
        shapes[f"other/{len(shapes)}"] = (size,)
        left -= 4 * size or 4
    rng, parts = np.random.default_rng(0), []
    for number, (name, shape) in enumerate(shapes.items()):
        parts.append(f"{prefix}.part-{number}")
        values = rng.standard_normal(shape, np.float32)
        tf.raw_ops.SaveV2(
            prefix=parts[-1],
            tensor_names=[name],
            shape_and_slices=[""],
            tensors=[values],
        )
    tf.raw_ops.MergeV2Checkpoints(
        checkpoint_prefixes=parts, destination_prefix=prefix, delete_old_dirs=False
    )
    return 4 * sum(int(np.prod(shape)) for shape in shapes.values())


def _memory(key):
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return 1024 * int(line.split()[1])
    raise KeyError(key)


def convert(prefix, out):
    """``convert``, in this process, after its imports."""
    from migrate import start as quiet

    quiet.start_tensorflow()
    from migrate.cli.main import main as migrate_main

    return _measured(lambda: migrate_main(["convert", prefix, out]))


def plain(prefix, out):
    """TensorFlow's reading, and a NumPy file for each tensor."""
    import tensorflow as tf

    def copy():
        reader = tf.train.load_checkpoint(prefix)
        for number, name in enumerate(reader.get_variable_to_shape_map()):
            np.save(os.path.join(out, f"{number}.npy"), reader.get_tensor(name))
        return 0

    os.mkdir(out)
    return _measured(copy)


def _measured(work):
    before, start = _memory("VmRSS"), time.perf_counter()
    assert work() == 0
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "memory": _memory("VmHWM") - before}


def _run(which, prefix, folder):
    """Measures one of the two in a process of its own."""
    out = os.path.join(folder, "out")
    os.sync()  # what was written before is no burden to this one
    done = subprocess.run(
        [sys.executable, __file__, "--measure", which, prefix, out],
        check=True,
        capture_output=True,
        text=True,
    )
    shutil.rmtree(out)
    return json.loads(done.stdout.splitlines()[-1])


def main(argv):
    """Makes the checkpoint, measures ``argv[0]`` pairs (default 5), and judges."""
    if argv[:1] == ["--measure"]:
        print(json.dumps({"convert": convert, "plain": plain}[argv[1]](*argv[2:])))
        return 0
    runs = int(argv[0]) if argv else 5
    with tempfile.TemporaryDirectory() as folder:
        if shutil.disk_usage(folder).free < SPACE:
            print(f"{folder} has less than {SPACE / 1e9:.0f} GB free; set TMPDIR")
            return 2
        prefix = os.path.join(folder, "large.ckpt")
        size = make(prefix)
        pairs = []
        for _ in range(runs):
            pairs.append(
                [_run(which, prefix, folder) for which in ("convert", "plain")]
            )
    ratios = sorted(a["seconds"] / b["seconds"] for a, b in pairs)
    memory = max(a["memory"] for a, _ in pairs)
    for number, name in enumerate(("convert", "read and numpy.save")):
        seconds = statistics.median(pair[number]["seconds"] for pair in pairs)
        print(f"{name}: {seconds:.2f} s for {size / 2**30:.2f} GiB")
    ratio = statistics.median(ratios)
    print(f"ratio: median {ratio:.2f}, from {ratios[0]:.2f} to {ratios[-1]:.2f}")
    print(f"convert's memory above its imports: at most {memory / 2**20:.0f} MiB")
    good = ratio <= LIMIT and memory <= MEMORY
    print("within" if good else "ABOVE", f"the limits of {LIMIT:g} and 1 GiB")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
