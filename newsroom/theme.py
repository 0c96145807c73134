"""The newsroom's accent colour as CSS variables, made readable on light and on dark pages whatever staff chose.

The policy of the pages forbids inline style, so the colour comes as a style sheet of its own.
"""

import colorsys

# The surfaces on which the accent is read (static/css/hromada.css): of each theme the one nearest to the accent.
LIGHT_SURFACE = "#f3ede2"
DARK_SURFACE = "#2a2620"
# WCAG 2.2, success criterion 1.4.3, for text of any size.
ENOUGH = 4.5

_STEPS = 200


def _channels(colour: str) -> tuple[float, float, float]:
    return int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255


def _luminance(colour: str) -> float:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (`#rrggbb`), from 1 to 21. https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def readable(accent: str, surface: str) -> str:
    """The shade of `accent` nearest to it that is read on `surface` with a contrast of at least 4.5."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(accent))
    end = 0.0 if _luminance(surface) > 0.18 else 1.0
    colour = accent
    for step in range(_STEPS + 1):
        shade = colorsys.hls_to_rgb(hue, lightness + (end - lightness) * step / _STEPS, saturation)
        colour = "#" + "".join(f"{round(channel * 255):02x}" for channel in shade)
        if contrast(colour, surface) >= ENOUGH:
            break
    return colour


def style_sheet(accent: str) -> str:
    """The whole of /theme.css. What stands on the accent (the text of a button) is the theme's own paper colour."""
    light, dark = readable(accent, LIGHT_SURFACE), readable(accent, DARK_SURFACE)
    return (
        "@layer theme {\n"
        f"  :root {{ --accent: {light}; --on-accent: #ffffff; }}\n"
        f"  @media (prefers-color-scheme: dark) {{ :root {{ --accent: {dark}; --on-accent: #16130f; }} }}\n"
        f"  @media print {{ :root {{ --accent: {light}; --on-accent: #ffffff; }} }}\n"
        "}\n"
    )
