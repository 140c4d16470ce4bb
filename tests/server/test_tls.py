from __future__ import annotations

import asyncio
import os
import shutil
import signal
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from aiohttp import web

from devkit.config import Settings
from devkit.errors import StorageError
from devkit.journal import RequestEntry
from devkit.server.hosting import ports, tls
from tests.conftest import Client, StartServer
from tests.control.conftest import until


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "tls"
    monkeypatch.setattr(tls, "folder", lambda: path)
    return path


def shakes_hands(name: str) -> bool:
    client = ssl.create_default_context(cafile=str(tls.ca_path()))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tls.leaf_path())
    return tls._shake_hands(server, client, name)


def test_a_client_that_trusts_the_authority_accepts_the_certificate() -> None:
    tls.certificate(Settings())
    assert shakes_hands("localhost")
    assert shakes_hands("127.0.0.1")
    assert not shakes_hands("elsewhere.test")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_keys_are_readable_by_the_user_alone(folder: Path) -> None:
    tls.certificate(Settings())
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert modes == {"authority.pem": 0o600, "localhost.pem": 0o600, "ca.pem": 0o644}
    assert b"PRIVATE" not in tls.ca_path().read_bytes()


def test_authority_and_certificate_stay_while_they_are_good() -> None:
    tls.certificate(Settings())
    before = (tls.ca_path().read_bytes(), tls.leaf_path().read_bytes())
    tls.certificate(Settings(host="0.0.0.0"))
    assert (tls.ca_path().read_bytes(), tls.leaf_path().read_bytes()) == before


def test_a_certificate_that_ends_soon_is_renewed_under_the_same_authority(monkeypatch: pytest.MonkeyPatch) -> None:
    tls.certificate(Settings())
    authority, leaf = tls.ca_path().read_bytes(), tls.leaf_path().read_bytes()
    now = tls._now()
    monkeypatch.setattr(tls, "_now", lambda: now + timedelta(days=380))
    tls.certificate(Settings())
    assert tls.ca_path().read_bytes() == authority
    assert tls.leaf_path().read_bytes() != leaf


def test_a_new_name_is_added_and_the_old_ones_stay() -> None:
    tls.certificate(Settings(allowed_hosts=("a.test",)))
    tls.certificate(Settings(allowed_hosts=("b.test",)))
    assert shakes_hands("a.test")
    assert shakes_hands("b.test")


@pytest.mark.parametrize("name", ["authority.pem", "localhost.pem"])
def test_a_damaged_file_is_made_anew(folder: Path, name: str) -> None:
    tls.certificate(Settings())
    (folder / name).write_text("damaged")
    tls.certificate(Settings())
    assert shakes_hands("localhost")


def test_an_authority_nobody_trusts_is_told_with_a_way_to_trust_it() -> None:
    tls.certificate(Settings())
    assert not tls.is_trusted()
    assert str(tls.ca_path()) in tls.how_to_trust()


def test_a_folder_that_cannot_be_made_is_a_sentence(folder: Path) -> None:
    folder.write_text("")
    with pytest.raises(StorageError, match="cannot be made or read"):
        tls.certificate(Settings())


@pytest.fixture
def names(start: StartServer) -> StartServer:
    """A server by HTTPS that has names besides `localhost`."""
    return partial(start, https=True, allowed_hosts=("mock.test", "*.dev.test"))


async def common_names(port: int, name: str | None) -> set[str]:
    """The names in the certificate that is given to whoever asks for this one, and trusts the authority."""
    context = ssl.create_default_context(cafile=str(tls.ca_path()))
    context.check_hostname = False
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name or "")
    names = {value for kind, value in writer.get_extra_info("peercert")["subjectAltName"] if kind == "DNS"}
    writer.close()
    return names


async def test_every_name_that_is_served_has_a_certificate_of_its_own(names: StartServer) -> None:
    """RFC 6066, section 3 (SNI); RFC 9525, section 6.3: a wildcard stands for one label, with more behind it."""
    async with names() as client:
        for name in ("w1.localhost", "nobody.localhost", "a.dev.test"):
            assert await common_names(client.ready.port, name) == {name}
        kept = {"localhost", "mock.test"}
        for name in ("localhost", "mock.test", "elsewhere.test"):
            assert await common_names(client.ready.port, name) == kept


