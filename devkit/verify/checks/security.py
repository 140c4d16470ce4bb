"""What one user, or a stranger's page, must not be able to do."""

from __future__ import annotations

from typing import Any

from devkit.contract.operations import Media, Need
from devkit.dialects.base import Route
from devkit.dialects.calling import File
from devkit.verify.asking import reader, takes_json, text_field
from devkit.verify.base import Check
from devkit.verify.case import Account, Case, Made, id_of, row_of, rows_of
from devkit.verify.checks.auth import token_of
from devkit.verify.checks.json import id_of_row
from devkit.verify.target import Collection
from devkit.verify.verdicts import expect, skip, unclear
from devkit.verify.visitor import Visitor

_TELLTALE = ("X-Powered-By", "X-AspNet-Version", "X-AspNetMvc-Version", "X-Runtime-Version")
_ATTACK = b"<!doctype html><script>alert(document.domain)</script>"


def owned(case: Case) -> Collection:
    """A collection whose rows belong to who makes them."""
    return case.collection(
        lambda one: bool(one.is_writable and one.get and case.target.login and one.list in case.target.private)
    )


async def _foreign(case: Case) -> tuple[Collection, Made, Visitor]:
    """A row of the run's user, and a browser of somebody else."""
    collection, other = owned(case), await case.other()
    return collection, await case.make(await case.signed_in(), collection), other


async def others_row(case: Case) -> None:
    collection, made, other = await _foreign(case)
    route, given = case.item(collection.get, made.id)
    answer = await other.call(route, given)
    expect(answer.status in {403, 404}, f"somebody else's row is answered with {answer.status} where 404 is right")


async def others_list(case: Case) -> None:
    collection, made, other = await _foreign(case)
    rows = rows_of(await other.call(collection.list))
    expect(made.id not in {id_of_row(row) for row in rows}, f"{collection.list.path} shows somebody else's row")


async def others_change(case: Case) -> None:
    collection, made, other = await _foreign(case)
    route, given = case.item(collection.update or collection.replace, made.id)
    answer = await other.call(route, given)
    expect(answer.status in {403, 404}, f"a change of somebody else's row is answered with {answer.status}")


async def others_delete(case: Case) -> None:
    collection, made, other = await _foreign(case)
    route, given = case.item(collection.delete, made.id)
    answer = await other.call(route, given)
    mine, wanted = case.item(collection.get, made.id)
    still = await (await case.signed_in()).call(mine, wanted)
    expect(still.ok, "somebody else's row can be deleted")
    expect(answer.status in {403, 404}, f"deleting somebody else's row is answered with {answer.status}")


async def foreign_owner(case: Case) -> None:
    route = next((one for one in case.target.private if one.row.owner), None) or skip("no path names a user")
    visitor = await case.signed_in()
    visitor.user_id = "00000000-0000-4000-8000-00000000beef"
    answer = await visitor.call(route)
    expect(answer.status in {403, 404}, f"{route.path} of another user is answered with {answer.status}, not 403")


async def mass_assignment(case: Case) -> None:
    route = case.target.kept_by("accounts.update_profile") or skip("the contract has no profile to change")
    visitor, me = await case.fresh(), case.route(Need.USER, lambda one: one in case.target.private)
    before = row_of(await visitor.call(me))
    wanted = {"role": "admin", "is_admin": True, "isAdmin": True, "is_superuser": True, "email_verified": True}
    await visitor.send(route.method, visitor.spelled(route).target, json=wanted)
    after = row_of(await visitor.call(me))
    for name in ("role", "is_admin", "isAdmin", "is_superuser", "is_staff"):
        if isinstance(before, dict) and isinstance(after, dict) and name in before:
            expect(after.get(name) == before[name], f"a user who asks for it is {name}={after.get(name)!r}")


async def form_of_a_stranger(case: Case) -> None:
    route, visitor = takes_json(case), await case.signed_in()
    collection = next((one for one in case.target.collections if one.create is route), None)
    call = visitor.spelled(route)
    headers = {**call.headers, "Content-Type": "text/plain", "Origin": case.target.other_origin}
    answer = await visitor.send(call.method, call.target, headers=headers, body=call.body)
    if answer.ok and collection is not None and collection.delete is not None:
        delete, given = case.item(collection.delete, id_of(answer))
        case.finally_(lambda: visitor.call(delete, given))
    expect(
        not answer.ok,
        f"{route.method} {route.path} takes JSON as text/plain: any page's form sends it, with the user's cookies",
    )


async def login_form(case: Case) -> None:
    route = case.route(Need.LOGIN, lambda one: one.media is Media.JSON)
    account, visitor = case.world.accounts[0], case.visitor()
    call = visitor.spelled(route, {"email": account.email, "password": account.password})
    headers = {"Content-Type": "text/plain", "Origin": case.target.other_origin}
    answer = await visitor.send(call.method, call.target, headers=headers, body=call.body)
    expect(not answer.ok, "a form of any page can sign the user in as somebody else: text/plain is taken as JSON")


