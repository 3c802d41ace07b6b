"""Modules of the standard library read and write correctly through Cursor and BytesIO."""

import csv
import gzip
import hashlib
import io
import json
import pickle
import shutil
import sys
import tarfile
import wave
import zipfile

import pytest
from client_files import read_only, streams, writable

TEXT = "name,number\n" + "".join("row %d,%d\n" % (number, number * number) for number in range(2000))
RAW = TEXT.encode()


def zip_of(members):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return made.getvalue()


@streams
def test_zipfile_reads(make):
    with make(zip_of([("a.csv", RAW), ("b", b"second")])) as stream, zipfile.ZipFile(stream) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["a.csv", "b"]
        assert archive.read("a.csv") == RAW
        with archive.open("a.csv") as member:
            assert member.readline() == b"name,number\n"


@writable
def test_zipfile_writes(make, value_of):
    with make(200000) as stream:
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("a.csv", RAW)
            archive.writestr("b", b"second")
            end = archive.fp
        stop = stream.tell()
        assert end is stream
        with zipfile.ZipFile(io.BytesIO(value_of(stream)[:stop])) as archive:
            assert archive.read("a.csv") == RAW and archive.read("b") == b"second"


@streams
def test_tarfile_reads(make):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        info = tarfile.TarInfo("a.csv")
        info.size = len(RAW)
        archive.addfile(info, io.BytesIO(RAW))
    with make(made.getvalue()) as stream, tarfile.open(fileobj=stream) as archive:
        assert archive.getnames() == ["a.csv"]
        assert archive.extractfile("a.csv").read() == RAW


@writable
def test_tarfile_writes(make, value_of):
    with make(100000) as stream:
        with tarfile.open(fileobj=stream, mode="w") as archive:
            info = tarfile.TarInfo("a.csv")
            info.size = len(RAW)
            archive.addfile(info, io.BytesIO(RAW))
        with tarfile.open(fileobj=io.BytesIO(value_of(stream))) as archive:
            assert archive.extractfile("a.csv").read() == RAW


@streams
def test_gzip_reads(make):
    with make(gzip.compress(RAW) + gzip.compress(b"more")) as stream, gzip.GzipFile(fileobj=stream) as unpacked:
        assert unpacked.read() == RAW + b"more"


@writable
def test_gzip_writes(make, value_of):
    with make(100000) as stream:
        with gzip.GzipFile(fileobj=stream, mode="wb") as packed:
            packed.write(RAW)
        assert gzip.decompress(value_of(stream)[: stream.tell()]) == RAW


@streams
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_reads(make, protocol):
    value = {"text": TEXT, "raw": RAW, "many": list(range(500)), "mutable": bytearray(5000)}
    with make(pickle.dumps(value, protocol) + pickle.dumps("after", protocol)) as stream:
        assert pickle.load(stream) == value
        assert pickle.load(stream) == "after"


@writable
def test_pickle_writes(make, value_of):
    with make(100000) as stream:
        pickle.dump([TEXT, 5], stream)
        pickle.dump("after", stream)
        stop = stream.tell()
        again = io.BytesIO(value_of(stream)[:stop])
        assert (pickle.load(again), pickle.load(again)) == ([TEXT, 5], "after")


@streams
def test_csv_through_text(make):
    with io.TextIOWrapper(make(RAW), "utf-8", newline="") as text:
        rows = list(csv.reader(text))
    assert rows[0] == ["name", "number"] and rows[-1] == ["row 1999", str(1999 * 1999)] and len(rows) == 2001


@writable
def test_csv_writes_through_text(make, value_of):
    with make(100000) as stream:
        text = io.TextIOWrapper(stream, "utf-8", newline="")
        csv.writer(text, lineterminator="\n").writerows(csv.reader(io.StringIO(TEXT)))
        text.flush()
        stop = stream.tell()
        text.detach()
        assert value_of(stream)[:stop] == RAW


@streams
def test_buffered_by_others(make):
    with io.BufferedReader(make(RAW), 100) as reader:
        assert reader.peek(5)[:5] == b"name,"
        assert b"".join(reader) == RAW


@streams
def test_json(make):
    with make(json.dumps([TEXT, {"a": 1}]).encode()) as stream:
        assert json.load(stream) == [TEXT, {"a": 1}]


def sound(stream):
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(range(200)) * 8)


@streams
def test_wave_reads(make):
    made = io.BytesIO()
    sound(made)
    with make(made.getvalue()) as stream, wave.open(stream, "rb") as file:
        assert file.getnframes() == 800 and file.readframes(800) == bytes(range(200)) * 8


@writable
def test_wave_writes(make, value_of):
    made = io.BytesIO()
    sound(made)
    with make(len(made.getvalue())) as stream:
        sound(stream)
        assert value_of(stream) == made.getvalue()


@streams
def test_file_digest(make):
    expected = hashlib.sha256(RAW).hexdigest()
    with make(RAW) as stream:
        if sys.version_info >= (3, 11):
            assert hashlib.file_digest(stream, "sha256").hexdigest() == expected  # novm
        else:
            digest = hashlib.sha256()
            digest.update(stream.getbuffer())
            assert digest.hexdigest() == expected


@streams
def test_copyfileobj(make):
    with make(RAW) as stream:
        made = io.BytesIO()
        shutil.copyfileobj(stream, made, 1000)
        assert made.getvalue() == RAW


@writable
def test_copyfileobj_writes(make, value_of):
    with make(len(RAW)) as stream:
        shutil.copyfileobj(io.BytesIO(RAW), stream, 1000)
        assert value_of(stream) == RAW


@read_only
def test_a_file_that_is_not_writable_is_refused(make):
    with make(bytes(1000)) as stream:
        with pytest.raises(io.UnsupportedOperation):
            pickle.dump(TEXT, stream)
