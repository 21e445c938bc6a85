"""Layouts of one's own: definitions, files, and what they refuse."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnlstm_compat import BNLSTM, spec
from migrate.bits import same_bits
from migrate.cells import custom, equations
from migrate.cells.base import Cell, measure
from migrate.cells.layouts import layout_of
from migrate.models.cells import assign_weights

WEIGHTS = {weight.name: weight for weight in spec.WEIGHTS}


@st.composite
def bn_lstms(draw):
    """A definition: any of the offsets and scales there, each once or at each step."""
    required = ["kernel", "recurrent_kernel", *spec.STATISTICS]
    free = [w.name for w in spec.WEIGHTS if w.affine] + ["input_beta", "bias"]
    roles = required + draw(st.lists(st.sampled_from(free), unique=True))
    statistics_unrolled = draw(st.booleans())
    per_step = statistics_unrolled or draw(st.booleans())
    variables = {}
    for role in roles:
        if role in spec.STATISTICS:
            steps = statistics_unrolled
        else:
            steps = per_step and "kernel" not in role and draw(st.booleans())
        variables[f"v{'{t}' if steps else ''}/{role}"] = role
    return {
        "name": "mine",
        "family": "bn-lstm",
        "gates": "".join(draw(st.permutations("fioj"))),
        "per_step": per_step,
        "variables": variables,
        "settings": {"forget_bias": draw(st.sampled_from([0.0, 1.0, 0.3]))},
    }


@st.composite
def lstms(draw):
    biases = draw(st.lists(st.sampled_from(["bias", "recurrent_bias"]), unique=True))
    kernels = ["kernel", "recurrent_kernel"][: draw(st.integers(1, 2))]
    return {
        "name": "mine",
        "family": "lstm",
        "gates": "".join(draw(st.permutations("fioj"))),
        "variables": {f"own/{role}": role for role in kernels + biases},
        "settings": {"forget_bias": draw(st.sampled_from([0.0, 1.0, 0.3]))},
    }


@st.composite
def grus(draw):
    required, optional, letters = draw(st.sampled_from(custom.GRU_KINDS))
    roles = [*required]
    if optional:
        roles += draw(st.lists(st.sampled_from([*optional]), unique=True))
    return {
        "name": "mine",
        "family": "gru",
        "gates": "".join(draw(st.permutations(letters))),
        "variables": {f"own/{role}": role for role in roles},
        "reset_after": bool(optional) and draw(st.booleans()),
    }


@st.composite
def cells(draw, definitions):
    """A cell of one's own and its arrays by the layout's names."""
    definition = draw(definitions)
    layout = custom.layout(definition)
    d, h, m = (draw(st.integers(1, 4)) for _ in range(3))
    names = {
        name.replace("{t}", str(t))
        for name in definition["variables"]
        for t in range(m)
    }
    axes = layout.shapes_for(names)
    sizes = {"D": d, "H": h, "D+H": d + h, "M": m}
    sizes |= {f"{n}H": n * h for n in (2, 3, 4)}
    shapes = {name: tuple(sizes[a] for a in of) for name, of in axes.items()}
    found = measure(axes, shapes)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scale = draw(st.sampled_from([1.0, 1e4]))
    arrays = {
        name: (rng.normal(size=shape) * scale).astype("float32")
        for name, shape in shapes.items()
    }
    for name in arrays:
        if "variance" in name:
            arrays[name] = np.abs(arrays[name])
    steps = layout.steps(axes, found) if layout.target == "BNLSTM" else None
    variables = {name: f"s/{layout.suffix(name)}" for name in arrays}
    return (
        Cell("s", "mine", d, h, steps, "float32", variables, definition=definition),
        arrays,
    )


ANY = st.one_of(bn_lstms(), lstms(), grus())


@settings(max_examples=150, deadline=None)
@given(cells(ANY))
def test_any_cell_of_ones_own_comes_back_to_the_bit(drawn):
    cell, arrays = drawn
    layout = layout_of(cell)
    assert layout.definition == cell.definition
    assert {v.rpartition("s/")[2] for v in cell.variables.values()}
    merged = layout.merged(cell)
    assert set(merged) <= set(arrays)
    assert set(layout.places(cell)) == set(arrays)
    back = layout.from_keras(
        layout.to_keras(arrays), {name: arrays[name] for name in merged}
    )
    assert set(back) == set(arrays)
    for name, array in arrays.items():
        assert same_bits(np.asarray(back[name]), array), name


@settings(max_examples=60, deadline=None)
@given(cells(ANY))
def test_what_comes_back_without_originals_computes_the_same(drawn):
    cell, arrays = drawn
    layout = layout_of(cell)
    weights = layout.to_keras(arrays)
    again = layout.to_keras(layout.from_keras(weights)).asdict()
    for name, array in weights.asdict().items():
        np.testing.assert_allclose(again[name], array, rtol=1e-6, atol=2e-3)


def _cell_of(definition, seed=0, sizes=(3, 4, 5)):
    """Arrays by the layout's names, for D, H, M of ``sizes``."""
    layout, (d, h, m) = custom.layout(definition), sizes
    names = [
        n.replace("{t}", str(t)) for n in definition["variables"] for t in range(m)
    ]
    of = {"D": d, "H": h, "D+H": d + h, "M": m}
    of |= {f"{n}H": n * h for n in (2, 3, 4)}
    rng = np.random.default_rng(seed)
    return {
        name: rng.uniform(0.2, 1.0, [of[axis] for axis in axes]).astype("float32")
        for name, axes in layout.shapes_for(names).items()
    }


