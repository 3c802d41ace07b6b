"""Read a file through a mapping: as a file, as a sequence of bytes, and by searching it.

    python examples/mmap_read.py
"""

import os
import tempfile

import zcio.mmap as mmap

TEXT = b"""\
The lighthouse keeper wrote one line a day.
Monday: fog, eleven ships heard and none seen.
Tuesday: wind from the west, the lamp cleaned twice.
Wednesday: a letter came, wet but readable.
"""


def main():
    path = os.path.join(tempfile.mkdtemp(), "logbook.txt")
    with open(path, "wb") as file:
        file.write(TEXT)

    with open(path, "rb") as file:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapping:
            print("%d bytes" % len(mapping))

            # As a file: reading moves the position.
            print("first ten bytes:", mapping.read(10))
            print("position now:   ", mapping.tell())
            print("rest of line:   ", mapping.readline())

            # As bytes: slices and indices leave the position alone.
            print("the same slice: ", mapping[:10])
            print("one byte:       ", mapping[4], chr(mapping[4]))
            print("the last line:  ", mapping[-44:-1])

            # Where in the file, without reading it into a bytes object first.
            tuesday = mapping.find(b"Tuesday")
            print("Tuesday is at:  ", tuesday)
            print("last comma at:  ", mapping.rfind(b",", 0))
            mapping.seek(tuesday)
            print("read from there:", mapping.readline())

    # What open() and mmap() do together, in one call.
    with mmap.open_path(path) as mapping:
        print("lines:          ", mapping[:].count(b"\n"))

    os.remove(path)
    os.rmdir(os.path.dirname(path))


if __name__ == "__main__":
    main()
