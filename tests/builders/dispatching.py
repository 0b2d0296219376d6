"""The dispatcher at work under a clock that stands still."""

from datetime import timedelta

from kameng.fulfilment.dispatcher import Dispatcher
from tests.builders.supplier import Depot

PUBLIC_URL = "https://shop.example"


def a_dispatcher(depot: Depot) -> Dispatcher:
    return Dispatcher(db=depot.shop.db, keyring=depot.shop.keyring, suppliers=depot.suppliers, public_url=PUBLIC_URL)


async def worked(dispatcher: Dispatcher) -> int:
    """Everything that is due now is done, and what follows from it at once; how much there was."""
    done = 0
    while found := await dispatcher.look():
        await dispatcher.finish()
        done += found
    return done


async def waited(depot: Depot, dispatcher: Dispatcher, *, seconds: float) -> None:
    """Time passes second by second, and whatever falls due is done."""
    for _ in range(int(seconds)):
        depot.shop.clock.go_on(timedelta(seconds=1))
        await worked(dispatcher)
