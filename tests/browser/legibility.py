"""What a page's colours and sizes do to the people who have to read it."""

from typing import NamedTuple

from playwright.sync_api import Page

# Contrast ratio after WCAG 2.2, "relative luminance" and success criterion 1.4.3.
_TEXTS = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([red, green, blue]) => {
    const [r, g, b] = [red, green, blue].map(part => part / 255)
      .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const ownText = element => [...element.childNodes]
    .filter(node => node.nodeType === Node.TEXT_NODE).map(node => node.data).join('').trim();
  return [...document.body.querySelectorAll('*')]
    .filter(element => ownText(element) && element.checkVisibility())
    .map(element => {
      const [one, other] = [rgb(getComputedStyle(element).color), ground(element)].map(luminance);
      const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
      const size = parseFloat(getComputedStyle(element).fontSize);
      return [ownText(element), ratio, size];
    });
}"""

# Whatever sticks out to the right makes a phone scroll sideways (WCAG 1.4.10, reflow).
_SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

_TARGETS = """() => [...document.querySelectorAll('.button')]
  .filter(element => element.checkVisibility())
  .map(element => [element.innerText, element.getBoundingClientRect().height])"""


class Text(NamedTuple):
    words: str
    contrast: float
    """From 1 (invisible) to 21 (black on white)."""
    pixels: float


def texts(page: Page) -> list[Text]:
    return [Text(*found) for found in page.evaluate(_TEXTS)]


def sideways_pixels(page: Page) -> int:
    return int(page.evaluate(_SIDEWAYS))


def button_heights(page: Page) -> dict[str, float]:
    """Heights in CSS pixels, by label."""
    return dict(page.evaluate(_TARGETS))
