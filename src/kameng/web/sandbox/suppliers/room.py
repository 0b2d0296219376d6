"""One supplier at work: its protocol, its books, the course of its orders, its whims and its callbacks."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from litestar import Response

from kameng.web.sandbox.suppliers.courier import Courier
from kameng.web.sandbox.suppliers.course import Course, Courses, Foreman
from kameng.web.sandbox.suppliers.emulation import Emulation, Errand, Said, Visit, compact
from kameng.web.sandbox.suppliers.warehouse import Warehouse
from kameng.web.sandbox.suppliers.wares import Declined, Ending, Purchase, Wanted, Ware
from kameng.web.sandbox.suppliers.whims import Whims, whimsical


@dataclass
class Room:
    """What the handlers of one supplier share. `credentials` are those of its one customer."""

    emulation: Emulation
    credentials: Mapping[str, str] = field(repr=False)
    warehouse: Warehouse
    courier: Courier = field(default_factory=Courier)
    courses: Courses = field(default_factory=lambda: Courses(Course()))
    whims: Whims = field(default_factory=Whims)
    _working: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self.foreman = Foreman(self.warehouse, ended=self.tell)

    async def answer(self, visit: Visit) -> Response[Any]:
        """Lets the protocol answer, under whatever whim is due."""
        for endpoint in self.emulation.endpoints:
            met = endpoint.met_by(visit)
            if met is None:
                continue

            def act(endpoint: Any = endpoint, met: Visit = met) -> Said:
                try:
                    said: Said = endpoint.answer(self, met)
                except Declined as declined:
                    said = self.emulation.decline(endpoint.call, declined.no)
                return said

            whim = self.whims.next(endpoint.call)
            return await whimsical(act, whim=whim, call=endpoint.call, emulation=self.emulation, seal=self._sealed)
        return Response({"detail": "no such page"}, status_code=404)

    def place(self, wanted: Wanted) -> Purchase:
        before = self.warehouse.find(number=wanted.number)
        course = self.courses.take()
        try:
            purchase = self.warehouse.place(
                wanted, due_s=course.delay_s or None, ending=course.ending, plan=course.plan
            )
        except Declined:
            self.courses.put_back(course)
            raise
        if before and before.supplier_no == purchase.supplier_no:
            self.courses.put_back(course)
            return purchase
        if course.delay_s == 0:
            return self.settle(purchase)
        self.foreman.wake()
        return purchase

    def settle(self, purchase: Purchase, ending: Ending | None = None) -> Purchase:
        """Ends it now and sends callbacks as planned."""
        ended = self.warehouse.settle(purchase, ending)
        self.tell(ended)
        return ended

    def cancel(self, purchase: Purchase) -> Purchase:
        ended = self.warehouse.cancel(purchase)
        self.tell(ended)
        return ended

    def tell(self, purchase: Purchase) -> None:
        errand = None if purchase.plan.get("silent") else self.errand(purchase)
        if errand:
            manner = {name: purchase.plan[name] for name in ("copies", "delay_s", "hold") if name in purchase.plan}
            self.courier.tell(errand, **manner)

    def errand(
        self, purchase: Purchase, *, credentials: Mapping[str, str] | None = None, changes: Mapping[str, Any] = {}
    ) -> Errand | None:
        """The callback about a purchase, or a forged one: signed with other `credentials`, or with some fields
        changed after it was signed."""
        signer = replace(self, credentials={**self.credentials, **credentials}) if credentials else self
        errand = self.emulation.errand(signer, purchase) if purchase.callback_url else None
        return replace(errand, body=_changed(errand.body, changes)) if errand and changes else errand

    def dressed(self, ware: Ware, entry: dict[str, Any]) -> dict[str, Any]:
        return {**entry, **ware.raw}

    def open(self) -> None:
        """From now on orders end by themselves."""
        self._working = asyncio.create_task(self.foreman.run())

    async def close(self) -> None:
        if self._working:
            self._working.cancel()
            await asyncio.gather(self._working, return_exceptions=True)
        await self.courier.close()
        self.warehouse.close()

    def _sealed(self, body: Any) -> Any:
        return self.emulation.seal(self, body) if self.emulation.seal else body


def _changed(body: bytes, changes: Mapping[str, Any]) -> bytes:
    if body.startswith(b"{"):
        return compact(json.loads(body) | changes).encode()
    return urlencode(dict(parse_qsl(body.decode(), keep_blank_values=True)) | dict(changes)).encode()
