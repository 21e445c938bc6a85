"""What ``scipy.misc`` makes of small arrays, written to a file.

    PYTHON images.py recorded/images-scipy-1.1.0.npz    (with SciPy 1.1.0, Pillow 5.4.1)

Left out, since Pillow itself has changed: greys of colours (rounding), and pictures with
transparency resized by "nearest".
"""
import os
import sys
import tempfile

import numpy as np
from scipy import misc

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "cubic", "lanczos")


def arrays():
    draw = np.random.RandomState(4)
    return {
        "floats": draw.rand(6, 8, 3),
        "grey": (draw.rand(5, 7) * 3 - 1).astype("float32"),
        "alpha": draw.randint(0, 255, (6, 8, 4)).astype("uint8"),
        "whole": draw.randint(-100, 900, (4, 4)),
    }


def results():
    found = {}
    folder = tempfile.mkdtemp()
    for name, array in arrays().items():
        path = os.path.join(folder, name + ".png")
        misc.imsave(path, array)
        found[name] = misc.imread(path)
        found[name + "_rgb"] = misc.imread(path, mode="RGB")
        found[name + "_bytes"] = misc.bytescale(array, cmin=0, high=200, low=10)
        if array.ndim == 2:
            found[name + "_flat"] = misc.imread(path, flatten=True)
        for interpolation in INTERPOLATIONS[name == "alpha" :]:
            for place, size in enumerate((50, 1.5, (3, 4))):
                key = "%s_%s_%d" % (name, interpolation, place)
                found[key] = misc.imresize(array, size, interpolation)
    floats, grey = arrays()["floats"], arrays()["grey"]
    for axis in range(3):
        image = misc.toimage(np.moveaxis(floats, 2, axis))
        found["axis_%d" % axis] = misc.fromimage(image)
    for mode in "FIP":
        found["mode_" + mode] = misc.fromimage(misc.toimage(grey, mode=mode))
    found["resized_F"] = misc.imresize(grey, (3, 4), mode="F")
    found["palette"] = misc.fromimage(
        misc.toimage(grey, pal=np.arange(768).reshape(256, 3) % 251)
    )
    found["turned"] = misc.imrotate(floats, 30)
    found["filtered"] = misc.imfilter(floats, "blur")
    return found


np.savez_compressed(sys.argv[1], **results())
