"""The state of a v1 training, carried into a Keras optimizer, so that it goes on.

TensorFlow 1 kept slots beside each trained variable, named after the optimizer
(``NAME/Adam``, ``NAME/Adam_1``), Adam's powers of beta, and perhaps ``global_step``.
Their meaning (``tensorflow/core/kernels/training_ops.cc`` of 1.15) and Keras's:

    Adam      m, v alike; beta1_power is beta1^(n+1) after n steps, so is beta2_power
    RMSProp   mean square, momentum, and the mean gradient if centered: alike
    Momentum  TF1: a = momentum a + g, variable -= lr a; Keras keeps -lr a
    Adagrad   TF1 divides by sqrt(a), Keras by sqrt(a + epsilon): a - epsilon is kept
"""

import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from migrate.errors import LoadError, MigrateError
from migrate.graph.inventory import inventory
from migrate.graph.open import open_source
from migrate.models import plan as plans
from migrate.models import rules as mapping_rules
from migrate.models.assignments import trains_otherwise
from migrate.models.origins import origins
from migrate.models.paths import Paths
from migrate.models.steps_taken import is_scheduled, steps_taken
from migrate.sources.arguments import GraphFile, Layouts, Path, SourceLike
from migrate.sources.base import Source


@dataclass(frozen=True)
class _Kind:
    """How one kind of optimizer keeps its state.

    ``name``: TensorFlow 1's usual name of it. ``slots``: from the options of a Keras
    optimizer to its own lists of variables, in the order of TensorFlow 1's slots; None
    for a slot without a counterpart. ``change``: from a slot to what Keras keeps.
    ``lazy``: whether TensorFlow 1 left the rows of a table alone that a batch did not
    look up, which Keras does not.
    """

    name: str
    slots: Callable[[dict], tuple[str | None, ...]]
    change: Callable[[np.ndarray, dict], np.ndarray] = lambda slot, options: slot
    lazy: bool = False


def _rmsprop(options):
    gradient = ("_average_gradients",) if options["centered"] else ()
    # TensorFlow 1 keeps one even without momentum: the last update.
    momentum = "_momentums" if options["momentum"] > 0 else None
    return ("_velocities", *gradient, momentum)


_KINDS = {
    keras.optimizers.SGD: _Kind(
        "Momentum",
        lambda options: ("momentums",) if options["momentum"] > 0 else (),
        lambda slot, options: -slot.dtype.type(options["learning_rate"]) * slot,
        lazy=True,
    ),
    keras.optimizers.Adagrad: _Kind(
        "Adagrad",
        lambda options: ("_accumulators",),
        lambda slot, options: slot - slot.dtype.type(options["epsilon"]),
    ),
    keras.optimizers.RMSprop: _Kind("RMSProp", _rmsprop, lazy=True),
    keras.optimizers.Adam: _Kind("Adam", lambda options: ("_momentums", "_velocities")),
}
# What TensorFlow 1's optimizers did not do.
_FOREIGN = ("amsgrad", "use_ema", "weight_decay", "gradient_accumulation_steps")


def load_optimizer(
    optimizer: keras.optimizers.Optimizer,
    model: keras.Model,
    ckpt: SourceLike,
    *,
    map: Mapping[str, Any] | Path | None = None,
    graph: GraphFile = None,
    name: str | None = None,
    iterations: int | None = None,
    layouts: Layouts | None = None,
) -> keras.optimizers.Optimizer:
    """Gives an optimizer the state that training had when a checkpoint was saved.

    Hyperparameters are not in a checkpoint (but Adam's betas are checked against the
    powers): make the optimizer with those of the script, and mind the epsilons, which
    TensorFlow 1 took to be 1e-8 in Adam, 1e-10 in RMSProp. With momentum in SGD, the
    learning rate must be a number, that of the next step.

    Args:
      optimizer: a ``keras.optimizers.Adam``, ``RMSprop``, ``Adagrad`` or ``SGD``; built
        if it is not yet.
      model: a built Keras model, whose trainable weights are those that were trained.
      ckpt, graph: as in ``load``.
      map: as in ``load``. The model's weights are not touched: ``load`` fills them.
        None: the model is one that ``migrate.model`` made, or has one inside.
      name: the optimizer's name in the checkpoint, if the script gave it one.
      iterations: the steps taken so far; None: as many as Adam's powers say, else
        ``global_step``.
      layouts: as in ``load``.

    Returns:
      ``optimizer``.

    Raises:
      MigrateError: another optimizer, or options that TensorFlow 1 did not have; powers
        that are not those of the betas; a count that the checkpoint does not have but
        a schedule needs; cells that Keras trains otherwise (``Layout.trains_alike``).
        ``LoadError``: all weights whose slots are missing or do not fit.
        Nothing has been assigned then.
    """
    kind, options = _kind_of(optimizer)
    checkpoint = open_source(ckpt, graph, lenient=True)
    rules = None if map is None else mapping_rules.read(map)
    found = inventory(checkpoint, layouts, ignored=mapping_rules.left_out(rules))
    if rules is None:
        plan = plans.Plan(_of_whole(model, checkpoint, found))
    else:
        plan = plans.plan(model, checkpoint.entries, found, rules)
    _require_alike(plan.assignments)
    paths = {id(weight): path for path, weight in Paths(model).weights.items()}
    trained = {id(weight): paths[id(weight)] for weight in model.trainable_variables}
    lists = kind.slots(options)
    missing, mismatched, slots = _gaps(
        plan, trained, found.slots, name or kind.name, len(lists)
    )
    if missing or mismatched:
        raise LoadError(checkpoint.label, missing=missing, mismatched=mismatched)
    count = (
        steps_taken(checkpoint, kind.name, options)
        if iterations is None
        else iterations
    )
    filled = [
        (attribute, weight, kind.change(array, options))
        for number, attribute in enumerate(lists)
        if attribute is not None
        for weight, array in _arrays(
            plan.assignments, _Slots(checkpoint, slots, number)
        )
        if id(weight) in trained
    ]
    optimizer.build(model.trainable_variables)
    positions = {id(w): n for n, w in enumerate(optimizer._trainable_variables)}
    if set(positions) != set(trained):
        raise MigrateError(
            "expected a new optimizer; it was built for other weights than the model's"
        )
    for attribute, weight, array in filled:
        getattr(optimizer, attribute)[positions[id(weight)]].assign(array)
    if count is not None:
        optimizer.iterations.assign(count)
    if lists:
        _warn_of_tables(kind, plan.assignments, trained)
    return optimizer


