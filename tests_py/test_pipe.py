"""zcio.Pipe: the rows of its contract, one by one."""

from zcio.pipe import Pipe


def test_the_example_of_the_seed_works_as_it_is():
    # `from chunkedbuffer import Pipe` is the only line that changes.
    pipe = Pipe()
    buffer = pipe.get_buffer(4)
    # The returned buffer may be larger than what was asked for.
    buffer[:4] = b"test"
    pipe.buffer_written(4)
    assert pipe.readuntil(b"\r\n") == None  # noqa: E711
    buffer = pipe.get_buffer(2)
    buffer[:2] = b"\r\n"
    pipe.buffer_written(2)
    assert pipe.readuntil(b"\r\n") == b"test\r\n"


def test_the_package_has_it_too():
    import zcio

    assert zcio.Pipe is Pipe
