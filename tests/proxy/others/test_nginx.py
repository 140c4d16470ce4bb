"""nginx, as Debian has it, behind devkit: over TLS, with connections that it ends as it likes."""

from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.conftest import StartServer
from tests.proxy.others.playing import Visitor, both, visiting

CONFIGURATION = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log crit;
events {{ worker_connections 256; }}
http {{
    access_log off; types {{ text/html html; text/plain txt; application/json json; }}
    client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    keepalive_requests 3; client_max_body_size 10k; gzip on; gzip_types text/plain application/json; gzip_vary on;
    gzip_proxied any;
    server {{
        listen 127.0.0.1:{port} ssl; server_name localhost; root {folder}/site;
        ssl_certificate {folder}/chain.pem; ssl_certificate_key {folder}/key.pem;
        location /api/ {{
            add_header Set-Cookie "sid=1; Path=/; Secure; HttpOnly; SameSite=None";
            add_header Set-Cookie "where=here; Domain=localhost; Path=/api";
            return 200 '{{"ok": true}}';
        }}
        location /moved {{ return 301 /api/there?a=1; }}
        location /files/ {{ autoindex on; autoindex_format json; expires 1h; }}
        location /alone/ {{ alias {folder}/site/files/; gzip_proxied off; }}
        location /up {{ proxy_pass http://127.0.0.1:1; }}
    }}
}}
"""


class Nginx:
    def __init__(self, program: str, folder: Path) -> None:
        self._program, self._folder = program, folder
        with socket.create_server(("127.0.0.1", 0)) as found:
            self.port = found.getsockname()[1]
        self.url = f"https://localhost:{self.port}"
        certificate = CA.issue_cert("localhost")
        CA.cert_pem.write_to_path(folder / "ca.pem")
        certificate.private_key_pem.write_to_path(folder / "key.pem")
        for pem in certificate.cert_chain_pems:
            pem.write_to_path(folder / "chain.pem", append=True)
        site = folder / "site"
        (site / "files").mkdir(parents=True)
        (site / "index.html").write_text("<!doctype html><title>nginx's</title>")
        (site / "files" / "long.txt").write_text("".join(f"line {n}\\n" for n in range(5_000)))
        for file in site.rglob("*.*"):
            os.utime(file, (1_700_000_000, 1_700_000_000))
        (folder / "nginx.conf").write_text(CONFIGURATION.format(folder=folder, port=self.port))

    def run(self) -> None:
        """Returns when it is listening."""
        command = [self._program, "-p", str(self._folder), "-e", "stderr", "-c", str(self._folder / "nginx.conf")]
        self._process = subprocess.Popen(command)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self._process.poll() is None, "nginx has ended"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("nginx does not listen")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


CA = trustme.CA()


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("needs Debian's nginx")
    found = Nginx(program, tmp_path_factory.mktemp("nginx"))
    found.run()
    yield found
    found.kill()


@pytest.fixture(autouse=True)
def trusted(nginx: Nginx, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(nginx._folder / "ca.pem"))


async def test_its_files_and_answers_are_the_same_through_devkit(start: StartServer, nginx: Nginx) -> None:
    async def play(visitor: Visitor) -> None:
        ask = visitor.ask
        await ask("GET", "/")
        packed = await ask("GET", "/files/long.txt", headers={"Accept-Encoding": "br, gzip"})
        assert (packed.headers["Content-Encoding"], "ETag" in packed.headers) == ("gzip", True)
        whole = await ask("GET", "/files/long.txt")
        await ask("HEAD", "/files/long.txt")
        tag, modified = whole.headers["ETag"], whole.headers["Last-Modified"]
        await ask("GET", "/files/long.txt", headers={"If-None-Match": tag})
        await ask("GET", "/files/long.txt", headers={"If-Modified-Since": modified})
        await ask("GET", "/files/long.txt", headers={"Range": "bytes=100-299", "If-Range": tag})
        await ask("GET", "/files/long.txt", headers={"Range": "bytes=100-299", "If-Range": '"other"'})
        await ask("GET", "/files/long.txt", headers={"Range": "bytes=-5"})
        await ask("GET", "/files/long.txt", headers={"Range": "bytes=900000-"})
        await ask("GET", "/files/")
        await ask("GET", "/files")  # to /files/, by an address that names scheme, host and port
        await ask("GET", "/moved")
        await ask("GET", "/api/x")
        await ask("GET", "/nowhere")
        await ask("POST", "/", data=b"x" * 100)
        await ask("POST", "/api/x", data=io.BytesIO(b"x" * 3_000_000))  # refused before it is read
        await ask("GET", "/api/%2e%2e/up%2Fx?a=%20+&b")
        await ask("GET", "/up")
        await ask("OPTIONS", "/files/long.txt")
        await ask("PROPFIND", "/api/x")

    seen = await both(play, nginx.url, start)
    statuses = [200, 200, 200, 200, 304, 304, 206, 200, 206, 416, 200, 301, 301, 200, 404, 405, 413, 502, 502, 405, 200]
    assert [one.status for one in seen] == statuses


async def test_it_does_not_compress_what_came_through_others_unless_it_is_told_to(
    start: StartServer, nginx: Nginx
) -> None:
    """`gzip_proxied off`, its default, is for all requests with a `Via`; docs/proxy.md says so."""
    asked = {"headers": {"Accept-Encoding": "gzip"}}
    async with start(upstream=nginx.url) as client:
        for url, coding in ((nginx.url, "gzip"), (client.url, None)):
            async with visiting(url, url, through=url == client.url) as visitor:
                answer = await visitor.ask("GET", "/alone/long.txt", **asked)
                assert (answer.status, answer.headers.get("Content-Encoding")) == (200, coding)


async def test_connections_that_it_ends_cost_no_request(start: StartServer, nginx: Nginx) -> None:
    """It ends each after three requests (RFC 9112, section 9.5: a client may open a new one); uploads are not lost."""
    async with start(upstream=nginx.url) as client, visiting(client.url, client.url, through=True) as visitor:
        for n in range(30):
            answer = await visitor.ask("POST" if n % 2 else "GET", "/api/x", data=b"x" * 5_000 if n % 2 else None)
            assert answer.status == 200, n


async def test_it_is_killed_and_comes_back(start: StartServer, nginx: Nginx) -> None:
    async with start(upstream=nginx.url) as client:
        for _ in range(2):
            assert (await client.send("GET", "/api/x")).status == 200
            nginx.kill()
            try:
                down = [await client.send(method, "/api/x") for method in ("GET", "POST", "GET")]
            finally:
                nginx.run()
            # What finds a connection that was kept ended is asked anew, and meets nobody.
            assert [answer.status for answer in down] == [502, 502, 502]
            assert "takes no connections" in down[2].json["detail"]
            assert "since" in down[2].json["detail"]
            for method in ("POST", "GET"):
                assert (await client.send(method, "/api/x")).json == {"ok": True}
