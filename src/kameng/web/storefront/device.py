"""By what a browser is known again when it orders: a random name in a cookie, for counting and for nothing else."""

import re
import secrets
from datetime import timedelta
from typing import Any

from litestar import Request, Response
from litestar.datastructures import Cookie

from kameng.web.design.visit import Visit

COOKIE = "device"
LIFE = timedelta(days=180)
_NAME = re.compile(r"[0-9A-Za-z_-]{22}")


def device_of(request: Request[Any, Any, Any]) -> str | None:
    """None for a browser that has not ordered here yet, or sends something we never gave out."""
    name = request.cookies.get(COOKIE, "")
    return name if _NAME.fullmatch(name) else None


def remember_device(response: Response[Any], request: Request[Any, Any, Any], visit: Visit) -> None:
    """Named once, when it orders first. One name for all sites of the deployment."""
    if device_of(request) is not None:
        return
    response.set_cookie(
        Cookie(
            key=COOKIE,
            value=secrets.token_urlsafe(16),
            path="/",
            max_age=int(LIFE.total_seconds()),
            secure=visit.is_https,
            httponly=True,
            samesite="lax",
        )
    )
