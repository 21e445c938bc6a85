"""`tf.contrib.learn.datasets`: tables in CSV files, iris, MNIST.

Origin: TensorFlow 1.15.5. Nothing is downloaded: iris comes from scikit-learn, MNIST
and DBpedia from files on this machine.
"""

import collections
import csv
import os

import numpy as np

from legacy.names.tutorials import mnist

Datasets = mnist.Datasets
Dataset = collections.namedtuple("Dataset", "data target")
_PUBLIC = "DATASETS load_boston load_dataset load_dbpedia load_iris shrink_csv"
NAMES = {name: f"{__name__}:{name}" for name in _PUBLIC.split()}


def _table(rows, target_dtype, features_dtype, target_column, count=None):
    data, target = [], []
    for row in rows:
        target.append(row.pop(target_column))
        data.append(np.asarray(row, dtype=features_dtype))
        if count is not None and len(data) == count:
            break
    return Dataset(np.array(data), np.array(target, dtype=target_dtype))


def load_csv_with_header(filename, target_dtype, features_dtype, target_column=-1):
    """`Dataset` of a CSV file whose first line starts with the number of its rows."""
    with open(filename, newline="") as file:
        rows = csv.reader(file)
        count, width = (int(each) for each in next(rows)[:2])
        table = _table(rows, target_dtype, features_dtype, target_column, count)
    return Dataset(table.data.reshape(-1, width), table.target)


def load_csv_without_header(filename, target_dtype, features_dtype, target_column=-1):
    """`Dataset` of a CSV file of rows only."""
    with open(filename, newline="") as file:
        return _table(csv.reader(file), target_dtype, features_dtype, target_column)


def load_iris(data_path=None):
    """Fisher's flowers, [150, 4] and their classes; a file of them, or scikit-learn's.

    Two rows are those of TensorFlow's file, which scikit-learn has corrected since.
    """
    if data_path is not None:
        return load_csv_with_header(data_path, int, float)
    try:
        from sklearn import datasets
    except ImportError:
        raise ImportError(
            "load_iris takes the data from scikit-learn, which is not installed. "
            "Install it, or give load_iris a file."
        ) from None
    data, target = datasets.load_iris(return_X_y=True)
    data[[34, 37]] = [4.9, 3.1, 1.5, 0.1]
    return Dataset(data, target)


def load_boston(data_path=None):
    """House prices from a CSV file; TensorFlow's own copy is not here."""
    if data_path is None:
        raise ValueError(
            "Expected data_path, a CSV file with a header: the Boston data are not "
            "shipped. Received: None"
        )
    return load_csv_with_header(data_path, float, float)


def shrink_csv(filename, ratio):
    """Writes every `ratio`-th line of `x.csv` to `x_small.csv`."""
    with open(filename) as file, open(f"{filename[:-4]}_small.csv", "w") as small:
        small.writelines(line for n, line in enumerate(file) if not n % ratio)


def load_dbpedia(size="small", test_with_fake_data=False):
    """Classes of texts, from `dbpedia_data/dbpedia_csv/train.csv` and `test.csv`."""
    if test_with_fake_data:
        raise ValueError(
            "Expected test_with_fake_data=False: TensorFlow's fake texts are not here"
        )
    base = os.path.join(os.getenv("TF_EXP_BASE_DIR", ""), "dbpedia_data")
    parts = {}
    for part in ("train", "test"):
        path = maybe_download(
            os.path.join("dbpedia_csv", part + ".csv"), base, "DBpedia's authors"
        )
        if size == "small":
            shrink_csv(path, 1000)
            path = path[:-4] + "_small.csv"
        parts[part] = load_csv_without_header(path, np.int32, str, 0)
    return Datasets(train=parts["train"], validation=None, test=parts["test"])


def maybe_download(filename, work_directory, source_url):
    """The path of a file that has to be there already."""
    path = os.path.join(work_directory, filename)
    if not os.path.exists(path):
        raise ValueError(
            f"Expected the file {path}; nothing is downloaded. Get it from {source_url}"
        )
    return path


DATASETS = {
    "boston": load_boston,
    "dbpedia": load_dbpedia,
    "iris": load_iris,
    "mnist": mnist.load_mnist,
}


def load_dataset(name, size="small", test_with_fake_data=False):
    """A data set by name; ValueError for one that is not in `DATASETS`."""
    if name not in DATASETS:
        raise ValueError(f"Expected a name of {sorted(DATASETS)}. Received: {name!r}")
    if name == "dbpedia":
        return load_dbpedia(size, test_with_fake_data)
    return DATASETS[name]()
