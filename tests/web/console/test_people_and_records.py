"""Staff, alarms and the audit log in the console."""

import pytest

from kameng.risk.alarms import AlarmKind, raise_alarm
from kameng.staff.audit import Note, note
from kameng.staff.change_staff import list_staff
from kameng.staff.member import Staff
from kameng.staff.roles import Role
from tests.staff.people import PASSWORD, enrol
from tests.web.console.conftest import Console

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
async def owner(console: Console) -> Staff:
    return await console.enter_as(Role.OWNER)


async def test_a_member_is_added(console: Console) -> None:
    form = {"login": "Lin", "password": PASSWORD, "role": "finance"}
    assert (await console.post("/console/staff", form)).status_code == 303
    assert ("lin", Role.FINANCE) in {(member.login, member.role) for member in await list_staff(console.db)}
    (line,) = await console.log()
    assert (line.action, line.subject, line.facts) == ("staff:added", "staff:lin", {"role": "finance"})


async def test_a_refused_form_does_not_repeat_the_password(console: Console) -> None:
    answer = await console.post("/console/staff", {"login": "x", "password": "a password typed here", "role": "owner"})
    assert answer.status_code == 422
    assert "a password typed here" not in answer.text
    assert "登录名为 2–31 个字符" in answer.text
    for form in (
        {"login": "lin", "password": "short", "role": "owner"},
        {"login": "lin", "password": PASSWORD, "role": "x"},
    ):
        assert (await console.post("/console/staff", form)).status_code == 422
    assert len(await list_staff(console.db)) == 1
    assert await console.log() == []


async def test_the_last_owner_can_not_close_the_door_behind_themselves(console: Console, owner: Staff) -> None:
    for action, form in (("disable", {}), ("role", {"role": "operator"})):
        answer = await console.post(f"/console/staff/{owner.id}/{action}", form)
        assert answer.status_code == 409
        assert "至少要保留一个可以登录的店主账号" in answer.text
    (member,) = await list_staff(console.db)
    assert (member.role, member.enabled) == (Role.OWNER, True)
    assert await console.log() == []


async def test_a_role_counts_from_the_next_request_on(console: Console) -> None:
    operator = await console.enter_as(Role.OPERATOR)
    token = console.client.cookies["kameng_staff"]
    await console.enter_as(Role.OWNER)
    await console.post(f"/console/staff/{operator.id}/role", {"role": "customer_service"})
    console.hold(token)
    assert (await console.get("/console/stock/import")).status_code == 403


async def test_disabling_ends_every_session_at_once(console: Console) -> None:
    person = await enrol(console.db, console.keyring, "mei")
    assert (await console.post(f"/console/staff/{person.staff.id}/disable")).status_code == 303
    console.hold(person.token)
    assert (await console.get("/console")).headers["location"] == "/console/login"


async def test_password_and_authenticator_are_reset(console: Console) -> None:
    person = await enrol(console.db, console.keyring, "mei")
    weak = await console.post(f"/console/staff/{person.staff.id}/password", {"password": "mei"})
    assert weak.status_code == 422
    good = await console.post(f"/console/staff/{person.staff.id}/password", {"password": "another fine password"})
    assert good.status_code == 303
    assert (await console.post(f"/console/staff/{person.staff.id}/totp")).status_code == 303
    assert [m.has_totp for m in await list_staff(console.db) if m.login == "mei"] == [False]
    assert [line.action for line in await console.log()][:2] == ["staff:totp_reset", "staff:password_reset"]
    assert (await console.post("/console/staff/99/totp")).status_code == 404


@pytest.mark.parametrize("number", [0, 99, 2**31, 2**63, 10**30])
async def test_numbers_of_nothing_are_harmless(console: Console, number: int) -> None:
    assert (await console.get(f"/console/stock/batches/{number}")).status_code == 404
    assert (await console.post(f"/console/alarms/{number}/seen")).status_code in (303, 404)
    assert (await console.post(f"/console/staff/{number}/disable")).status_code == 404
    assert await console.log() == []


async def test_an_alarm_is_answered_once(console: Console, owner: Staff) -> None:
    async with console.db.transaction() as tx:
        await raise_alarm(tx, AlarmKind.LOOKUP_SCANNING, "address:203.0.113.9", failures=31)
    assert "扫单" in (await console.get("/console/alarms")).text
    for _ in range(2):
        assert (await console.post("/console/alarms/1/seen")).status_code == 303
    assert "扫单" not in (await console.get("/console/alarms")).text
    assert "扫单" in (await console.get("/console/alarms?all=1")).text
    assert await console.db.pool.fetchval("SELECT seen_by FROM alarms") == owner.id
    assert [line.action for line in await console.log()] == ["alarm:seen"]


async def test_the_log_is_filtered_and_paged(console: Console, owner: Staff) -> None:
    async with console.db.transaction() as tx:
        for number in range(105):
            await note(tx, Note(owner, "sku:saved", f"sku:{number}", {"price_fen": 980}))
        await note(tx, Note(Staff(77, "mei", Role.FINANCE), "gateway:saved", "gateway:epay", {"name": "<b>"}))
    page = (await console.get("/console/audit")).text
    assert "gateway:epay" in page
    assert "&lt;b&gt;" in page
    assert "更早的记录" in page
    assert "¥9.80" in page
    mine = (await console.get("/console/audit?login=mei")).text
    assert "sku:" not in mine.partition("<tbody>")[2]
    assert "gateway:epay" not in (await console.get("/console/audit?subject=sku:10")).text.partition("<tbody>")[2]
    for odd in ("before=x", "before=99999999999999999999", "subject=%25", "login=%00"):
        assert (await console.get(f"/console/audit?{odd}")).status_code == 200
