"""Style sheets, scripts and pictures: named by the hash of their content, kept by browsers for ever, packed once."""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litestar import MediaType, Request, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from kameng.web.design.theme import theme_sheet

WEB = Path(__file__).parents[1]
DIGEST_LETTERS = 12
FOR_EVER = "public, max-age=31536000, immutable"
PACKED = (".css", ".js", ".svg", ".json", ".txt")

mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("image/svg+xml", ".svg")
mimetypes.add_type("application/manifest+json", ".webmanifest")


@dataclass(frozen=True)
class Asset:
    body: bytes
    packed: bytes | None
    media_type: str
    address: str


class Assets:
    """Every file under `static/` of a surface, read when the process starts. `design/` files have no prefix."""

    def __init__(self, web: Path = WEB) -> None:
        self._by_name: dict[str, Asset] = {}
        for folder in sorted(web.glob("*/static")):
            prefix = "" if folder.parent.name == "design" else f"{folder.parent.name}/"
            for file in sorted(path for path in folder.rglob("*") if path.is_file()):
                name = prefix + file.relative_to(folder).as_posix()
                self._by_name[name] = _asset(name, file)

    def address(self, name: str) -> str:
        """Where a page finds the asset. Raises KeyError for one that is not there."""
        return self._by_name[name].address

    def find(self, name: str) -> Asset | None:
        return self._by_name.get(name)

    @property
    def names(self) -> Mapping[str, Asset]:
        return self._by_name


def _asset(name: str, file: Path) -> Asset:
    body = file.read_bytes()
    digest = hashlib.sha256(body).hexdigest()[:DIGEST_LETTERS]
    return Asset(
        body=body,
        packed=gzip.compress(body, 9, mtime=0) if file.suffix in PACKED else None,
        media_type=mimetypes.guess_type(file.name)[0] or "application/octet-stream",
        address=f"/static/{digest}/{name}",
    )


@get("/static/theme/{colour:str}", media_type=MediaType.TEXT, include_in_schema=False, sync_to_thread=False)
def theme(colour: FromPath[str]) -> Response[str]:
    """The colours of a site, made from its own one."""
    sheet = theme_sheet(colour.removesuffix(".css"))
    if sheet is None:
        raise NotFoundException
    return Response(sheet, media_type="text/css; charset=utf-8", headers={"Cache-Control": FOR_EVER})


@get("/static/{digest:str}/{name:path}", include_in_schema=False, sync_to_thread=False)
def static(
    request: Request[Any, Any, Any], assets: NamedDependency[Assets], digest: FromPath[str], name: FromPath[str]
) -> Response[bytes]:
    """An old digest gets the present file, but isn't told to keep it."""
    asset = assets.find(name.lstrip("/"))
    if asset is None:
        raise NotFoundException
    current = asset.address.startswith(f"/static/{digest}/")
    headers = {"Cache-Control": FOR_EVER if current else "no-cache", "Vary": "Accept-Encoding"}
    body = asset.body
    if asset.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        body = asset.packed
    return Response(body, media_type=asset.media_type, headers=headers)
