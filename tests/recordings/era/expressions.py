"""Expressions on NumPy names of the era; real NumPy 1.16.6's values are recorded."""
import math

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
np.array(range(3), copy=False).tolist(), np.array([1, 2], copy=False)
np.array([-1, 300], dtype=np.uint8)
np.asarray([256, -2], np.uint8)
np.uint8(-1), np.int8(200), np.uint8(300), np.uint8([1, -1])
np.vstack(map(np.array, [[1], [2]]))
np.vstack(x for x in [[1], [2]])
np.hstack(zip([1, 2], [3, 4]))
np.column_stack(x for x in [[1], [2]])
np.dstack(map(np.array, [[1], [2]]))
np.stack(map(np.array, [[1], [2]]))
np.row_stack(map(np.array, [[1], [2]]))
np.sum(i * i for i in range(4)), np.sum([1, 2]), np.sum([[1, 2], [3, 4]], 0)
np.linspace(0, 1, 3.), np.logspace(0, 1, 2.)
np.reshape([1, 2], newshape=(2, 1))
np.percentile([1, 2, 3, 4], 50, interpolation='lower')
np.histogram([1, 2, 3, 3], bins=3, normed=True)[0].round(6)
np.histogram([1, 2, 3, 3], bins=3, normed=False)[0]
[x.tolist() for x in np.unique([[1, 2], [2, 1]], return_inverse=True)]
[x.tolist() for x in np.unique([[1, 2], [2, 1]], True, True, True)]
type(np.meshgrid([1, 2], [3])).__name__, type(np.atleast_1d(1, 2)).__name__
type(np.gradient(np.eye(2))).__name__, type(np.broadcast_arrays([1], [2])).__name__
np.atleast_2d(3), np.gradient([1., 2., 4.])
np.fft.fft(np.ones(2, np.float32)).dtype.name, np.fft.rfft([1, 2, 3, 4])
np.fft.ifft2(np.ones((2, 2), np.complex64)).dtype.name
np.floor(np.arange(3)), np.ceil(3), np.trunc(np.int8(2)), np.fix([1, 2]), np.floor(2.5)
np.corrcoef([1., 2., 4.], [1., 3., 4.], ddof=1).round(4)
np.nonzero(3), np.nonzero([0, 1])
np.bincount([1, 2, 2], minlength=None)
np.linalg.solve(np.array([np.eye(2), 2 * np.eye(2)]), np.array([[1., 2.], [3., 4.]]))
np.linalg.lstsq(np.eye(2), [1., 2.])[0]
np.loadtxt([b'1 2'], converters={0: lambda text: float(text.decode()) + 1})
np.genfromtxt([b'a 2'], dtype=None).tolist()[1]
np.shape([[1], [1, 2]]), np.size([[1], [1, 2]]), np.ndim([[1], [1, 2]])
np.append([[1], [1, 2]], [[1]]).shape
np.random.RandomState(1).permutation(4), np.random.permutation([[1], [1, 2]]).dtype.name
np.take([[1], [1, 2]], [0]), np.sum([[1], [1, 2]])
np.squeeze([[1], [1, 2]]).shape, np.tile([[1], [1, 2]], 2).shape
np.testing.rand(2).shape
int(np.array([3])), float(np.array([[2.5]])), repr(complex(np.array([1j])))
'%d %s %.2f' % (np.array([3]), np.array([4]), np.array([[5.]])), '%d' % np.array([3])
'%(a)d %(b)s' % {'a': np.array([3]), 'b': np.array([4])}, 7 % 4, np.arange(3) % 2
math.sqrt(np.array([4.]))
repr(np.float32(0.5)), repr([np.float32(0.1), np.int64(3), np.bool_(True)]), str((np.float64(1.5),))
repr(np.array([0.5, 1e-8])), str(np.array([1. / 3])), repr(np.array(['a'])), repr(np.array([True]))
repr(np.zeros(2, np.float32)), repr(np.array([[1], [2, 3]])), repr(np.zeros(1, [('a', '<f4')]))
repr({'a': np.str_('x'), 'b': np.float16(0.1)}), repr(np.arange(3) > 1), repr(np.datetime64('2016-01-02'))
repr(np.array([1 + 2j], np.complex64)), repr(np.complex64(1 + 2j)), repr(np.ma.array([1, 2], mask=[0, 1]))
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
    namespace = dict(namespace, math=math)
    return {text: plain(eval(text, namespace)) for text in EXPRESSIONS}
