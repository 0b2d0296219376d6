import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kameng.catalogue.edit import ProductDraft, SkuDraft, TypeDraft, save_product, save_sku, save_type
from kameng.cli import main
from kameng.kernel.database import Database, Following, open_pool
from tests.builders.command_line import Kameng


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def kameng(database_url: str, folder: Path) -> Kameng:
    def run(*arguments: str, typed: str | None = None) -> Result:
        environment = {"KAMENG_DATABASE_URL": database_url, "KAMENG_DATA": str(folder)}
        return CliRunner().invoke(main, list(arguments), env=environment, input=typed)

    return run


@pytest.fixture
def sku_id(database_url: str) -> int:
    async def make() -> int:
        async with await open_pool(database_url) as pool:
            db = Database(pool, following=Following())
            async with db.transaction() as tx:
                await save_type(tx, TypeDraft("cards", "点卡"))
                await save_product(tx, ProductDraft("q-coin", "cards", "Q币卡"))
                return await save_sku(tx, SkuDraft("q-coin", "60 点", 570))

    return asyncio.run(make())
