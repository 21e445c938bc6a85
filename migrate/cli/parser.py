"""The parser of the command line: one function for each command's arguments."""

import argparse

from migrate.cli import commands, types
from migrate.errors import MigrateError

_DESCRIPTION = """\
Brings TensorFlow 1 recurrent models into Keras 3, and proves that they compute the
same."""
_ASSUMED = "default: what the graph shows, else what the cell's layout has"


class _Parser(argparse.ArgumentParser):
    def parse_known_args(self, args=None, namespace=None):
        """Unknown arguments are an error of the command they were given to."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown

    def error(self, message):  # one line, as all errors; argparse would print its usage
        raise MigrateError(f"{message}; see python -m {self.prog} -h")


def make_parser():
    """The parser of all commands; ``options.run`` is the command's function."""
    parser = _Parser(prog="migrate", description=_DESCRIPTION)
    parser.add_argument(
        "--traceback", action="store_true", help="show where an unexpected fault arose"
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add_arguments, run, text in _COMMANDS:
        sub = subparsers.add_parser(
            run.__name__, help=text, description=text[0].upper() + text[1:]
        )
        sub.set_defaults(run=run)
        add_arguments(sub)
    return parser


def _source(sub):
    sub.add_argument(
        "ckpt",
        metavar="CKPT",
        help="checkpoint: a prefix such as model.ckpt-1000, its folder, or its .meta; "
        "or a frozen graph (.pb, .pbtxt), or a TensorFlow 1 SavedModel's folder",
    )
    _graph(sub)


def _graph(sub):
    choice = sub.add_mutually_exclusive_group()
    choice.add_argument(
        "--graph",
        metavar="FILE",
        help="the checkpoint's graph: .meta, or .pb or .pbtxt; default: the .meta of "
        "the same name beside the checkpoint, or the only one there",
    )
    choice.add_argument(
        "--no-graph",
        dest="graph",
        action="store_const",
        const=False,
        help="use no graph, even if there is one",
    )


def _out(sub):
    sub.add_argument(
        "out",
        metavar="OUT",
        help="the folder that convert made, or the .keras file that model wrote",
    )


def _json(sub):
    sub.add_argument("--json", action="store_true", help="print JSON")


def _layouts(sub):
    sub.add_argument(
        "--layout",
        metavar="SCOPE=LAYOUT",
        type=types.layout,
        action="append",
        default=[],
        help="the layout of the cell under SCOPE: the name of a known one, or a file "
        "FILE.toml (docs/reference/layouts.md); may be given several times",
    )


def _settings(sub):
    sub.add_argument("--epsilon", type=types.number(0), help=_ASSUMED)
    sub.add_argument("--decay", type=types.number(0, 1), help=_ASSUMED)
    sub.add_argument("--activation", help=f"a Keras name; {_ASSUMED}")
    sub.add_argument(
        "--recurrent-activation", help=f"of the gates, a Keras name; {_ASSUMED}"
    )
    sub.add_argument(
        "--forget-bias",
        type=types.number(),
        help=f"what the cell added to its forget gate when it ran; {_ASSUMED}",
    )


def _inspect(sub):
    _source(sub)
    _json(sub)
    _layouts(sub)


def _convert(sub):
    _source(sub)
    sub.add_argument("out", metavar="OUT", help="folder to make")
    sub.add_argument("--force", action="store_true", help="replace an earlier OUT")
    sub.add_argument(
        "--format",
        action="append",
        type=types.formats,
        metavar="NAME[,NAME...]",
        help=f"how the RNNs are written: {', '.join(types.FORMATS)} (default keras); "
        "npz and safetensors hold for the other variables, too",
    )
    sub.add_argument(
        "--averages",
        choices=("raw", "averaged"),
        help="if variables have moving averages, which of the two become the cells' "
        "weights (default raw)",
    )
    _settings(sub)
    sub.add_argument(
        "--max-bn-steps",
        type=types.positive,
        metavar="N",
        help="widen shorter tables of statistics to N rows, one a step, copies of the "
        "last until bnlstm_compat.recalibrate fills them",
    )
    _layouts(sub)


def _verify(sub):
    _source(sub)
    _out(sub)
    sub.add_argument(
        "--tolerance",
        type=types.number(0),
        help="largest relative difference of the layer (default: measured, from what "
        "float32 rounds in this model)",
    )
    sub.add_argument(
        "--data",
        metavar="FILE.npz",
        help="arrays by the names of the model's placeholders: the whole graph runs on "
        "them, and each RNN, or the whole model, is also compared on what reaches it "
        "there",
    )
    sub.add_argument(
        "--require-graph",
        action="store_true",
        help="exit with 1 unless every cell was compared with your graph",
    )
    sub.add_argument(
        "--report",
        metavar="FILE.html",
        help="write the proof as one page to hand on; replaces an earlier one",
    )
    _fixed(sub)


def _model(sub):
    _source(sub)
    sub.add_argument("out", metavar="OUT.keras", help="the file to write")
    sub.add_argument(
        "--outputs",
        type=types.names,
        metavar="NAME,...",
        help="tensors that the model gives (default: a SavedModel's signature, or what "
        "training does not consume further)",
    )
    _fixed(sub)
    sub.add_argument(
        "--regularization",
        action="store_true",
        help="add the graph's regularisation terms to the model's losses",
    )


def _fixed(sub):
    sub.add_argument(
        "--training",
        metavar="NAME",
        help="the boolean placeholder that is the training switch, or 'not NAME'",
    )
    sub.add_argument(
        "--feed",
        type=types.feed,
        action="append",
        default=[],
        metavar="NAME=VALUE[:TRAINING]",
        help="a placeholder's fixed value, in inference and in training, such as "
        "keep=1.0:0.8; may be given several times",
    )


def _revert(sub):
    _out(sub)
    sub.add_argument(
        "ckpt",
        metavar="CKPT",
        help="prefix of the checkpoint to write, such as model.ckpt-1000",
    )
    sub.add_argument(
        "--format",
        choices=types.FORMATS,
        help="which of the formats in OUT to read (default: the first that is there)",
    )
    sub.add_argument(
        "--source",
        metavar="SOURCE",
        help="if OUT is a .keras file: the checkpoint that it was made of, which has "
        "the optimizer slots and whatever else the model lacks",
    )
    _graph(sub)


def _diff(sub):
    for which in ("a", "b"):
        sub.add_argument(
            which, metavar=which.upper(), help="conversion, checkpoint or frozen graph"
        )
    _json(sub)


def _doctor(sub):
    _source(sub)
    _json(sub)
    sub.add_argument(
        "--plot", metavar="FILE", help="draw the statistics, as PNG, SVG or PDF"
    )
    sub.add_argument(
        "--steps",
        type=types.positive,
        metavar="T",
        help="how many steps sequences have",
    )
    sub.add_argument(
        "--lengths",
        type=types.lengths,
        metavar="SHORTEST:LONGEST",
        help="the lengths of sequences, if they were padded",
    )
    sub.add_argument(
        "--data",
        metavar="FILE.npz",
        help="inputs x [batch, steps, features], and perhaps lengths [batch]",
    )
    _settings(sub)
    _layouts(sub)


def _demo(sub):
    sub.add_argument("--keep", metavar="DIR", help="keep what was made, in this folder")


_COMMANDS = (
    (_inspect, commands.inspect, "list the cells and variables of a checkpoint"),
    (
        _convert,
        commands.convert,
        "write its cells as Keras models, and its other variables",
    ),
    (_model, commands.model, "write one Keras model of a whole graph"),
    (_verify, commands.verify, "prove that a conversion or a model equals its source"),
    (
        _revert,
        commands.revert,
        "write a conversion or a model as a TensorFlow 1 checkpoint",
    ),
    (_diff, commands.diff, "compare two checkpoints or conversions"),
    (
        _doctor,
        commands.doctor,
        "find faults in population statistics, and their cures",
    ),
    (_demo, commands.demo, "inspect, convert and verify a checkpoint of TF 1.15.5"),
)
