"""`tf.contrib.image`: projective transforms and warps of images.

A transform is (a0, a1, a2, b0, b1, b2, c0, c1): output point (x, y) takes the input
point ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k) with k = c0 x + c1 y + 1.
"""

import tensorflow.compat.v1 as tf

_PUBLIC = """angles_to_projective_transforms compose_transforms dense_image_warp
flat_transforms_to_matrices matrices_to_flat_transforms rotate transform translate
translations_to_projective_transforms"""
NAMES = {name: f"{__name__}:{name}" for name in _PUBLIC.split()}


def _as_batch(images):
    """Images as [B, H, W, C], and a function back to the rank that they had."""
    rank = images.shape.rank
    if rank == 2:
        return images[tf.newaxis, :, :, tf.newaxis], lambda out: out[0, :, :, 0]
    if rank == 3:
        return images[tf.newaxis], lambda out: out[0]
    if rank == 4:
        return images, lambda out: out
    raise TypeError(f"Expected images of rank 2 to 4. Received: {images}")


def _rows(values, columns):
    """[B, columns], from one row or from several."""
    values = tf.convert_to_tensor(values, tf.float32)
    return tf.reshape(values, [-1, columns])


@tf.RegisterGradient("LegacyProjectiveTransform")
def _transform_gradient(op, gradient):
    inverse = tf.linalg.inv(flat_transforms_to_matrices(op.inputs[1]))
    back = tf.raw_ops.ImageProjectiveTransformV2(
        images=gradient,
        transforms=matrices_to_flat_transforms(inverse),
        output_shape=tf.shape(op.inputs[0])[1:3],
        interpolation=op.get_attr("interpolation"),
    )
    return back, None, None


def transform(
    images, transforms, interpolation="NEAREST", output_shape=None, name=None
):
    """Images [B, H, W, C], [H, W, C] or [H, W], transformed; zeros from outside."""
    with tf.name_scope(name, "transform"):
        images = tf.convert_to_tensor(images)
        batch, restored = _as_batch(images)
        size = tf.shape(batch)[1:3] if output_shape is None else output_shape
        with tf.get_default_graph().gradient_override_map(
            {"ImageProjectiveTransformV2": "LegacyProjectiveTransform"}
        ):
            moved = tf.raw_ops.ImageProjectiveTransformV2(
                images=batch,
                transforms=_rows(transforms, 8),
                output_shape=tf.cast(size, tf.int32),
                interpolation=interpolation.upper(),
            )
        if output_shape is None:
            moved.set_shape(batch.shape)
        return restored(moved)


def angles_to_projective_transforms(angles, image_height, image_width, name=None):
    """[B, 8]: rotation by `angles` (radians, counterclockwise) about the centre."""
    with tf.name_scope(name, "angles_to_projective_transforms"):
        angles = tf.reshape(tf.convert_to_tensor(angles, tf.float32), [-1])
        cos, sin = tf.cos(angles), tf.sin(angles)
        right, bottom = image_width - 1, image_height - 1
        x = (right - (cos * right - sin * bottom)) / 2.0
        y = (bottom - (sin * right + cos * bottom)) / 2.0
        zero = tf.zeros_like(angles)
        return tf.stack([cos, -sin, x, sin, cos, y, zero, zero], 1)


def rotate(images, angles, interpolation="NEAREST", name=None):
    """Images turned counterclockwise by `angles`, one or one an image, in radians."""
    with tf.name_scope(name, "rotate"):
        images = tf.convert_to_tensor(images)
        size = tf.cast(tf.shape(_as_batch(images)[0]), tf.float32)
        turns = angles_to_projective_transforms(angles, size[1], size[2])
        return transform(images, turns, interpolation)


def translations_to_projective_transforms(translations, name=None):
    """[B, 8]: shifts by (dx, dy), one or one an image."""
    with tf.name_scope(name, "translations_to_projective_transforms"):
        shifts = _rows(translations, 2)
        one, zero = tf.ones_like(shifts[:, 0]), tf.zeros_like(shifts[:, 0])
        columns = [one, zero, -shifts[:, 0], zero, one, -shifts[:, 1], zero, zero]
        return tf.stack(columns, 1)


def translate(images, translations, interpolation="NEAREST", name=None):
    """Images shifted by (dx, dy) pixels; zeros come in."""
    with tf.name_scope(name, "translate"):
        shifts = translations_to_projective_transforms(translations)
        return transform(images, shifts, interpolation)


def flat_transforms_to_matrices(transforms):
    """[B, 8] or [8] -> [B, 3, 3], with a last element of 1."""
    flat = _rows(transforms, 8)
    one = tf.ones_like(flat[:, :1])
    return tf.reshape(tf.concat([flat, one], 1), [-1, 3, 3])


def matrices_to_flat_transforms(transform_matrices):
    """[B, 3, 3] or [3, 3] -> [B, 8], divided by their last element."""
    flat = tf.reshape(tf.convert_to_tensor(transform_matrices), [-1, 9])
    return (flat / flat[:, 8:])[:, :8]


def compose_transforms(*transforms):
    """One transform that does the work of all, the first one first."""
    if not transforms:
        raise ValueError("Expected at least one transform. Received none.")
    composed = flat_transforms_to_matrices(transforms[0])
    for each in transforms[1:]:
        composed = tf.matmul(composed, flat_transforms_to_matrices(each))
    return matrices_to_flat_transforms(composed)


def dense_image_warp(image, flow, name="dense_image_warp"):
    """Pixel (b, y, x) takes image[b, y - flow[..., 0], x - flow[..., 1]], bilinearly.

    image [B, H, W, C], flow [B, H, W, 2]; points outside take the nearest edge.
    """
    with tf.name_scope(name):
        batch, height, width, channels = tf.unstack(tf.shape(image))
        y, x = tf.meshgrid(tf.range(height), tf.range(width), indexing="ij")
        grid = tf.cast(tf.stack([y, x], 2), flow.dtype)[tf.newaxis]
        points = tf.reshape(grid - flow, [batch, height * width, 2])
        found = _bilinear(image, points)
        warped = tf.reshape(found, [batch, height, width, channels])
        warped.set_shape(image.shape)
        return warped


def _bilinear(image, points):
    """Values [B, N, C] of an image at (y, x) points [B, N, 2]."""
    sizes = tf.unstack(tf.shape(image))
    low, share = [], []
    for axis in (0, 1):
        limit = tf.cast(sizes[1 + axis] - 2, points.dtype)
        start = tf.minimum(tf.maximum(0.0, tf.floor(points[:, :, axis])), limit)
        low.append(tf.cast(start, tf.int32))
        part = tf.cast(points[:, :, axis] - start, image.dtype)
        part = tf.minimum(tf.maximum(tf.cast(0, image.dtype), part), 1)
        share.append(part[:, :, tf.newaxis])

    def corner(down, right):
        return tf.gather_nd(
            image, tf.stack([low[0] + down, low[1] + right], 2), batch_dims=1
        )

    above = share[1] * (corner(0, 1) - corner(0, 0)) + corner(0, 0)
    below = share[1] * (corner(1, 1) - corner(1, 0)) + corner(1, 0)
    return share[0] * (below - above) + above
