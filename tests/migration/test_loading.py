"""``migrate.load(model, ckpt, map=...)``: whole models, by rules, or not at all."""

import re
import sys
import warnings

import keras
import numpy as np
import pytest

import migrate
from bnlstm_compat import BNLSTM
from helpers import checkpoints, recorded
from helpers.places import ROOT
from migrate.bits import same_bits
from migrate.cli.show import one_line
from migrate.errors import did_you_mean
from migrate.models import rules
from migrate.models.paths import Paths
from migrate.sources.checkpoint import Checkpoint

NEIGHBOURS = recorded.FOLDER.parent / "neighbours" / "recorded"
CKPT = recorded.FOLDER / "tf-1.15.5" / "ckpt"
layers = keras.layers


# Rules


@pytest.mark.parametrize(
    ("pattern", "place", "name", "expected"),
    [
        ("tower/dense", "dense", "tower/dense", "dense"),
        ("/tower/dense/", "dense/", "tower/dense", "dense"),
        ("tower/dense", "dense", "tower/dense/kernel", None),
        ("tower/*", "net/*", "tower/dense", "net/dense"),
        ("tower/*", "*", "tower/dense/kernel", None),
        ("t?wer/c*d/w", "*-?/kernel", "tower/conv2d/w", "o-onv2/kernel"),
        ("**/kernel", "**/w", "a/b/kernel", "a/b/w"),
        ("**/kernel", "**/w", "kernel", "w"),
        ("a/**", "**", "a/b/c", "b/c"),
        ("a.c", "x", "abc", None),
        (r"re:cell_(\d)/(?P<rest>.*)", r"\g<rest>_\1", "cell_3/w", "w_3"),
        ("re:cell", "x", "cell_3", None),
    ],
)
def test_patterns(pattern, place, name, expected):
    (rule,) = rules.read({pattern: place})
    assert rule.matches(name) == (expected is not None)
    if expected is not None:
        assert rule.path_of(name) == expected


WRONG_MAPS = {
    "empty": ({}, ["no rules"]),
    "no dict": (3, ["a dict of rules", "3"]),
    "other values": ({"a": ["b"], 1: "c"}, ["'a': ['b']", "1: 'c'"]),
    "wildcards": ({"a/*": "*/*"}, ["more wildcards"]),
    "several": ({"re:(": "a", "b": "*"}, ["'re:('", "'b'"]),
}


@pytest.mark.parametrize("name", WRONG_MAPS)
def test_wrong_maps_are_told_apart(name):
    given, words = WRONG_MAPS[name]
    with pytest.raises(migrate.MigrateError) as caught:
        rules.read(given)
    assert all(word in str(caught.value) for word in words)


def test_a_group_that_is_not_there():
    (rule,) = rules.read({"re:a(b)": r"\2"})
    with pytest.raises(migrate.MigrateError, match="cannot be used"):
        rule.path_of("ab")


FILES = {
    "a.toml": '"tower/*" = "*"\nglobal_step = ""\n',
    "b.yaml": "# a comment\ntower/*: '*'\nglobal_step: null\n",
    "c.yml": "{'tower/*': '*', 'global_step': }",
}


@pytest.mark.parametrize("name", FILES)
def test_maps_in_files(name, tmp_path):
    (tmp_path / name).write_text(FILES[name])
    found = rules.read(tmp_path / name)
    assert found == rules.read({"tower/*": "*", "global_step": None})


def test_the_map_in_the_guide(tmp_path):
    guide = ROOT / "docs" / "guides" / "training.md"
    (text,) = re.findall(r"```toml\n(.*?)```", guide.read_text("utf-8"), re.DOTALL)
    (tmp_path / "map.toml").write_text(text)
    found = {rule.pattern: rule for rule in rules.read(tmp_path / "map.toml")}
    cells = found["encoder/rnn/multi_rnn_cell/cell_*"]
    assert cells.path_of("encoder/rnn/multi_rnn_cell/cell_1") == "lstm_1"
    assert found["step_of_somebody"].path is None


