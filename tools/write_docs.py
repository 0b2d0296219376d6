"""Write docs/states.md, settings.md and roles.md from the tables of the code; `--check` only says if they are fresh."""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from kameng.aftersales import case
from kameng.batches import batch
from kameng.fulfilment import attempt as delivery_attempt
from kameng.kernel.lifecycle import Lifecycle
from kameng.kernel.text import Words
from kameng.orders import lifecycle
from kameng.payment import attempt, request
from kameng.resubmission import resubmission
from kameng.settings import VARIABLES
from kameng.staff.roles import ROLE_NAMES, Permission, Role, may
from kameng.web.console.door_table import doors

DOCS = Path(__file__).parents[1] / "docs"


@dataclass(frozen=True)
class Machine:
    title: str
    source: str
    states: type[StrEnum]
    first: StrEnum
    table: Lifecycle[Any]
    names: Mapping[Any, Words] = field(default_factory=dict)


MACHINES = [
    Machine(
        "Order 订单",
        "src/kameng/orders/lifecycle.py",
        lifecycle.OrderState,
        lifecycle.OrderState.AWAITING_PAYMENT,
        lifecycle.LIFECYCLE,
        lifecycle.STATE_NAMES,
    ),
    Machine(
        "Payment attempt 支付尝试",
        "src/kameng/payment/attempt.py",
        attempt.AttemptState,
        attempt.AttemptState.STARTED,
        attempt.ATTEMPT_LIFECYCLE,
    ),
    Machine(
        "Refund 退款",
        "src/kameng/payment/attempt.py",
        attempt.RefundState,
        attempt.RefundState.INTENDED,
        attempt.REFUND_LIFECYCLE,
    ),
    Machine(
        "Refund request 退款申请",
        "src/kameng/payment/request.py",
        request.RequestState,
        request.RequestState.WAITING,
        request.REQUEST_LIFECYCLE,
        request.REQUEST_STATE_NAMES,
    ),
    Machine(
        "Delivery attempt 发货尝试",
        "src/kameng/fulfilment/attempt.py",
        delivery_attempt.AttemptState,
        delivery_attempt.AttemptState.CALLING,
        delivery_attempt.ATTEMPT_LIFECYCLE,
    ),
    Machine(
        "Resubmission 补交",
        "src/kameng/resubmission/resubmission.py",
        resubmission.ResubmissionState,
        resubmission.ResubmissionState.APPLIED,
        resubmission.RESUBMISSION_LIFECYCLE,
        resubmission.RESUBMISSION_STATE_NAMES,
    ),
    Machine(
        "After-sales case 售后工单",
        "src/kameng/aftersales/case.py",
        case.CaseState,
        case.CaseState.OPEN,
        case.CASE_LIFECYCLE,
        case.CASE_STATE_NAMES,
    ),
    Machine(
        "Batch 批量处理",
        "src/kameng/batches/batch.py",
        batch.BatchState,
        batch.BatchState.DRAFT,
        batch.BATCH_LIFECYCLE,
        batch.BATCH_STATE_NAMES,
    ),
]

HEAD = """# States

Generated from the state tables in the code by `make docs`; do not edit. What follows an event is said in
`src/kameng/journey.py`.
"""


