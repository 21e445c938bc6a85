# -*- coding: utf-8 -*-
"""Writes or reads recorded/vocabulary-RELEASE.pickle; prints the rows of its words.

PYTHON_OF_THE_RELEASE tests/recordings/contrib/vocabulary.py save PICKLE >
recorded/vocabulary-RELEASE.json python -m legacy tests/recordings/contrib/vocabulary.py
load PICKLE
"""

from __future__ import print_function

import json
import sys

import numpy as np
from tensorflow.contrib import learn

mode, path = sys.argv[1:]
texts = [
    "It was the best of times",
    "it was the WORST of times",
    "l'\u00e9t\u00e9 of times",
]
Processor = learn.preprocessing.VocabularyProcessor
if mode == "save":
    processor = Processor(np.int64(7), min_frequency=0)
    processor.fit(texts)
    processor.save(path)
processor = Processor.restore(path)
rows = np.array(list(processor.transform(texts + ["of no times"])))
print(
    json.dumps(
        {
            "rows": rows.tolist(),
            "words": list(processor.reverse(rows)),
            "length": int(processor.max_document_length),
            "size": len(processor.vocabulary_),
        }
    )
)
