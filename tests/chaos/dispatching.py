"""A worker's dispatcher in a process of its own, in a hurry: all waiting is a small part of what it is in life.

`python -m tests.chaos.dispatching`, told what it needs by the environment, is where such processes come from: for each
line it reads it makes one, which is at work at once, and writes its number.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from types import ModuleType

import uvloop

from kameng.adapters.http import HttpClient
from kameng.adapters.suppliers.table import supplier_makers
from kameng.catalogue.filling import Delivers
from kameng.fulfilment import dispatch, dispatcher, next_question, plan
from kameng.journey import FOLLOWING
from kameng.kernel.database import Database, open_pool
from kameng.settings import settings_from
from kameng.supply.supplier import Supplier, SupplierMaker
from kameng.supply.suppliers import Suppliers

CALL_S = 1.5
MEANS_NO = timedelta(seconds=5)
HURRY: Mapping[ModuleType, Mapping[str, object]] = {
    plan: {"CALL_TAKES": timedelta(seconds=4)},
    dispatch: {"CALL_BEGINS": timedelta(seconds=1), "CALL_MAX": timedelta(seconds=3)},
    dispatcher: {"CALL_TAKES": timedelta(seconds=2), "QUESTION_TAKES": timedelta(seconds=4)},
    next_question: {
        "PLACED_MAX": dict.fromkeys(Delivers, timedelta(seconds=6)),
        "DOUBT_MAX": timedelta(seconds=5),
        "DOUBT_ASK_EVERY": timedelta(seconds=1),
    },
}


def hurried(make: SupplierMaker) -> SupplierMaker:
    def made(config: Mapping[str, str]) -> Supplier:
        supplier = make(config)
        means_no = supplier.abilities.not_found_means_no
        supplier.abilities = replace(
            supplier.abilities,
            ask_after=(timedelta(seconds=0.5),),
            not_found_means_no=None if means_no is None else MEANS_NO,
        )
        return supplier

    return made


def suppliers_of(db: Database, http: HttpClient, environment: Mapping[str, str]) -> Suppliers:
    makers = {name: hurried(make) for name, make in supplier_makers(http, db.clock).items()}
    return Suppliers(db, settings_from(environment).keyring(), makers)


async def work() -> None:
    """Until it is killed."""
    for module, values in HURRY.items():
        for name, value in values.items():
            setattr(module, name, value)
    settings = settings_from(os.environ)
    assert settings.database_url is not None
    async with HttpClient(total_timeout_s=CALL_S) as http, await open_pool(settings.database_url, size=6) as pool:
        db = Database(pool, following=FOLLOWING)
        suppliers = suppliers_of(db, http, os.environ)
        await dispatcher.Dispatcher(
            db=db, keyring=settings.keyring(), suppliers=suppliers, public_url=settings.public_url
        ).run(asyncio.Event())


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            uvloop.run(work())
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
