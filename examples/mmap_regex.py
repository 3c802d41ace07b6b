"""Regular expressions over a file that was never read into a string: the re module takes a mapping as it is.

    python examples/mmap_regex.py
"""

import os
import re
import tempfile

import zcio.mmap as mmap

TEXT = b"""\
08:01 gate 4: train 117 arrives from the coast
08:09 gate 2: train 52 leaves empty
08:30 the clock is wound
08:44 gate 4: train 117 leaves for the hills
"""

TRAIN = re.compile(rb"^(\d\d:\d\d) gate (\d+): train (\d+) (arrives|leaves)", re.MULTILINE)


def main():
    path = os.path.join(tempfile.mkdtemp(), "station.log")
    with open(path, "wb") as file:
        file.write(TEXT)

    with mmap.open_path(path) as mapping:
        for found in TRAIN.finditer(mapping):
            time, gate, train, what = (part.decode() for part in found.groups())
            print("%5d: train %3s %s at %s, gate %s" % (found.start(), train, what, time, gate))

        print("trains:", sorted({int(number) for number in re.findall(rb"train (\d+)", mapping)}))

        last = re.compile(rb"gate 4").search(mapping, mapping.find(b"clock", 0))
        # A match reads from the mapping when it is asked, so ask while that is open.
        print("gate 4 after the clock was wound:", last.span(), last.group())

    os.remove(path)
    os.rmdir(os.path.dirname(path))


if __name__ == "__main__":
    main()
