"""The floor of a purchase: pgbench says to PostgreSQL what the shop says, in the same transactions, and nothing else.

Two recorded purchases are laid over each other. What they share is said as it is; what differs is made anew each
time: numbers of orders, payments and trades, hashes, random starts, moments.
"""

import asyncio
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

import asyncpg

from benchmarks.recording import Purchase, record_purchases
from benchmarks.stage import Shop

# As many as the web process has: more only wait for each other.
CONNECTIONS_MAX = 4
_NUMBER = re.compile(r"(?<![0-9a-f])\d{18,}(?![0-9a-f])")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_KEY_DIGITS = 18
_SMALL = 10**6
_RUNS = itertools.count(1)


@dataclass
class Script:
    """`text` is for pgbench's -f, `values` for its -D: so no colon of a text is taken for a variable."""

    shop: Shop
    lines: list[str]
    values: dict[str, str]

    def per_second(self, sku_ids: Sequence[int], *, clients: int, seconds: float) -> float:
        """Purchases a second by pgbench over these skus, which follow each other."""
        first, last = sku_ids[0], sku_ids[-1]
        assert last - first == len(sku_ids) - 1, "skus made together have neighbouring numbers"
        file = self.shop.server.folder / "purchase.sql"
        file.write_text("\n".join([f"\\set sku random({first}, {last})", *self.lines]))
        file.chmod(0o644)
        # Above all real numbers, so that neither meets the other.
        base = 900_000_000_000_000_000 + next(_RUNS) * 10**13
        defined = [f"-D{name}={value}" for name, value in {**self.values, "base": base, "seq": 0}.items()]
        said = self.shop.server.command(
            "pgbench", "-n", "-M", "prepared", "-c", str(min(clients, CONNECTIONS_MAX)), "-j", "1",
            "-T", str(max(1, round(seconds))), "-f", str(file), *defined, urlsplit(self.shop.url).path[1:],
        ).stdout  # fmt: skip
        found = re.search(r"tps = ([\d.]+)", said)
        assert found is not None, said
        return float(found[1])


def record_script(shop: Shop) -> Script:
    first, second = record_purchases(shop)
    types = asyncio.run(_types(shop.url, first))
    return _Writer(shop, first, second).script(types)


async def _types(url: str, purchase: Purchase) -> dict[str, list[str]]:
    """The type of each parameter, by statement."""
    connection = await asyncpg.connect(url)
    try:
        found = {}
        for said in purchase.said:
            if said.parameters:
                statement = await connection.prepare(said.sql)
                found[said.sql] = [parameter.name for parameter in statement.get_parameters()]
        return found
    finally:
        await connection.close()


@dataclass
class _Writer:
    shop: Shop
    first: Purchase
    second: Purchase
    values: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    draws: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, int] = field(default_factory=dict)
    began: datetime | None = None

    def script(self, types: dict[str, list[str]]) -> Script:
        body = []
        for said, other in zip(self.first.said, self.second.said, strict=True):
            pairs = zip(said.parameters, other.parameters, types.get(said.sql, []), strict=True)
            expressions = [self._expression(value, twin, kind) for value, twin, kind in pairs]
            sql = re.sub(r"\$(\d+)", lambda m, e=expressions: f"({e[int(m[1]) - 1]})", said.sql)  # type: ignore[misc]
            body.append(f"{sql};")
        # Rising, as real ones do, and apart for each client.
        made = ["\\set seq :seq + 1"]
        made += [
            f"\\set {name} :base + :seq * 10000 + :client_id * 100 + {place}"
            for place, name in enumerate(self.numbers.values())
        ]
        made += [f"\\set {name} random(0, 2147483647)" for name in self.draws.values()]
        return Script(self.shop, [*made, *body], self.values)

    def _expression(self, value: str | None, twin: str | None, kind: str) -> str:
        """SQL for one parameter."""
        if value is None:
            return f"NULL::{kind}"
        if kind == "timestamptz" and _MOMENT.match(value):
            return self._moment(value)
        if value == str(self.first.sku_id) and twin == str(self.second.sku_id):
            return f":sku::{kind}"
        if value == twin:
            return f":{self._text(value)}::{kind}"
        if kind == "bytea":
            return self._hash(value)
        if kind in ("int4", "int8") and abs(int(value)) > _SMALL and len(value) < _KEY_DIGITS:
            return f":{self.draws.setdefault(value, f'draw{len(self.draws)}')}::{kind}"
        if kind == "int8":
            return f":{self._number(value)}::int8"
        return f"({self._joined(value)})::{kind}"

    def _moment(self, value: str) -> str:
        moment = datetime.fromisoformat(value).astimezone(UTC)
        self.began = self.began or moment
        return f"now() + interval '{round((moment - self.began).total_seconds())} s'"

    def _hash(self, value: str) -> str:
        """As many bytes as it had, the same ones wherever it was used."""
        number = self.hashes.setdefault(value, len(self.hashes))
        length = (len(value) - 2) // 2
        return (
            f"substr(decode(repeat(md5(:seq::text || 'x' || :client_id::text || 'x{number}'), 8), 'hex'), 1, {length})"
        )

    def _joined(self, value: str) -> str:
        """The text with its long numbers made anew."""
        parts, at = [], 0
        for found in _NUMBER.finditer(value):
            digits = found[0]
            if digits.endswith("000000"):
                continue
            if found.start() > at:
                parts.append(f":{self._text(value[at : found.start()])}::text")
            zeros = "0" * (len(digits) - _KEY_DIGITS)
            parts.append(f":{self._number(digits)}::text" + (f" || '{zeros}'" if zeros else ""))
            at = found.end()
        if at < len(value):
            parts.append(f":{self._text(value[at:])}::text")
        return " || ".join(parts)

    def _number(self, digits: str) -> str:
        return self.numbers.setdefault(digits, f"number{len(self.numbers)}")

    def _text(self, value: str) -> str:
        for name, known in self.values.items():
            if known == value:
                return name
        name = f"text{len(self.values)}"
        self.values[name] = value
        return name