def words_of(event: type) -> str:
    """PaymentConfirmed → 'payment confirmed'."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", event.__name__).lower()


def event_rows(machine: Machine) -> dict[type, dict[StrEnum, StrEnum]]:
    """By event, which state leads to which."""
    rows: dict[type, dict[StrEnum, StrEnum]] = {}
    for (state, event), target in machine.table.moves.items():
        rows.setdefault(event, {})[state] = target
    return rows


def is_everywhere(machine: Machine, moves: Mapping[StrEnum, StrEnum]) -> bool:
    """Possible in every state, and changing none."""
    return set(moves) == set(machine.states) and all(state == target for state, target in moves.items())


def picture(machine: Machine) -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    for state, words in machine.names.items():
        yield f"    {state}: {words.chinese} ({state.replace('_', ' ')})"
    yield f"    [*] --> {machine.first}"
    arrows = sorted(
        (list(machine.states).index(state), list(machine.states).index(target), state, target, words_of(event))
        for event, moves in event_rows(machine).items()
        if not is_everywhere(machine, moves)
        for state, target in moves.items()
    )
    for (_, _, state, target), group in groupby(arrows, key=lambda arrow: arrow[:4]):
        yield f"    {state} --> {target}: {' / '.join(arrow[4] for arrow in group)}"
    yield "```"


def state_table(machine: Machine) -> Iterator[str]:
    reached = {target for (state, _), target in machine.table.moves.items() if state != target} | {machine.first}
    yield "| state | what a buyer reads | leads on to |" if machine.names else "| state | leads on to |"
    yield "|---|---|---|" if machine.names else "|---|---|"
    for state in machine.states:
        onward = list(
            dict.fromkeys(
                f"`{target}`" for (origin, _), target in machine.table.moves.items() if origin == state != target
            )
        )
        ending = ", ".join(onward) or ("–" if state in reached else "not yet used")
        name = f" {machine.names[state].chinese} |" if machine.names else ""
        yield f"| `{state}` |{name} {ending} |"


def event_table(machine: Machine) -> Iterator[str]:
    yield "| event | in | leads to |"
    yield "|---|---|---|"
    for event, moves in event_rows(machine).items():
        if is_everywhere(machine, moves):
            yield f"| {words_of(event)} | every state | the same |"
            continue
        targets: dict[StrEnum, list[StrEnum]] = {}
        # In the states' own order: some tables are made of sets.
        for state in (state for state in machine.states if state in moves):
            targets.setdefault(moves[state], []).append(state)
        for target, states in targets.items():
            yield f"| {words_of(event)} | {', '.join(f'`{state}`' for state in states)} | `{target}` |"


def states_document() -> str:
    parts = [HEAD]
    for machine in MACHINES:
        parts.append(f"\n## {machine.title}\n\nFrom `{machine.source}`. Whatever is not in the table is refused.\n")
        parts.extend("\n" + "\n".join(part(machine)) + "\n" for part in (picture, state_table, event_table))
    return "".join(parts)


SETTINGS_HEAD = """# Settings

Generated from `src/kameng/settings.py` by `make docs`; do not edit. Read once from the environment at start;
a `KAMENG_` variable that is not in this table is refused.

| variable | default | meaning |
|---|---|---|
"""


def settings_document() -> str:
    rows = (
        f"| `{variable.name}` | {f'`{variable.default}`' if variable.default else '–'} | {variable.meaning} |\n"
        for variable in VARIABLES
    )
    return SETTINGS_HEAD + "".join(rows)


ROLES_HEAD = """# Roles

Generated from `src/kameng/staff/roles.py` and the console's own routes by `make docs`; do not edit. Every cell is tried
by `tests/web/console/test_permissions.py`: where a role may not, it is refused and nothing has happened. A door that
asks for no permission does not start. Nothing is changed by GET.

"""


def role_heads() -> str:
    return " | ".join(f"{role} {ROLE_NAMES[role].chinese}" for role in Role)


def marks(opens_for: Callable[[Role], bool]) -> str:
    return " | ".join("yes" if opens_for(role) else "–" for role in Role)


def roles_document() -> str:
    lines = ["## Permissions", "", f"| permission | {role_heads()} |", "|---|" + "---|" * len(Role)]
    lines += [f"| `{one}` | {marks(partial(lambda one, role: may(role, one), one))} |" for one in Permission]
    lines += ["", "## Doors", "", "The first page shows each role what it may see.", ""]
    lines += [f"| door | permission | {role_heads()} |", "|---|---|" + "---|" * len(Role)]
    lines += [
        f"| `{door.method} {door.path}` | {f'`{door.permission}`' if door.permission else ''} | "
        f"{marks(door.opens_for)} |"
        for door in doors()
    ]  # fmt: skip
    return ROLES_HEAD + "\n".join(lines) + "\n"


DOCUMENTS = {"states.md": states_document, "settings.md": settings_document, "roles.md": roles_document}


def main(arguments: list[str]) -> int:
    stale = 0
    for name, write in DOCUMENTS.items():
        file, text = DOCS / name, write()
        fresh = file.exists() and file.read_text() == text
        if "--check" in arguments:
            print(f"docs/{name} is {'fresh' if fresh else 'stale: run `make docs`'}")
            stale += not fresh
        elif not fresh:
            file.write_text(text)
            print(f"docs/{name} written")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