async def login_query(case: Case) -> None:
    account, visitor = case.world.accounts[0], case.visitor()
    target = visitor.spelled(case.route(Need.LOGIN)).target
    answer = await visitor.send("GET", f"{target}?email={account.email}&username={account.email}&password=x")
    expect(not answer.ok, f"GET {target} with a password in the address is answered with {answer.status}: logs keep it")


async def token_in_query(case: Case) -> None:
    token, visitor = token_of(case), case.visitor()
    target = visitor.spelled(case.private).target
    for name in ("access_token", "token"):
        answer = await visitor.send("GET", f"{target}?{name}={token}")
        expect(not answer.ok, f"a token in the address (?{name}=) opens {target}: addresses are logged and kept")


async def method_override(case: Case) -> None:
    collection = case.collection(lambda one: bool(one.is_writable and one.get))
    visitor = await reader(case)
    made = await case.make(visitor, collection)
    route, given = case.item(collection.get, made.id)
    target = visitor.spelled(route, given).target
    await visitor.send("GET", target, headers={"X-HTTP-Method-Override": "DELETE", "X-Method-Override": "DELETE"})
    await visitor.send("GET", f"{target}?_method=DELETE")
    answer = await visitor.call(route, given)
    expect(answer.ok, f"a GET that says X-HTTP-Method-Override: DELETE deletes the row ({answer.status} afterwards)")


async def telltale(case: Case) -> None:
    answer = await case.visitor().call(case.readable)
    for name in _TELLTALE:
        expect(answer.get(name) is None, f"`{name}: {answer.get(name)}` tells what it is made with")


async def html_upload(case: Case) -> None:
    create = case.route(Need.UPLOAD)
    collection = case.collection(lambda one: one.create is create)
    content = next(iter(case.target.meeting(Need.DOWNLOAD)), None) or skip("the contract has nothing to download")
    visitor = await case.signed_in()
    answer = await visitor.call(create, files=[File(_ATTACK, "verify.html", "text/html")])
    if not answer.ok:
        skip(f"a file of HTML is refused ({answer.status})")
    made = id_of(answer)
    if collection.delete is not None:
        delete, given = case.item(collection.delete, made)
        case.finally_(lambda: visitor.call(delete, given))
    answer = await visitor.call(content, {case.target.parameters(content)[-1]: made})
    apart = (answer.get("Content-Disposition") or "").lower().startswith("attachment")
    boxed = "sandbox" in (answer.get("Content-Security-Policy") or "").lower()
    expect(
        apart or boxed or answer.media_type != "text/html",
        "a file of HTML that a user uploads is shown as a page of the backend's: its script acts as whoever opens it",
    )


async def tampered_cookie(case: Case) -> None:
    visitor = await case.signed_in()
    header = visitor.jar.header(case.target.base + case.private.path)
    name, _, value = header.partition("=")
    value = value.partition(";")[0]
    place = len(value) // 3
    changed = value[:place] + ("A" if value[place] != "A" else "B") + value[place + 1 :]
    answer = await case.visitor().call(case.private, headers={"Cookie": f"{name}={changed}"})
    expect(answer.status == 401, f"a cookie with one letter changed is answered with {answer.status}, not 401")


def _second(case: Case) -> Account:
    if len(case.world.accounts) < 2:
        skip("a second user is needed: give --user twice")
    return case.world.accounts[1]


def _change(case: Case) -> Route:
    return case.target.kept_by("accounts.change_password") or skip("the contract has no passwords to change")


async def wrong_current(case: Case) -> None:
    route, visitor = _change(case), await case.fresh()
    password = case.world.accounts[0].password
    told = {"current_password": "Not-The-Password-1!", "password": password, "confirm_password": password}
    answer = await visitor.call(route, {name: told[name] for name in told if name in route.fields})
    expect(not answer.ok, "the password can be changed by who does not know it")


async def change_ends_others(case: Case) -> None:
    route, account = _change(case), _second(case)
    mine, other = await case.fresh(account), await case.fresh(account)
    told: dict[str, Any] = dict.fromkeys(("current_password", "password", "confirm_password"), account.password)
    given = {name: told[name] for name in told if name in route.fields}
    if "revoke_others" in route.fields:
        given["revoke_others"] = True
    answer = await mine.call(route, given)
    if not answer.ok:
        skip(f"the same password once more is answered with {answer.status}")
    await mine.adopt(answer)
    expect(not await other.is_signed_in(), "after a change of the password the user's other sessions live on")
    expect(await mine.is_signed_in(), "after a change of the password who changed it is signed out")


async def search_is_text(case: Case) -> None:
    collection = case.collection(lambda one: "q" in one.list.fields)
    visitor = await reader(case)
    everything = await visitor.call(collection.list)
    for odd in ("' OR '1'='1", "%", "_", "\\", '";--', ".*", "$where"):
        answer = await visitor.call(collection.list, {"q": odd})
        expect(answer.status < 500, f"the search for {odd} is answered with {answer.status}")
        if not answer.ok:
            continue
        name = text_field(collection)
        hits = [row for row in rows_of(answer) if odd not in str(row)]
        if len(hits) > 0 and len(rows_of(answer)) == len(rows_of(everything)):
            expect(False, f"the search for {odd} finds everything: {name} is compared by a pattern of the client's")