def _plain(family, gates, *roles, **more):
    variables = {f"own/{role}": role for role in roles}
    data = {"name": "mine", "family": family, "gates": gates, "variables": variables}
    return {**data, **more}


GRU_ROLES = {
    kind: [*required, *optional]
    for kind, (required, optional, _) in zip(
        ("joined", "cudnn", "separate"), custom.GRU_KINDS, strict=True
    )
}
BOTH = ("kernel", "recurrent_kernel", "bias", "recurrent_bias")


@pytest.mark.parametrize(
    "definition",
    [
        _plain("lstm", "jofi", "kernel", "bias", settings={"forget_bias": 0.7}),
        _plain("lstm", "ofij", *BOTH, settings={"forget_bias": 1.0}),
        _plain("lstm", "fioj", "kernel"),
        _plain("gru", "ur", *GRU_ROLES["joined"]),
        _plain("gru", "ur", *GRU_ROLES["cudnn"]),
        _plain("gru", "jru", *GRU_ROLES["separate"], reset_after=True),
        _plain("gru", "urj", *GRU_ROLES["separate"], reset_after=False),
        _plain("gru", "ruj", "kernel", "recurrent_kernel", "bias", reset_after=True),
        {
            "name": "mine",
            "family": "bn-lstm",
            "gates": "joif",
            "variables": {
                f"bn{{t}}/{w}" if "kernel" not in w else w: w
                for w in (*WEIGHTS, "input_beta")
            }
            | {"b": "bias"},
            "settings": {"forget_bias": 0.5, "epsilon": 1e-3},
        },
        {
            "name": "mine",
            "family": "bn-lstm",
            "gates": "oijf",
            "per_step": False,
            "variables": {f"v/{w}": w for w in WEIGHTS},
        },
    ],
)
def test_equations_and_keras_agree(definition):
    """The equations know nothing of Keras's order, nor of sums of offsets."""
    layout, arrays = custom.layout(definition), _cell_of(definition)
    weights = layout.to_keras(arrays)
    options = {"return_sequences": True}
    if layout.target == "BNLSTM":
        layer = BNLSTM(
            4,
            weights.max_bn_steps,
            affine_per_step=weights.affine_per_step,
            epsilon=layout.defaults["epsilon"],
            momentum=layout.defaults["decay"],
            padding="v1",
            **options,
        )
    else:
        if layout.target == "GRU":
            options["reset_after"] = weights.bias.ndim == 2
        layer = getattr(keras.layers, layout.target)(4, **options)
    x = np.random.default_rng(1).normal(size=(2, 5, 3)).astype("float32")
    layer(x)
    assign_weights(layer.cell, weights)
    cell = layout.equations(arrays, np.tanh, layout.defaults)
    (expected,), _ = equations.run([cell], x, np.full(2, 5), training=False)
    np.testing.assert_allclose(np.asarray(layer(x)), expected, atol=2e-6)
