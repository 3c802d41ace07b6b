"""The classes that the mmap machine compares, each with its own file, and the outcomes of their calls."""

import os
import tempfile

import zcio.mmap
from zcio._mapping.stdlib import StdlibMmap
from zcio.compat import outcome
from zcio.compat.differences.mmap_runtime import COMPARED
from zcio.compat.mmap_model import File, Model

__all__ = ["Outcome", "Party", "kept", "model_file", "parties", "view_of"]


class Outcome(outcome.Outcome):
    """An Outcome in whose text the model has the name of the class that it models."""

    @staticmethod
    def words(error):
        return str(error).replace("'Model'", "'mmap.mmap'")


def view_of(mapping):
    """A memoryview of a mapping; for the model, a ModelView."""
    return mapping.__buffer__(0) if isinstance(mapping, Model) else memoryview(mapping)


class Party:
    """A class under test, its present mapping, and the file that is mapped."""

    def __init__(self, name, cls):
        self.name = name
        self.cls = cls
        self.mapping = None
        self.path = None

    def open(self, opening):
        """The outcome of the constructor, over a new file. Afterwards only the mapping's descriptor is open."""
        data = opening.content.bytes(opening.file_size) if opening.content else b""
        path, descriptors = None, []
        if opening.kind == "regular":
            handle, path = tempfile.mkstemp()
            os.write(handle, data)
            os.close(handle)
            flags = {"r": os.O_RDONLY, "w": os.O_WRONLY, "rw": os.O_RDWR}[opening.mode]
            descriptors = [os.open(path, flags)]
        elif opening.kind == "directory":
            descriptors = [os.open(tempfile.gettempdir(), os.O_RDONLY)]
        else:
            descriptors = list(os.pipe())
        try:
            fileno = descriptors[0 if opening.mode == "r" else -1]
            outcome = Outcome(lambda cls: opening.call(cls, fileno), self.cls)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return kept(outcome), path

    def file_bytes(self):
        with open(self.path, "rb") as file:
            return file.read()


def parties():
    """zcio's class, and the running interpreter's own, which must equal the model except for changes up to 3.15."""
    return [Party("zcio", zcio.mmap.mmap)] + [Party("stdlib", StdlibMmap)] * COMPARED


def model_file(opening):
    mode = opening.mode
    if opening.kind == "directory":
        mode = "r"
    elif opening.kind == "pipe" and mode != "r":
        mode = "w"
    return File(opening.kind, mode, opening.content.bytes(opening.file_size) if opening.content else b"")


def kept(outcome):
    """The outcome of a constructor as (mapping or None, outcome to compare)."""
    if outcome.error is not None:
        return None, outcome
    mapping, outcome.value = outcome.value, "constructed"
    return mapping, outcome
