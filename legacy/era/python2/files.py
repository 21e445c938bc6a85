"""Files as Python 2 read and wrote them: bytes or text, in every mode.

Text is read as UTF-8. Bytes that are no UTF-8 (old corpora in Latin-1) stay what they
are, one character each, and are written back unchanged ("surrogateescape").
"""

import io

_TEXT = {"encoding": "utf-8", "errors": "surrogateescape", "newline": "\n"}
# Control characters that no text has; any of them tells that bytes are data.
_CONTROL = bytes({*range(32)} - {*b"\t\n\v\f\r\x1a\x1b"})


def as_text(data):
    """``data`` as text if it is text: UTF-8 without control characters.

    A byte that was read alone is a character as well: programs read words so.
    """
    if not isinstance(data, bytes) or data.translate(None, _CONTROL) != data:
        return data
    errors = "surrogateescape" if len(data) == 1 else "strict"
    try:
        return data.decode("utf-8", errors)
    except UnicodeDecodeError:
        return data


def as_line(data):
    """A line: text as well if it is no UTF-8, unless it has control characters."""
    if not isinstance(data, bytes) or data.translate(None, _CONTROL) != data:
        return data
    return data.decode("utf-8", "surrogateescape")


def as_bytes(value):
    """The bytes that text was read from; all else as it is."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    return value


def is_binary(file):
    """Whether a file takes and gives bytes: ``tempfile``'s and ``gzip``'s, too."""
    inner = getattr(file, "file", file)
    if isinstance(inner, io.BufferedIOBase | io.RawIOBase):
        return True
    return getattr(file, "lines_as_text", False)


def opens_gfiles(module):
    """Whether it is ``tf.gfile``."""
    return hasattr(module, "GFile")


def gfile(module, name, mode="r"):
    """``tf.gfile.GFile``, ``FastGFile`` and ``Open``: loops over lines see text."""
    file = module.GFile(name, mode)
    file.lines_as_text = True
    return file


class _BytesReader(io.BufferedReader):
    """File opened with mode "rb": libraries read bytes, loops over it see text."""

    def __next__(self):
        return as_line(super().__next__())


class _BytesWriter(io.BufferedWriter):
    """File opened with a mode such as "wb", which also takes text."""

    def write(self, data):
        return super().write(as_bytes(data))


class _TextWriter(io.TextIOWrapper):
    """File opened with a mode such as "w", which also takes bytes."""

    def write(self, data):
        if isinstance(data, bytes):
            data = data.decode("utf-8", "surrogateescape")
        return super().write(data)


def open_(name, mode="r", *buffering):
    """``open`` and ``file``; see the module."""
    universal = "U" in mode
    mode = mode.replace("U", "").replace("t", "") or "r"
    if "+" in mode:
        return open(name, mode, *buffering, **({} if "b" in mode else _TEXT))
    raw = io.FileIO(name, mode.replace("b", ""))
    if "r" in mode:
        reader = _BytesReader(raw)
        newline = None if universal else "\n"
        named = {**_TEXT, "newline": newline}
        return reader if "b" in mode else io.TextIOWrapper(reader, **named)
    writer = _BytesWriter(raw)
    return writer if "b" in mode else _TextWriter(writer, **_TEXT)


def read(file, *size):
    """``file.read(...)`` by the script itself: text if it is text."""
    return as_text(file.read(*size))


def readline(file, *size):
    """``file.readline(...)`` by the script itself."""
    return as_line(file.readline(*size))


def readlines(file, *hint):
    """``file.readlines(...)`` by the script itself."""
    return [as_line(as_bytes(line)) for line in file.readlines(*hint)]


def check_output(subprocess, *arguments, **named):
    """``subprocess.check_output``: what the command wrote, text if it is text."""
    return as_text(subprocess.check_output(*arguments, **named))


def communicate(process, *data):
    """``Popen.communicate``: takes and gives text."""
    binary = not getattr(process, "text_mode", None)
    data = tuple(map(as_bytes, data)) if binary else data
    return tuple(map(as_text, process.communicate(*data)))


def unpack(struct, form, data):
    """``struct.unpack``: text is the bytes it was read from."""
    return struct.unpack(form, as_bytes(data))


class StringIO(io.BytesIO):
    """``StringIO.StringIO`` and ``cStringIO.StringIO``: takes text and bytes.

    Libraries read bytes from it; a script, and loops over lines, see text.
    """

    def __init__(self, value=""):
        super().__init__(as_bytes(value))

    def __next__(self):
        return as_line(super().__next__())

    def write(self, data):
        return super().write(as_bytes(data))

    def getvalue(self):
        return as_text(super().getvalue())
