"""Send signed webhooks at full speed: `python -m benchmarks.webhook_load PORT LOCATION COUNT KEY CONNECTIONS`.

KEY is the private key, hex. All of them are signed before the first is sent. Each is about another contact, as after a
mass edit. It prints a JSON line: how long it took from the first word to the last answer, and how many of each status.
"""

import json
import selectors
import socket
import sys
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from connectors.growthhub.sandbox.events import payload

END = b"\r\n\r\n"


def main() -> None:
    """Sign, send, count."""
    port, location, count, key, connections = sys.argv[1:6]
    signing = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key))
    requests = iter([request(number, location, signing) for number in range(int(count))])
    began = time.monotonic()
    statuses = volley(int(port), requests, int(connections))
    print(json.dumps({"seconds": time.monotonic() - began, "statuses": statuses}))


def webhook_id(number: int) -> str:
    """Return what a webhook is called."""
    return f"webhook-{number}"


def request(number: int, location: str, signing: Ed25519PrivateKey) -> bytes:
    """Return one webhook as it goes over the wire."""
    now = datetime.now(UTC)
    record = {
        "id": f"person{number:014d}", "firstName": "Ann", "lastName": f"Example {number}", "tags": ["sync", "vip"],
        "email": f"ann{number}@example.com", "phone": "+12025550123", "companyName": "Example Inc", "country": "US",
        "address1": "1 Example Street", "city": "Springfield", "dnd": False, "customFields": {}, "dateAdded": 0,
    }  # fmt: skip
    body = json.dumps(payload("ContactUpdate", record, location, now, webhook_id(number))).encode()
    signature = b64encode(signing.sign(body)).decode()
    head = (
        f"POST /webhooks HTTP/1.1\r\nHost: example.com\r\nContent-Type: application/json\r\n"
        f"X-GHL-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def volley(port: int, requests: Iterator[bytes], connections: int) -> Counter[str]:
    """Send everything over so many connections; each waits for its answer."""
    statuses: Counter[str] = Counter()
    sockets: dict[int, socket.socket] = {}
    with selectors.DefaultSelector() as selector:
        for _, first in zip(range(connections), requests, strict=False):
            sock = socket.create_connection(("127.0.0.1", port))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.sendall(first)
            sockets[sock.fileno()] = sock
            selector.register(sock, selectors.EVENT_READ, bytearray())
        while selector.get_map():
            for key, _ in selector.select():
                sock, buffer = sockets[key.fd], key.data
                buffer += (part := sock.recv(4096))
                if part and END not in buffer:
                    continue
                statuses[buffer[9:12].decode() or "none"] += 1
                buffer.clear()
                following = next(requests, None) if part else None
                if following is not None:
                    sock.sendall(following)
                else:
                    selector.unregister(sock)
                    sock.close()
    return statuses


if __name__ == "__main__":
    main()