WRONG_FILES = {
    "absent.toml": (None, ["cannot be read", "No such file"]),
    "a.json": ("{}", [".toml, .yaml, .yml"]),
    "a.toml": ("a = ", ["cannot be read"]),
    "twice.toml": ('a = "x"\na = "y"', ["cannot be read"]),
    "nested.toml": ('a.b = "x"', ["'a'", "quote names"]),
    "a.yaml": ("a: [", ["cannot be read"]),
    "list.yaml": ("- a", ["is no map"]),
    "twice.yaml": ("a: x\nb: z\na: y", ["given twice: a"]),
    "unsafe.yaml": ("a: !!python/object/apply:os.getcwd []", ["cannot be read"]),
    "bytes.yaml": (b"\xff\xfe\xff", ["cannot be read"]),
}


@pytest.mark.parametrize("name", WRONG_FILES)
def test_files_that_are_no_maps(name, tmp_path):
    text, words = WRONG_FILES[name]
    if text is not None:
        content = text if isinstance(text, bytes) else text.encode()
        (tmp_path / name).write_bytes(content)
    with pytest.raises(migrate.MigrateError) as caught:
        rules.read(tmp_path / name)
    told = str(caught.value)
    assert all(word in told for word in [*words, str(tmp_path / name)])
    assert "\n" not in told


def test_a_map_in_yaml_without_pyyaml(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)
    (tmp_path / "a.yaml").write_text("a: b")
    with pytest.raises(migrate.MigrateError, match="extra `yaml`"):
        rules.read(tmp_path / "a.yaml")


# Against real TensorFlow: tests/recordings/neighbours/generate.py.

OTHERS = dict.fromkeys(
    f"{scope}/**"
    for scope in "basic bare long gated stack wide both cudnn cudnn_gru block".split()
)


def test_other_layers_compute_what_tensorflow_did():
    recording = np.load(NEIGHBOURS / "neighbours-1.15.5.npz")
    x = keras.Input((6, 3))
    image, words = keras.Input((8, 8, 3)), keras.Input((6,), dtype="int32")
    made = {
        "dense": (layers.Dense(4, name="dense"), x),
        "bare_dense": (layers.Dense(4, use_bias=False, name="bare_dense"), x),
        "conv1d": (layers.Conv1D(4, 3, name="conv1d"), x),
        "conv2d": (layers.Conv2D(4, 3, name="conv2d"), image),
        "norm": (layers.BatchNormalization(name="norm"), image),
        "old_dense": (layers.Dense(4, name="old_dense"), x),
        "old_conv2d": (layers.Conv2D(4, 3, name="old_conv2d"), image),
        # As contrib.layers has it by itself: without gamma, and decay 0.999.
        "old_norm": (
            layers.BatchNormalization(scale=False, momentum=0.999, name="old_norm"),
            image,
        ),
        "old_norm_scaled": (
            layers.BatchNormalization(center=False, name="old_norm_scaled"),
            image,
        ),
        "table": (layers.Embedding(7, 3, name="table"), words),
        "old_table": (layers.Embedding(7, 3, name="old_table"), words),
    }
    outputs = {key: layer(given) for key, (layer, given) in made.items()}
    model = keras.Model([x, image, words], outputs)
    prefix = NEIGHBOURS / "neighbours-1.15.5"
    assert migrate.load(model, prefix, map={"tower/*": "*", **OTHERS}) is model
    given = [recording[f"in|{key}"] for key in ("x", "image", "words")]
    for key, output in model(given, training=False).items():
        worst = recorded.difference(output, recording[f"tower/{key}"])
        recorded.within(worst, recorded.INFERENCE, key)
    assert {f"tower/{key}" for key in made} == {
        k for k in recording if k[:5] == "tower"
    }


def test_convolutions_that_go_up_and_separable_ones():
    recording = np.load(NEIGHBOURS / "transposed-1.15.5.npz")
    image = keras.Input((5, 5, 3))
    made = [
        layers.Conv2DTranspose(4, 3, 2, name="conv2d"),
        layers.Conv2DTranspose(4, 3, 2, "same", name="old_conv2d"),
        layers.SeparableConv2D(4, 3, depth_multiplier=2, name="separable"),
        layers.SeparableConv2D(4, 3, depth_multiplier=2, name="old_separable"),
    ]
    model = keras.Model(image, {layer.name: layer(image) for layer in made})
    migrate.load(model, NEIGHBOURS / "transposed-1.15.5", map={"up/*": "*"})
    for key, output in model(recording["in|image"]).items():
        worst = recorded.difference(output, recording[f"up/{key}"])
        recorded.within(worst, recorded.INFERENCE, key)


