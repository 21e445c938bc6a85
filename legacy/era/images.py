"""Images as arrays: what ``scipy.misc`` gave through Pillow, up to SciPy 1.2.

Arrays are [height, width] for grey or [height, width, channels]. Whatever is no uint8
is first stretched to 0..255, from its smallest to its largest number: scripts counted
on that. Needs Pillow; without it, an ImportError says so.

Source: the reference of SciPy 1.1, ``scipy.misc``.
"""

import numpy as np

_MODES = {"RGB": 3, "YCbCr": 3, "RGBA": 4, "CMYK": 4}
_FILTERS = (
    "blur contour detail edge_enhance edge_enhance_more emboss find_edges smooth "
    "smooth_more sharpen"
).split()


def _pillow(module="Image"):
    try:
        import PIL.Image
        import PIL.ImageFilter
    except ImportError:
        raise ImportError(
            "scipy.misc's functions for images need Pillow: pip install pillow"
        ) from None
    return getattr(PIL, module)


def bytescale(data, cmin=None, cmax=None, high=255, low=0):
    """``data`` as uint8: cmin (its minimum) becomes ``low``, cmax ``high``."""
    data = np.asarray(data)
    if data.dtype == np.uint8:
        return data
    if not 0 <= low <= high <= 255:
        raise ValueError(
            f"`low` and `high` should be in 0..255, in order. Received: {low}, {high}"
        )
    cmin = data.min() if cmin is None else cmin
    cmax = data.max() if cmax is None else cmax
    if cmax < cmin:
        raise ValueError("`cmax` should be larger than `cmin`.")
    scale = (high - low) / (float(cmax - cmin) or 1.0)
    scaled = (data - cmin) * scale + low
    return (scaled.clip(low, high) + 0.5).astype(np.uint8)


def toimage(
    arr,
    high=255,
    low=0,
    cmin=None,
    cmax=None,
    pal=None,
    mode=None,
    channel_axis=None,
):
    """The Pillow image of an array; ``channel_axis`` is found if it is not given."""
    image = _pillow()
    data = np.asarray(arr)
    if np.iscomplexobj(data):
        raise ValueError("Cannot convert a complex-valued array.")
    if data.ndim == 2:
        return _of_one_channel(data, high, low, cmin, cmax, pal, mode)
    if data.ndim != 3 or not {3, 4} & set(data.shape):
        raise ValueError("'arr' does not have a suitable array shape for any mode.")
    if channel_axis is None:
        channel_axis = data.shape.index(3 if 3 in data.shape else 4)
    channels = data.shape[channel_axis]
    if channels not in (3, 4):
        raise ValueError("Channel axis dimension is not valid.")
    mode = mode or ("RGB" if channels == 3 else "RGBA")
    if _MODES.get(mode) != channels:
        raise ValueError(f"Invalid array shape for mode: {channels} channels, {mode!r}")
    data = np.moveaxis(bytescale(data, cmin, cmax, high, low), channel_axis, 2)
    return image.frombytes(mode, data.shape[1::-1], data.tobytes())


def _of_one_channel(data, high, low, cmin, cmax, pal, mode):
    size, frombytes = data.shape[::-1], _pillow().frombytes
    if mode == "F":
        return frombytes(mode, size, data.astype(np.float32).tobytes())
    if mode in (None, "L", "P"):
        data = bytescale(data, cmin, cmax, high, low)
        made = frombytes("L", size, data.tobytes())
        if pal is not None:
            made.putpalette(np.asarray(pal, np.uint8).tobytes())
        elif mode == "P":
            made.putpalette(np.repeat(np.arange(256, dtype=np.uint8), 3).tobytes())
        return made
    if mode != "I":
        raise ValueError(f"mode should be one of F, I, L, P. Received: {mode!r}")
    cmin = data.min() if cmin is None else cmin
    cmax = data.max() if cmax is None else cmax
    scaled = (data * 1.0 - cmin) * (high - low) / (cmax - cmin) + low
    return frombytes(mode, size, scaled.astype(np.uint32).tobytes())


def fromimage(im, flatten=False, mode=None):
    """The array of a Pillow image; ``flatten`` makes it grey, in float32."""
    if mode is not None:
        im = im if im.mode == mode else im.convert(mode)
    elif im.mode == "P":
        im = im.convert("RGBA" if "transparency" in im.info else "RGB")
    if flatten:
        im = im.convert("F")
    elif im.mode == "1":
        im = im.convert("L")
    return np.array(im)


def imread(name, flatten=False, mode=None):
    """An image file as an array."""
    with _pillow().open(name) as im:
        return fromimage(im, flatten, mode)


def imsave(name, arr, format=None):
    """Writes an array, channels last, as an image file."""
    toimage(arr, channel_axis=2).save(name, format)


def _resampling(interp):
    names = {"cubic": "BICUBIC"}
    return getattr(_pillow().Resampling, names.get(interp, interp.upper()))


def imresize(arr, size, interp="bilinear", mode=None):
    """The image of an array in another size, as uint8.

    Args:
      size: per cent as a whole number, a fraction as a float, or (height, width).
      interp: "nearest", "lanczos", "bilinear", "bicubic" or "cubic".
    """
    im = toimage(arr, mode=mode)
    if isinstance(size, (int, np.signedinteger)):
        size = size / 100.0
    if isinstance(size, (float, np.floating)):
        size = tuple((np.array(im.size) * size).astype(int).tolist())
    else:
        size = (int(size[1]), int(size[0]))
    return fromimage(im.resize(size, resample=_resampling(interp)))


def imrotate(arr, angle, interp="bilinear"):
    """The image of an array, turned by ``angle`` degrees against the clock."""
    turned = toimage(arr).rotate(angle, resample=_resampling(interp))
    return fromimage(turned)


def imfilter(arr, ftype):
    """The image of an array through one of Pillow's filters, by its name."""
    if ftype not in _FILTERS:
        raise ValueError(f"ftype should be one of {', '.join(_FILTERS)}: {ftype!r}")
    kind = getattr(_pillow("ImageFilter"), ftype.upper())
    return fromimage(toimage(arr).filter(kind))


def imshow(arr):
    """Shows an array in the viewer of this machine."""
    toimage(arr).show()