async def test_a_certificate_is_made_once_for_each_name(names: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    issued = tls._issued
    monkeypatch.setattr(tls, "_issued", lambda authority, names: made.extend(names) or issued(authority, names))
    async with names() as client:
        made.clear()
        for name in ("w1.localhost", "W1.localhost", "w2.localhost", "w1.localhost"):
            await common_names(client.ready.port, name)
    assert made == ["w1.localhost", "w2.localhost"]


async def test_what_can_be_no_certificates_name_gets_the_first_one(names: StartServer) -> None:
    """IDNA2008 (RFC 5891, section 4.2.3.1) has no such labels."""
    async with names() as client:
        assert "localhost" in await common_names(client.ready.port, "ab--cd.localhost")


async def run(*command: str, **environ: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | environ,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, output.decode()


async def sandbox_of(client: Client) -> str:
    """The address of a sandbox that has a host name of its own."""
    made = f"{client.url.replace('https://localhost', 'https://127.0.0.1')}/_devkit/api/sandboxes"
    context = ssl.create_default_context(cafile=str(tls.ca_path()))
    async with client.http.post(made, json={"id": "w1"}, ssl=context) as answer:
        assert answer.status == 201
        return str((await answer.json())["url"])


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
async def test_curl_takes_the_certificate_of_a_sandbox(names: StartServer) -> None:
    async with names() as client:
        url = await sandbox_of(client)
        resolve = f"w1.localhost:{client.ready.port}:127.0.0.1"
        code, output = await run(
            "curl", "-sS", "--cacert", str(tls.ca_path()), "--resolve", resolve, f"{url}/api/health"
        )
        assert (code, '"healthy"' in output) == (0, True), output


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node here")
async def test_node_takes_the_certificate_of_a_sandbox(names: StartServer) -> None:
    script = """
        const lookup = (name, options, done) => done(null, [{address: "127.0.0.1", family: 4}]);
        require("node:https").get(process.argv[1], {lookup, autoSelectFamily: true}, (answer) => {
            console.log(answer.statusCode);
            answer.resume();
        }).on("error", (error) => console.log(error.code, error.message));
    """
    async with names() as client:
        url = await sandbox_of(client)
        _, output = await run("node", "-e", script, f"{url}/api/health", NODE_EXTRA_CA_CERTS=str(tls.ca_path()))
        assert output.strip().splitlines()[-1] == "200", output


async def trusting(folder: Path) -> None:
    """Make an NSS database, as Chromium and Firefox have them, in which the authority is trusted."""
    if shutil.which("certutil") is None:
        pytest.skip("no certutil here (Debian: libnss3-tools)")
    folder.mkdir(parents=True)
    for arguments in (["-N", "--empty-password"], ["-A", "-t", "C,,", "-n", "devkit", "-i", str(tls.ca_path())]):
        code, output = await run("certutil", "-d", f"sql:{folder}", *arguments)
        assert code == 0, output


@asynccontextmanager
async def browsing(browser: str, folder: Path, url: str) -> AsyncIterator[None]:
    """A browser that trusts the authority, and was told to open that address; until the block is left."""
    profile = folder / "profile"
    if browser == "chromium":
        from tests.chromium import ARGUMENTS, executable

        await trusting(folder / ".pki" / "nssdb")
        command = [executable(), "--headless", *ARGUMENTS, f"--user-data-dir={profile}", url]
    else:
        firefox = shutil.which("firefox-esr") or shutil.which("firefox")
        if firefox is None:
            pytest.skip("no Firefox here")
        await trusting(profile)
        command = [firefox, "--headless", "--no-remote", "--profile", str(profile), url]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env=os.environ | {"HOME": str(folder)},
        start_new_session=True,
    )
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def statuses(client: Client, path: str, sandbox: str = "main") -> list[int]:
    hosted = client.app.sandboxes.find(sandbox)
    assert hosted is not None
    entries = (entry for entry in hosted.sandbox.journal if isinstance(entry, RequestEntry))
    return [entry.status for entry in entries if entry.path == path and entry.method != "OPTIONS"]


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
async def test_a_browser_takes_the_certificate_of_a_sandbox(names: StartServer, tmp_path: Path, browser: str) -> None:
    async with names() as client:
        url = await sandbox_of(client)
        async with browsing(browser, tmp_path / "home", f"{url}/api/health"):
            await until(lambda: statuses(client, "/api/health", "w1"), 60)


PAGE = """<!doctype html><script>
const call = (path, options) => fetch("https://localhost:PORT" + path, {credentials: "include", ...options});
const body = JSON.stringify({email: "test@example.com", password: "TestPass123!"});
call("/api/auth/login", {method: "POST", headers: {"Content-Type": "application/json"}, body})
    .then(() => call("/api/tasks"));
</script>"""


@pytest.mark.parametrize(
    ("browser", "scheme", "status"),
    [("chromium", "http", 401), ("chromium", "https", 200), ("firefox", "http", 200), ("firefox", "https", 200)],
)
async def test_whether_the_session_survives_where_the_mock_is_on_https(
    names: StartServer, tmp_path: Path, browser: str, scheme: str, status: int
) -> None:
    """RFC 6265bis, section 5.2 ("same-site"): the scheme is part of the site. Chromium goes by that, Firefox 153 does
    not, so both page and mock are to be on https.
    """
    page = web.Application()
    sockets = ports.listen("127.0.0.1", 0)
    origin = f"{scheme}://localhost:{sockets[0].getsockname()[1]}"
    async with names(origins=(origin,)) as client:
        text = PAGE.replace("PORT", str(client.ready.port))

        async def show(_request: web.Request) -> web.Response:
            return web.Response(text=text, content_type="text/html")

        page.router.add_get("/", show)
        runner = web.AppRunner(page)
        await runner.setup()
        context = await asyncio.to_thread(tls.certificate, Settings()) if scheme == "https" else None
        for one in sockets:
            await web.SockSite(runner, one, ssl_context=context).start()
        try:
            async with browsing(browser, tmp_path / "home", f"{origin}/"):
                await until(lambda: statuses(client, "/api/tasks"), 60)
        finally:
            await runner.cleanup()
        assert statuses(client, "/api/auth/login") == [200]
        assert statuses(client, "/api/tasks") == [status]