def test_a_convolution_is_not_taken_for_another():
    """A transposed one has the kernel of a plain one turned round."""
    layer = layers.Conv2D(4, 3, name="conv2d")
    layer.build((None, 5, 5, 3))
    gone = dict.fromkeys(("up/old_conv2d", "up/separable", "up/old_separable"))
    with pytest.raises(migrate.LoadError, match=r"shape \(3, 3, 4, 3\)"):
        migrate.load(
            layer, NEIGHBOURS / "transposed-1.15.5", map={"up/conv2d": ".", **gone}
        )


def test_cells_of_every_kind_in_one_model():
    """Each in a layer of its own: alone, in both directions, stacked, wrapped."""
    recording = np.load(NEIGHBOURS / "neighbours-1.15.5.npz")
    options = {"return_sequences": True, "zero_output_for_mask": True}
    masked = np.arange(6) < recording["in|lengths"][:, None]

    def stack(kind):
        cells = [getattr(layers, f"{kind}Cell")(5) for _ in range(2)]
        return layers.RNN(cells, name="stack", **options)

    made = {
        "basic": layers.LSTM(5, name="basic", **options),
        "long": layers.LSTM(5, name="long", **options),
        "block": layers.LSTM(5, name="block", **options),
        "gated": layers.GRU(5, reset_after=False, name="gated", **options),
        "both": layers.Bidirectional(
            layers.GRU(5, reset_after=False, **options), name="both"
        ),
        "stack": stack("LSTM"),
        "cudnn_gru/rnn": layers.GRU(5, name="cudnn", **options),
    }
    x, mask = keras.Input((6, 3)), keras.Input((6,), dtype="bool")
    outputs = {key: layer(x, mask=mask) for key, layer in made.items()}
    y = x
    for number in range(2):
        y = layers.LSTM(5, name=f"cudnn_{number}", **options)(y, mask=mask)
    model = keras.Model([x, mask], {**outputs, "cudnn/rnn": y})
    given = {
        **{key: layer.name for key, layer in made.items()},
        "cudnn/rnn/multi_rnn_cell/cell_*": "cudnn_*",
        **dict.fromkeys(("bare", "wide", "tower")),
    }
    migrate.load(model, NEIGHBOURS / "neighbours-1.15.5", map=given)
    for key, output in model([recording["in|x"], masked]).items():
        worst = recorded.difference(output, recording[key])
        recorded.within(worst, recorded.INFERENCE, key)


# The file with nearly everything: cell, dense head, a table in three parts, Adam's
# slots and powers, global_step, moving averages.

MANY = CKPT / "partitioned_and_averaged"
MAP = {"rnn": "rnn", "head": "head", "embedding": "table"}

#: All that a checkpoint of the per-step cell does not say.
PER_STEP_SETTINGS = migrate.Settings(
    epsilon=1e-5,
    decay=0.95,
    activation="tanh",
    recurrent_activation="sigmoid",
    forget_bias=0.0,
)


def _many(**changes):
    made = {
        "table": layers.Embedding(11, 4, name="table"),
        "rnn": BNLSTM(5, 6, padding="v1", name="rnn"),
        "head": layers.Dense(3, name="head"),
    } | changes
    return keras.Sequential([keras.Input((6,), dtype="int32"), *made.values()])


def _copy(model):
    return [keras.ops.convert_to_numpy(weight) for weight in model.weights]


@pytest.mark.parametrize("averages", ["raw", "averaged"])
def test_a_whole_model(averages):
    corrected = BNLSTM(5, 6, bias_correction=averages == "averaged", name="rnn")
    model, source = _many(rnn=corrected), Checkpoint(MANY)
    migrate.load(model, MANY, map=MAP, averages=averages)
    end = "/ExponentialMovingAverage" if averages == "averaged" else ""
    rnn, head = model.get_layer("rnn").cell, model.get_layer("head")
    for weight, name in (
        (model.get_layer("table").embeddings, "embedding"),
        (rnn.kernel, "rnn/BNLSTMCell/W_xh"),
        (rnn.recurrent_beta, "rnn/BNLSTMCell/hh/offset"),
        (head.kernel, "head/kernel"),
        (head.bias, "head/bias"),
    ):
        assert same_bits(keras.ops.convert_to_numpy(weight), source[name + end]), name
    statistics = keras.ops.convert_to_numpy(rnn.cell_moving_variance)
    assert same_bits(statistics, source["rnn/BNLSTMCell/c/pop_var"])


