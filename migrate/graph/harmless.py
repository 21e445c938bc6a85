"""Operations that a graph may have when we run it: none touches anything but tensors.

TensorFlow marks the operations that do more than compute ("stateful"). Those listed
here keep their state in the session; every other one is refused, and so are operations
that are not marked and still read files or talk to somebody.
"""

import re

# Full names of stateful operations that stay inside the session.
_INSIDE = re.compile(
    "|".join(
        (
            "Assert|CheckNumerics(V2)?|Print|GuaranteeConst|Empty|DeepCopy|DestroyResourceOp",
            "Variable(V2)?|VarHandleOp|VarIsInitializedOp|VariableShape|TemporaryVariable",
            "(Assign|AssignAdd|AssignSub|Read)VariableOp",
            "(Resource)?(Gather|GatherNd|CountUpTo|StridedSliceAssign|Scatter.*)",
            "(Resource)?(Apply|SparseApply).*",
            "(TensorArray|Stack)(Grad|Close|Concat|Gather|Read|Scatter|Size|Split|Write"
            "|Push|Pop|GradWithShape)?(V2|V3)?",
            "(Anonymous)?(Mutable)?(Dense)?HashTable(OfTensors)?(V2)?",
            "LookupTable(Export|Find|Import|Insert|Remove|Size)V2|InitializeTableV2",
            "(Stateless)?(If|Case|While)|(Stateful)?PartitionedCall",
            "Random(Crop|Gamma|Poisson|Shuffle|StandardNormal|Uniform|UniformInt)(V2)?",
            "Stateful(Random|Standard|Truncated|Uniform).*|Rng(ReadAndSkip|Skip)",
            "(Parameterized)?TruncatedNormal|Multinomial|NonDeterministicInts",
            "SampleDistortedBoundingBox(V2)?|StatelessRandomGetAlg|Timestamp",
            # Not FixedUnigramCandidateSampler, which reads its vocabulary from a file.
            "(All|LearnedUnigram|LogUniform|Uniform|ThreadUnsafeUnigram)CandidateSampler",
            "CudnnRNN(Backprop)?(V2|V3)?",
            "(FIFO|PaddingFIFO|Priority|RandomShuffle)Queue(V2)?",
            "Queue(Close|Dequeue|DequeueMany|DequeueUpTo|Enqueue|EnqueueMany|IsClosed"
            "|Size)V2",
            "Mutex(V2|Lock)|ConsumeMutexLock",
        )
    )
)
# Why an operation is refused; the first that matches. Some are not marked as stateful.
_OUTSIDE = (
    ("calls Python", re.compile("(Eager)?PyFunc(Stateless)?|GeneratorDataset")),
    (
        "reads or writes files",
        re.compile(
            "ReadFile|WriteFile|MatchingFiles|GenerateVocabRemapping|LoadAndRemapMatrix"
            "|InitializeTableFromTextFile(V2)?|(Decode|Encode)Proto(V2)?|PrintV2"
            "|(Save|Restore)(V2|Slices|Slice)?|MergeV2Checkpoints|ImportEvent"
            "|.*Summary(Writer|FileWriter|DbWriter)|Write.*Summary|FileSystem.*"
            "|FixedUnigramCandidateSampler|.*Debug.*"
        ),
    ),
    (
        "reads data by itself",
        re.compile(".*Reader.*|.*Dataset.*|.*Iterator.*|RecordInput"),
    ),
    (
        "talks to other processes or devices",
        re.compile(
            "_?(Host)?(Send|Recv)|Collective.*|Nccl.*|Remote.*|(Try)?Rpc|.*TPU.*"
            "|DistributedSave|(In|Out)feed.*|Xla.*|WorkerHeartbeat|.*Session(Handle|Tensor)(V2)?"
        ),
    ),
    ("ends the process", re.compile("Abort")),
)


def refused(graph_def):
    """Operations that must not run: operation -> (first node, what it does).

    Args:
      graph_def: all that would run; functions of its library count as well.
    """
    found = {}
    functions = (node for f in graph_def.library.function for node in f.node_def)
    for node in [*graph_def.node, *functions]:
        if node.op not in found and (reason := _reason(node.op)):
            found[node.op] = (node.name, reason)
    return found


def _reason(operation):
    from tensorflow.python.framework import op_def_registry

    for reason, pattern in _OUTSIDE:
        if pattern.fullmatch(operation):
            return reason
    definition = op_def_registry.get(operation)
    if definition is None or not definition.is_stateful:
        return None  # One that is not registered is named when it is imported.
    return None if _INSIDE.fullmatch(operation) else "keeps state outside the session"
