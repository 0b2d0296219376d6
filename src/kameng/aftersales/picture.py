"""Pictures that buyers send: known by their content, decoded within limits, and made anew.

What is kept is our own file of the same pixels. Whatever else was in the one that was sent (a place and a camera in
EXIF, a script behind the image, another file's head before it) is not in it. File names are never looked at.
"""

import asyncio
import io
import struct
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from PIL import Image, ImageOps

from kameng.kernel.errors import Refusal
from kameng.kernel.text import Words

BYTES_MAX = 6 << 20
PIXELS_MAX = 30_000_000
AT_ONCE_MAX = 3
MEDIA_TYPE = "image/webp"
# A long screenshot stays readable when its width is kept.
SHORT_EDGE_MAX = 1440
LONG_EDGE_MAX = 8000
QUALITY = 85
_FORMATS = ("JPEG", "PNG", "WEBP")
_PLAIN_MODES = frozenset({"L", "RGB", "RGBA"})
_ORIENTATION = 0x0112
_BROKEN = (
    OSError, SyntaxError, ValueError, TypeError, EOFError, IndexError, KeyError, struct.error, zlib.error,
    Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip
# One at a time: a picture of the largest size takes 120 MB while it is decoded.
_decoder = ThreadPoolExecutor(1, thread_name_prefix="pictures")


class PictureUnusable(Refusal):
    """Not a JPEG, PNG or WebP picture, or a broken one."""

    code = "picture_unusable"
    status = 422
    words = Words("图片无法识别，请上传 JPG、PNG 或 WebP 格式的图片")


class PictureTooLarge(Refusal):
    code = "picture_too_large"
    status = 413
    words = Words("图片太大：每张不超过 6 MB、3000 万像素")


class TooManyPictures(Refusal):
    code = "too_many_pictures"
    status = 422
    words = Words("图片太多：每次最多 3 张，每个工单最多 12 张")


@dataclass(frozen=True)
class Picture:
    """A WebP file of our own making."""

    width: int
    height: int
    content: bytes = field(repr=False)


async def read_pictures(sent: Sequence[bytes]) -> list[Picture]:
    """Beside the loop, one at a time. Raises TooManyPictures, PictureTooLarge, PictureUnusable."""
    if len(sent) > AT_ONCE_MAX:
        raise TooManyPictures
    if any(len(content) > BYTES_MAX for content in sent):
        raise PictureTooLarge
    loop = asyncio.get_running_loop()
    return [await loop.run_in_executor(_decoder, read_picture, content) for content in sent]


def read_picture(content: bytes) -> Picture:
    """Raises PictureTooLarge, PictureUnusable."""
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            if image.width * image.height > PIXELS_MAX:
                raise PictureTooLarge
            return _made_anew(image)
    except _BROKEN as error:
        raise PictureUnusable from error


def _made_anew(image: Image.Image) -> Picture:
    size = _shrunk(image.width, image.height)
    # A JPEG can be decoded at a fraction of its size.
    image.draft("RGB", size)
    image.load()
    orientation = image.getexif().get(_ORIENTATION)
    pixels = image if image.mode in _PLAIN_MODES else image.convert("RGBA")
    pixels = pixels.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0) if pixels.size != size else pixels
    fresh = Image.new("RGB", size, "white")
    fresh.paste(pixels, mask=pixels if pixels.mode == "RGBA" else None)
    if orientation is not None:
        fresh.getexif()[_ORIENTATION] = orientation
        ImageOps.exif_transpose(fresh, in_place=True)
    made = io.BytesIO()
    fresh.save(made, "WEBP", quality=QUALITY, exif=b"", icc_profile=None, xmp=b"")
    return Picture(fresh.width, fresh.height, made.getvalue())


def _shrunk(width: int, height: int) -> tuple[int, int]:
    scale = min(1.0, SHORT_EDGE_MAX / min(width, height), LONG_EDGE_MAX / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))