def test_a_map_in_a_file_fills_the_same(tmp_path):
    by_dict, by_file = _many(), _many()
    file = tmp_path / "map.yaml"
    file.write_text("\n".join(f"{k}: {v}" for k, v in MAP.items()))
    migrate.load(by_dict, MANY, map=MAP)
    migrate.load(by_file, MANY, map=str(file))
    for one, other in zip(_copy(by_dict), _copy(by_file), strict=True):
        assert same_bits(one, other)


def test_all_that_is_wrong_is_told_at_once_and_nothing_changes():
    model = _many(
        head=layers.Dense(4, name="head"),
        norm=layers.BatchNormalization(name="norm"),
        rnn=BNLSTM(5, 7, name="rnn"),
    )
    before = _copy(model)
    given = {"rnn": "rnn", "head": "head", "nothing/*": "norm"}
    with pytest.raises(migrate.LoadError) as caught:
        migrate.load(model, MANY, map=given)
    error = caught.value
    told = str(error)
    problems = len(error.missing + error.unexpected + error.mismatched)
    assert len(told.splitlines()) == 1 + 3 + problems
    missing = " ".join(error.missing)
    for path in ("table/embeddings", "norm/moving_variance", "'nothing/*'"):
        assert path in missing
        assert path in told
    assert "norm/gamma: the layer was made with scale=True" in missing
    assert error.unexpected == ("embedding (no rule)",)
    mismatched = " ".join(error.mismatched)
    assert "max_bn_steps=6, the layer has max_bn_steps=7" in mismatched
    assert "head/kernel has shape (5, 3), head/kernel has (5, 4)" in mismatched
    assert "head/bias has shape (3,), head/bias has (4,)" in mismatched
    for one, other in zip(before, _copy(model), strict=True):
        assert same_bits(one, other)


def test_the_first_ten_problems_of_each_kind_are_told_with_their_number():
    sentences = [f"weight {number}" for number in range(12)]
    error = migrate.LoadError("m", missing=sentences, mismatched=sentences[:2])
    assert str(error).splitlines() == [
        "m does not fit.",
        "missing (12):",
        *(f"  - {sentence}" for sentence in sentences[:10]),
        "  - and 2 more",
        "mismatched (2):",
        "  - weight 0",
        "  - weight 1",
    ]
    assert error.missing == tuple(sentences)
    assert error.unexpected == ()
    assert error.mismatched == tuple(sentences[:2])


def test_the_command_line_tells_a_load_error_in_one_line():
    error = migrate.LoadError("m", missing=["a", "b"], unexpected=["c"])
    line = one_line(error)
    assert line == "m does not fit. missing (2): - a - b unexpected (1): - c"


@pytest.mark.parametrize(
    ("name", "names", "nearest"),
    [
        (
            "bidirectional_rnn",
            ["seq/bidirectional_rnn", "head"],
            "seq/bidirectional_rnn",
        ),
        (
            "seq/bidrectional_rnn",
            ["seq/bidirectional_rnn", "seq"],
            "seq/bidirectional_rnn",
        ),
        ("model/head", ["head", "heads"], "head"),
        ("rnn", ["encoder/rnn", "decoder/rnn"], None),
        ("rnn", ["rnn", "head"], None),
        ("foot", ["head/kernel"], None),
    ],
)
def test_the_nearest_name_is_offered_if_one_is_near(name, names, nearest):
    told = did_you_mean(name, names)
    assert told == ("" if nearest is None else f"; did you mean {nearest}?")


def test_a_mistyped_name_is_told_with_the_nearest():
    with pytest.raises(migrate.LoadError) as caught:
        migrate.load(_many(), MANY, map={**MAP, "heda": "head", "embeding": None})
    (rule,) = caught.value.missing
    assert rule == "any variable for the rule 'heda'; did you mean head?"
    with pytest.raises(migrate.LoadError) as caught:
        migrate.load(_many(), MANY, map={**MAP, "head": "haed", "rnn": "rn"})
    told = " ".join(caught.value.unexpected + caught.value.mismatched)
    assert "head/bias (the model has no haed/bias; did you mean head/bias?)" in told
    assert "rn is no layer of the model; did you mean rnn?" in told
    with pytest.raises(migrate.MigrateError, match=r"'rrn'.*did you mean rnn\?"):
        migrate.load(BNLSTM(5, 6), MANY, scope="rrn")


