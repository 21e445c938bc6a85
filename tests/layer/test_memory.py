"""``keep_memory``: what is freed is taken again without page faults."""

import subprocess
import sys

import pytest

SCRIPT = """
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
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    first, again, kept, afterwards = done.stdout.split()
    assert kept == "True"
    # 4 KiB a page, but for those that a kernel makes larger.
    assert int(first) > 20
    assert int(again) > 20
    assert int(afterwards) < 5
