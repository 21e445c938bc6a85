"""`tf.contrib.integrate`: ordinary differential equations dy/dt = func(y, t)."""

import tensorflow.compat.v1 as tf

NAMES = {name: f"{__name__}:{name}" for name in ("odeint", "odeint_fixed")}

# Dormand & Prince 1980: times and weights of the stages, of the solution and of its
# error; Shampine 1986: weights of the midpoint.
_TIMES = (1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0)
_STAGES = (
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
_SOLUTION = (35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84, 0)
_ERROR = (
    35 / 384 - 1951 / 21600,
    0,
    500 / 1113 - 22642 / 50085,
    125 / 192 - 451 / 720,
    -2187 / 6784 - -12231 / 42400,
    11 / 84 - 649 / 6300,
    -1 / 60,
)
_MIDDLE = (
    6025192743 / 30085553152 / 2,
    0,
    51252292925 / 65400821598 / 2,
    -2691868925 / 45128329728 / 2,
    187940372067 / 1594534317056 / 2,
    -1776094331 / 19743644256 / 2,
    11237099 / 235043384 / 2,
)


def _sum(scale, weights, slopes):
    """scale * sum of weights * slopes, the zero weights left out."""
    return tf.add_n(
        [
            tf.cast(scale * weight, slope.dtype) * slope
            for weight, slope in zip(weights, slopes, strict=False)
            if weight
        ]
    )


def _step(func, y, slope, t, dt):
    """One step of Dormand and Prince: (y, slope, error, all slopes)."""
    slopes = [slope]
    for time, weights in zip(_TIMES, _STAGES, strict=True):
        inner = y + _sum(dt, weights, slopes)
        slopes.append(func(inner, t + tf.cast(time, t.dtype) * dt))
    # The last stage is the solution.
    return inner, slopes[-1], _sum(dt, _ERROR, slopes), slopes


def _quartic(y0, y1, slopes, dt):
    """Coefficients of the polynomial through start, middle and end of a step."""
    middle = y0 + _sum(dt, _MIDDLE, slopes)
    dt = tf.cast(dt, y0.dtype)
    f0, f1 = slopes[0] * dt, slopes[-1] * dt
    return [
        -2 * f0 + 2 * f1 - 8 * y0 - 8 * y1 + 16 * middle,
        5 * f0 - 3 * f1 + 18 * y0 + 14 * y1 - 32 * middle,
        -4 * f0 + f1 - 11 * y0 - 5 * y1 + 16 * middle,
        f0,
        y0,
    ]


def odeint(
    func,
    y0,
    t,
    rtol=1e-6,
    atol=1e-12,
    method=None,
    options=None,
    full_output=False,
    name=None,
):
    """y at the times `t` [T], from y0 at t[0], by steps of adaptive size.

    Returns [T] + the shape of y0; with `full_output` also a dict of
    `num_func_evals`, `integrate_points` and `error_ratio`.
    """
    if method not in (None, "dopri5"):
        raise ValueError(f"Expected method 'dopri5'. Received: {method!r}")
    if options is not None and method is None:
        raise ValueError("Expected a method beside options. Received: method=None")
    with tf.name_scope(name, "odeint", [y0, t, rtol, atol]):
        t = tf.convert_to_tensor(t, preferred_dtype=tf.float64, name="t")
        y0 = tf.convert_to_tensor(y0, name="y0")
        for label, value in (("y0", y0), ("t", t)):
            if not (value.dtype.is_floating or value.dtype.is_complex):
                raise TypeError(
                    f"Expected {label} to be floating. Received: {value.dtype.name}"
                )
        real = abs(y0).dtype
        tolerances = [tf.convert_to_tensor(each, real) for each in (rtol, atol)]
        solver = _Adaptive(func, t, tolerances, **(options or {}))
        return solver.solve(y0, full_output)


class _Adaptive:
    """Steps of a size that keeps the error within the tolerances."""

    def __init__(
        self,
        func,
        t,
        tolerances,
        first_step=None,
        safety=0.9,
        ifactor=10.0,
        dfactor=0.2,
        max_num_steps=1000,
    ):
        self._func, self._t, self._tolerances = func, t, tolerances
        self._first = 1.0 if first_step is None else first_step
        self._factors, self._limit = (safety, ifactor, dfactor), max_num_steps

    def _next_size(self, dt, ratio):
        safety, most, least = (tf.cast(each, dt.dtype) for each in self._factors)
        factor = tf.cast(ratio, dt.dtype) ** 0.2 / safety
        return dt / tf.maximum(1 / most, tf.minimum(factor, 1 / least))

    def _advance(self, state, points, ratios, count):
        y0, f0, _, t0, dt, coefficients = state
        checks = [
            tf.Assert(t0 + dt > t0, ["underflow in dt", dt]),
            tf.Assert(count < self._limit, ["max_num_steps exceeded"]),
            tf.Assert(
                tf.reduce_all(tf.is_finite(abs(y0))), ["non-finite values in y", y0]
            ),
        ]
        with tf.control_dependencies(checks):
            y1, f1, error, slopes = _step(self._func, y0, f0, t0, dt)
        relative, absolute = self._tolerances
        allowed = absolute + relative * tf.maximum(abs(y0), abs(y1))
        ratio = tf.sqrt(tf.reduce_mean(tf.square(abs(error)) / tf.square(allowed)))
        accepted = ratio <= 1
        kept = lambda new, old: tf.cond(accepted, lambda: new, lambda: old)  # noqa: E731
        fitted = _quartic(y0, y1, slopes, dt)
        state = [
            kept(y1, y0),
            kept(f1, f0),
            t0,
            kept(t0 + dt, t0),
            self._next_size(dt, ratio),
            [kept(new, old) for new, old in zip(fitted, coefficients, strict=True)],
        ]
        points = points.write(points.size(), t0 + dt)
        return state, points, ratios.write(ratios.size(), ratio), count + 1

    def _reach(self, number, solution, state, points, ratios):
        state, points, ratios, _ = tf.while_loop(
            lambda state, *_: self._t[number] > state[3],
            self._advance,
            [state, points, ratios, 0],
        )
        begin, end, coefficients = state[2], state[3], state[5]
        share = tf.cast((self._t[number] - begin) / (end - begin), state[0].dtype)
        value = coefficients[0]
        for coefficient in coefficients[1:]:
            value = value * share + coefficient
        return number + 1, solution.write(number, value), state, points, ratios

    def solve(self, y0, full_output):
        t, first = self._t, tf.cast(self._first, self._t.dtype)
        increasing = tf.Assert(
            tf.reduce_all(t[1:] > t[:-1]), ["t must be monotonic increasing"]
        )
        with tf.control_dependencies([increasing]):
            count = tf.size(t)
        state = [y0, self._func(y0, t[0]), t[0], t[0], first, [y0] * 5]
        array = tf.TensorArray
        _, solution, _, points, ratios = tf.while_loop(
            lambda number, *_: number < count,
            self._reach,
            [
                1,
                array(y0.dtype, size=count).write(0, y0),
                state,
                array(t.dtype, size=0, dynamic_size=True),
                array(self._tolerances[0].dtype, size=0, dynamic_size=True),
            ],
        )
        y = solution.stack()
        y.set_shape(t.shape.concatenate(y0.shape))
        if not full_output:
            return y
        points = points.stack()
        evaluations = 6 * tf.size(points) + 1
        return y, {
            "num_func_evals": evaluations,
            "integrate_points": points,
            "error_ratio": ratios.stack(),
        }


def _midpoint(func, y, t, dt):
    size = tf.cast(dt, y.dtype)
    return size * func(y + func(y, t) * size / 2, t + dt / 2)


def _rk4(func, y, t, dt):
    """The classical method of Runge and Kutta."""
    size = tf.cast(dt, y.dtype)
    k1 = func(y, t)
    k2 = func(y + size * k1 / 2, t + dt / 2)
    k3 = func(y + size * k2 / 2, t + dt / 2)
    k4 = func(y + size * k3, t + dt)
    return (k1 + 2 * k2 + 2 * k3 + k4) * (size / 6)


_METHODS = {"midpoint": _midpoint, "rk4": _rk4}


def odeint_fixed(func, y0, t, dt=None, method="rk4", name=None):
    """y at the times `t` [T], by steps of a fixed size.

    `dt` is the largest step, a number or [T - 1] numbers; by default one step leads
    from each time to the next.
    """
    with tf.name_scope(name, "odeint_fixed", [y0, t, dt]):
        if method not in _METHODS:
            raise ValueError(
                f"Expected method to be one of {sorted(_METHODS)}. Received: {method!r}"
            )
        t = tf.convert_to_tensor(t, preferred_dtype=tf.float64, name="t")
        y0 = tf.convert_to_tensor(y0, name="y0")
        intervals = t[1:] - t[:-1]
        # A whole number of steps between two times, none larger than `dt`.
        steps = tf.ceil(intervals / tf.cast(intervals if dt is None else dt, t.dtype))
        counts, sizes = tf.cast(steps, tf.int32), intervals / steps
        step = _METHODS[method]

        def between(state, parts):
            count, size = parts

            def within(y, now, done):
                return y + step(func, y, now, size), now + size, done + 1

            y, now, _ = tf.while_loop(
                lambda y, now, done: done < count, within, [*state, 0]
            )
            return y, now

        rest, _ = tf.scan(between, (counts, sizes), initializer=(y0, t[0]))
        solution = tf.concat([y0[tf.newaxis], rest], 0)
        solution.set_shape(t.shape[:1].concatenate(y0.shape))
        return solution