@pytest.mark.parametrize(
    "allowed", ["head", "head/*", ["head/kernel", "head/b*"], ["re:he.*"]]
)
def test_what_may_stay_stays(allowed):
    model, rest = _many(), {**MAP, "head": None}
    before = [keras.ops.convert_to_numpy(w) for w in model.get_layer("head").weights]
    with pytest.raises(migrate.LoadError, match="head/kernel"):
        migrate.load(model, MANY, map=rest)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        migrate.load(
            model, MANY, map=rest, allow_missing=allowed, settings=PER_STEP_SETTINGS
        )
    after = [keras.ops.convert_to_numpy(w) for w in model.get_layer("head").weights]
    assert all(same_bits(a, b) for a, b in zip(before, after, strict=True))
    statistics = keras.ops.convert_to_numpy(
        model.get_layer("rnn").cell.cell_moving_variance
    )
    assert same_bits(statistics, Checkpoint(MANY)["rnn/BNLSTMCell/c/pop_var"])


def test_what_may_stay_is_no_more_than_was_said():
    rest = {**MAP, "head": None}
    with pytest.raises(migrate.LoadError) as caught:
        migrate.load(_many(), MANY, map=rest, allow_missing=["head/bias"])
    assert caught.value.missing == ("head/kernel",)
    with pytest.raises(migrate.LoadError) as caught:
        migrate.load(_many(), MANY, map=MAP, allow_missing=["haed"])
    assert caught.value.missing == (
        "any weight for allow_missing='haed'; did you mean head?",
    )
    for wrong in (["re:("], [3]):
        with pytest.raises(migrate.MigrateError, match="expected patterns such as"):
            migrate.load(_many(), MANY, map=MAP, allow_missing=wrong)
    with pytest.raises(migrate.MigrateError, match="a map to go with allow_missing"):
        migrate.load(BNLSTM(5, 6), MANY, allow_missing=["head"])


def test_what_stays_is_warned_of_where_it_may():
    model = _many(norm=layers.BatchNormalization(name="norm"))
    with pytest.warns(UserWarning, match="norm/moving_mean") as caught:
        migrate.load(
            model,
            MANY,
            map={"rnn": "rnn", "head": "head"},
            strict=False,
            settings=PER_STEP_SETTINGS,
        )
    assert "table/embeddings" in str(caught[0].message)
    assert "embedding (no rule)" in str(caught[0].message)
    head = keras.ops.convert_to_numpy(model.get_layer("head").kernel)
    assert same_bits(head, Checkpoint(MANY)["head/kernel"])
    with pytest.raises(migrate.LoadError, match="shape"):
        migrate.load(
            _many(head=layers.Dense(4, name="head")), MANY, map=MAP, strict=False
        )


def _head():
    layer = layers.Dense(3, name="head")
    layer.build((None, 5))
    return layer