async def no_session_no_write(case: Case) -> None:
    for one in case.target.collections:
        route = one.create
        if route is None or route.operation.access.value != "signed_in":
            continue
        call = case.visitor().spelled(route)
        answer = await case.visitor().send(call.method, call.target, headers=call.headers, body=call.body)
        if answer.status not in {401, 403}:
            unclear_or_fail(route, answer.status)


def unclear_or_fail(route: Route, status: int) -> None:
    expect(status >= 300, f"{route.method} {route.path} without a session is answered with {status}")
    if status >= 500:
        unclear(f"{route.method} {route.path} without a session is answered with {status}")


_TWO: dict[str, Any] = {
    "needs": (Need.LIST, Need.CREATE, Need.DELETE, Need.LOGIN),
    "signed_in": True,
    "read_only": False,
}
_OBJECT = "OWASP API1:2023, broken object level authorization"
_LOGIN: dict[str, Any] = {"needs": (Need.LOGIN,), "signed_in": True}

CHECKS = (
    Check(
        id="security.others-row", asks="Is somebody else's row kept from a user?", why=_OBJECT, run=others_row, **_TWO
    ),
    Check(id="security.others-list", asks="Does no list show it?", why=_OBJECT, run=others_list, **_TWO),
    Check(id="security.others-change", asks="Can they not change it?", why=_OBJECT, run=others_change, **_TWO),
    Check(id="security.others-delete", asks="Can they not delete it?", why=_OBJECT, run=others_delete, **_TWO),
    Check(
        id="security.foreign-owner",
        asks="Is a path that names another user refused?",
        why=_OBJECT,
        signed_in=True,
        run=foreign_owner,
    ),
    Check(
        id="security.no-session-no-write",
        asks="Is nothing stored for who has no session?",
        why="OWASP API2:2023",
        needs=(Need.CREATE, Need.LIST),
        read_only=False,
        run=no_session_no_write,
    ),
    Check(
        id="security.mass-assignment",
        asks="Is nobody an administrator who only asks for it?",
        why="OWASP API3:2023, broken object property level authorization",
        needs=(Need.LOGIN, Need.USER),
        signed_in=True,
        read_only=False,
        run=mass_assignment,
    ),
    Check(
        id="security.strangers-form",
        asks="Is JSON refused that a form of any page could send?",
        why='OWASP CSRF Prevention: text/plain needs no preflight (Fetch, "CORS-safelisted request-header")',
        signed_in=True,
        cookie=True,
        read_only=False,
        run=form_of_a_stranger,
    ),
    Check(
        id="security.login-form",
        asks="Can no form of any page sign the user in as somebody else?",
        why="RFC 6819, section 4.4.1.8; text/plain needs no preflight",
        cookie=True,
        run=login_form,
        **_LOGIN,
    ),
    Check(
        id="security.login-query",
        asks="Is no password taken from an address?",
        why="OWASP ASVS 5.0, 14.2.1",
        run=login_query,
        **_LOGIN,
    ),
    Check(
        id="security.token-in-query",
        asks="Is no token taken from an address?",
        why="RFC 9700, section 2.6; RFC 6750, section 2.3",
        signed_in=True,
        run=token_in_query,
    ),
    Check(
        id="security.method-override",
        asks="Does a GET stay one, whatever its header says?",
        why="RFC 9110, section 9.2.1: GET is safe",
        needs=(Need.LIST, Need.CREATE, Need.DELETE),
        signed_in=True,
        read_only=False,
        run=method_override,
    ),
    Check(
        id="security.telltale",
        asks="Do headers not tell which framework it is made with?",
        why="OWASP ASVS 5.0, 13.4.6",
        run=telltale,
    ),
    Check(
        id="security.html-upload",
        asks="Is a user's HTML never a page of the backend's?",
        why='OWASP ASVS 5.0, 5.4.1; HTML, "sandboxing"',
        needs=(Need.UPLOAD, Need.DOWNLOAD),
        signed_in=True,
        read_only=False,
        run=html_upload,
    ),
    Check(
        id="security.tampered-cookie",
        asks="Is a session's cookie refused of which one letter was changed?",
        why="OWASP ASVS 5.0, 7.2.3",
        signed_in=True,
        cookie=True,
        run=tampered_cookie,
    ),
    Check(
        id="security.wrong-current-password",
        asks="Does a change of the password need the current one?",
        why="OWASP ASVS 5.0, 6.2.3",
        read_only=False,
        run=wrong_current,
        **_LOGIN,
    ),
    Check(
        id="security.change-ends-others",
        asks="Does a change of the password end the user's other sessions?",
        why="OWASP ASVS 5.0, 7.4.3",
        read_only=False,
        run=change_ends_others,
        **_LOGIN,
    ),
    Check(
        id="security.search-is-text",
        asks="Is what is searched for a text, and no pattern or SQL?",
        why="the contract: % and _ are literal; OWASP ASVS 5.0, 1.2.4",
        needs=(Need.LIST,),
        signed_in=True,
        run=search_is_text,
    ),
)
