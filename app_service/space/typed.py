"""What may have been typed for a message that Webex keeps as HTML only, as those from its own apps.

Tables, lists, quotes, code, emphasis, links and mentions come back as Markdown, to be changed here.
"""

import re
from html.parser import HTMLParser

from app_service.space.message import Message
from app_service.space.message_html import clean_html

MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "s": "~~", "del": "~~", "code": "`"}
BLOCKS = frozenset({"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "table"})
LISTS = frozenset({"ul", "ol"})


def typed(message: Message) -> str:
    """Return the message's Markdown: Webex's own, else what its HTML says, else its text."""
    return message.markdown or markdown_of(message.html or "") or message.text


def markdown_of(html: str) -> str:
    """Return Markdown that means what the HTML shows."""
    writer = _Writer()
    writer.feed(clean_html(html))
    writer.close()
    return re.sub(r"\n{3,}", "\n\n", writer.text).strip()


class _Writer(HTMLParser):
    """Writes while it reads: the sanitiser has closed what was open."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        # Of each open list the number of its next item; None for one with dots.
        self._lists: list[int | None] = []
        self._quotes = 0
        self._links: list[str] = []
        self._mention = ""
        self._cells = 0
        self._rows = 0
        self._in_code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in LISTS:
            self._begin_list(tag, values)
        elif tag == "li":
            self._item()
        elif tag == "blockquote":
            self._apart()
            self._quotes += 1
            self.text += "> " * self._quotes
        elif tag == "pre":
            self._apart()
            self._in_code = True
            self.text += "```"
        elif tag == "table":
            self._apart()
            self._rows = 0
        elif tag == "tr":
            self._cells = 0
            self.text += "|"
        elif tag in ("th", "td"):
            self._cells += 1
            self.text += " "
        else:
            self._begin_inline(tag, values)

    def handle_endtag(self, tag: str) -> None:
        if tag in LISTS:
            self._lists.pop()
            self.text += "" if self._lists else "\n\n"
        elif tag == "blockquote":
            self._quotes -= 1
            self.text = self.text.rstrip("> \n") + "\n\n"
        elif tag == "pre":
            self._in_code = False
            self.text += "\n```\n\n"
        elif tag in ("th", "td"):
            self.text += " |"
        elif tag == "tr":
            self._end_row()
        elif tag == "a":
            self.text += self._links.pop()
        elif tag == "spark-mention":
            self.text += ">"
        elif tag in MARKS and not self._in_code:
            self.text += MARKS[tag]
        elif tag in BLOCKS:
            self._line(2)

    def handle_data(self, data: str) -> None:
        if self._in_code:
            self.text += ("\n" if self.text.endswith("```") else "") + data
        else:
            self.text += re.sub(r"\s+", " ", data) if data.strip() else data.replace("\n", "")

    def _begin_inline(self, tag: str, values: dict[str, str]) -> None:
        if tag == "a":
            self.text += "["
            self._links.append(f"]({values.get('href', '')})")
        elif tag == "spark-mention":
            group = values.get("data-group-type") == "all"
            self.text += "<@all|" if group else f"<@personId:{values.get('data-object-id', '')}|"
        elif tag == "code" and self._in_code:
            self.text += values.get("data-language", "") + "\n"
        elif tag == "br":
            self._line(1)
        elif tag == "hr":
            self._apart()
            self.text += "---\n\n"
        elif tag in MARKS:
            self.text += MARKS[tag]
        elif re.fullmatch("h[1-6]", tag):
            self._apart()
            self.text += "#" * int(tag[1]) + " "

    def _begin_list(self, tag: str, values: dict[str, str]) -> None:
        if self._lists:
            self.text = self.text.rstrip() + "\n"
        else:
            self._apart()
        start = values.get("start", "1")
        self._lists.append((int(start) if start.isdecimal() else 1) if tag == "ol" else None)

    def _end_row(self) -> None:
        self.text += "\n"
        self._rows += 1
        if self._rows == 1:
            self.text += "|" + " --- |" * self._cells + "\n"

    def _item(self) -> None:
        if not self._lists:
            return
        if not self.text.endswith("\n"):
            self.text += "\n"
        number = self._lists[-1]
        sign = "-" if number is None else f"{number}."
        self._lists[-1] = None if number is None else number + 1
        indent = sum(2 if above is None else 3 for above in self._lists[:-1])
        self.text += " " * indent + sign + " "

    def _line(self, breaks: int) -> None:
        if self._lists:
            # A paragraph of an item ends with the item.
            self.text += " " if breaks == 1 else ""
        else:
            self.text += ("\n" + "> " * self._quotes) * breaks

    def _apart(self) -> None:
        if self.text and not self.text.endswith(("\n\n", "> ")):
            self.text = self.text.rstrip() + "\n\n" + "> " * self._quotes
