"""Certificates for `--https`: signed by a certificate authority of this machine's own, which one trusts once.

`localhost` and the addresses have one that is kept. Any other name that is served gets one of its own when a client
first asks for it (SNI, RFC 6066, section 3): no client takes `*.localhost`, as a wildcard needs two labels behind it.

The authority's key never leaves the user's data folder, and is readable by the user alone.
"""

from __future__ import annotations

import logging
import os
import ssl
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from devkit.authority import Authority
from devkit.config import Settings
from devkit.control.guard import host_refused
from devkit.effects import Clock
from devkit.errors import StorageError
from devkit.storage.kept import Kept

if TYPE_CHECKING:
    import trustme
    from cryptography import x509

log = logging.getLogger("devkit")

_ALWAYS = ("localhost", "127.0.0.1", "::1")
_NAMES = 256
"""Names whose certificates are kept, besides the first ones."""

_LIFETIME = timedelta(days=390)  # Apple's clients refuse certificates that last longer than 398 days.
_RENEW_BEFORE = timedelta(days=30)


def folder() -> Path:
    """Where the authority and the certificate are kept: one place for all projects of a user."""
    import platformdirs

    return Path(platformdirs.user_data_dir("devkit", appauthor=False)) / "tls"


def ca_path() -> Path:
    """The authority's certificate, without its key: the file to trust. It exists after the first `--https`."""
    return folder() / "ca.pem"


def certificate(settings: Settings) -> ssl.SSLContext:
    """The server's TLS context; makes or renews authority and certificate where needed. Raises StorageError."""
    try:
        context = _context(ensure(settings))
        names = _ByName(settings, _authority(), _names_of(_read(leaf_path())))
    except OSError as error:
        raise StorageError(
            f"The certificate in {folder()} cannot be made or read: {error.strerror or error}.",
            remedy="Give yourself write permission on that folder, or delete it, so that devkit makes a new one.",
        ) from None
    context.sni_callback = names.choose
    return context


class _ByName:
    """Hands each name that is asked for its own certificate; the `known` ones stand in the first."""

    def __init__(self, settings: Settings, authority: trustme.CA, known: set[str]) -> None:
        self._settings, self._authority, self._known = settings, authority, known
        self._contexts: Kept[str, ssl.SSLContext] = Kept(_NAMES)

    def choose(self, connection: ssl.SSLObject, name: str | None, _default: ssl.SSLContext) -> None:
        """What the TLS context calls in the middle of a handshake; in a millisecond or two, the first time."""
        name = (name or "").lower().rstrip(".")
        # What the Host check refuses later on needs no certificate, and may not fill the memory.
        if not name or name in self._known or host_refused(Authority(name), self._settings):
            return
        context = self._contexts.get(name)
        if context is None:
            try:
                context = self._made(name)
            except (OSError, ValueError):
                log.warning("no certificate could be made for %r", name, exc_info=True)
                return
            self._contexts.put(name, context)
        connection.context = context

    def _made(self, name: str) -> ssl.SSLContext:
        content = _issued(self._authority, [name])
        descriptor, path = tempfile.mkstemp(prefix="devkit-")
        try:
            # OpenSSL reads files alone.
            os.write(descriptor, content)
            return _context(Path(path))
        finally:
            os.close(descriptor)
            Path(path).unlink()


