"""Names that SciPy, Pillow and scikit-learn have lost, for old scripts.

tests/recordings/era/recorded/images-scipy-1.1.0.npz holds what SciPy 1.1.0 with Pillow
5.4.1 made of images; tests/recordings/era/images.py wrote it, and says what it leaves
out.
"""

import numpy as np

from helpers.legacy_process import legacy, succeeded, write
from helpers.places import RECORDINGS

ERA = RECORDINGS / "era"


def test_scipy_misc_makes_of_images_what_it_made(tmp_path):
    found = tmp_path / "found.npz"
    succeeded(legacy(str(ERA / "images.py"), str(found), cwd=tmp_path))
    recorded = ERA / "recorded" / "images-scipy-1.1.0.npz"
    with np.load(found) as ours, np.load(recorded) as theirs:
        assert sorted(ours) == sorted(theirs)
        for key in theirs:
            assert ours[key].dtype == theirs[key].dtype, key
            np.testing.assert_array_equal(ours[key], theirs[key], err_msg=key)


def test_names_of_the_libraries_are_back(tmp_path):
    script = """
        import scipy, scipy.misc, scipy.signal, scipy.integrate
        from scipy import ndimage
        from scipy.misc import imresize, logsumexp
        from scipy.misc.pilutil import imread
        from scipy.sparse.linalg.eigen.arpack import eigsh
        from PIL import Image
        from sklearn.cross_validation import train_test_split
        from sklearn.externals import joblib

        print(round(float(logsumexp([1.0, 2.0])), 4), scipy.misc.comb(4, 2))
        print(scipy.signal.hann(3), scipy.integrate.trapz([1, 2, 3]), scipy.ones(2))
        print(scipy.sqrt(-4))
        print(Image.ANTIALIAS == Image.LANCZOS, ndimage.imread is imread)
        print(len(train_test_split([1, 2, 3, 4])), callable(joblib.dump))
        print(eigsh.__module__.startswith("scipy.sparse.linalg"))
        print(scipy.fftpack.fft([1.0, 1.0]).real)
        try:
            scipy.misc.imsplit
        except AttributeError as error:
            print(error)
    """
    printed = succeeded(legacy(write(tmp_path / "s.py", script), cwd=tmp_path))
    assert printed.splitlines() == [
        "2.3133 6.0",
        "[0. 1. 0.] 4.0 [1. 1.]",
        "2j",
        "True True",
        "2 True",
        "True",
        "[2. 0.]",
        "module 'scipy.misc' has no attribute 'imsplit'",
    ]


def test_images_without_pillow_say_what_is_missing(tmp_path):
    script = """
        import sys
        sys.modules["PIL"] = None
        from scipy.misc import imread
        try:
            imread("x.png")
        except ImportError as error:
            print(error)
    """
    printed = succeeded(legacy(write(tmp_path / "s.py", script), cwd=tmp_path))
    assert printed == (
        "scipy.misc's functions for images need Pillow: pip install pillow\n"
    )
