"""补交零感知: orders stuck for want of goods go on by themselves as soon as a route or our own stock has some."""

from typing import Any

import structlog

from kameng.catalogue.filling import Delivers
from kameng.fulfilment.preview_route import Imagined, preview_route
from kameng.kernel.clock import SHANGHAI
from kameng.orders.lifecycle import SYSTEM
from kameng.orders.number import OrderId
from kameng.resubmission import store
from kameng.resubmission.apply import Application, apply
from kameng.resubmission.desk import Desk
from kameng.resubmission.resubmission import Kind
from kameng.stock.levels import available
from kameng.supply.suppliers import Suppliers

AT_A_TIME = 20

log = structlog.get_logger()


async def repair_orders(desk: Desk, suppliers: Suppliers) -> int:
    """Those that can be delivered now, resubmitted by the shop itself; how many."""
    rules = desk.rules
    async with desk.db.reading() as connection:
        stuck = await store.to_repair(
            connection, before=desk.db.clock.now() - rules.repair_every, times_max=rules.repairs_max, at_most=AT_A_TIME
        )
    repaired = 0
    for row in stuck:
        try:
            if await _is_back(desk, suppliers, dict(row)):
                order_id = OrderId(row["order_id"])
                reason = "a route or stock is there again"
                await apply(desk, Application(order_id, Kind.DELIVER_AGAIN, is_owner=True, actor=SYSTEM, reason=reason))
                repaired += 1
        except Exception:
            log.exception("order.not_repaired", order=row["order_id"])
    return repaired


async def _is_back(desk: Desk, suppliers: Suppliers, stuck: dict[str, Any]) -> bool:
    """Whether asking anew would find something; nothing is asked for it."""
    if stuck["has_part"] and stuck["delivers"] == Delivers.CODES:
        today = desk.db.clock.now().astimezone(SHANGHAI).date()
        async with desk.db.reading() as connection:
            here = await available(connection, [stuck["sku_id"]], on=today)
        if here.get(stuck["sku_id"], 0) >= stuck["left"]:
            return True
    imagined = Imagined(
        sku_id=stuck["sku_id"],
        operator=stuck["operator"],
        province=stuck["province"],
        left=stuck["left"],
        price_fen=stuck["unit_price_fen"],
    )
    return (await preview_route(db=desk.db, suppliers=suppliers, imagined=imagined)).first is not None
