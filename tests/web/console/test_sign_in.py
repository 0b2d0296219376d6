"""Logging in over HTTP, step by step, and what does not open the door."""

from datetime import timedelta

import pytest

from kameng.kernel.clock import VirtualClock
from kameng.staff.roles import Role
from kameng.web.console.door import COOKIE
from tests.staff.people import PASSWORD, Person, code_at, enrol, hire
from tests.web.console.conftest import Console

pytestmark = pytest.mark.anyio


@pytest.fixture
async def mei(console: Console, clock: VirtualClock) -> Person:
    person = await enrol(console.db, console.keyring, "mei", Role.OWNER)
    clock.go_on(timedelta(minutes=5))
    return person


async def give_password(console: Console, login: str = "mei", password: str = PASSWORD, next_: str = "") -> str:
    """The token of the session that was opened."""
    answer = await console.post("/console/login", {"login": login, "password": password, "next": next_})
    assert answer.status_code == 303, answer.text
    return console.client.cookies[COOKIE]


async def test_every_page_sends_strangers_to_the_log_in(console: Console) -> None:
    answer = await console.get("/console/orders")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/login?next=/console/orders")
    assert (await console.get("/console")).headers["location"] == "/console/login"
    posted = await console.post("/console/orders", {"q": "1"})
    assert (posted.status_code, posted.headers["location"]) == (303, "/console/login")


async def test_password_and_code_open_the_console(console: Console, clock: VirtualClock, mei: Person) -> None:
    first = await give_password(console)
    assert (await console.get("/console/orders")).headers["location"] == "/console/code"
    answer = await console.post("/console/code", {"code": code_at(mei.secret, clock.now())})
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    assert console.client.cookies[COOKIE] != first
    home = await console.get("/console")
    assert home.status_code == 200
    assert "mei" in home.text


async def test_a_token_known_beforehand_is_worth_nothing(console: Console, clock: VirtualClock, mei: Person) -> None:
    """Session fixation: neither a planted token nor the one from before the code becomes a session."""
    console.hold("planted-by-somebody")
    before_code = await give_password(console)
    assert before_code != "planted-by-somebody"
    await console.post("/console/code", {"code": code_at(mei.secret, clock.now())})
    for token in ("planted-by-somebody", before_code):
        console.hold(token)
        assert (await console.get("/console")).headers["location"] == "/console/login"


async def test_the_token_from_before_enrolment_is_worth_nothing(console: Console, clock: VirtualClock) -> None:
    await hire(console.db, "lin")
    before = await give_password(console, "lin")
    page = await console.get("/console/enrol")
    secret = page.text.partition('class="secret">')[2].partition("<")[0].replace(" ", "")
    await console.post("/console/enrol", {"code": code_at(secret, clock.now())})
    assert console.client.cookies[COOKIE] != before
    console.hold(before)
    assert (await console.get("/console")).headers["location"] == "/console/login"


async def test_the_cookie_is_out_of_reach(console: Console, mei: Person) -> None:
    answer = await console.post("/console/login", {"login": "mei", "password": PASSWORD})
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith(COOKIE))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/console" in cookie


async def test_a_code_opens_one_session_only(console: Console, clock: VirtualClock, mei: Person) -> None:
    code = code_at(mei.secret, clock.now())
    await give_password(console)
    await console.post("/console/code", {"code": code})
    console.client.cookies.clear()
    await give_password(console)
    answer = await console.post("/console/code", {"code": code})
    assert answer.status_code == 401
    assert (await console.get("/console")).headers["location"] == "/console/code"


async def test_five_failures_lock_and_tell_the_staff(console: Console, mei: Person) -> None:
    for _ in range(5):
        answer = await console.post("/console/login", {"login": "mei", "password": "wrong"})
        assert answer.status_code == 401
    answer = await console.post("/console/login", {"login": "mei", "password": PASSWORD})
    assert answer.status_code == 401
    assert COOKIE not in console.client.cookies
    alarms = await console.db.pool.fetch("SELECT kind, subject FROM alarms")
    assert [tuple(alarm) for alarm in alarms] == [("staff_locked_out", "staff:mei")]


