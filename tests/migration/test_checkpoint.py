"""Reading checkpoints of every make: against TensorFlow's own reader, and damaged."""

import glob
import resource
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import tensor_bundle_pb2
from tensorflow.core.util import saved_tensor_slice_pb2

from helpers import checkpoints, recorded
from helpers.corruptions import seal
from helpers.forked import forked
from migrate.cli.main import main
from migrate.errors import MigrateError
from migrate.sources.checkpoint import Checkpoint
from migrate.sources.sstable import Table

_OWN = sorted(
    {
        path.partition(".index")[0]
        for path in glob.glob(str(recorded.FOLDER / "*" / "ckpt" / "*.index"))
    }
    | set(glob.glob(str(recorded.FOLDER / "*" / "ckpt" / "v1_format")))
    | set(glob.glob(str(recorded.FOLDER / "*" / "ckpt" / "v1_shards-00000-*")))
)


def _expect_as_tensorflow_reads(prefix):
    ours = Checkpoint(prefix)
    reader = tf.train.load_checkpoint(ours.prefix)
    assert {name: list(entry.shape) for name, entry in ours.entries.items()} == (
        reader.get_variable_to_shape_map()
    )
    for name, dtype in reader.get_variable_to_dtype_map().items():
        assert ours.entries[name].dtype == dtype.name
        expected, found = reader.get_tensor(name), ours[name]
        expected = np.asarray(expected, object if dtype == tf.string else None)
        assert found.dtype == expected.dtype
        assert found.shape == expected.shape
        if found.dtype == object:
            assert found.tolist() == expected.tolist()
        else:
            assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize("prefix", _OWN)
def test_as_tensorflow_reads(prefix):
    _expect_as_tensorflow_reads(prefix)


DTYPES = (
    "float16 bfloat16 float32 float64 complex64 complex128 bool int8 uint8 int16 "
    "uint16 int32 uint32 int64 uint64 qint8 quint8 qint16 quint16 qint32"
).split()


def every_dtype():
    """A tensor of every dtype that TensorFlow 1 saves, strings too, some empty."""
    raw = np.random.default_rng(0).integers(0, 2, 96, np.uint8)
    tensors = {}
    for name in DTYPES:
        dtype = tf.as_dtype(name)
        carrier = tf.as_dtype(f"uint{8 * dtype.size}" if dtype.size <= 8 else dtype)
        for more, content in (("", raw), ("/empty", raw[:0])):
            array = tf.constant(content.view(carrier.as_numpy_dtype))
            if name == "bool":
                array = tf.cast(array, tf.bool)
            tensors[name + more] = (
                array if dtype == array.dtype else tf.bitcast(array, dtype)
            )
    tensors["strings"] = tf.constant([[b"", b"\0\xff"], [b"word" * 99, b"x"]])
    tensors["string"] = tf.constant("scalar")
    tensors["no strings"] = tf.zeros([0, 3], tf.string)
    return tensors


def test_every_dtype(tmp_path):
    prefix = checkpoints.write(tmp_path / "m", every_dtype())
    _expect_as_tensorflow_reads(prefix)


@pytest.mark.parametrize("shape", [(5,), (300, 2), (3, 70_000), (1, 20_000_000)])
def test_parts_of_every_size(tmp_path, shape):
    """Also starts and lengths that take several bytes in a part's key."""
    whole = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    cut = (shape[-1] + 1) // 3
    spec = " ".join(map(str, shape))
    specs = [
        f"{spec} {'-:' * (len(shape) - 1)}{place}"
        for place in (f"0,{cut}", f"{cut},{shape[-1] - cut}")
    ]
    prefix = str(tmp_path / "m")
    tf.raw_ops.SaveV2(
        prefix=prefix,
        tensor_names=["a\0b", "a\0b"],
        shape_and_slices=specs,
        tensors=[whole[..., :cut], whole[..., cut:]],
    )
    _expect_as_tensorflow_reads(prefix)
    assert len(Checkpoint(prefix).entries["a\0b"].parts) == 2


# TensorFlow's writer of the V1 format knows these.
V1_DTYPES = (
    "float16 float32 float64 complex64 complex128 bool int8 uint8 int16 uint16 int32 "
    "int64 qint8 quint8 qint32"
).split()


