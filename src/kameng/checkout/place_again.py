"""An order that came to nothing is placed once more on its own snapshot: same goods, same words, same price."""

from dataclasses import dataclass

from kameng.catalogue.browse import find_offer
from kameng.catalogue.filling import FilledBy
from kameng.checkout.place_order import CheckoutRules, OrderDeclined, OutOfStock, PlacedOrder, SkuUnavailable
from kameng.checkout.secure import secure
from kameng.kernel.crypto import Keyring
from kameng.kernel.database import Database, Transaction
from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words
from kameng.orders.number import OrderId
from kameng.orders.order import NewOrder
from kameng.orders.place import place
from kameng.orders.snapshot import Snapshot, snapshot_of
from kameng.orders.weigh import Candidate, weigh_new
from kameng.risk.score_order import Judged
from kameng.risk.scorecard import Listed
from kameng.supply.candidates import find_candidates


class OldPriceTooLow(Refusal):
    """By now the goods cost us more than they were sold for then."""

    code = "old_price_too_low"
    words = Words("进货价已上涨，不能再按原价补交，请按现价重新下单")


@dataclass(frozen=True)
class Again:
    """An old order, and what speaks against its buyer today."""

    order_id: OrderId
    snapshot: Snapshot
    judged: Judged | None
    address: str | None


async def weigh_again_for(
    *, db: Database, keyring: Keyring, rules: CheckoutRules, order_id: OrderId, address: str | None
) -> Again:
    """Outside the order's transaction, as for every new order. Raises OrderMissing, OrderDeclined."""
    async with db.reading() as connection:
        snapshot = await snapshot_of(connection, keyring, order_id)
    if not rules.weighed:
        return Again(order_id, snapshot, None, address)
    candidate = Candidate(
        site_id=snapshot.site_id,
        sku_id=snapshot.sku_id,
        amount_fen=snapshot.quantity * snapshot.unit_price_fen,
        contact=snapshot.contact,
        account=snapshot.account,
        address=address,
    )
    async with db.one_statement() as tx:
        judged = await weigh_new(tx, keyring, candidate)
    if judged.listed is Listed.BLOCK:
        raise OrderDeclined
    return Again(order_id, snapshot, judged, address)


async def place_again(tx: Transaction, keyring: Keyring, rules: CheckoutRules, again: Again) -> PlacedOrder:
    """A new order, waiting to be paid, in the caller's transaction; the caller has locked the old one.

    Raises SkuUnavailable, OutOfStock, OldPriceTooLow: then nothing may be kept of the transaction.
    """
    old = again.snapshot
    offer = await find_offer(tx.connection, old.sku_id)
    if offer is None or not offer.on_sale:
        raise SkuUnavailable
    new = NewOrder(
        site_id=old.site_id,
        sku_id=old.sku_id,
        sku_version_id=old.sku_version_id,
        quantity=old.quantity,
        unit_price_fen=old.unit_price_fen,
        contact_kind=old.contact.kind,
        contact=old.contact.text,
        client_address=again.address,
        pay_until=tx.now + rules.pay_within,
        judged=again.judged,
    )
    order = await place(tx, keyring, new, account=old.account)
    if not await secure(tx, offer, order, old.account):
        raise OutOfStock
    if offer.filled_by is FilledBy.SUPPLIER and await _costs_more(tx, old, piece_fen=offer.face_fen):
        raise OldPriceTooLow
    return PlacedOrder(order.id, order.state, order.amount_fen, order.pay_until)


async def _costs_more(tx: Transaction, old: Snapshot, *, piece_fen: int | None) -> bool:
    """Whether every route whose price is known costs more than the old order brings in."""
    account = old.account
    candidates = await find_candidates(
        tx, old.sku_id, operator=account.operator if account else None,
        province=account.province if account else None, medians_s={},
    )  # fmt: skip
    costs = []
    for candidate in candidates:
        if candidate.price_fen is None:
            return False
        face_fen = candidate.route.face_fen
        pieces = piece_fen / face_fen if piece_fen and face_fen else 1
        costs.append(candidate.price_fen * pieces)
    return bool(costs) and min(costs) > old.unit_price_fen
