# -*- coding: utf-8 -*-
# Python 2 only, its library and the text it prints; real Python 2.7's output is in recorded/python2_library.txt.
import random, itertools, string, urllib, types, sys, subprocess, json, csv, cPickle, struct, codecs
from StringIO import StringIO
class A:
    def show(self, path):
        print 'in a class', round(2.5), cmp(1, 2), map(str, [1, 2]), 7 / 2
        with open(path, 'w') as f:
            print >>f, 'line', 1
        return file(path).read(), filter(None, [0, 1]), zip('ab', 'cd'), ord('a'), str(0.1 + 0.2)
    def open(self):
        return open('x.txt').read()
    def filter(self, map):
        return map
t = A().show('x.txt')
print t[0].strip(), t[1:], A().open().strip(), A().filter(3)
print 0.1 + 0.2, [0.1 + 0.2], '%s and %r' % (0.1 + 0.2, 0.1 + 0.2), '{} {:.2f}'.format(1e12, 2.), str(1.0), str(1e16), unicode(3.5)
print 'a',
print 'b',
print
print 'c\n',
print 'd', 'e\n', 'f',
sys.stdout.write('g\n')
print 'h'
random.seed(3)
l = range(10); random.shuffle(l)
print l, random.randint(1, 6), random.choice('abc'), random.sample(set([1, 2, 3]), 2), random.sample(xrange(100), 3)
print [x for x in itertools.izip([1, 2], itertools.count())], list(itertools.imap(lambda x: x * 2, [1])), string.letters[:3], string.join(['a', 'b']), string.uppercase[:2]
print filter(lambda c: c in string.letters, 'a1b2'), filter(lambda x: x, (1, 0)), map(None, [1, 2], [3]), map(lambda a, b: (a, b), [1], [2, 3])
print isinstance('a', types.StringType), isinstance([], types.ListType), isinstance('a', types.StringTypes), sys.maxint > 2 ** 60
print 'hello'.translate(None, 'l'), 'a,b'.translate(string.maketrans(',', ' ')), 'a.b!'.translate(string.maketrans('', ''), string.punctuation)
print 'abc'.encode('hex'), '616263'.decode('hex'), 'abc'.encode('base64').strip(), r'a\nb'.decode('string_escape'), 'uryyb'.decode('rot13')
print json.loads('{"a": 1}', encoding='utf-8')['a'], urllib.quote('a b'), urllib.urlencode({'a': 1})
with open('t.csv', 'wb') as f:
    w = csv.writer(f); w.writerow(['a', 1.5]); w.writerow(['caf\xc3\xa9', 2])
for row in csv.reader(open('t.csv', 'rb')):
    print row[0], row[1]
for line in open('t.csv', 'rb'):
    print line.strip().split(',')[1], line.startswith('a')
words = open('t.csv', 'rb').read().split()
print len(words), words[0] == 'a,1.5', sorted(words)[0], 'a,1.5' in words
print subprocess.check_output(['echo', 'one two']).split(), sorted([(1, 'b'), (0, 'a')], lambda x, y: cmp(x[1], y[1]))
b = StringIO(); b.write('text '); print >>b, 'more'; print b.getvalue().split(), StringIO('a\nb').readlines()
f = open('bin', 'wb'); f.write(struct.pack('<if', 3, 1.5)); f.write('word '); f.write(struct.pack('<i', 1094795585)); f.close()
f = open('bin', 'rb'); print struct.unpack('<if', f.read(8)),
word = ''
while True:
    ch = f.read(1)
    if ch == ' ':
        break
    word += ch
print word, struct.unpack('<i', f.read(4))[0]
d = {}
exec "x = 3; print x" in d
print d['x'], `'a'`, eval('1 + 1'), unicode('caf\xc3\xa9', 'utf-8').encode('utf-8') == u'caf\xe9'.encode('utf-8')
print sorted(['b', None, 3, 'a'], cmp=cmp), max(None, 3) if False else 3, 10L, 017, 1 <> 2
print cPickle.loads(cPickle.dumps({'caf\xc3\xa9': [1, 2.5]})).keys()[0]
print "%d %s" % (3.7, 'x'), "%(a)s" % {'a': 0.1 + 0.2}, 7 % 3, -7 / 2, 7 // 2.
try:
    raise ValueError, 'bad'
except ValueError, e:
    print 'caught', e
print reduce(lambda a, b: a + b, [1, 2, 3]), apply(max, [1, 2]), sum(1 for _ in open('x.txt'))
def outer(file):
    open = file
    return open
print outer(5), (lambda str: str)(4)
import tempfile, gzip
for f in (tempfile.TemporaryFile(), tempfile.NamedTemporaryFile(), gzip.open('z.gz', 'wb')):
    print >>f, 'caf\xc3\xa9', 1
    f.write('more\n')
    if f.name != 'z.gz':
        f.seek(0); print len(f.readline().split()), f.read() == 'more\n',
    f.close()
print gzip.open('z.gz').read().split()[0] == 'caf\xc3\xa9'
def noisy():
    print 'inside',
    return 'value'
print 'before', noisy(), noisy(), 'after'
print dict.has_key({'a': 1}, 'a'), list(dict.iteritems({'a': 1})), str.decode('a', 'utf-8') == 'a'
print ('a %d') % 1; print ('b', 2), 'c'; print ('{}').format(3); print ('d')[0], ('e') + 'f'
import re
print re.split('(\\W+)?', 'Mary went.'), re.split('x*', 'axbcx'), re.split(r'(\s*)', 'a b  c', 1), re.split('(?=[A-Z])|_', 'aB_c'), re.split(',', 'a,b')
print 'end',