def test_every_dtype_in_the_v1_format(tmp_path):
    tensors = every_dtype()
    names = [*V1_DTYPES, "strings", "string"]
    checkpoints.write_v1(tmp_path / "m", {name: tensors[name] for name in names})
    # Not all of these can TensorFlow's own Python reader read in this format.
    found = Checkpoint(tmp_path / "m")
    expected = Checkpoint(checkpoints.write(tmp_path / "v2", tensors))
    for name in names:
        assert found.entries[name] == expected.entries[name]
        assert found[name].dtype == expected[name].dtype
        assert found[name].tolist() == expected[name].tolist()


def test_parts_in_the_v1_format(tmp_path):
    whole = np.arange(35, dtype=np.int32).reshape(7, 5)
    checkpoints.write_v1(
        tmp_path / "m", {"part": whole[:3]}, ["7 5 0,3:-"], "-00000-of-00002"
    )
    checkpoints.write_v1(
        tmp_path / "m", {"part": whole[3:]}, ["7 5 3,4:-"], "-00001-of-00002"
    )
    found = Checkpoint(tmp_path / "m")  # which TensorFlow's own does not read
    assert found["part"].dtype == np.int32
    np.testing.assert_array_equal(found["part"], whole)
    assert found.entries["part"].parts == (
        ((0, 3), (0, 5)),
        ((3, 4), (0, 5)),
    )


def test_parts_that_overlap(tmp_path):
    """As many elements as the whole has, but not all of it."""
    whole = np.arange(35, dtype=np.int32).reshape(7, 5)
    for spec, rows, shard in (("0,4", 4, 0), ("3,3", 3, 1)):
        checkpoints.write_v1(
            tmp_path / "m",
            {"x": whole[:rows]},
            [f"7 5 {spec}:-"],
            f"-0000{shard}-of-00002",
        )
    with pytest.raises(MigrateError, match="its parts are not its whole"):
        Checkpoint(tmp_path / "m")["x"]


def test_bytes_that_are_used_twice(tmp_path):
    """A small file that would convert to a large one."""
    prefix = checkpoints.write(tmp_path / "m", {"a": np.ones(2), "b": np.ones(2)})
    path = f"{prefix}.index"
    content = (tmp_path / "m.index").read_bytes()
    at_16 = b"\x20\x10"  # b's offset, in its entry
    assert content.count(at_16) == 1
    (block,) = Table(path)._blocks
    (tmp_path / "m.index").write_bytes(content.replace(at_16, b"\x20\x08"))
    seal(path, *block)
    with pytest.raises(MigrateError, match="two variables are in the same place"):
        Checkpoint(prefix)


@pytest.mark.parametrize("size", [1, 3000])
def test_many_names_that_share_their_starts(tmp_path, size):
    """The most that TensorFlow's writer shares, and several blocks."""
    names = [f"{'n' * size}{number:04d}" for number in range(400)]
    tensors = {name: np.float32(number) for number, name in enumerate(names)}
    _expect_as_tensorflow_reads(checkpoints.write(tmp_path / "m", tensors))
    checkpoints.write_v1(tmp_path / "v1", tensors)
    _expect_as_tensorflow_reads(str(tmp_path / "v1"))


def _varint(number):
    content = b""
    while number > 127:
        content, number = content + bytes([number & 127 | 128]), number >> 7
    return content + bytes([number])


def _block(*entries):
    """A block of (key, value), or of (rest of a key, value, size of what it shares)."""
    content = b"".join(
        _varint(shared) + _varint(len(key)) + _varint(len(value)) + key + value
        for key, value, *rest in entries
        for shared in rest or [0]
    )
    return content + bytes(4) + b"\1\0\0\0"


def _forge(path, block, listed=None):
    """A table of a block and the one that lists it, with right checksums."""
    listed = listed or _block((b"", _varint(0) + _varint(len(block))))
    content, places = b"", []
    for part in (block, _block(), listed):
        places.append((len(content), len(part)))
        content += part + bytes(5)
    footer = b"".join(map(_varint, (*places[1], *places[2]))).ljust(40, b"\0")
    path.write_bytes(content + footer + (0xDB4775248B80FB57).to_bytes(8, "little"))
    for place in places:
        seal(path, *place)


def _header(**fields):
    return b"", tensor_bundle_pb2.BundleHeaderProto(**fields).SerializeToString()


def _expect_refused(folder, match):
    """A small file takes little memory, and is refused for the right reason."""
    assert sum(path.stat().st_size for path in folder.iterdir()) < 500_000

    def work():
        limit = int(Path("/proc/self/statm").read_text().split()[0])
        limit = limit * resource.getpagesize() + (64 << 20)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        with pytest.raises(MigrateError, match=match):
            Checkpoint(folder / "m")

    outcome = forked(folder, work)
    assert outcome.code == 0, outcome.stderr


