"""The table, and the plot, of what ``speed.py`` measured."""

import statistics

KERAS = ("keras LSTM", "keras LSTM, jit")
AUTO = ("BNLSTM auto", "BNLSTM auto, jit")
TORCH = "torch nn.LSTM"
TF1 = " on TF 1.15.5"


def middle(values):
    """The median."""
    return statistics.median(values)


def best(seconds, names=KERAS):
    """Of ``names``, the one with the least median."""
    return min((n for n in names if n in seconds), key=lambda n: middle(seconds[n]))


def ratio(seconds, name, other):
    """``(median, least, largest)`` over rounds, of one subject to another."""
    each = [a / b for a, b in zip(seconds[name], seconds[other], strict=True)]
    return middle(each), min(each), max(each)


def memory(found, other=None):
    """What ``alone`` found of a step, and its ratio to that of another subject."""
    if "step" not in found:  # measured before there was such a figure
        return ""
    if other is not None:
        return f"{megabytes(found['step'])}, {of_step(found, other):.2f}"
    most = f" (at most {megabytes(found['most'])})" if "most" in found else ""
    return megabytes(found["step"]) + most


def megabytes(size):
    """To three figures or so."""
    return f"{size:.{0 if size >= 100 else 1}f} MB"


def of_step(found, other):
    """The memory of a step, to another subject's."""
    return found["step"] / other["step"]


def duration(seconds):
    """Milliseconds, to three figures."""
    return f"{1e3 * seconds:.3g} ms" if seconds < 1 else f"{seconds:.2f} s"


def markdown(results):
    """All tables."""
    return "\n\n".join(
        [
            _machine(results),
            summary(results),
            *(_shape(*item) for item in results["shapes"].items()),
            _targets(results),
            *([_growth(results["growth"])] if "growth" in results else []),
            *([_composed(results["composed"])] if "composed" in results else []),
        ]
    )


def summary(results):
    """The README's table: ``BNLSTM`` in its better default mode, by shape."""
    rows = []
    for name, entry in results["shapes"].items():
        training, inference = entry["training"], entry["inference"]
        row = [f"{name} ({', '.join(map(str, entry['shape']))})"]
        for seconds in (training, inference):
            auto = best(seconds, AUTO)
            row.append(duration(middle(seconds[auto])))
            row.append(f"{ratio(seconds, auto, best(seconds))[0]:.2f}")
            row += [
                f"{ratio(seconds, other, auto)[0]:.2f}" if other in seconds else ""
                for other in (TORCH, "original" + TF1)
            ]
        alone = entry["alone"]
        row.append(memory(alone[best(training, AUTO)], alone[best(training)]))
        rows.append(row)
    columns = [
        "to Keras's LSTM",
        "torch's LSTM to it",
        "published cell on 1.15.5 to it",
    ]
    head = ["B, T, D, H", "training step", *columns, "inference", *columns]
    return _table([*head, "memory of a step, to Keras's"], rows)


def _machine(results):
    about, versions = results["machine"], results["versions"]
    libraries = ", ".join(
        f"{name} {' and '.join(found)}" for name, found in versions.items()
    )
    return (
        f"`{results['command']}`: {about['cores']} cores, {about['cpu']}; Python "
        f"{about['python']}, {libraries}; {results['minutes']:.0f} minutes; "
        f"load before {about['load before']:.1f}. "
        "Medians of rounds, the least and the largest; "
        'ratios are to Keras\'s LSTM in its best mode, in the same round. "jit": the '
        "whole step compiled by XLA. Memory while compiling: the most that the process "
        "holds until the first call is done, above what the imports held. Memory of a "
        "step: the most in use in a later call, above what was in use before it"
        + ("; the median of many calls, and the largest." if _counted(results) else ".")
    )


def _counted(results):
    """Whether each call's memory was counted; earlier results are of samples."""
    shapes = results["shapes"].values()
    return any("most" in each for entry in shapes for each in entry["alone"].values())


def _table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _shape(name, entry):
    rows = []
    names = dict.fromkeys([*entry["training"], *entry["inference"]])
    for subject in names:
        row = [subject.replace("original", "published cell")]
        for key in ("training", "inference"):
            seconds = entry[key]
            if subject not in seconds:
                row += ["", ""]
                continue
            own = seconds[subject]
            spread = f"{duration(min(own))} to {duration(max(own))}"
            times, low, high = ratio(seconds, subject, best(seconds))
            row.append(f"{duration(middle(own))} ({spread})")
            row.append(f"{times:.2f} ({low:.2f} to {high:.2f})")
        rows.append(row + _alone(entry["alone"].get(subject)))
    shape = ", ".join(map(str, entry["shape"]))
    head = ["subject", "training step", "ratio", "inference", "ratio"]
    head += ["first call, training", "memory while compiling", "memory of a step"]
    return f"**{name}** (B, T, D, H = {shape})\n\n" + _table(head, rows)


def _alone(found):
    """The cells of what is measured in a process for each subject."""
    if found is None:
        return ["", "", ""]
    compiling = f"{found['compiling']:.0f} MB" if "compiling" in found else ""
    return [f"{found['first']:.1f} s", compiling, memory(found)]


def _modes(seconds, *, compiled):
    """The subjects that are ``BNLSTM`` in any mode."""
    names = [name for name in seconds if name.startswith("BNLSTM")]
    return [name for name in names if name.endswith(", jit") == compiled]


