"""One colour made into those of a page, light and dark, such that every text on and in them can be read.

Contrast after WCAG 2.2, "relative luminance" and success criterion 1.4.3. Colours are six hexadecimal
digits. What is not made here (grounds, ink) stands in common/static/site.css.
"""

from collections.abc import Iterator

# What is aimed at, a little more than the 4.5 that is asked for.
READABLE = 4.6
WHITE, BLACK = "ffffff", "000000"
STEPS = 100
# Below it sRGB is linear.
LINEAR_UP_TO = 0.04045


def colours_sheet(color: str) -> str:
    """The style sheet that puts the colour in the place of the accent of site.css."""
    light = _rule(_around(color, grounds=("ffffff", "f3f6f7"), inks=("13232b", "4a5d68")))
    dark = _rule(_around(color, grounds=("152127", "0d161a"), inks=("e7eff2", "a3b5be")))
    return f"{light}@media (prefers-color-scheme: dark) {{\n{dark}}}\n"


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _around(color: str, *, grounds: tuple[str, str], inks: tuple[str, str]) -> dict[str, str]:
    """The accent and its relatives among two grounds (surface, page) and the inks that stand on them."""
    surface, page = grounds
    away = BLACK if _luminance(surface) > _luminance(inks[0]) else WHITE
    tint = next(
        tint
        for tint in _towards(_mixed(color, surface, 85), surface)
        if all(contrast(ink, tint) >= READABLE for ink in inks)
    )
    accent = next(
        accent
        for accent in _towards(color, away)
        if all(contrast(accent, ground) >= READABLE for ground in (surface, page, tint))
    )
    return {
        "accent": accent,
        "accent-strong": _mixed(accent, away, 25),
        "on-accent": WHITE if away == BLACK else page,
        "tint": tint,
    }


def _towards(color: str, other: str) -> Iterator[str]:
    """The colour, and what lies between it and the other one."""
    return (_mixed(color, other, share) for share in range(STEPS + 1))


def _mixed(color: str, other: str, share: int) -> str:
    """The colour with so much of the other one in it, in hundredths."""
    parts = zip(bytes.fromhex(color), bytes.fromhex(other), strict=True)
    return bytes(round(a + (b - a) * share / STEPS) for a, b in parts).hex()


def _luminance(color: str) -> float:
    red, green, blue = (_linear(part / 255) for part in bytes.fromhex(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= LINEAR_UP_TO else ((part + 0.055) / 1.055) ** 2.4


def _rule(values: dict[str, str]) -> str:
    lines = "".join(f"  --{name}: #{value};\n" for name, value in values.items())
    return f":root {{\n{lines}}}\n"
