"""Make and read a zip archive inside memory that is already there, without a copy of it.

    python examples/cursor_zip.py
"""

import zipfile

from zcio import Cursor

START = 4096  # what lies before it belongs to somebody else


def main():
    memory = bytearray(64 * 1024)

    # Writes land in the memory itself, whose size is fixed: what does not fit is a BufferError.
    with memoryview(memory) as view, view[START:] as part, Cursor(part) as stream:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(3):
                archive.writestr("notes/%d.txt" % number, "note %d\n" % number * 1000)
        end = START + stream.tell()

    # Reading: any part of any buffer is a file. Of an mmap of a large file it would be the same line.
    with memoryview(memory) as view, view[START:end] as part, Cursor(part, readonly=True) as stream:
        with zipfile.ZipFile(stream) as archive:
            print("in memory: %d members" % len(archive.namelist()))
            text = archive.read("notes/2.txt").decode()
            print("notes/2.txt: %r * %d" % (text[:7], len(text) // 7))

    with Cursor(memory) as stream:
        print("the buffer holds the archive from byte %d on" % stream.find(b"PK\x03\x04"))
        stream.seek(START)
        header = stream.peek(4)
        with stream.read_view(4) as view:
            print("header: %r and again %r, one of them a view" % (header, view.tobytes()))

    # Closing gives the memory back at once.
    memory += b"more"
    print("given back: it grows again")


if __name__ == "__main__":
    main()