def _targets_by_mode(add, name, what, seconds, large):
    """Those of a training step, or of inference, among the modes and the old cells."""
    for mode, suffix in (("not compiled", ""), ("compiled", ", jit")):
        ours = _modes(seconds, compiled=bool(suffix))
        add(
            f"{what}, {mode}: auto to the best mode",
            name,
            ratio(seconds, "BNLSTM auto" + suffix, best(seconds, ours))[0],
            1.1,
        )
    original = "original" + TF1
    if original in seconds:
        auto = best(seconds, AUTO)
        add(
            f"{what}: times as fast as the published cell on TF 1.15.5",
            name,
            ratio(seconds, original, auto)[0],
            1.7 if large else 3.5,
            least=True,
        )
    for where in ("", TF1):
        if "legacy" + where in seconds:
            add(
                f"{what}: legacy to the published cell{where or ', TF 2'}",
                name,
                ratio(seconds, "legacy" + where, "original" + where)[0],
                1.02 if what == "training step" else 0.9,
            )


def _targets(results):
    """Each target of each shape, with what was measured."""
    rows = []

    def add(what, name, measured, limit, least=False):
        met = measured >= limit if least else measured <= limit
        sign = "at least" if least else "at most"
        rows.append(
            [
                what,
                name,
                f"{measured:.2f}",
                f"{sign} {limit:g}",
                "yes" if met else "**no**",
            ]
        )

    for name, entry in results["shapes"].items():
        training, inference = entry["training"], entry["inference"]
        large = entry["shape"][3] >= 512
        for what, seconds, limit in (
            ("inference", inference, 1.05),
            ("training step", training, 1.15),
        ):
            auto = best(seconds, AUTO)
            add(
                f"{what}, auto to Keras's best",
                name,
                ratio(seconds, auto, best(seconds))[0],
                limit,
            )
        add(
            "training step not compiled, auto to Keras's best",
            name,
            ratio(training, AUTO[0], best(training))[0],
            2.0,
        )
        for what, seconds in (("training step", training), ("inference", inference)):
            _targets_by_mode(add, name, what, seconds, large)
        alone = entry["alone"]
        for what, ours, theirs, limit in (
            ("auto to Keras's fastest", best(training, AUTO), best(training), 1.5),
            ("plain to Keras's loop", "BNLSTM plain", KERAS[0], 1.2),
        ):
            if "step" in alone.get(ours, {}):
                measured = of_step(alone[ours], alone[theirs])
                add(f"memory of a training step, {what}", name, measured, limit)
        for suffix in ("", ", jit"):
            add(
                f"first call{suffix}, auto: seconds",
                name,
                alone["BNLSTM auto" + suffix]["first"],
                round(2 * alone["keras LSTM" + suffix]["first"] + 2, 2),
            )
    for name, seconds in results.get("growth", {}).items():
        if name == "T":
            ours = [n for n in seconds if n.startswith("BNLSTM")]
            add(
                "T = 784 to T = 98, auto",
                "growth",
                ratio(seconds, ours[-1], ours[0])[0],
                8.5,
            )
    for what, seconds in results.get("composed", {}).items():
        for made_of, parts in (
            ("bidirectional", ("one", "one")),
            ("two stacked", ("one", "above")),
        ):
            total = [sum(pair) for pair in zip(*map(seconds.get, parts), strict=True)]
            both = {"whole": seconds[made_of], "parts": total}
            add(
                f"{made_of} to the sum of its parts, {what}",
                "small",
                ratio(both, "whole", "parts")[0],
                1.0,
            )
    head = ["target", "shape", "measured", "wanted", "met"]
    return "**Targets**\n\n" + _table(head, rows)


def _growth(growth):
    rows = []
    for what, seconds in growth.items():
        for ours in (n for n in seconds if n.startswith("BNLSTM")):
            shape = ours.split()[2:]
            theirs = " ".join(["keras LSTM", *shape])
            rows.append(
                [
                    what,
                    ", ".join(shape),
                    duration(middle(seconds[ours])),
                    duration(middle(seconds[theirs])),
                    f"{ratio(seconds, ours, theirs)[0]:.2f}",
                ]
            )
    head = ["grows", "B, T, D, H", "BNLSTM auto", "keras LSTM", "ratio"]
    return "**Growth**, a training step, not compiled as a whole\n\n" + _table(
        head, rows
    )


def _composed(composed):
    rows = [
        [what, *(duration(middle(taken)) for taken in seconds.values())]
        for what, seconds in composed.items()
    ]
    head = ["", *next(iter(composed.values()))]
    return '**Composed**, at the shape "small"\n\n' + _table(head, rows)


def plot(results, path):
    """Bars of the ratios at each shape, to ``path``."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    shapes = results["shapes"]
    figure, axes = pyplot.subplots(
        2, len(shapes), figsize=(4 * len(shapes), 9), squeeze=False, sharey="row"
    )
    names = None
    for column, (name, entry) in enumerate(shapes.items()):
        for row, key in enumerate(("training", "inference")):
            seconds, axis = entry[key], axes[row][column]
            names = list(seconds)[::-1]
            ratios = [ratio(seconds, n, best(seconds)) for n in names]
            axis.barh(
                names,
                [r[0] for r in ratios],
                xerr=[[r[0] - r[1] for r in ratios], [r[2] - r[0] for r in ratios]],
                color=["tab:blue" if "BNLSTM" in n else "tab:grey" for n in names],
            )
            axis.axvline(1, color="black", linewidth=0.8)
            axis.set_title(f"{name} {tuple(entry['shape'])}, {key}", fontsize=9)
            axis.set_xscale("log")
            axis.tick_params(labelsize=8)
    figure.supxlabel("time, as a ratio to Keras's LSTM in its best mode")
    figure.tight_layout()
    figure.savefig(path, dpi=90)
