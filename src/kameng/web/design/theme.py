"""A site's colours, made from its one: readable in light and in dark, whatever was chosen."""

import colorsys
import re

_HEX = re.compile(r"[0-9a-f]{6}")
# WCAG 2.2 AA for ordinary text.
CONTRAST_MIN = 4.5
_WHITE = (1.0, 1.0, 1.0)
_NIGHT = (0.075, 0.09, 0.11)
_STEP = 0.02

Colour = tuple[float, float, float]


def theme_sheet(colour: str) -> str | None:
    """A style sheet that sets --brand and --brand-text for both modes; None unless `colour` is `rrggbb`."""
    if not _HEX.fullmatch(colour):
        return None
    own: Colour = (int(colour[:2], 16) / 255, int(colour[2:4], 16) / 255, int(colour[4:], 16) / 255)
    light = _readable(own, on=_WHITE, step=-_STEP)
    dark = _readable(own, on=_NIGHT, step=_STEP)
    return (
        f":root{{--brand:{_hex(light)};--brand-text:#fff}}"
        f"@media(prefers-color-scheme:dark){{:root{{--brand:{_hex(dark)};--brand-text:#10141a}}}}"
    )


def contrast(one: Colour, other: Colour) -> float:
    """WCAG contrast ratio, 1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _readable(colour: Colour, *, on: Colour, step: float) -> Colour:
    """The nearest shade of the colour that can be read on a ground."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*colour)
    while contrast(colour, on) < CONTRAST_MIN and 0 < lightness + step < 1:
        lightness += step
        colour = colorsys.hls_to_rgb(hue, lightness, saturation)
    return colour


def _luminance(colour: Colour) -> float:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour)
