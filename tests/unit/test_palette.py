"""Whatever colour somebody chooses, every text on and in it can be read."""

import random
import re
from pathlib import Path

import pytest

from common.web.palette import colours_sheet, contrast

ROOT = Path(__file__).parents[2]
READABLE = 4.5
VARIABLE = re.compile(r"--([a-z-]+): #([0-9a-f]{6});")
DICE = random.Random(7)  # noqa: S311 - no secret
COLOURS = (
    *("000000", "ffffff", "ff0000", "00ff00", "0000ff", "ffff00", "7f7f7f", "0b5f66"),
    *(f"{DICE.randrange(1 << 24):06x}" for _ in range(40)),
)
# What stands on what, in site.css and in the sheets of app_service.
PAIRS = (
    *(
        (text, ground)
        for text in ("accent", "accent-strong")
        for ground in ("surface", "ground", "tint")
    ),
    *(("on-accent", ground) for ground in ("accent", "accent-strong")),
    *((ink, "tint") for ink in ("ink", "ink-soft")),
)


def schemes(sheet: str) -> tuple[dict[str, str], dict[str, str]]:
    """The colours of a sheet in the light, and those that it has in the dark."""
    light, _, dark = sheet.partition("prefers-color-scheme: dark")
    rule = dark.partition("}")[0]
    first = light.partition("}")[0]
    return dict(VARIABLE.findall(first)), dict(VARIABLE.findall(rule))


@pytest.mark.parametrize("color", COLOURS)
def test_every_colour_becomes_one_that_can_be_read_in_the_light_and_in_the_dark(color: str) -> None:
    usual = schemes((ROOT / "common/static/site.css").read_text(encoding="utf-8"))
    for default, chosen in zip(usual, schemes(colours_sheet(color)), strict=True):
        assert set(chosen) == {"accent", "accent-strong", "on-accent", "tint"}
        colours = default | chosen
        faint = [pair for pair in PAIRS if contrast(*(colours[name] for name in pair)) < READABLE]
        assert faint == []


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    light, _ = schemes(colours_sheet("0b5f66"))
    assert light["accent"] == "0b5f66"


def test_contrast_is_what_wcag_says() -> None:
    assert contrast("000000", "ffffff") == 21
    assert round(contrast("777777", "ffffff"), 2) == 4.48
