"""How all lines do, for programs."""

from datetime import datetime
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from msgspec import Meta, Struct

from kameng.kernel.text import Words
from kameng.tracking.outlook import TROUBLE_WORDS
from kameng.tracking.status import STATE_WORDS, LineStatus, PublicTrouble, read_status
from kameng.web.design.documented import problems
from kameng.web.design.formats import line_name
from kameng.web.design.translation import Translator
from kameng.web.guest_api.counter import Counter

State = Annotated[str, Meta(description="`fine`, `rerouted`, `slow`, `partly_down` or `down`.", examples=["fine"])]


class LineShape(Struct):
    type_name: Annotated[str, Meta(examples=["话费充值"])]
    product_name: Annotated[str, Meta(examples=["移动话费"])]
    state: State
    state_name: Annotated[str, Meta(examples=["正常"])]
    delivered_today: int
    median_s: Annotated[float | None, Meta(description="Median time to arrive of today's orders, in seconds.")]
    days: Annotated[
        list[str],
        Meta(description="The last 90 days, the oldest first: `quiet` (no data), `fine`, `slow` or `faulty`."),
    ]


class TroubleShape(Struct):
    line: Annotated[str, Meta(examples=["中国移动（广东）"])]
    kind: Annotated[str, Meta(description="`failing`, `slow` or `silent`.", examples=["slow"])]
    words: Annotated[str, Meta(examples=["中国移动（广东）处理缓慢"])]
    opened_at: datetime
    closed_at: datetime | None
    expected_until: datetime | None


class StatusShape(Struct):
    """Generated from what happened; at most some seconds old."""

    at: datetime
    state: State
    lines: list[LineShape]
    troubles: Annotated[list[TroubleShape], Meta(description="Those that are open now.")]
    past_troubles: Annotated[list[TroubleShape], Meta(description="Those of the last 90 days that are over.")]


@get("/status", operation_id="readStatus", responses=problems(body=False))
async def status(counter: NamedDependency[Counter]) -> StatusShape:
    """How all lines do now, how fast they are today, and how the last 90 days were."""
    now = await read_status(counter.db)
    return StatusShape(
        at=now.at,
        state=now.worst,
        lines=[_line(line, counter.words) for line in now.lines],
        troubles=[_trouble(trouble, counter.words) for trouble in now.now],
        past_troubles=[_trouble(trouble, counter.words) for trouble in now.past],
    )


def _line(line: LineStatus, words: Translator) -> LineShape:
    return LineShape(
        type_name=line.type_name,
        product_name=line.product_name,
        state=line.state,
        state_name=words(STATE_WORDS[line.state]),
        delivered_today=line.delivered,
        median_s=line.median.total_seconds() if line.median is not None else None,
        days=list(line.days),
    )


def _trouble(trouble: PublicTrouble, words: Translator) -> TroubleShape:
    name = line_name(words, trouble.line)
    if trouble.more:
        name = words(Words("%(name)s等 %(n)s 种商品"), name=name, n=trouble.more + 1)
    return TroubleShape(
        line=name,
        kind=trouble.kind,
        words=words(TROUBLE_WORDS[trouble.kind], line=name),
        opened_at=trouble.opened_at,
        closed_at=trouble.closed_at,
        expected_until=trouble.until,
    )
