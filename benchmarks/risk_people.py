"""Two weeks of a shop, invented from a seed: honest people in all their oddness, and fraud of which it is known.

Every kind of person is a function that says what they do and when; nothing here knows how it is judged.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from random import Random

DAYS = 14
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

# Prices in fen of what is sold: 10, 50, 100 and 500 yuan.
PRICES = (990, 4950, 9900, 49_500)
SMALL, MIDDLE, LARGE, DEAR = range(4)


@dataclass(frozen=True)
class Deed:
    """One order: when (from the first midnight on, Shanghai time), by whom, from where, and what becomes of it.

    `pays`: whether it is paid at all; `ways`: how often a payment is tried; `wants_money_back`: after the codes were
    read; `misses`: failed lookups from the same address just before.
    """

    at: timedelta
    kind: str
    contact: str
    address: str
    device: str | None
    goods: int
    quantity: int = 1
    pays: bool = True
    ways: int = 1
    wants_money_back: bool = False
    misses: int = 0


@dataclass(frozen=True)
class Someone:
    """A contact with where they are and what they sit at."""

    kind: str
    contact: str
    address: str
    device: str | None

    def does(self, at: timedelta, goods: int, **more: object) -> Deed:
        return Deed(at, self.kind, self.contact, self.address, self.device, goods, **more)  # type: ignore[arg-type]


class Town:
    """Contacts, networks and browsers nobody has had before."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self._contacts = 0
        self._networks = 0
        # Two dozen networks behind which a mobile operator's customers are.
        self.mobile = [self.network() for _ in range(24)]

    def contact(self) -> str:
        self._contacts += 1
        return f"13{self._contacts:09d}"

    def network(self) -> str:
        """The first three numbers of an address."""
        self._networks += 1
        return f"60.{self._networks // 250}.{self._networks % 250}"

    def host(self, network: str) -> str:
        return f"{network}.{self.random.randrange(1, 255)}"

    def device(self) -> str:
        return "".join(self.random.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=22))

    def someone(self, kind: str, *, network: str | None = None, device: str | None = "") -> Someone:
        """`device` empty: a browser of their own; None: no browser."""
        if network is None:
            network = self.random.choice(self.mobile) if self.random.random() < 0.5 else self.network()
        return Someone(kind, self.contact(), self.host(network), self.device() if device == "" else device)

    def waking_hour(self) -> timedelta:
        """Evenings most, nights hardly ever."""
        weights = [2, 1, 1, 0, 0, 0, 1, 3, 5, 6, 7, 8, 9, 8, 7, 7, 8, 9, 11, 13, 14, 13, 9, 5]
        hours = self.random.choices(range(24), weights)
        return HOUR * (hours[0] + self.random.random())

    def day(self) -> timedelta:
        return DAY * self.random.randrange(DAYS)


def casual(town: Town) -> Iterator[Deed]:
    """Now and then somebody wants something; one in eight changes their mind."""
    for _ in range(120):
        person = town.someone("casual buyer")
        for _ in range(town.random.choice([1, 1, 1, 2, 3, 4])):
            goods = town.random.choices(range(4), [4, 5, 5, 1])[0]
            pays = town.random.random() < 0.88
            ways = 1 if town.random.random() < 0.9 else 2
            yield person.does(town.day() + town.waking_hour(), goods, pays=pays, ways=ways)


def reseller(town: Town) -> Iterator[Deed]:
    """Buys all day long, and in the evening all at once."""
    for _ in range(2):
        person = town.someone("heavy reseller", network=town.network())
        for day in range(DAYS):
            for _ in range(6):
                yield person.does(DAY * day + town.waking_hour(), town.random.randrange(3), quantity=2)
            evening = DAY * day + HOUR * 20
            for n in range(14):
                yield person.does(evening + timedelta(minutes=3 * n), town.random.randrange(3), quantity=3)


def family(town: Town) -> Iterator[Deed]:
    """Four behind one address, two of them at the same computer, on a Saturday."""
    for _ in range(6):
        network, shared = town.network(), town.device()
        kind = "family behind one NAT"
        home = [town.someone(kind, network=network, device=shared if n < 2 else "") for n in range(4)]
        for day in (5, 12):
            for n, person in enumerate(home):
                yield person.does(DAY * day + HOUR * 19 + timedelta(minutes=7 * n), town.random.randrange(3))


def night_owl(town: Town) -> Iterator[Deed]:
    """Plays until dawn, and now and then buys the dear one."""
    for _ in range(8):
        person = town.someone("night owl")
        for _ in range(5):
            at = town.day() + HOUR * 5 * town.random.random()
            yield person.does(at, town.random.choice([SMALL, LARGE, LARGE, DEAR]))