def _of_whole(model, checkpoint, inventory):
    """The assignments of a whole model."""
    assignments = origins(model, checkpoint, inventory).assignments
    if not assignments:
        raise MigrateError(
            f"expected a model that migrate.model made of {checkpoint.label}, or a map "
            "(map=...) for a model of your own. Received: a model without a weight of "
            "that source"
        )
    return assignments


def _warn_of_tables(kind, assignments, trained):
    """Says that Keras does not take the gradient of a look-up as TensorFlow 1 did."""
    tables = [
        assignment.path
        for assignment in assignments
        for weight in assignment.weights
        if id(weight) in trained and weight.name == "embeddings"
    ]
    if not tables:
        return
    if kind.lazy:
        why = (
            f"TensorFlow 1's {kind.name} left rows alone that a batch did not look up, "
            "Keras's moves all, so that losses will differ"
        )
    else:
        why = (
            "Keras squares the gradients of a row that was looked up twice one by one; "
            "in a loop of your own, tf.convert_to_tensor(gradient) sums them first, as "
            "TensorFlow 1 did"
        )
    warnings.warn(f"{', '.join(tables)}: {why}", stacklevel=3)


def _arrays(assignments, variables):
    """Pairs of a weight and its array, made of what stands in for the variables."""
    for assignment in assignments:
        arrays = assignment.read_slots(variables)
        problems = assignment.incompatibilities(arrays)
        if problems:
            raise LoadError(variables.label, mismatched=problems)
        yield from assignment.pairs(arrays)


def _kind_of(optimizer):
    """The kind of a Keras optimizer, and its options."""
    kind = _KINDS.get(type(optimizer))
    if kind is None:
        names = ", ".join(known.__name__ for known in _KINDS)
        raise MigrateError(
            f"expected a keras.optimizers.{names}. Received: optimizer={optimizer!r}"
        )
    options = optimizer.get_config()
    foreign = [option for option in _FOREIGN if options.get(option)]
    if foreign:
        raise MigrateError(
            f"TensorFlow 1's {kind.name} had no {', '.join(foreign)}; make the "
            "optimizer without, load, and change it then"
        )
    if options.get("momentum") and kind.name == "Momentum" and is_scheduled(options):
        raise MigrateError(
            "Keras's momentum holds the learning rate of each step, TensorFlow 1's "
            "does not: make the optimizer with the next step's rate as a number, load, "
            "then set optimizer.learning_rate to the schedule"
        )
    return kind, options


def _require_alike(assignments):
    for assignment in assignments:
        if not assignment.trains_alike:
            raise MigrateError(
                f"{trains_otherwise(assignment.cell)}, so that training cannot go on "
                "as it was; make a new optimizer"
            )


def _slots(owners: Mapping[str, str], name):
    """From each variable to the names of its slots of that optimizer, in order, and to
    those of its other slots, but moving averages."""
    pattern = re.compile(rf"{re.escape(name)}(?:_(\d+))?")
    ours, others = {}, {}
    for slot, owner in owners.items():
        last = slot.rpartition("/")[2]
        match = pattern.fullmatch(last)
        if match:
            ours.setdefault(owner, []).append((int(match[1] or 0), slot))
        elif last != "ExponentialMovingAverage":
            others.setdefault(owner, []).append(slot)
    return {
        owner: [slot for _, slot in sorted(of)] for owner, of in ours.items()
    }, others


def _gaps(plan, trained, owners, name, count):
    """What is missing and what does not fit, by the names of slots."""
    ours, others = _slots(owners, name)
    missing, mismatched, seen = [], [*plan.mismatched], set()
    for assignment in plan.assignments:
        for weight, variables in assignment.sources():
            if id(weight) not in trained:
                continue
            seen.add(id(weight))
            for variable in variables:
                have = ours.get(variable, [])
                foreign = [] if have else others.get(variable, [])
                if not have and (count or foreign):
                    beside = f" (there is {', '.join(foreign)})" if foreign else ""
                    missing.append(f"{variable}/{name}, for {assignment.path}{beside}")
                elif len(have) != count:
                    mismatched.append(
                        f"{variable} has the slots {', '.join(have)}, the optimizer "
                        f"asks for {count or 'none'}: it has other options than the "
                        "script's, or the script had several of one name"
                    )
    missing += [
        f"what fills {path}"
        for identity, path in trained.items()
        if identity not in seen
    ]
    return dict.fromkeys(missing), dict.fromkeys(mismatched), ours


class _Slots(Source):
    """One slot of each variable, under the variable's name; zeros where it was not
    trained and has none."""

    def __init__(self, source, slots, number):
        self.entries, self.label = source.entries, source.label
        self._source, self._slots, self._number = source, slots, number

    def __getitem__(self, name):
        if name in self._slots:
            return self._source[self._slots[name][self._number]]
        entry = self.entries[name]
        return np.zeros(entry.shape, entry.dtype)
