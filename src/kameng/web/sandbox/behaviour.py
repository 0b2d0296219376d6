"""How the gateway answers when it does not answer as it should. Tests set it for the next calls, or for always."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from litestar import Response

from kameng.web.sandbox.breakage import JSON_TYPE, Due, Said, broken_page, cut_off, nothing, redirect, unfinished
from kameng.web.sandbox.desk import Declined

Act = Callable[[], dict[str, object]]


class Call(StrEnum):
    """What can be made to misbehave."""

    MAPI = "mapi"
    ORDER = "order"
    REFUND = "refund"
    MERCHANT = "merchant"


class How(StrEnum):
    """NOT_DONE_… leave the books as they were; the others do what was asked and then fail to say so."""

    PROPER = "proper"
    REFUSE = "refuse"
    NOT_DONE_HTML_502 = "not_done_html_502"
    NOT_DONE_HANG = "not_done_hang"
    HTML_502 = "html_502"
    HTML_200 = "html_200"
    HANG = "hang"
    CUT_OFF = "cut_off"
    GARBAGE = "garbage"
    EMPTY = "empty"
    HUGE = "huge"
    REDIRECT = "redirect"
    SLOW = "slow"
    CODE_AS_TEXT = "code_as_text"
    CODE_AS_TRUTH = "code_as_truth"
    ENCODED_TWICE = "encoded_twice"
    OTHER_REFERENCE = "other_reference"
    OTHER_AMOUNT = "other_amount"
    UNKNOWN_STATUS = "unknown_status"
    WITHOUT_REFUNDMONEY = "without_refundmoney"
    AS_QRCODE = "as_qrcode"
    AS_URLSCHEME = "as_urlscheme"
    AS_SCRIPT = "as_script"


@dataclass
class Behaviour:
    """`times` None: until something else is set. `seconds`: how long HANG and SLOW take."""

    how: How = How.PROPER
    times: int | None = None
    seconds: float = 15.0


class Behaviours(Due[Call, Behaviour]):
    def __init__(self) -> None:
        super().__init__(Call)


async def answer(behaviour: Behaviour | None, act: Act) -> Said:
    """Acts, or does not, and says so, or does not."""
    behaviour = behaviour or Behaviour()
    how = behaviour.how
    if how is How.REFUSE:
        return _php({"code": -1, "msg": "渠道维护，暂停使用"})
    if how is How.NOT_DONE_HTML_502:
        return broken_page(status=502)
    if how is How.NOT_DONE_HANG:
        await asyncio.sleep(behaviour.seconds)
        return _php({"code": -1, "msg": "系统繁忙"})
    try:
        said = act()
    except Declined as no:
        said = {"code": -1, "msg": str(no)}
    if how is How.PROPER:
        return _php(said)
    if how in {How.HANG, How.SLOW}:
        await asyncio.sleep(behaviour.seconds)
        return _php(said)
    return _distorted(how, said)


def _distorted(how: How, said: dict[str, object]) -> Said:
    match how:
        case How.HTML_502 | How.HTML_200:
            return broken_page(status=502 if how is How.HTML_502 else 200)
        case How.CUT_OFF:
            return cut_off(json.dumps(said))
        case How.GARBAGE:
            return unfinished(json.dumps(said))
        case How.EMPTY:
            return nothing()
        case How.HUGE:
            return _php(said | {"msg": "x" * 2_000_000})
        case How.REDIRECT:
            return redirect()
        case How.ENCODED_TWICE:
            return Response(json.dumps(json.dumps(said)), media_type=JSON_TYPE, status_code=200)
        case _:
            return _php(_altered(how, said))


def _altered(how: How, said: dict[str, object]) -> dict[str, object]:
    place = said.get("payurl", "")
    changes: dict[How, dict[str, object]] = {
        How.CODE_AS_TEXT: {name: str(said[name]) for name in ("code", "status") if name in said},
        How.CODE_AS_TRUTH: {"code": said["code"] == 1},
        How.OTHER_REFERENCE: {"out_trade_no": "P000000000000000000"},
        How.OTHER_AMOUNT: {"money": "999999.99"},
        How.UNKNOWN_STATUS: {"status": 7},
        How.AS_QRCODE: {"payurl": "", "qrcode": place},
        How.AS_URLSCHEME: {"payurl": "", "urlscheme": f"weixin://dl/business/?t={place}"},
        How.AS_SCRIPT: {"payurl": "javascript:alert(1)"},
    }
    if how is How.WITHOUT_REFUNDMONEY:
        # The oldest ones say nothing of what was sent back.
        return {name: value for name, value in said.items() if name != "refundmoney"}
    return said | changes[how]


def _php(said: dict[str, object]) -> Said:
    """As PHP's json_encode writes it: one line, everything beyond ASCII escaped."""
    return Response(json.dumps(said, separators=(",", ":")).encode(), media_type=JSON_TYPE, status_code=200)