async def test_unknown_login_and_wrong_password_look_alike(console: Console, mei: Person) -> None:
    wrong = await console.post("/console/login", {"login": "mei", "password": "wrong"})
    unknown = await console.post("/console/login", {"login": "nobody", "password": "wrong"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text.replace("mei", "") == unknown.text.replace("nobody", "")
    assert "wrong" not in wrong.text.replace("-wrong", "")


async def test_enrolment_shows_the_secret_until_it_is_confirmed(console: Console, clock: VirtualClock) -> None:
    await hire(console.db, "lin")
    await give_password(console, "lin")
    page = await console.get("/console/enrol")
    assert "<svg" in page.text
    assert page.headers["cache-control"] == "no-store"
    secret = page.text.partition('class="secret">')[2].partition("<")[0].replace(" ", "")
    answer = await console.post("/console/enrol", {"code": code_at(secret, clock.now())})
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    assert (await console.get("/console/enrol")).headers["location"] == "/console"


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example", "//evil.example", "/\\evil.example", "/console@evil.example", "/console//evil.example",
     "/console/..//evil.example", "/console/login", "/goods", "javascript:alert(1)", "/console\r\nX: y",
     "\\\\evil.example", "/\t/evil.example", "/\n/evil.example", "\x00//evil.example", "/console\x00", "/console/\x7f",
     "%2f%2fevil.example", "/console/%2e%2e//evil.example", "///evil.example", "/console?next=//evil.example",
     "/console#//evil.example", "／／evil.example", "/console/\u202e", " //evil.example", "//evil.example/console"],
)  # fmt: skip
async def test_the_way_back_leads_nowhere_else(console: Console, clock: VirtualClock, mei: Person, wanted: str) -> None:
    await give_password(console, next_=wanted)
    page = await console.client.get("/console/code", params={"next": wanted}, follow_redirects=False)
    assert "evil" not in page.text
    answer = await console.post("/console/code", {"code": code_at(mei.secret, clock.now()), "next": wanted})
    assert answer.headers["location"] == "/console"


async def test_the_way_back_leads_to_the_page_that_was_wanted(
    console: Console, clock: VirtualClock, mei: Person
) -> None:
    wanted = "/console/orders/26112214305512345607"
    answer = await console.post("/console/login", {"login": "mei", "password": PASSWORD, "next": wanted})
    assert answer.headers["location"] == f"/console/code?next={wanted}"
    answer = await console.post("/console/code", {"code": code_at(mei.secret, clock.now()), "next": wanted})
    assert answer.headers["location"] == wanted


async def test_logging_out_ends_the_session(console: Console) -> None:
    await console.enter_as(Role.OPERATOR)
    token = console.client.cookies[COOKIE]
    assert (await console.get("/console")).status_code == 200
    answer = await console.post("/console/logout")
    assert answer.headers["location"] == "/console/login?done=logged_out"
    console.hold(token)
    assert (await console.get("/console")).status_code == 303


async def test_a_form_without_its_token_is_refused(console: Console, mei: Person) -> None:
    await console.enter_as(Role.OWNER)
    await console.get("/console")
    for fields in ({"login": "new", "password": PASSWORD, "role": "owner"}, {"_csrf_token": "forged"}):
        answer = await console.client.post("/console/staff", data=fields, follow_redirects=False)
        assert answer.status_code == 403
    assert await console.db.pool.fetchval("SELECT count(*) FROM staff WHERE login = 'new'") == 0


async def test_pages_run_no_foreign_script_and_stand_in_no_foreign_frame(console: Console) -> None:
    page = await console.get("/console/login")
    policy = page.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "<script" not in page.text
    assert " style=" not in page.text
