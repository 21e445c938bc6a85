"""Expressions on NumPy names of the era; real NumPy 1.16.6's values are recorded."""

EXPRESSIONS = """
np.in1d([[1, 2], [3, 4]], [2, 3])
np.in1d([1, 2, 2], [2, 9], invert=True)
np.asscalar(np.array([3.5]))
np.alen(np.zeros((4, 2)))
np.alen(3)
np.rank([[1, 2]])
np.product([[1, 2], [3, 4]], axis=0)
np.cumproduct([1, 2, 3])
np.sometrue([0, 0, 1])
np.alltrue([[1, 0], [1, 1]], axis=1)
np.round_([1.25, 2.5], 1)
np.msort([[3, 1], [2, 4]])
np.asfarray([1, 2], dtype=np.int32)
np.asfarray([1, 2], dtype='float32')
np.fastCopyAndTranspose(np.array([[1, 2], [3, 4]]))
np.trapz([1, 2, 4], dx=0.5)
np.row_stack([[1, 2], [3, 4]])
np.array([1, 2], dtype=np.int)
np.zeros(2, dtype=np.float)
np.ones(2, np.bool)
np.array(['a', 'b'], dtype=np.str)
np.array([1, 'a'], dtype=np.object)
np.array([1], np.complex)
np.array([1], np.float_)
np.array([1], np.complex_)
np.array([1], np.int0)
np.array([True], np.bool8)
np.array([b'ab'], np.string_)
np.array(['ab'], np.unicode_)
np.Inf > np.PINF - 1, np.NINF, np.infty, np.isnan(np.NaN), np.isnan(np.NAN), np.PZERO, np.NZERO
np.array([[1], [2, 3]])
np.array([[1, 2], [3, 4]])
np.asarray([np.zeros(2), np.zeros(3)]).shape
np.array([]).dtype.name
np.array([np.zeros((2, 2)), [1]]).dtype.name
np.find_common_type([np.float32], [np.int64, np.float64]).name
np.find_common_type([np.int32], [np.float32]).name
np.find_common_type([], [np.int16, np.int8]).name
np.maximum_sctype(np.int8).__name__
np.obj2sctype('f4').__name__
np.obj2sctype(np.array([1.])).__name__
np.sctype2char(np.float32)
np.issubclass_(np.int32, np.integer)
np.issubclass_(3, int)
np.issubsctype('S8', str if bytes is str else bytes)
np.issctype(np.int32), np.issctype(3), np.issctype(np.dtype('f4'))
np.nbytes[np.float32]
np.cast[np.int32]([1.7, 2.2])
sorted(np.sctypes)
np.dtype(np.typeDict['float32']).name
np.fromstring('1 2 3', dtype=int, sep=' ')
np.fromstring(b'\\x01\\x00\\x02\\x00', dtype='<i2')
np.fromstring(b'\\x01\\x02\\x03', np.uint8, 2)
np.safe_eval('[1, 2.5]')
np.compare_chararrays(np.array(['a', 'b ']), np.array(['a', 'b']), '==', True)
np.math.sqrt(4.0)
np.arange(4).tostring() == np.arange(4).tobytes()
np.float32(3).tostring()[:2] == b'\\x00\\x00'
np.arange(3).newbyteorder().dtype.byteorder in '<>'
np.array([3, 9, 1]).ptp()
np.loads(__import__('pickle').dumps([1, 2]))
np.mat([[1, 2]]) * np.mat([[3], [4]])
np.recfromtxt([b'1 a', b'3 b'])['f0'].tolist()
np.genfromtxt([b'1,2', b'3,4'], delimiter=',')
np.linalg.linalg.norm([3., 4.])
np.random.RandomState(3).permutation(5)
np.lib.pad([1, 2], 1, 'constant')
np.VisibleDeprecationWarning.__name__, np.ComplexWarning.__name__, np.RankWarning.__name__
""".strip().splitlines()


def plain(value):
    """A value as JSON holds it, with the kind of an array's numbers."""
    import numpy as np

    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        return {"kind": array.dtype.kind, "shape": list(array.shape), "values": repr(array.tolist())}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value


def values(namespace):
    """The values of all expressions, evaluated where ``np`` is a user's NumPy."""
    return {text: plain(eval(text, namespace)) for text in EXPRESSIONS}