def office(town: Town) -> Iterator[Deed]:
    """A dozen colleagues, and somebody has found a bargain at lunch."""
    for day in (2, 9):
        network = town.network()
        for n in range(10):
            person = town.someone("office at lunch", network=network)
            yield person.does(DAY * day + HOUR * 12 + timedelta(minutes=11 * n), MIDDLE)


def dormitory(town: Town) -> Iterator[Deed]:
    """A hundred students behind one network; on the evening of a new season twenty of them buy within the hour."""
    network = town.network()
    for n in range(20):
        person = town.someone("dormitory on a big evening", network=network)
        yield person.does(DAY * 10 + HOUR * 21 + timedelta(minutes=3 * n), town.random.choice([MIDDLE, LARGE]))


def generous(town: Town) -> Iterator[Deed]:
    """Never seen before, and spends a thousand yuan or two."""
    for quantity in (2, 2, 2, 3, 4):
        yield town.someone("big first spender").does(town.day() + town.waking_hour(), DEAR, quantity=quantity)


def forgetful(town: Town) -> Iterator[Deed]:
    """Can't find an order, tries and tries, and orders anew."""
    for _ in range(6):
        yield town.someone("forgetful buyer").does(town.day() + town.waking_hour(), LARGE, misses=6)


def stolen_payments(town: Town) -> Iterator[Deed]:
    """Dear codes by night with other people's money, always under a new name, from a handful of addresses; looks for
    other people's orders on the way."""
    for day in (4, 8, 11):
        network, device = town.network(), town.device()
        begins = DAY * day + HOUR * 2
        for n in range(14):
            person = town.someone("scanner with stolen payments", network=network, device=device)
            at = begins + timedelta(minutes=6 * n)
            quantity = town.random.choice([1, 2, 3])
            yield person.does(at, DEAR, quantity=quantity, misses=town.random.choice([0, 4]), ways=2)


def bot_farm(town: Town) -> Iterator[Deed]:
    """Forty contacts in one network within an hour and a half, no browser."""
    for day in (3, 10):
        network = town.network()
        for n in range(40):
            person = town.someone("bot farm in one network", network=network, device=None)
            yield person.does(DAY * day + HOUR * 15 + timedelta(minutes=2 * n), town.random.choice([MIDDLE, LARGE]))


def scattered_farm(town: Town) -> Iterator[Deed]:
    """The same with a network for each: what a rented crowd of home connections looks like."""
    for n in range(30):
        person = town.someone("bot farm over many networks", network=town.network(), device=None)
        yield person.does(DAY * 6 + HOUR * 16 + timedelta(minutes=2 * n), town.random.choice([MIDDLE, LARGE]))


def refund_abuser(town: Town) -> Iterator[Deed]:
    """Reads the codes, says they don't work, and comes again."""
    for start in (1, 2, 4):
        person = town.someone("refund abuser")
        for n in range(10):
            yield person.does(DAY * start + n * DAY * 0.9 + HOUR * 14, LARGE, wants_money_back=True)


def card_tester(town: Town) -> Iterator[Deed]:
    """The cheapest thing again and again, to see which stolen card still works: many tries, many names."""
    for day in (5, 7):
        network = town.network()
        for n in range(30):
            person = town.someone("card tester, many names", network=network, device=None)
            pays = town.random.random() < 0.4
            yield person.does(DAY * day + HOUR * 11 + timedelta(minutes=2 * n), SMALL, pays=pays, ways=4)


def lone_tester(town: Town) -> Iterator[Deed]:
    """The same under one name."""
    for day in (6, 9):
        person = town.someone("card tester, one name", device=None)
        for n in range(36):
            pays = n % 3 == 2
            yield person.does(DAY * day + HOUR * 10 + timedelta(minutes=4 * n), SMALL, pays=pays, ways=5)


Story = Callable[[Town], Iterator[Deed]]
HONEST: tuple[Story, ...] = (casual, reseller, family, night_owl, office, dormitory, generous, forgetful)
FRAUD: tuple[Story, ...] = (stolen_payments, bot_farm, scattered_farm, refund_abuser, card_tester, lone_tester)


def two_weeks(seed: int) -> tuple[list[Deed], Mapping[str, bool]]:
    """All deeds in their order, and of each kind of people whether it is fraud."""
    town = Town(Random(seed))
    deeds: list[Deed] = []
    is_fraud: dict[str, bool] = {}
    for stories, bad in ((HONEST, False), (FRAUD, True)):
        for story in stories:
            told = list(story(town))
            is_fraud.update(dict.fromkeys((deed.kind for deed in told), bad))
            deeds += told
    return sorted(deeds, key=lambda deed: deed.at), is_fraud
