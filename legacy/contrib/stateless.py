"""``tf.contrib.stateless``: random numbers that a seed decides, now ``tf.random``'s."""

NAMES = {
    name: "tensorflow.compat.v1:random." + name
    for name in (
        "stateless_multinomial",
        "stateless_normal",
        "stateless_truncated_normal",
        "stateless_uniform",
    )
}
NAMES["stateless_random_normal"] = NAMES["stateless_normal"]
NAMES["stateless_random_uniform"] = NAMES["stateless_uniform"]
