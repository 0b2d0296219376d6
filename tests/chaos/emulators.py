"""Every supplier's emulator in one process, each under a prefix of its own; they drop connections now and then.

`python -m tests.chaos.emulators PORT SEED`
"""

import sys
from dataclasses import replace

import uvloop

from kameng.web.sandbox.listening import listening, until_stopped
from kameng.web.sandbox.suppliers.course import Mixture
from kameng.web.sandbox.suppliers.emulation import Call
from kameng.web.sandbox.suppliers.room import Room
from kameng.web.sandbox.suppliers.serve import Staging, make_app, make_room
from kameng.web.sandbox.suppliers.whims import Chance, How
from tests.contracts.suppliers.entry import Entry
from tests.contracts.suppliers.table import ENTRIES

NOWHERE = "http://127.0.0.1:9/"
CHANCES = (
    Chance(Call.PLACE, How.DROP, 0.15),
    Chance(Call.PLACE, How.HTML_502, 0.05),
    Chance(Call.PLACE, How.NOT_DONE_DROP, 0.1),
    Chance(Call.PLACE, How.HANG, 0.05, seconds=2.5),
    Chance(Call.PLACE, How.SLOW, 0.3, seconds=0.4),
    Chance(Call.QUERY, How.DROP, 0.1),
    Chance(Call.QUERY, How.SLOW, 0.2, seconds=0.3),
    Chance(Call.CODES, How.DROP, 0.1),
)


def prefix_of(entry: Entry) -> str:
    return f"s{ENTRIES.index(entry)}"


def room_of(entry: Entry, seed: int) -> Room:
    credentials = {name: value.replace("{shop}", NOWHERE) for name, value in entry.credentials.items()}
    wares = tuple(replace(ware, stock=None if ware.stock is None else 100_000) for ware in entry.wares)
    course = Mixture(seed, delay_s=(0.0, 2.0), failed=0.1, partly=0.0, never=0.0, silent=1.0)
    staging = Staging(credentials, wares, balance_fen=10**12, usual=course)
    room = make_room(entry.emulation or entry.protocol, staging)
    room.whims.leave_to_chance(*CHANCES, seed=seed)
    return room


def main() -> None:
    port, seed = map(int, sys.argv[1:])
    rooms = {prefix_of(entry): room_of(entry, seed + place) for place, entry in enumerate(ENTRIES)}
    uvloop.run(until_stopped(listening(make_app(rooms), host="127.0.0.1", port=port)))


if __name__ == "__main__":
    main()
