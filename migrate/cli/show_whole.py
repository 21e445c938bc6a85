"""What a person sees of whole models."""

from migrate.cli.show import lines, new_table


def model(made, out):
    """What a whole model takes, is made of, and gives; and what was decided."""
    lines(f"Wrote {out}")
    for title, tensors in (("inputs", made.input), ("outputs", made.output)):
        table = new_table((title, "left"), ("shape", "left"), ("type", "left"))
        for name, tensor in tensors.items():
            table.add_row(name, str(list(tensor.shape)), tensor.dtype)
        lines(table)
    table = new_table(("layer", "left"), ("is", "left"), ("weights", "right"))
    for layer in made.layers:
        if layer.weights:
            count = f"{layer.count_params():,}"
            table.add_row(layer.name, type(layer).__name__, count)
    lines(table, *(f"decided: {text}" for text in made.decided))


def verdict(proof, tolerance):
    """A ``WholeProof``; ``tolerance`` is None for the measured level."""
    table = new_table(
        ("compared", "left"),
        ("inference", "right"),
        ("training", "right"),
        ("", "left"),
    )
    equal = {True: "equal", False: "DIFFERENT"}
    for name in proof.outputs:
        pair = [proof.measures[kind].get(name) for kind in ("inference", "training")]
        good = all(m.equal(tolerance) for m in pair if m is not None)
        table.add_row(name, *map(_measure, pair), equal[good])
    for kind, what in (
        ("gradients", "gradients of {} variables"),
        ("statistics", "{} variables after training"),
    ):
        found = proof.measures[kind]
        if found:
            good = all(measure.equal(tolerance) for measure in found.values())
            worst = _measure(found[proof.worst(kind)])
            table.add_row(what.format(len(found)), "", worst, equal[good])
    differ = f"{len(proof.differing)} differ" if proof.differing else "same bits"
    table.add_row(
        f"{proof.weights} variables as weights", differ, "", equal[not proof.differing]
    )
    lines(table)
    if tolerance is None:
        lines("In brackets: the level of this model's own rounding.")
    for kind, name in proof.beyond(tolerance)[:5]:
        measure = proof.measures[kind][name]
        lines(f"{name} ({kind}): differs by {measure.difference:.1e}")
    if proof.differing:
        shown = ", ".join(proof.differing[:5]) + (
            ", ..." if proof.differing[5:] else ""
        )
        lines(f"The bits differ in {shown}")
    lines(*proof.contradictions)
    lines(*(f"not compared: {text}" for text in proof.skipped))
    lines(proof.sentence(tolerance))


def _measure(measure):
    if measure is None:
        return "-"
    return f"{measure.difference:.1e} ({measure.level:.0e})"
