"""Every door of the console with the permission it takes: the table that docs/roles.md and the tests are made from."""

from collections.abc import Iterator
from dataclasses import dataclass

from litestar.handlers import HTTPRouteHandler

from kameng.staff.roles import Permission, Role, may
from kameng.web.console.door import HOME
from kameng.web.console.home import home
from kameng.web.console.routes import BEHIND_THE_DOOR


@dataclass(frozen=True)
class ListedDoor:
    """`path` below /console, with its parameters' names in braces. `permission` is None for the first page alone,
    which shows each role what it may see."""

    method: str
    path: str
    permission: Permission | None

    def opens_for(self, role: Role) -> bool:
        return self.permission is None or may(role, self.permission)


def doors() -> list[ListedDoor]:
    """By path. A door that asks for no permission, or for several, is a mistake; asserts that there is none."""
    found = {(door.path, door.method): door for handler in handlers() for door in _of(handler)}
    return [found[place] for place in sorted(found)]


def handlers() -> Iterator[HTTPRouteHandler]:
    for route in BEHIND_THE_DOOR.routes:
        # Each address answers OPTIONS by itself, and does nothing.
        own = {id(handler): handler for handler in getattr(route, "route_handlers", ())}.values()
        yield from (handler for handler in own if handler.http_methods != {"OPTIONS"})


def _of(handler: HTTPRouteHandler) -> Iterator[ListedDoor]:
    needed = [guard.permission for guard in handler.guards or () if hasattr(guard, "permission")]
    assert len(needed) == 1 or (handler.fn is home.fn and not needed), f"{handler.fn.__name__} asks for no permission"
    for method in handler.http_methods - {"HEAD", "OPTIONS"}:
        for path in handler.paths:
            yield ListedDoor(method, _plain(path), needed[0] if needed else None)


def _plain(path: str) -> str:
    """`/orders/{order_no:str}/codes` → `/orders/{order_no}/codes`."""
    parts = [part.partition(":")[0] + "}" if part.startswith("{") else part for part in path.strip("/").split("/")]
    return HOME + "".join(f"/{part}" for part in parts if part)
