"""Which way to run a sequence: rules by shape, from measurement.

The figures behind the rules are in ``docs/performance/performance.md``.
"""

from typing import NamedTuple

from bnlstm_compat import exports

#: "auto" chooses by the rules below; "plain": a loop of TensorFlow's; "unrolled": a
#: loop of Python's; "xla": compiled by XLA, also in a step that is not; "general": the
#: loop of ``general.sequence``, differentiated by TensorFlow, which knows every
#: activation and has gradients of any order.
MODES = ("auto", "plain", "unrolled", "xla", "general")

#: The moments of z = u W [B,4H] come from those of u [B,U] where B is at least so many
#: times U.
ROWS_FOR_FACTORED = 4
#: For the input's site, where all steps are known beforehand; and U at most so large,
#: for there are U^2 4H products of rows of W. Where z has no more numbers, T B 4H, its
#: own moments take less time and less memory.
ROWS_FOR_FACTORED_INPUT = 1
LARGEST_FACTORED_INPUT = 64
#: For so many shapes in training, and in inference, "auto" compiles a layer: of whole
#: batches, of the last one, which is smaller, and one more.
SHAPES_COMPILED = 3
#: In inference with at least so many rows and units, "auto" leaves the matmuls to
#: TensorFlow, whose library is faster there, and compiles what is between them.
LARGE_ROWS, LARGE_UNITS = 64, 800
#: Compiled code has the four gates [B,H] of a step in one tensor where each has at
#: least so many elements, and rows are many (``ROWS_FOR_FACTORED``) or H is no multiple
#: of a vector of the processor.
ELEMENTS_FOR_JOINED_GATES = 4096
VECTOR = 8
#: A kernel's gradient, a matmul over T B rows, copies all rows if they are at most so
#: many. So it is made of a few matmuls, each of so many rows at least, and of as many
#: as the kernel has: the time to add these up is then not seen.
FEW_ROWS, ROWS_OF_A_PIECE, MOST_PIECES = 2048, 128, 4
#: In inference both scaled kernels are joined where B is at least so many times H.
ROWS_FOR_JOINED = 2
#: Where they are not, compiled code has x W of all steps from one matmul if that is at
#: most so many numbers, T B 4H.
NUMBERS_OF_ALL_STEPS = 2**21


class Mode(NamedTuple):
    """``compiled``: by XLA, in a function of its own. ``unrolled``: a Python loop.

    ``by_parts``: in inference, compiled is each step without its matmuls.
    ``portable``: in inference, without TensorArrays.
    """

    compiled: bool
    unrolled: bool
    by_parts: bool = False
    portable: bool = False


class Shapes:
    """The shapes for which "auto" compiled one layer: a few, for each takes seconds.

    Where lengths or batches keep changing, the further shapes are run by TensorFlow's
    loop, with the same results.
    """

    def __init__(self):
        self._known = {True: (), False: ()}

    def admit(self, training, shape):
        """Whether a call [B,T,D] is compiled; once admitted, a shape stays so."""
        shape, known = tuple(shape), self._known[training]
        if shape in known:
            return True
        if len(known) >= SHAPES_COMPILED:
            return False
        self._known[training] = (*known, shape)
        return True


def choose(
    mode, steps, *, eager, replicas, target=None, large=False, admit=lambda: True
):
    """The ``Mode`` for a call.

    Args:
      mode: one of ``MODES`` but "general".
      steps: T, or None where it is not known.
      eager: whether the call is executed at once, op by op. Compiling pays over many
        calls of one shape only, so "auto" does not then, nor where T is not known.
      replicas: how many devices the step runs on; "auto" compiles on one only, for
        XLA takes no part in ``tf.distribute``'s exchanges.
      target: of an export, see ``exports``, or None. "auto" does not compile there.
      large: whether TensorFlow's matmuls are the faster ones: see ``large``.
      admit: function that "auto" asks last, before it compiles.
    """
    compiled, by_parts = mode == "xla", False
    if mode == "auto" and target is None and not eager:
        admitted = steps is not None and replicas == 1 and admit()
        compiled, by_parts = admitted and not large, admitted and large
    unrolled = mode == "unrolled"
    # An unrolled loop has no equal of TensorArrays in ONNX, either.
    portable = target == exports.LITERT or (target is not None and unrolled)
    return Mode(compiled, unrolled, by_parts, portable and not compiled)


def large(batch, units):
    """Whether a step's matmul [B,H] [H,4H] in inference is TensorFlow's: see above.

    Args:
      batch: B, or None where it is not known. units: H.
    """
    return (batch or 0) >= LARGE_ROWS and units >= LARGE_UNITS


def joined_gates(batch, units):
    """Whether compiled code has the four gates of a step in one tensor: see above.

    Args:
      batch: B, or None where it is not known. units: H.
    """
    if batch is None or batch * units < ELEMENTS_FOR_JOINED_GATES:
        return False
    return batch >= ROWS_FOR_FACTORED * units or units % VECTOR > 0


def factored(steps, batch, units, features, weighted):
    """The sites whose moments come from those of the matmul's left side.

    Args:
      steps, batch: T, B, or None where it is not known. units: H. features: D.
      weighted: whether rows have weights of their own (lengths): none then.
    """
    if weighted or batch is None:
        return frozenset()
    sites = set()
    if batch >= ROWS_FOR_FACTORED * units:
        sites.add("recurrent")
    few_rows = steps is not None and steps * batch <= features**2
    if (
        batch >= ROWS_FOR_FACTORED_INPUT * features
        and features <= LARGEST_FACTORED_INPUT
        and not few_rows
    ):
        sites.add("input")
    return frozenset(sites)


def pieces(steps, batch, units, features):
    """In how many matmuls the gradient of each kernel is made: see above.

    Args:
      steps, batch: T, B, or None where it is not known. units: H. features: D.
    """
    if steps is None or batch is None or steps * batch > FEW_ROWS:
        return 1
    rows_of_a_piece = max(units, features, ROWS_OF_A_PIECE)
    return min(max(steps * batch // rows_of_a_piece, 1), MOST_PIECES)


def folded(steps, batch, units, features, compiled):
    """In inference, the sites whose scales go into the kernels.

    Args:
      steps, batch: T, B, or None where it is not known. units: H. features: D.
      compiled: whether XLA compiles the loop.
    """
    if features == 1:
        return frozenset({"input"})
    if batch is None or features > batch:
        return frozenset()
    if compiled and batch >= ROWS_FOR_JOINED * units:
        return frozenset({"input", "recurrent"})
    known = compiled and steps is not None
    if known and steps * batch * 4 * units <= NUMBERS_OF_ALL_STEPS:
        return frozenset()
    return frozenset({"input"})
