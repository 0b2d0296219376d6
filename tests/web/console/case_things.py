"""A case with everything that can be done to it, for pages about cases."""

from typing import Any

from kameng.aftersales.case import CaseKind, CaseRules
from kameng.aftersales.macros import save_macro
from kameng.aftersales.open_case import open_case
from kameng.aftersales.save_answer import AnswerDraft, save_answer
from kameng.aftersales.write_message import write_message
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database
from kameng.orders.number import OrderId
from tests.builders.cases import a_picture

RULES = CaseRules()
LEFT = """
INSERT INTO resubmissions (order_id, kind, state, actor_kind, why, applied_at, look_at)
VALUES ($1, 'replace_code', 'with_staff', 'buyer', '{risky}', $2, $2) RETURNING id
"""
WORDS = "卡密提示无效，我的电话 13800138000"


async def things_of_cases(db: Database, keyring: Keyring, order_id: OrderId) -> dict[str, Any]:
    """`{case}` of this order with a `{picture}` in it, a `{macro}`, a `{resubmission}` that waits for staff, and an
    answer named `how-long`."""
    case = (await open_case(db=db, rules=RULES, order_id=order_id, kind=CaseKind.CODES_INVALID)).case
    tools: dict[str, Any] = {"db": db, "keyring": keyring, "rules": RULES}
    await write_message(**tools, order_id=order_id, words=WORDS, pictures=(a_picture(),))
    async with db.transaction() as tx:
        macro_id = await save_macro(tx, name="要截图", words="您好，我是 {staff}，订单 {order_no} 请发截图")
        draft = AnswerDraft("how-long", "充值多久到账？", "几分钟。", "How long does it take?", "Minutes.")
        await save_answer(tx, draft)
    picture_id = await db.pool.fetchval("SELECT max(id) FROM case_pictures")
    resubmission_id = await db.pool.fetchval(LEFT, order_id, db.clock.now())
    return {"case": case.id, "picture": picture_id, "macro": macro_id, "resubmission": resubmission_id}
