"""Lists what real TensorFlow had besides the names of legacy/imports/api/tf-VERSION.txt.gz.

    PYTHON other_names.py

Runs under real 0.12.1, 1.0.0 and 1.15.5 and writes legacy/imports/api/others-VERSION.txt.gz,
one dotted name a line: what is in every family of tf.contrib, and in its modules; and what
was visible in the modules that tf-VERSION.txt.gz lists, such as modules that they imported.
Not listed are "python", "core" and the names of __future__.
"""
import gzip
import importlib
import io
import os
import pkgutil
import sys
import types

import tensorflow as tf
import tensorflow.contrib

API = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', '..', 'legacy', 'imports', 'api')
LEFT_OUT = ('absolute_import', 'division', 'print_function', 'unicode_literals', 'python', 'core')


def names(module):
    return [name for name in dir(module) if not name.startswith('_') and name not in LEFT_OUT]


def walk(path, module, found, depth):
    for name in names(module):
        found.add(path + '.' + name)
        value = getattr(module, name, None)
        if depth and isinstance(value, types.ModuleType) and value.__name__.startswith('tensorflow.contrib.'):
            walk(path + '.' + name, value, found, depth - 1)


def contrib():
    found = set()
    families = set(name for _, name, package in pkgutil.iter_modules(tf.contrib.__path__) if package)
    for family in families.union(names(tf.contrib)):
        modules = [getattr(tf.contrib, family, None)]
        try:
            modules.append(importlib.import_module('tensorflow.contrib.' + family))
        except Exception as error:
            sys.stderr.write('%s: %s\n' % (family, error))
        for module in modules:
            if isinstance(module, types.ModuleType):
                found.add('tf.contrib.' + family)
                walk('tf.contrib.' + family, module, found, 1)
    return found


def visible(listed):
    paths = set(['tf'])
    for name in listed:
        parts = name.split('.')
        paths.update('.'.join(parts[:size]) for size in range(1, len(parts) + 1))
    found = set()
    for path in paths:
        value = tf
        try:
            for part in path.split('.')[1:]:
                value = getattr(value, part)
        except Exception:
            continue
        if isinstance(value, types.ModuleType) and not path.startswith('tf.contrib.'):
            found.update(path + '.' + name for name in names(value))
    return found


def main():
    path = os.path.join(API, 'tf-%s.txt.gz' % tf.__version__)
    listed = io.BufferedReader(gzip.open(path)).read().decode('ascii').split()
    found = (contrib() | visible(listed)) - set(listed)
    text = u'\n'.join(sorted(found)) + u'\n'
    with open(path.replace('tf-', 'others-'), 'wb') as raw:
        with gzip.GzipFile(filename='', mode='wb', fileobj=raw, mtime=0) as f:
            f.write(text.encode('ascii'))
    print(tf.__version__, len(found))


if __name__ == '__main__':
    main()