def _context(path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(path)
    return context


def ensure(settings: Settings) -> Path:
    """The file with the server's key and certificate chain, made or renewed where needed. Raises OSError."""
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    authority = _authority()
    path, names = leaf_path(), set(_names(settings))
    leaf = _read(path)
    known = _names_of(leaf)
    if leaf is None or _expires_soon(leaf) or not known >= names or not _signed_by(leaf, authority):
        # Names that other projects asked for stay: two of them in turn would else have it made anew each time.
        _write(path, _issued(authority, sorted(names | known)), 0o600)
    return path


def leaf_path() -> Path:
    """The server's key and certificate chain, in one file."""
    return folder() / "localhost.pem"


def expiry() -> datetime | None:
    """When the server's certificate ends; None where there is none that can be read."""
    leaf = _read(leaf_path())
    return leaf.not_valid_after_utc if leaf else None


def is_trusted() -> bool | None:
    """Whether this system's trust store holds the authority; None where that cannot be found out from Python."""
    if sys.platform == "darwin":
        # Python's OpenSSL does not look into the keychain, where one trusts an authority on macOS.
        return None
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        server.load_cert_chain(leaf_path())
    except OSError:
        return False
    return _shake_hands(server, ssl.create_default_context())


def how_to_trust() -> str:
    """The command that makes this system trust the authority."""
    path = ca_path()
    if sys.platform == "darwin":
        return f'security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db "{path}"'
    if sys.platform == "win32":
        return f'certutil -user -addstore Root "{path}"'
    return (
        f'sudo cp "{path}" /usr/local/share/ca-certificates/devkit.crt && sudo update-ca-certificates; Chromium: '
        f'certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n devkit -i "{path}"; Firefox: import it under Certificates'
    )


def _authority() -> trustme.CA:
    import trustme

    # Key and certificate in one file, so that no crash and no second process can leave two that do not belong together.
    path = folder() / "authority.pem"
    known = _read(path)
    if known is None or _expires_soon(known):
        fresh = trustme.CA(organization_name="devkit", organization_unit_name="local development")
        _write(path, fresh.private_key_pem.bytes() + fresh.cert_pem.bytes(), 0o600)
    pem = path.read_bytes()
    begin = pem.index(b"-----BEGIN CERTIFICATE-----")
    if not ca_path().exists() or ca_path().read_bytes() != pem[begin:]:
        _write(ca_path(), pem[begin:], 0o644)
    return trustme.CA.from_pem(pem[begin:], pem[:begin])


def _issued(authority: trustme.CA, names: Sequence[str]) -> bytes:
    """A key and its certificate chain, in PEM."""
    leaf = authority.issue_cert(*names, organization_name="devkit", not_after=_now() + _LIFETIME)
    return leaf.private_key_pem.bytes() + b"".join(blob.bytes() for blob in leaf.cert_chain_pems)


def _names(settings: Settings) -> tuple[str, ...]:
    hosts = (settings.host, *settings.allowed_hosts)
    return tuple(
        dict.fromkeys((*_ALWAYS, *(host for host in hosts if host not in {"0.0.0.0", "::"} and "*" not in host)))
    )


def _names_of(leaf: x509.Certificate | None) -> set[str]:
    from cryptography import x509

    if leaf is None:
        return set()
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    dns = names.get_values_for_type(x509.DNSName)
    return {*dns, *(str(ip_address(address)) for address in map(str, names.get_values_for_type(x509.IPAddress)))}


def _read(path: Path) -> x509.Certificate | None:
    """The first certificate in a file; None where there is none."""
    from cryptography import x509

    try:
        pem = path.read_bytes()
        return x509.load_pem_x509_certificates(pem[pem.index(b"-----BEGIN CERTIFICATE-----") :])[0]
    except (FileNotFoundError, ValueError):
        return None


def _signed_by(leaf: x509.Certificate, authority: trustme.CA) -> bool:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    try:
        leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.cert_pem.bytes()))
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _expires_soon(certificate: x509.Certificate) -> bool:
    return certificate.not_valid_after_utc - _now() < _RENEW_BEFORE


def _now() -> datetime:
    return datetime.fromtimestamp(Clock().now() // 1000, UTC)


def _write(path: Path, content: bytes, mode: int) -> None:
    """Replace a file at once, so that nobody ever reads half of it."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str = "localhost") -> bool:
    """Whether `client` accepts the server's certificate for `name`; in memory, without any socket."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    )
    done = [False, False]
    for _ in range(10):
        for index, end in enumerate(ends):
            try:
                end.do_handshake()
                done[index] = True
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                return False
        if done[0]:
            return True
    return False
