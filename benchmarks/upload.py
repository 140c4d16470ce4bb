"""Upload throughput on loopback, with the progress events on, and what it does to the memory."""

from __future__ import annotations

import socket
import time

from benchmarks import report
from benchmarks.load import Server

_SIZE, _CHUNK, _ROUNDS = 64 * 1024 * 1024, 1024 * 1024, 5


def measure(server: Server, token: str) -> str:
    before, rates, most = server.rss, [], 0.0
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        _send(server.port, token)
        rates.append(_SIZE / (time.perf_counter() - begun) / 1e6)
        most = max(most, server.rss)
    lines = [
        ["upload of 64 MiB, MB a second", report.spread(rates)],
        ["memory before and at most", f"{before:.0f} MB, {most:.0f} MB"],
    ]
    return report.table(["", ""], lines)


def _send(port: int, token: str) -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
    tail = b"\r\n--b--\r\n"
    size = len(head) + _SIZE + len(tail)
    with socket.create_connection(("127.0.0.1", port)) as wire:
        wire.sendall(
            f"POST /api/uploads HTTP/1.1\r\nHost: localhost\r\nCookie: auth-token={token}\r\nContent-Length: {size}\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\nConnection: close\r\n\r\n".encode()
            + head
        )
        chunk = bytes(_CHUNK)
        for _ in range(_SIZE // _CHUNK):
            wire.sendall(chunk)
        wire.sendall(tail)
        answer = b""
        while part := wire.recv(65536):
            answer += part
    if not answer.startswith(b"HTTP/1.1 201"):
        raise RuntimeError(answer[:200].decode(errors="replace"))
