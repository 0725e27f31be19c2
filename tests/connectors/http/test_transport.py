"""TLS: one context for all connections of a process, and no certificate that is not trusted."""

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from urllib3.util.ssl_ import create_urllib3_context

from connectors.http.allowed_calls import AllowedCalls
from connectors.http.request import Request
from connectors.http.transport import Transport, is_hopeless, tls_context


class Answer(BaseHTTPRequestHandler):
    """It answers everything with an empty object."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def certificate(folder: Path, name: str) -> Path:
    """Write a certificate of its own authority, with its key; return the path of both in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    alternative = x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


@pytest.fixture
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[str, Path]]:
    """Start a TLS server; yield its address and the file with its certificate."""
    path = certificate(tmp_path, getattr(request, "param", "127.0.0.1"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    made = HTTPServer(("127.0.0.1", 0), Answer)
    made.socket = context.wrap_socket(made.socket, server_side=True)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{made.server_address[1]}", path
    made.shutdown()
    made.server_close()
    thread.join()


def sent(address: str) -> bytes:
    """Send one request by a transport of its own, and return the body of the answer."""
    calls = AllowedCalls([("GET", "/things")])
    way = Transport(address, calls, {}, (5.0, 5.0), patience=20.0, monotonic=lambda: 0.0)
    try:
        return bytes(way.send(Request("GET", f"{address}/things", {})).read())
    finally:
        way.close()


@pytest.fixture(autouse=True)
def no_known_context(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forget the contexts before and after each test: the same path may hold another certificate."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    tls_context.cache_clear()
    yield
    tls_context.cache_clear()


def test_a_hundred_transports_load_the_trusted_certificates_once(
    server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, trusted = server
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
    loaded: list[object] = []

    def counted(**options: object) -> ssl.SSLContext:
        loaded.append(options)
        return create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)

    monkeypatch.setattr("connectors.http.transport.create_urllib3_context", counted)
    assert {sent(address) for _ in range(100)} == {b"{}"}
    assert len(loaded) == 1


def test_an_empty_folder_of_certificates_trusts_no_server(
    server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, trusted = server
    folder = trusted.with_name("trusted")
    folder.mkdir()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(folder))
    with pytest.raises(Exception) as raised:  # noqa: PT011 - urllib3's own, of many kinds
        sent(address)
    assert is_hopeless(raised.value)


def test_a_server_with_a_certificate_that_is_not_trusted_gets_no_request(server: tuple[str, Path]) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011 - urllib3's own, of many kinds
        sent(server[0])
    assert is_hopeless(raised.value)


@pytest.mark.parametrize("server", ["other.example.com"], indirect=True)
def test_a_trusted_certificate_of_another_host_is_refused(
    server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, trusted = server
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
    with pytest.raises(Exception) as raised:  # noqa: PT011 - urllib3's own, of many kinds
        sent(address)
    assert is_hopeless(raised.value)
