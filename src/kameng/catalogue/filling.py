"""How a sku is filled: from our vault or by suppliers, and in which measure."""

from dataclasses import dataclass
from enum import StrEnum

from kameng.catalogue import store
from kameng.kernel.database import Connection


class FilledBy(StrEnum):
    STOCK = "stock"
    SUPPLIER = "supplier"


class Delivers(StrEnum):
    """What the buyer gets: codes to read, or something that arrives at an account."""

    CODES = "codes"
    TOP_UP = "top_up"


class ChooseBy(StrEnum):
    """What decides between routes."""

    PRIORITY = "priority"
    CHEAPEST = "cheapest"
    FASTEST = "fastest"


@dataclass(frozen=True)
class Filling:
    """`face_fen`: what one piece is worth. `price_fen`: what it sells for now."""

    product_id: int
    filled_by: FilledBy
    delivers: Delivers
    choose_by: ChooseBy
    face_fen: int | None
    price_fen: int

    @property
    def piece(self) -> int:
        """One piece in the measure of deliveries: fen of face value for a top-up that has one, otherwise 1."""
        return self.face_fen if self.delivers is Delivers.TOP_UP and self.face_fen else 1


async def find_filling(connection: Connection, sku_id: int) -> Filling:
    """Of a sku that exists, on sale or not."""
    row = await store.filling(connection, sku_id)
    assert row is not None, f"no sku {sku_id}"
    return Filling(
        product_id=row["product_id"],
        filled_by=FilledBy(row["filled_by"]),
        delivers=Delivers(row["delivers"]),
        choose_by=ChooseBy(row["choose_by"]),
        face_fen=row["face_fen"],
        price_fen=row["price_fen"],
    )
