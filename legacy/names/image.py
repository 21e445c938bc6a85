"""``tf.image`` under its names and call forms up to 0.11.

Origin: TensorFlow 0.8 to 0.12 (``per_image_whitening``; ``resize_images`` with height
and width apart).
"""

import tensorflow.compat.v1 as tf

from legacy.names.call_forms import is_index, named


def resize_images(*args, **kwargs):
    """``(images, size, method)``, and ``(images, new_height, new_width, method)``.

    The second argument tells the forms apart: only in the old one is it one number.
    """
    old = {"new_height", "new_width"} & set(kwargs) or (
        len(args) > 1 and is_index(args[1])
    )
    if not old:
        return tf.image.resize_images(*args, **kwargs)
    order = ("images", "new_height", "new_width", "method", "align_corners")
    given = named("resize_images", order, args, kwargs)
    given["size"] = [given.pop("new_height"), given.pop("new_width")]
    return tf.image.resize_images(**given)


def random_crop(image, size, seed=None, name=None):
    """0.6's crop of [height, width, channels] to ``size`` [height, width]."""
    return tf.random_crop(image, [*size, image.shape[-1]], seed=seed, name=name)


TABLE = {
    "tensorflow.image": {
        "per_image_whitening": "tensorflow.compat.v1:image.per_image_standardization",
        "random_crop": random_crop,
        "resize_images": resize_images,
    }
}
