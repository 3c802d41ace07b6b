"""Change a file in place: what is assigned to a slice of the mapping is in the file.

    python examples/mmap_write.py
"""

import os
import tempfile

import zcio.mmap as mmap

TEXT = b"""\
The bridge is closed until spring.
The ferry runs every hour.
"""


def main():
    path = os.path.join(tempfile.mkdtemp(), "notice.txt")
    with open(path, "wb") as file:
        file.write(TEXT)

    with open(path, "r+b") as file:
        with mmap.mmap(file.fileno(), 0) as mapping:
            print("before:", mapping.readline().decode().rstrip())

            word = b"closed"
            at = mapping.find(word, 0)
            mapping[at : at + len(word)] = word[::-1]
            mapping.flush()

            mapping.seek(0)
            print("after: ", mapping.readline().decode().rstrip())

            # A mapping has a fixed size: a slice takes exactly as many bytes as it has.
            try:
                mapping[at : at + len(word)] = b"open"
            except (IndexError, ValueError) as error:
                print("refused:", error)

            # Until it is resized, and the file with it.
            mapping.resize(at + len(word))

    with open(path, "rb") as file:
        print("file:  ", file.read().decode())

    os.remove(path)
    os.rmdir(os.path.dirname(path))


if __name__ == "__main__":
    main()
