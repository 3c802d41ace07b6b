"""Change a file's content in memory and leave the file as it is: ACCESS_COPY.

    python examples/mmap_copy_on_write.py
"""

import os
import tempfile

import zcio.mmap as mmap

TEXT = b"two apples, three pears, one melon\n"


def main():
    path = os.path.join(tempfile.mkdtemp(), "list.txt")
    with open(path, "wb") as file:
        file.write(TEXT)

    # Nothing is written to the file, so it may be open for reading only.
    with open(path, "rb") as file:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as mapping:
            print("memory before:", mapping[:-1].decode())

            at = mapping.find(b"pears", 0)
            mapping[at : at + 5] = b"plums"
            mapping.flush()  # has nothing to do

            print("memory after: ", mapping[:-1].decode())
            print("file after:   ", file.read().decode().rstrip())

            try:
                mapping.resize(5)
            except TypeError as error:
                print("no resizing:  ", error)

    with mmap.open_path(path) as mapping:
        print("file mapped:  ", mapping[:-1].decode())

    os.remove(path)
    os.rmdir(os.path.dirname(path))


if __name__ == "__main__":
    main()
