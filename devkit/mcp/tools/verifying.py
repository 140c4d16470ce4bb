"""A backend, measured against a contract from outside."""

from __future__ import annotations

from urllib.parse import urlsplit

from devkit.authority import literal
from devkit.mcp.base import Call, Input, Json, Tool

_REASON = 600


class Verify(Input):
    url: str
    """The backend, such as http://localhost:9000."""
    contract: str = ""
    """A backend.yaml or OpenAPI file of the project, or a dialect's name; the agreed contract if left out."""
    suites: list[str] = []
    """Only these, such as auth, cookies, cors, json, paging, sockets."""
    users: list[str] = []
    """EMAIL:PASSWORD of who signs in; a second one is somebody else."""
    read_only: bool | None = None
    """Ask only what changes nothing; so it is beyond this machine, unless you say false."""


async def run(call: Call, given: Verify) -> Json:
    read_only = not _near(given.url) if given.read_only is None else given.read_only
    report = await call.means.measure(
        given.url,
        contract=given.contract,
        suites=given.suites,
        users=given.users,
        read_only=read_only,
        progress=call.progress,
    )
    wrong = [check for check in report["checks"] if check["verdict"] in {"failed", "inconclusive"}]
    return {
        **{key: report[key] for key in ("url", "contract", "dialect", "verdict", "summary", "counts")},
        "read_only": read_only,
        "findings": [
            {
                **{key: check[key] for key in ("id", "verdict", "asks", "why")},
                "reason": check["reason"][:_REASON],
                "last_request": [one["curl"] for one in check.get("evidence", [])][-1:],
            }
            for check in wrong
        ],
        "skipped": {check["id"]: check["reason"] for check in report["checks"] if check["verdict"] == "skipped"},
    }


def _near(url: str) -> bool:
    """Whether it is a server of this machine."""
    try:
        host = urlsplit(url if "://" in url else f"http://{url}").hostname or ""
    except ValueError:
        return False
    address = literal(host)
    return address.is_loopback if address is not None else host == "localhost" or host.endswith(".localhost")


TOOL = Tool(
    name="verify",
    title="Verify a real backend",
    about="Measures any running backend at a URL against a contract, as a browser would meet it (auth, cookies, CORS, "
    "errors, paging, sockets), and answers with what departs. Takes seconds to a minute. Not for your sandbox: for the "
    "backend that is being built.",
    input=Verify,
    answer={"verdict": "string", "summary": "string", "counts": "object", "findings": "array", "read_only": "boolean"},
    run=run,
    acts="changes",
    outward=True,
    anywhere=True,
)
