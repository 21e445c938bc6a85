# -*- coding: utf-8 -*-
# Python 2 only; its output under real Python 2.7 is in recorded/python2_sample.txt.
import cPickle, StringIO, itertools
import os, sys, string
from collections import Iterable, OrderedDict
import numpy as np
reload(sys)
sys.setdefaultencoding('utf8')


class Counter:
	"""Tabs and spaces mixed, as editors of the time left them."""
	def __init__(self, total):
	    self.total = total
        def half(self):
		return self.total / 2
	def next(self):
		self.total -= 1
		return self.total
	def __iter__(self):
		return self


print "hello", 7 / 2, -7 / 2, 7 / 2., 7 // 2, 7 % 4
print "no newline",
print >>sys.stdout, "to a file", 0777, 0xFFL, 10L ** 20
print "%d of %s" % (3, "four"), u"caf\u00e9".encode('utf-8'), "plain".decode('utf-8').encode('utf-8')
try:
    raise ValueError, "bad value"
except (ValueError, TypeError), e:
    print "caught", e
d = {'b': 2, 'a': 1}
print d.has_key('a'), sorted(d.iteritems()), sorted(d.keys())[0], d.items()[0] in d.items()
for k, v in sorted(d.viewitems()):
    print k, v
print map(lambda (x, y): x + y, zip([1, 2], (3, 4))), filter(None, [0, 1, 2]), reduce(lambda a, b: a * b, xrange(1, 6))
print [x for x in 1, 2, 3], range(3), isinstance([], Iterable), isinstance(u'x', basestring), 1 <> 2
print round(2.5), round(-0.5), round(3.14159, 2), round(7), cmp(1, 2), cmp('b', 'a')
print sorted([3, 1, 2], cmp=lambda a, b: cmp(b, a)), sorted(['a', 'C', 'b'], key=string.lower)
a = np.arange(6)
print a / 4, (a / 4).dtype.kind, a / 4., (a.reshape(2, 3) / np.array([2, 3, 4])).tolist()
a /= 2
print a, a.dtype.kind
n = 9
n /= 2
d['b'] /= 2
c = Counter(9)
c.total /= 2
print n, d['b'], c.total, c.half(), c.next(), iter([5]).next(), len("abcde") / 2
exec "made = 3"
print made, `made`, eval("made + 1")
blob = cPickle.dumps({'w': np.ones(2), u'k': 'v'}, 2)
print len(cPickle.loads(blob)), cPickle.loads(blob)['w']
with open('sample.out', 'wb') as f:
    f.write("bytes or text\n")
    print >>f, "printed"
with open('sample.out', 'rU') as f:
    print f.readlines()
s = StringIO.StringIO()
print >>s, "inside"
print s.getvalue().strip(), list(itertools.izip('ab', itertools.count())), os.getcwdu() == os.getcwd()
print "a,b;c".translate(string.maketrans(",;", "  ")) if False else "done", type(3 / 2) is int, unicode(5), long(7) + 1, unichr(65)
assert np.array_equal(a, [0, 0, 1, 1, 2, 2]), "divided"
def failing():
    return 1 / 0
if __name__ == '__main__':
    try:
        failing()
    except ZeroDivisionError:
        import traceback
        print traceback.extract_tb(sys.exc_info()[2])[1][1]