def _growing(size, count):
    """A key of ``size`` bytes, and others that share it, for blocks side by side."""
    yield b"a" * size, _varint(0) + _varint(4)
    for number in range(1, count):
        yield number.to_bytes(2, "big"), _varint(9 * number) + _varint(4), size


@pytest.mark.parametrize("place", ["blocks", "names"])
def test_keys_that_share_far_more_than_is_there(tmp_path, place):
    """170 KB stand for 650 MB of keys."""
    block = _block(*_growing(1 << 16, 10_000))
    path = tmp_path / "m.index"
    _forge(path, *((_block(), block) if place == "blocks" else (block,)))
    _expect_refused(tmp_path, "its keys are too long for its size")


def test_blocks_that_are_listed_twice(tmp_path):
    """10 MB would be days of reading."""
    block = _block()
    handle = _varint(0) + _varint(len(block))
    _forge(tmp_path / "m.index", block, _block((b"a", handle), (b"b", handle)))
    _expect_refused(tmp_path, "its blocks are out of order")


def test_a_number_of_data_files_that_is_forged(tmp_path):
    _forge(tmp_path / "m.index", _block(_header(num_shards=2**31 - 1)))
    _expect_refused(tmp_path, "0 of its 2147483647 data files are there: none")


def test_data_files_of_other_numbers(tmp_path):
    """As many as there should be, but not those."""
    _forge(tmp_path / "m.index", _block(_header(num_shards=2)))
    for number in (1, 2):
        (tmp_path / f"m.data-0000{number}-of-00002").touch()
    _expect_refused(tmp_path, "1 of its 2 data files are there: m.data-00001-of-00002")


@pytest.mark.parametrize("alike", [True, False])
def test_many_parts_of_a_long_name(tmp_path, alike):
    """10,000 keys of 64 KiB, where the file holds one such part, or none."""
    name, whole = b"a" * (1 << 16), tensor_bundle_pb2.BundleEntryProto(dtype=1)
    whole.shape.dim.add(size=10_000)
    for start in range(10_000):
        whole.slices.add().extent.add(start=0 if alike else start, length=0)
    part = b"\0" + name + b"\0\1\1\1\x80\x80"
    empty = tensor_bundle_pb2.BundleEntryProto(dtype=1).SerializeToString()
    parts = [(part, empty)] if alike else []
    entries = [_header(num_shards=0), *parts, (name, whole.SerializeToString())]
    _forge(tmp_path / "m.index", _block(*entries))
    _expect_refused(tmp_path, "a part of aaa")


def test_many_parts_of_nothing_in_the_v1_format(tmp_path):
    """A part without values, named 10,000 times over: 650 MB of keys."""
    name, listed = "a" * (1 << 16), saved_tensor_slice_pb2.SavedTensorSlices()
    whole = listed.meta.tensor.add(name=name, type=1)
    whole.shape.dim.add(size=10_000)
    for _ in range(10_000):
        whole.slice.add().extent.add(start=0, length=0)
    part = b"\0" + name.encode() + b"\0\1\1\1\x80\x80"
    _forge(tmp_path / "m", _block((b"", listed.SerializeToString()), (part, b"")))
    _expect_refused(tmp_path, "a part of aaa")


def test_variables_that_hold_no_arrays(tmp_path, capsys):
    """As the state of a dataset's iterator, of which the cells beside know nothing."""
    held = tf.raw_ops.TensorListReserve(
        element_shape=[2], num_elements=3, element_dtype=tf.float32
    )
    variables = {**checkpoints.cell("rnn"), "iterator": held}
    prefix = checkpoints.write(tmp_path / "m", variables)
    told = (
        "variable iterator is a variant, which is no array; save a checkpoint without"
    )
    with pytest.raises(MigrateError, match=told):
        Checkpoint(prefix)["iterator"]
    assert Checkpoint(prefix)["rnn/W_xh"].shape == (3, 16)
    handle = tensor_bundle_pb2.BundleEntryProto(dtype=20).SerializeToString()
    _forge(tmp_path / "handle.index", _block(_header(num_shards=0), (b"v", handle)))
    with pytest.raises(MigrateError, match="variable v is a resource, which is no"):
        Checkpoint(tmp_path / "handle")["v"]
    assert main(["convert", prefix, str(tmp_path / "out")]) == 2
    assert told in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out").exists()
