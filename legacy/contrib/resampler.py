"""`tf.contrib.resampler`: an image read at any points (Jaderberg et al. 2015)."""

import tensorflow.compat.v1 as tf

NAMES = {"resampler": f"{__name__}:resampler"}


def resampler(data, warp, name="resampler"):
    """Bilinear values of `data` [B, H, W, C] at points (x, y), `warp` [B, ..., 2].

    Outside the image every pixel is zero. Returns [B, ..., C].
    """
    with tf.name_scope(name):
        data, warp = tf.convert_to_tensor(data), tf.convert_to_tensor(warp)
        height, width = tf.shape(data)[1], tf.shape(data)[2]
        points = tf.reshape(warp, [tf.shape(warp)[0], -1, 2])
        start = tf.floor(points)
        share = points - start
        x, y = tf.unstack(tf.cast(start, tf.int32), axis=2)
        total = 0.0
        for right in (0, 1):
            for down in (0, 1):
                column, row = x + right, y + down
                inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
                safe = tf.stack(
                    [
                        tf.clip_by_value(row, 0, height - 1),
                        tf.clip_by_value(column, 0, width - 1),
                    ],
                    2,
                )
                value = tf.gather_nd(data, safe, batch_dims=1)
                along = share[:, :, 0] if right else 1 - share[:, :, 0]
                across = share[:, :, 1] if down else 1 - share[:, :, 1]
                weight = along * across * tf.cast(inside, data.dtype)
                total += weight[:, :, tf.newaxis] * value
        shape = tf.concat([tf.shape(warp)[:-1], tf.shape(data)[-1:]], 0)
        found = tf.reshape(total, shape)
        found.set_shape(warp.shape[:-1].concatenate(data.shape[-1:]))
        return found
