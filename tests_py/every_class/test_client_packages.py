"""Packages from the index read and write correctly through Cursor and BytesIO."""

import io

import pytest
from client_files import streams, writable

from zcio import Cursor

# Some of these packages cause warnings in each other.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@streams
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG"])
def test_pillow_reads(make, kind):
    image = pytest.importorskip("PIL.Image")
    made = io.BytesIO()
    image.linear_gradient("L").convert("RGB").save(made, kind)
    with image.open(io.BytesIO(made.getvalue())) as expected, make(made.getvalue()) as stream:
        with image.open(stream) as picture:
            assert picture.format == kind and picture.tobytes() == expected.tobytes()


@writable
@pytest.mark.parametrize("kind", ["PNG", "BMP"])
def test_pillow_writes(make, value_of, kind):
    image = pytest.importorskip("PIL.Image")
    picture = image.linear_gradient("L")
    with make(200000) as stream:
        picture.save(stream, kind)
        with image.open(io.BytesIO(value_of(stream))) as again:
            assert again.tobytes() == picture.tobytes()


@streams
def test_numpy_reads(make):
    numpy = pytest.importorskip("numpy")
    one, two = numpy.arange(5000.0).reshape(50, 100), numpy.arange(7)
    made = io.BytesIO()
    numpy.save(made, one)
    numpy.save(made, two)
    with make(made.getvalue()) as stream:
        assert (numpy.load(stream) == one).all() and (numpy.load(stream) == two).all()
    made = io.BytesIO()
    numpy.savez_compressed(made, one=one, two=two)
    with make(made.getvalue()) as stream, numpy.load(stream) as archive:
        assert (archive["one"] == one).all() and (archive["two"] == two).all()
    with make(b"1 2\n3 4\n") as stream:
        assert numpy.loadtxt(stream).tolist() == [[1, 2], [3, 4]]


@writable
def test_numpy_writes(make, value_of):
    numpy = pytest.importorskip("numpy")
    one = numpy.arange(5000.0)
    with make(100000) as stream:
        numpy.save(stream, one)
        numpy.savez(stream, one=one)
        assert (numpy.load(io.BytesIO(value_of(stream))) == one).all()


TABLE = b"a,b\n" + b"".join(b"%d,x%d\n" % (number, number) for number in range(3000))


@streams
@pytest.mark.parametrize("engine", ["c", "python", "pyarrow"])
def test_pandas_reads_csv(make, engine):
    pandas = pytest.importorskip("pandas")
    if engine == "pyarrow":
        pytest.importorskip("pyarrow")
    with make(TABLE) as stream:
        frame = pandas.read_csv(stream, engine=engine)
    assert frame["a"].tolist() == list(range(3000)) and frame["b"].iloc[-1] == "x2999"


@writable
def test_pandas_writes_csv(make, value_of):
    pandas = pytest.importorskip("pandas")
    with make(len(TABLE)) as stream:
        pandas.read_csv(io.BytesIO(TABLE)).to_csv(stream, index=False, lineterminator="\n")
        assert value_of(stream) == TABLE


def table():
    pyarrow = pytest.importorskip("pyarrow")
    return pyarrow.table({"a": list(range(3000)), "b": ["x%d" % number for number in range(3000)]})


@streams
def test_parquet(make):
    pandas = pytest.importorskip("pandas")
    parquet = pytest.importorskip("pyarrow.parquet")
    made = io.BytesIO()
    parquet.write_table(table(), made)
    with make(made.getvalue()) as stream:
        read = parquet.read_table(stream)
    assert read.equals(table())
    with make(made.getvalue()) as stream:
        assert pandas.read_parquet(stream)["a"].tolist() == list(range(3000))


@writable
def test_parquet_writes(make, value_of):
    parquet = pytest.importorskip("pyarrow.parquet")
    with make(200000) as stream:
        parquet.write_table(table(), stream)
        stop = stream.tell()
        assert parquet.read_table(io.BytesIO(value_of(stream)[:stop])).equals(table())


def test_arrow_reads_without_a_copy():
    pyarrow = pytest.importorskip("pyarrow")
    made = io.BytesIO()
    with pyarrow.ipc.new_file(made, table().schema) as writer:
        writer.write_table(table())
    memory = bytearray(made.getvalue())
    start = pyarrow.py_buffer(memory).address
    with Cursor(memory) as stream, pyarrow.ipc.open_file(stream) as reader:
        batch = reader.get_batch(0)
        assert batch.to_pydict() == table().to_pydict()
        data = batch.column(0).buffers()[1]
        assert start <= data.address and data.address + data.size <= start + len(memory)


@streams
def test_arrow_streams(make):
    pyarrow = pytest.importorskip("pyarrow")
    made = io.BytesIO()
    with pyarrow.ipc.new_stream(made, table().schema) as writer:
        writer.write_table(table())
    with make(made.getvalue()) as stream, pyarrow.ipc.open_stream(stream) as reader:
        read = reader.read_all()
    assert read.equals(table())


@streams
def test_lxml(make):
    etree = pytest.importorskip("lxml.etree")
    source = b"<root>" + b"<row n='1'>text</row>" * 3000 + b"</root>"
    with make(source) as stream:
        assert len(etree.parse(stream).getroot()) == 3000
    with make(source) as stream:
        assert sum(1 for _ in etree.iterparse(stream, tag="row")) == 3000


@writable
def test_lxml_writes(make, value_of):
    etree = pytest.importorskip("lxml.etree")
    source = b"<root><row n=\"1\">text</row></root>"
    with make(len(source)) as stream:
        etree.ElementTree(etree.fromstring(source)).write(stream)
        assert value_of(stream) == source


@streams
def test_openpyxl(make):
    openpyxl = pytest.importorskip("openpyxl")
    made = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["a", 2, 3.5])
    book.save(made)
    with make(made.getvalue()) as stream:
        assert [cell.value for cell in openpyxl.load_workbook(stream).active[1]] == ["a", 2, 3.5]


@writable
def test_openpyxl_writes(make, value_of):
    openpyxl = pytest.importorskip("openpyxl")
    with make(100000) as stream:
        book = openpyxl.Workbook()
        book.active.append(["a", 2])
        book.save(stream)
        again = io.BytesIO(value_of(stream)[: stream.seek(0, 1) or None])
        assert openpyxl.load_workbook(again).active["B1"].value == 2


@streams
def test_h5py(make):
    h5py = pytest.importorskip("h5py")
    made = io.BytesIO()
    with h5py.File(made, "w") as file:
        file["numbers"] = list(range(4000))
    with make(made.getvalue()) as stream:
        with h5py.File(stream, "r") as file:
            assert file["numbers"][:].tolist() == list(range(4000))


@streams
def test_soundfile(make):
    soundfile = pytest.importorskip("soundfile")
    samples = [(number % 100) / 128 for number in range(4000)]
    made = io.BytesIO()
    soundfile.write(made, samples, 8000, format="WAV", subtype="FLOAT")
    with make(made.getvalue()) as stream:
        read, rate = soundfile.read(stream)
    assert rate == 8000 and abs(read - samples).max() < 1e-6
