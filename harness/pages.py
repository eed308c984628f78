"""What a person reads on a page of ours: its title, its words, its links."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "img", "br", "input", "hr", "path"}


@dataclass
class PageText(HTMLParser):
    """The parts of a page that tests ask for; texts are as a person sees them, unescaped."""

    title: str = ""
    heading: str = ""
    checks: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    particulars: dict[str, str] = field(default_factory=dict)
    images: list[str] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[tuple[str, dict[str, str]]] = []
        self._term = ""

    @classmethod
    def of(cls, html: str) -> "PageText":
        page = cls()
        page.feed(html)
        page.close()
        page.text = " ".join(page.text.split())
        page.heading = " ".join(page.heading.split())
        return page

    @property
    def way_on(self) -> tuple[str, str]:
        """The label and the address of the button on a failure page."""
        return self._way_on

    _way_on: tuple[str, str] = ("", "")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "img":
            self.images.append(values.get("src", ""))
        if tag == "a":
            self.links.append(("", values.get("href", "")))
        if tag == "li" and self._inside("ul", "checks"):
            self.checks.append("")
        if tag not in VOID:
            self._open.append((tag, values))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.text += data + " "
        if self._inside("title"):
            self.title += data
        if self._inside("h1"):
            self.heading += data
        if self._inside("a"):
            label, href = self.links[-1]
            self.links[-1] = (f"{label}{data}".strip(), href)
        if self._inside("ul", "checks") and self._inside("li"):
            self.checks[-1] += data
        if self._inside("p", "way-on") and self._inside("a"):
            self._way_on = self._way_on if any(self._way_on) else self.links[-1]
        self._particular(data)

    def _particular(self, data: str) -> None:
        if self._inside("dt"):
            self._term = data
        if self._inside("dd") and self._inside("code"):
            self.particulars[self._term] = data

    def _inside(self, tag: str, css_class: str = "") -> bool:
        return any(
            name == tag and css_class in ("", *values.get("class", "").split())
            for name, values in self._open
        )
