"""Memory: what a training step needs at most; what ``keep_memory`` does."""

import shutil
import sys

import pytest

import speed
from helpers.fresh import fresh
from helpers.places import ROOT

FAULTS = """
import ctypes, resource
from bnlstm_compat.memory import keep_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    ctypes.create_string_buffer(50_000_000)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

print(faults(), faults(), keep_memory(), faults() and faults())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator is Linux's")
@pytest.mark.slow
def test_memory_is_taken_once():
    first, again, kept, afterwards = fresh(FAULTS).split()
    assert kept == "True"
    # 4 KiB a page, but for those that a kernel makes larger.
    assert int(first) > 20
    assert int(again) > 20
    assert int(afterwards) < 5


STEP = """
import sys
import speed, speed_keras, speed_worker

B, T, D, H = shape = [int(size) for size in sys.argv[3].split(",")]
mode, compiled = sys.argv[1], sys.argv[2] == "jit"
subject = speed.subject("bnlstm", shape, True, mode=mode, compiled=compiled)
step = speed_keras.make(subject)
for _ in range(3):
    step().numpy()
most = speed_worker.most_of_each_call(lambda: step().numpy())
print(min(most) * 2**20 / (4 * B * T * H))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator is Linux's")
@pytest.mark.skipif(not shutil.which("cc"), reason="cc, which counts, is not here")
@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "outer", "shape", "limit"),
    [
        # Kept of a step are h W - mean (4 tensors [B,H]) and c; the loss has 4 more, of
        # all steps. With the gates it is 11.4 to 13.1.
        ("plain", "function", "100,200,1,100", 10.9),
        # Kept is x W - mean (4), too. With the gates, and that twice, 21 to 26; with
        # many steps begun at a time in the backward pass, 20.
        ("plain", "function", "32,20,128,64", 18.5),
        # Kept are h W - mean (4), whose gradient takes its place, and c; the rest is
        # the loss's and the parameters'. With 4 for that gradient it is 13.5.
        ("auto", "jit", "100,200,1,100", 10.5),
        # Kept is x W - mean (4), too, whose gradient takes its place. Made after the
        # loop, that had 8 more: 34. With one matmul for each kernel's gradient, 24.7.
        ("auto", "jit", "32,20,128,64", 21),
    ],
)
def test_memory_of_a_step(mode, outer, shape, limit, tmp_path):
    """In tensors [T,B,H]: 9.0 to 10.3, 15.4 to 17.1, 9.7 and 19.0 were measured.

    The least of many steps: if other work delays the loss, its tensors live longer.
    """
    most = fresh(
        STEP,
        mode,
        outer,
        shape,
        PYTHONPATH=str(ROOT / "benchmarks"),
        LD_PRELOAD=speed.heap_counter(tmp_path),
        TF_ENABLE_ONEDNN_OPTS="0",  # oneDNN's allocator keeps what it was given once
    )
    most = float(most.split()[-1])
    assert 5 < most < limit
