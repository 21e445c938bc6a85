"""Names that SciPy, Pillow and scikit-learn have lost since 2015, put back.

``python_names`` reads these tables as it reads its own: additions to the real modules,
which need the package only once a script imports it.

Source: release notes of SciPy 1.0 to 1.17, Pillow 10, scikit-learn 0.18 to 0.23.
"""

_IMAGES = (
    "bytescale fromimage imfilter imread imresize imrotate imsave imshow toimage"
).split()
_WINDOWS = (
    "barthann bartlett blackman blackmanharris bohman boxcar chebwin cosine "
    "exponential flattop gaussian general_gaussian hamming hann kaiser nuttall parzen "
    "triang tukey"
).split()
# NumPy's names that SciPy gave as its own, those that scripts used.
_NUMPY = (
    "absolute any append arange argmax argmin argsort array asarray average ceil "
    "concatenate cos cumsum diag dot exp eye floor hstack identity inf inner interp "
    "isfinite isnan linspace loadtxt logical_and mean median meshgrid nan ndarray "
    "newaxis nonzero ones ones_like pi poly1d polyfit polyval prod random real reshape "
    "savetxt shape sign sin size square squeeze std tan tanh tile transpose unique var "
    "vstack where zeros zeros_like"
).split()
# Square roots and logarithms of negative numbers were complex.
_COMPLEX = "log log10 log2 power sqrt".split()

_MISC = {
    **{name: f"legacy.era.images:{name}" for name in _IMAGES},
    **{
        name: f"scipy.special:{name}"
        for name in "comb factorial factorial2 factorialk logsumexp".split()
    },
    **{name: f"scipy.datasets:{name}" for name in ("ascent", "face")},
    "pade": "scipy.interpolate:pade",
}
# The path of what was a package, and is a module.
PACKAGE = []
_SEARCH = "GridSearchCV ParameterGrid ParameterSampler RandomizedSearchCV".split()
_SPLIT = "cross_val_predict cross_val_score train_test_split".split()

REMOVED = {
    **{("scipy.misc", name): target for name, target in _MISC.items()},
    ("scipy.ndimage", "imread"): "legacy.era.images:imread",
    **{("scipy", name): f"numpy:{name}" for name in _NUMPY},
    **{("scipy", name): f"numpy.lib.scimath:{name}" for name in _COMPLEX},
    **{("scipy", name): f"numpy.random:{name}" for name in ("rand", "randn")},
    **{("scipy.signal", name): f"scipy.signal.windows:{name}" for name in _WINDOWS},
    ("scipy.signal", "hanning"): "scipy.signal.windows:hann",
    ("scipy.integrate", "cumtrapz"): "scipy.integrate:cumulative_trapezoid",
    ("scipy.integrate", "simps"): "scipy.integrate:simpson",
    ("scipy.integrate", "trapz"): "scipy.integrate:trapezoid",
    ("scipy.linalg", "pinv2"): "scipy.linalg:pinv",
    ("scipy.sparse.linalg.eigen", "__path__"): f"{__name__}:PACKAGE",
    ("PIL.Image", "ANTIALIAS"): "PIL.Image:LANCZOS",
    ("PIL.Image", "CUBIC"): "PIL.Image:BICUBIC",
    ("PIL.Image", "LINEAR"): "PIL.Image:BILINEAR",
    ("sklearn.externals", "joblib"): "joblib",
}
MODULES = {
    "scipy.misc": _MISC,
    "scipy.misc.pilutil": {name: _MISC[name] for name in _IMAGES},
    "scipy.sparse.linalg.eigen": {},
    "scipy.sparse.linalg.eigen.arpack": {
        name: f"scipy.sparse.linalg:{name}"
        for name in ("ArpackError", "ArpackNoConvergence", "eigs", "eigsh", "svds")
    },
    "sklearn.cross_validation": {
        name: f"sklearn.model_selection:{name}" for name in _SPLIT
    },
    "sklearn.grid_search": {
        name: f"sklearn.model_selection:{name}" for name in _SEARCH
    },
}
