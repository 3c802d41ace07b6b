"""A certificate for the tests with TLS, as a fixture."""

import ssl

import pytest
from aio_support import certificate


@pytest.fixture(scope="module")
def contexts(tmp_path_factory):
    """SSL contexts of a server and of a client that trusts it."""
    cert, key = certificate(tmp_path_factory.mktemp("certificate"))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(cert, key)
    return server, ssl.create_default_context(cafile=cert)
