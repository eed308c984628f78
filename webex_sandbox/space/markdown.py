"""The part of Markdown that Webex shows, as HTML in which nothing of the author's is a tag."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape, unescape

from webex_sandbox.people import Person
from webex_sandbox.space.messages import Wording

FindPerson = Callable[[str], Person | None]

_INLINE = re.compile(
    r"`(?P<code>[^`\n]{1,500})`"
    r"|<@(?P<mention>all|person(?:Email|Id):[^>|\n]{1,300})(?:\|(?P<label>[^>\n]{0,200}))?>"
    r"|\[(?P<words>[^\]\n]{1,500})\]\((?P<href>(?:https?://|mailto:)[^\s)]{1,1000})\)"
    r"|<(?P<auto>https?://[^\s>]{1,1000})>"
    r"|(?P<bare>https?://[^\s<>()\"']{1,1000})"
    r"|\*\*(?P<strong>[^\n]{1,1000}?)\*\*"
    r"|(?<!\w)_(?P<under>[^_\n]{1,1000})_(?!\w)"
    r"|\*(?P<star>[^*\n]{1,1000})\*"
)
_FENCE = "```"
_ITEM = re.compile(r"(?P<mark>[-*]|\d{1,3}\.) +(?P<words>.+)")
_BREAK = re.compile(r"<br>|</(?:p|li|pre|h\d|blockquote)>")
_DEEPEST = 4


def render(markdown: str, find_person: FindPerson) -> Wording:
    """Give the wording of a message that was written in Markdown."""
    mentions = _Mentions(find_person)
    html = "".join(_blocks(markdown, mentions))
    return Wording(
        text=_plain(html),
        markdown=markdown,
        html=html,
        mentioned_people=tuple(dict.fromkeys(mentions.people)),
        mentioned_groups=("all",) if mentions.all else (),
    )


@dataclass
class _Mentions:
    find_person: FindPerson
    people: list[str] = field(default_factory=list)
    all: bool = False

    def show(self, mention: str, label: str | None) -> str:
        if mention == "all":
            self.all = True
            return '<spark-mention data-object-type="groupMention">all</spark-mention>'
        address = mention.partition(":")[2].strip()
        person = self.find_person(address)
        if person is None:
            return escape(label or address)
        self.people.append(person.id)
        return (
            f'<spark-mention data-object-type="person" data-object-id="{person.id}">'
            f"{escape(label or person.display_name)}</spark-mention>"
        )


def _blocks(markdown: str, mentions: _Mentions) -> Iterator[str]:
    lines = iter(markdown.replace("\r\n", "\n").split("\n"))
    paragraph: list[str] = []
    for line in lines:
        if line.startswith(_FENCE) or not line.strip() or _opens_block(line):
            yield from _paragraph(paragraph, mentions)
            paragraph.clear()
        if line.startswith(_FENCE):
            yield _code_block(lines)
        elif _opens_block(line):
            yield _block(line, mentions)
        elif line.strip():
            paragraph.append(line)
    yield from _paragraph(paragraph, mentions)


def _opens_block(line: str) -> bool:
    return bool(_ITEM.fullmatch(line)) or line.startswith(("> ", "# ", "## ", "### "))


def _block(line: str, mentions: _Mentions) -> str:
    item = _ITEM.fullmatch(line)
    if item:
        kind = "ul" if item["mark"] in "-*" else "ol"
        return f"<{kind}><li>{_inline(item['words'], mentions)}</li></{kind}>"
    mark, _, words = line.partition(" ")
    tag = "blockquote" if mark == ">" else f"h{len(mark)}"
    return f"<{tag}>{_inline(words, mentions)}</{tag}>"


def _code_block(lines: Iterator[str]) -> str:
    code: list[str] = []
    for line in lines:
        if line.startswith(_FENCE):
            break
        code.append(line)
    return f"<pre><code>{escape(chr(10).join(code))}</code></pre>"


def _paragraph(lines: list[str], mentions: _Mentions) -> Iterator[str]:
    if lines:
        yield f"<p>{'<br>'.join(_inline(line, mentions) for line in lines)}</p>"


def _inline(text: str, mentions: _Mentions, depth: int = 0) -> str:
    shown: list[str] = []
    end = 0
    for match in _INLINE.finditer(text) if depth < _DEEPEST else ():
        shown += (escape(text[end : match.start()]), _span(match, mentions, depth + 1))
        end = match.end()
    shown.append(escape(text[end:]))
    return "".join(shown)


def _span(match: re.Match[str], mentions: _Mentions, depth: int) -> str:
    part = match.groupdict()
    if part["code"]:
        return f"<code>{escape(part['code'])}</code>"
    if part["mention"]:
        return mentions.show(part["mention"], part["label"])
    if part["href"]:
        return _link(part["href"], _inline(part["words"], mentions, _DEEPEST))
    address = part["auto"] or part["bare"]
    if address:
        return _link(address, escape(address))
    if part["strong"]:
        return f"<strong>{_inline(part['strong'], mentions, depth)}</strong>"
    return f"<em>{_inline(part['under'] or part['star'], mentions, depth)}</em>"


def _link(address: str, words: str) -> str:
    return f'<a href="{escape(address)}" rel="nofollow">{words}</a>'


def _plain(html: str) -> str:
    # All tags are ours, so taking them away leaves exactly what was said.
    return unescape(re.sub(r"<[^>]+>", "", _BREAK.sub("\n", html))).strip()
