"""Vocabularies that real TensorFlow 1.15.5 (Python 3) and 0.12.1 (Python 2) saved."""

import json
import pickle

import pytest

from helpers.legacy_process import legacy, succeeded, write
from helpers.places import RECORDINGS

CONTRIB = RECORDINGS / "contrib"


@pytest.mark.parametrize("release", ["1.15.5", "0.12.1"])
def test_a_saved_vocabulary_gives_the_rows_it_gave(release):
    recording = CONTRIB / "recorded" / f"vocabulary-{release}.json"
    process = legacy(
        CONTRIB / "vocabulary.py", "load", recording.with_suffix(".pickle")
    )
    expected = json.loads(recording.read_text(encoding="utf-8"))
    assert json.loads(succeeded(process)) == expected


def test_a_tokenizer_of_the_script_is_restored_and_other_code_is_not(tmp_path):
    class Hostile:
        def __reduce__(self):
            return print, ("code of the file was run",)

    (tmp_path / "hostile").write_bytes(pickle.dumps(Hostile()))
    script = write(
        tmp_path / "own.py",
        """
        from tensorflow.contrib import learn
        def split(texts):
            return (text.split('-') for text in texts)
        Processor = learn.preprocessing.VocabularyProcessor
        made = Processor(3, tokenizer_fn=split)
        made.fit(['a-b'])
        made.save('own')
        print([row.tolist() for row in Processor.restore('own').transform(['b-a-c'])])
        try:
            Processor.restore('hostile')
        except Exception as error:
            print(error)
        """,
    )
    first, second = succeeded(legacy(script, cwd=tmp_path)).splitlines()
    assert first == "[[2, 1, 0]]"
    assert "builtins.print" in second
