"""Copies recordings of cells from the shared folder, without what is redundant.

    python tests/recordings/cells/copy_recorded.py SHARED/golden

Left out: variables at the end (``v1``: the checkpoint holds them), optimizer slots at
the start (zeros), and after one pass everything but the statistics (unchanged).
"""

import glob
import os
import shutil
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
VERSIONS = ("0.12.1", "1.0.0", "1.15.5")
SCENARIOS = (
    "basic",
    "beyond_max_steps",
    "bidirectional",
    "bidirectional_lengths",
    "initial_state",
    "sharded",
    "stacked",
    "v1_format",
    "variable_length",
    "variable_length_row0_longest",
    "wide",
)
# A file of another make, by 1.15.5: V1 format in three shards; copied whole.
SHARDS = ("v1_shards",)
# Checkpoints of other makes, by 1.15.5, without what it computed: V2 format in three
# shards; an embedding in three parts, moving averages, Adam's slots.
CHECKPOINTS = ("partitioned_and_averaged", "shards")
# Other layouts, by 1.15.5; without gradients and optimizer slots.
LAYOUTS = (
    "aged_olavhn",
    "comment_dynamic",
    "comment_static",
    "float64",
    "fork_names",
    "olavhn",
    "olavhn_plain_lstm",
)
# Statistics grown from (0, 1), by 1.15.5: checkpoints, with inputs, lengths, meta.note
# (what is wrong), and the gap between the outputs recorded with population and with
# batch statistics in place of the outputs.
AGED = tuple(
    f"aged_{name}"
    for name in (
        "beyond",
        "constant",
        "healthy",
        "lengths",
        "long_table",
        "olavhn",
        "young",
    )
)


def kept(key):
    """Whether a recording's array is copied."""
    kind, _, name = key.partition("|")
    if kind == "v1":
        return False
    if kind in ("v0", "v_after_one_pass"):
        leaf = name.rpartition("\\")[2]
        statistics = leaf in ("pop_mean", "pop_var")
        cell = statistics or leaf in ("W_xh", "W_hh", "scale", "offset")
        return cell if kind == "v0" else statistics
    return True


def kept_of_layout(key):
    """Whether an array of another layout's recording is copied."""
    kind, _, name = key.partition("|")
    slot = name.rpartition("\\")[2].startswith(("Adam", "beta", "global_step"))
    return kind in ("meta", "in", "out") or (
        kind == "v0" and (not slot or name.endswith("\\beta"))
    )


def copy_checkpoint(source, target, name):
    """Copies the files of one checkpoint."""
    for file in os.listdir(f"{source}/ckpt"):
        if file.split(".")[0] == name:
            shutil.copyfile(f"{source}/ckpt/{file}", f"{target}/ckpt/{file}")
            os.chmod(f"{target}/ckpt/{file}", 0o644)


def copy_arrays(source, target, name, keep):
    """Copies the arrays of one recording that ``keep`` says."""
    arrays = np.load(f"{source}/{name}.npz")
    np.savez_compressed(
        f"{target}/{name}.npz", **{key: arrays[key] for key in arrays if keep(key)}
    )


def main(argv):
    """Copies from the folder ``argv[0]``."""
    for name in LAYOUTS:
        source, target = f"{argv[0]}/tf-1.15.5", f"{HERE}/tf-1.15.5"
        copy_arrays(source, target, name, kept_of_layout)
        copy_checkpoint(source, target, name)
    for name in SHARDS:
        source = f"{argv[0]}/tf-1.15.5"
        for path in [f"{source}/{name}.npz", *glob.glob(f"{source}/ckpt/{name}-*")]:
            shutil.copyfile(path, f"{HERE}/tf-1.15.5{path[len(source) :]}")
    for name in CHECKPOINTS:
        for path in glob.glob(f"{argv[0]}/tf-1.15.5/ckpt/{name}.*"):
            shutil.copyfile(path, f"{HERE}/tf-1.15.5/ckpt/{os.path.basename(path)}")
    for name in AGED:
        source, target = f"{argv[0]}/tf-1.15.5", f"{HERE}/tf-1.15.5"
        arrays = np.load(f"{source}/{name}.npz")
        population = arrays["out|inference|outputs"].astype(float)
        batch = arrays["out|batch|outputs"].astype(float)
        # Outputs are kept where they judge a layout, too.
        keys = ("meta", "in|x", "in|lengths")
        if name in LAYOUTS:
            keys = filter(kept_of_layout, arrays)
        np.savez_compressed(
            f"{target}/{name}.npz",
            **{key: arrays[key] for key in keys},
            gap=np.sqrt(((population - batch) ** 2).mean() / (batch**2).mean()),
        )
        for path in glob.glob(f"{source}/ckpt/{name}.*"):
            shutil.copyfile(path, f"{target}{path[len(source) :]}")
    for version in VERSIONS:
        source, target = (f"{top}/tf-{version}" for top in (argv[0], HERE))
        os.makedirs(f"{target}/ckpt", exist_ok=True)
        for name in SCENARIOS:
            copy_arrays(source, target, name, kept)
            copy_checkpoint(source, target, name)


if __name__ == "__main__":
    main(sys.argv[1:])
