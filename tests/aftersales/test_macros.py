import pytest

from kameng.aftersales.macros import PLACES, Macro, MacroMissing, drop_macro, filled_in, list_macros, save_macro
from kameng.kernel.database import Database
from kameng.kernel.errors import InvalidInput

pytestmark = pytest.mark.anyio


async def macros(db: Database) -> list[Macro]:
    async with db.reading() as connection:
        return await list_macros(connection)


async def test_a_macro_is_saved_written_over_and_dropped(db: Database) -> None:
    async with db.transaction() as tx:
        macro_id = await save_macro(tx, name="要截图", words="请发截图", position=2)
        assert await save_macro(tx, name=" 要截图 ", words="订单 {order_no} 请发截图") == macro_id
    assert [(macro.name, macro.words) for macro in await macros(db)] == [("要截图", "订单 {order_no} 请发截图")]
    async with db.transaction() as tx:
        assert await drop_macro(tx, macro_id) == "要截图"
    assert await macros(db) == []
    with pytest.raises(MacroMissing):
        async with db.transaction() as tx:
            await drop_macro(tx, macro_id)


@pytest.mark.parametrize(
    ("name", "words", "field"),
    [("", "好", "name"), ("x" * 41, "好", "name"), ("好", "", "words"), ("好", "x" * 1001, "words"),
     ("好", "您的卡密是 {codes}", "words"), ("好", "{contact}", "words"), ("好", "{}", "words")],
)  # fmt: skip
async def test_what_is_wrong_is_told(db: Database, name: str, words: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        async with db.transaction() as tx:
            await save_macro(tx, name=name, words=words)
    assert set(refused.value.fields) == {field}
    assert await macros(db) == []


def test_places_are_filled_once() -> None:
    macro = Macro(1, "m", " ".join(f"{{{place}}}" for place in PLACES), 0)
    values = dict.fromkeys(PLACES, "甲") | {"product": "{staff}"}
    assert filled_in(macro, values) == "甲 {staff} 甲 甲 甲 甲"