DROP = {"rnn": None, "embedding": None}
WRONG = {
    "no such layer": (_many, {**MAP, "head": "foot"}, ["head/bias", "no foot/bias"]),
    "no such rnn": (_many, {**MAP, "rnn": "foot"}, ["foot is no layer of the model"]),
    "rnn into dense": (_many, {**MAP, "rnn": "head"}, ["head is no BNLSTM"]),
    "twice": (_many, {**MAP, "embedding": "head/kernel"}, ["head/kernel is the place"]),
    "one of a cell": (
        _many,
        {"rnn/BNLSTMCell/W_xh": "rnn/cell/kernel", **MAP},
        ["go together", "place the scope"],
    ),
    "a torn cell": (
        _many,
        {"rnn/BNLSTMCell/W_xh": None, **MAP},
        ["goes to rnn whole", "another place for rnn/BNLSTMCell/W_xh"],
    ),
    "another kind of cell": (
        lambda: _many(rnn=layers.LSTM(5, name="rnn")),
        MAP,
        ["needs a BNLSTM layer"],
    ),
    "another dtype": (
        lambda: _many(head=layers.Dense(3, dtype="float64", name="head")),
        MAP,
        ["head/kernel has dtype float32, head/kernel has float64"],
    ),
    "no bias": (
        lambda: _many(head=layers.Dense(3, use_bias=False, name="head")),
        MAP,
        ["head/bias (the model has no head/bias: the layer was made with use_bias="],
    ),
    "both directions": (
        lambda: _many(rnn=layers.Bidirectional(BNLSTM(5, 6), name="rnn")),
        {**MAP, "head": None},
        ["bidirectional RNN of 2 cells; rnn has rnn/BNLSTMCell"],
    ),
    "a slot, into a weight": (
        _head,
        {"head/kernel/Adam": "./kernel", "head": ".", **DROP},
        ["is the place of head/kernel, head/kernel/Adam"],
    ),
    "not built": (lambda: layers.Dense(3), {"head": ".", **DROP}, ["a built model"]),
    "averages": (_head, {"head": ".", "averages": "mean"}, ["raw or averaged"]),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit(name):
    make, given, words = WRONG[name]
    given = dict(given)
    averages = given.pop("averages", "raw")
    with pytest.raises(migrate.MigrateError) as caught:
        migrate.load(make(), MANY, map=given, averages=averages)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_a_scope_or_a_map():
    with pytest.raises(migrate.MigrateError, match="not both"):
        migrate.load(_head(), MANY, "head", map=MAP)


def test_a_map_goes_with_one_model():
    with pytest.raises(migrate.MigrateError, match="Keras model or layer"):
        migrate.load([_head()], MANY, map=MAP)


class Twins(keras.Model):
    """Two layers of one name, told apart by attributes, or by nothing."""

    def __init__(self, listed):
        super().__init__()
        twins = [layers.Dense(2, name="twin") for _ in range(2)]
        if listed:
            self.both = twins
        else:
            self.one, self.two = twins

    def call(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def _dense(*scopes):
    rng = np.random.default_rng(0)
    shapes = {"kernel": (2, 2), "bias": (2,)}
    return {
        f"{scope}/{leaf}": rng.standard_normal(shape, np.float32)
        for scope in scopes
        for leaf, shape in shapes.items()
    }


def test_layers_of_one_name(tmp_path):
    variables = _dense("a", "b")
    prefix = checkpoints.write(tmp_path / "model", variables)
    model = Twins(listed=False)
    model(np.ones((1, 2)))
    with pytest.raises(migrate.LoadError) as caught:
        migrate.load(model, prefix, map={"a": "one", "b": None})
    missing = " ".join(caught.value.missing)
    assert "two/kernel" in missing
    assert "two/bias" in missing
    assert "one" not in missing
    migrate.load(model, prefix, map={"a": "one", "b": "two"})
    assert np.array_equal(model.one.kernel, variables["a/kernel"])
    assert np.array_equal(model.two.kernel, variables["b/kernel"])
    optimizer = keras.optimizers.SGD(0.1)
    migrate.load_optimizer(
        optimizer, model, prefix, map={"a": "one", "b": "two"}, iterations=3
    )
    assert int(optimizer.iterations.numpy()) == 3
    model = Twins(listed=True)
    model(np.ones((1, 2)))
    with pytest.raises(migrate.MigrateError, match=r"two weights .*twin/"):
        migrate.load(model, prefix, map={"a": "twin", "b": None})


def test_a_stack_with_other_layers_takes_a_map(tmp_path):
    cells = checkpoints.cell("rnn/fw/Cell") | checkpoints.cell("rnn/bw/Cell")
    prefix = checkpoints.write(tmp_path / "model", cells)
    x = keras.Input((None, 3))
    ends = [
        BNLSTM(4, 5, name=name, go_backwards=name != "forward_0")(x)
        for name in ("forward_0", "backward_0")
    ]
    model = keras.Model(x, layers.Dense(2)(layers.Concatenate()(ends)))
    with pytest.raises(migrate.MigrateError, match="takes a map"):
        migrate.load(model, prefix)


def test_averages_that_are_not_there(tmp_path):
    variables = _dense("a")
    variables |= {f"{name}/ema": array + 1 for name, array in variables.items()}
    prefix = checkpoints.write(tmp_path / "model", variables)
    layer = layers.Dense(2)
    layer.build((None, 2))
    with pytest.raises(migrate.MigrateError, match="expected moving averages"):
        migrate.load(layer, prefix, map={"a": "."}, averages="averaged")


def test_half_and_ambiguous_cells_are_named(tmp_path):
    half = checkpoints.cell("rnn/Cell")
    del half["rnn/Cell/c/offset"]
    unclear = checkpoints.cell("rnn/Cell")
    unclear["rnn/Cell/bias"] = np.ones(16, np.float32)
    layer = BNLSTM(4, 5)
    layer.build((None, None, 3))
    for variables, words in ((half, "c/offset missing"), (unclear, "could be a cell")):
        prefix = checkpoints.write(tmp_path / words.replace("/", ""), variables)
        with pytest.raises(migrate.LoadError, match=words):
            migrate.load(layer, prefix, map={"rnn": "."})
    chosen = {"layouts": {"rnn/Cell": "per-step"}}
    migrate.load(layer, prefix, map={"rnn/Cell/bias": None, "rnn": "."}, **chosen)


def test_a_cell_under_another_name_is_asked_for(tmp_path):
    variables = {
        f"enc/mine/{part}/{leaf}": np.ones(shape, np.float32)
        for part, size in (("gates", 8), ("candidate", 4))
        for leaf, shape in (("kernel", (7, size)), ("bias", (size,)))
    }
    prefix = checkpoints.write(tmp_path / "m", variables)
    layer = layers.GRU(4, reset_after=False)
    layer.build((None, None, 3))
    with pytest.raises(migrate.LoadError, match="say which with layouts="):
        migrate.load(layer, prefix, map={"enc/mine": "."})
    migrate.load(layer, prefix, map={"enc": "."}, layouts={"enc/mine": "gru"})
    assert float(layer.cell.kernel[0, 0]) == 1


class Mine(layers.Layer):
    """A cell of somebody's own, with weights under the names of the time."""

    def build(self, shape):
        """Its three weights."""
        for name, size in (("W_xh", (3, 8)), ("W_hh", (2, 8)), ("bias", (8,))):
            setattr(self, name, self.add_weight(name=name, shape=size))


class Model(keras.Model):
    """Layers in attributes and lists, within one another."""

    def __init__(self):
        super().__init__()
        inner = keras.Sequential(
            [
                keras.Input((None, 3)),
                layers.TimeDistributed(layers.Dense(2, name="in"), name="each"),
                layers.Dropout(0.5),
            ],
            name="inner",
        )
        self.encoder, self.mine = inner, Mine()
        self.mine.build(None)
        self.blocks = [layers.Dense(2, name=f"block_{n}") for n in range(2)]

    def call(self, x):
        """Uses all of them."""
        y = self.encoder(x)
        for block in self.blocks:
            y = block(y)
        return y


def _nested(tmp_path):
    rng = np.random.default_rng(0)
    shapes = {
        "net/each/weights": (3, 2),
        "net/each/biases": (2,),
        "net/mine/W_xh": (3, 8),
        "net/mine/W_hh": (2, 8),
        "net/mine/bias": (8,),
        **{f"net/block_{n}/kernel": (2, 2) for n in range(2)},
        **{f"net/block_{n}/bias": (2,) for n in range(2)},
    }
    arrays = {k: rng.normal(size=s).astype(np.float32) for k, s in shapes.items()}
    model = Model()
    model(np.zeros((1, 4, 3), np.float32))
    return model, arrays, checkpoints.write(tmp_path / "m", arrays)


def test_models_of_ones_own(tmp_path):
    """Attributes and names; weights one at a time, even if they look like a cell's."""
    model, arrays, prefix = _nested(tmp_path)
    given = {
        "net/each": "encoder/each",
        "net/block_*": "block_*",
        **{f"net/mine/{leaf}": f"mine/{leaf}" for leaf in ("W_xh", "W_hh", "bias")},
    }
    migrate.load(model, prefix, map=given)
    each = model.encoder.layers[0].layer
    for weight, name in (
        (each.kernel, "net/each/weights"),
        (each.bias, "net/each/biases"),
        (model.mine.W_xh, "net/mine/W_xh"),
        (model.blocks[1].kernel, "net/block_1/kernel"),
    ):
        assert same_bits(keras.ops.convert_to_numpy(weight), arrays[name]), name
    places = Paths(model)
    assert places.layer("encoder/each/layer") is places.layer("inner/each/in") is each
    assert len(places.weights) == len(model.weights) == len(arrays)


def test_by_names_alone(tmp_path):
    model, source = _many(), Checkpoint(MANY)
    migrate.load(model, MANY, map={"embedding": "table", "**": "**"})
    kernel = keras.ops.convert_to_numpy(model.get_layer("rnn").cell.kernel)
    assert same_bits(kernel, source["rnn/BNLSTMCell/W_xh"])
