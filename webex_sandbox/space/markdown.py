"""The part of Markdown that Webex shows, as HTML in which nothing of the author's is a tag.

Cisco's list of tags is in react-widgets, react-redux-spark/src/sdk.js.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from webex_sandbox.people import Person
from webex_sandbox.space.messages import Wording

FindPerson = Callable[[str], Person | None]

_RULES = (
    *("paragraph", "list", "heading", "blockquote", "fence", "hr"),
    *("newline", "escape", "backticks", "emphasis", "link", "autolink", "entity"),
    *("balance_pairs", "fragments_join"),
)
_DEEPEST_HEADING = 3
_HREF = re.compile(r"(?:https?://|mailto:)\S+", re.IGNORECASE)
_MENTION = re.compile(
    r"<@(?:(?P<all>all)|person(?:Email|Id):(?P<address>[^>|\n]{1,300}))"
    r"(?:\|(?P<label>[^>\n]{0,200}))?>"
)
_BARE_ADDRESS = re.compile(r"https?://[^\s<>()\"']{0,1000}[^\s<>()\"'.,:;!?]")
_BREAK = re.compile(r"<br>|<hr>|</(?:p|li|pre|h\d|blockquote)>")


def render(markdown: str, find_person: FindPerson) -> Wording:
    """Give the wording of a message that was written in Markdown."""
    mentions = _Mentions(find_person)
    html = _PARSER.render(markdown, {"mentions": mentions})
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

    def show(self, found: re.Match[str]) -> tuple[dict[str, str | int | float], str]:
        """Give the attributes and the words of a mention; no attributes if nobody is meant."""
        if found["all"]:
            self.all = True
            return {"data-object-type": "groupMention", "data-group-type": "all"}, "All"
        person = self.find_person(found["address"].strip())
        if person is None:
            return {}, found["label"] or found["address"].strip()
        self.people.append(person.id)
        attributes: dict[str, str | int | float] = {
            "data-object-type": "person",
            "data-object-id": person.id,
        }
        return attributes, found["label"] or person.display_name


class _Renderer(RendererHTML):
    """HTML without the line breaks between blocks that only a reader of HTML would see."""

    def renderToken(  # noqa: N802 - markdown-it's name
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return super().renderToken(tokens, idx, options, env).strip("\n")

    def softbreak(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        del tokens, idx, options, env
        return "<br>"

    hardbreak = softbreak

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        del options, env
        return f"<pre><code>{escapeHtml(tokens[idx].content.removesuffix(chr(10)))}</code></pre>"


def _mention(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - markdown-it calls it
    found = _MENTION.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        attributes, words = state.env["mentions"].show(found)
        if attributes:
            state.push("mention_open", "spark-mention", 1).attrs = attributes
        state.push("text", "", 0).content = words
        if attributes:
            state.push("mention_close", "spark-mention", -1)
    state.pos = found.end()
    return True


def _as_webex_shows_it(state: StateCore) -> None:
    """Link bare addresses, mark all links, and let headings be as deep as Webex has them."""
    for token in state.tokens:
        if token.type.startswith("heading") and int(token.tag[1]) > _DEEPEST_HEADING:
            token.tag = f"h{_DEEPEST_HEADING}"
        token.children = _with_links(token.children) if token.children else token.children


def _with_links(tokens: list[Token]) -> list[Token]:
    linked: list[Token] = []
    inside = 0
    for token in tokens:
        inside += token.nesting if token.type in {"link_open", "link_close"} else 0
        if token.type == "link_open":
            token.attrSet("rel", "nofollow")
        if token.type == "text" and not inside:
            linked += _split(token.content)
        else:
            linked.append(token)
    return linked


def _split(text: str) -> list[Token]:
    parts: list[Token] = []
    end = 0
    for found in _BARE_ADDRESS.finditer(text):
        attributes: dict[str, Any] = {"href": found[0], "rel": "nofollow"}
        parts += (
            Token("text", "", 0, content=text[end : found.start()]),
            Token("link_open", "a", 1, attrs=attributes),
            Token("text", "", 0, content=found[0]),
            Token("link_close", "a", -1),
        )
        end = found.end()
    return [*parts, Token("text", "", 0, content=text[end:])]


def _parser() -> MarkdownIt:
    parser = MarkdownIt("zero", renderer_cls=_Renderer).enable(_RULES)
    parser.inline.ruler.before("autolink", "mention", _mention)
    parser.core.ruler.push("as_webex_shows_it", _as_webex_shows_it)
    parser.validateLink = lambda url: bool(_HREF.fullmatch(url))  # type: ignore[method-assign]
    return parser


_PARSER = _parser()


def _plain(html: str) -> str:
    # All tags are ours, so taking them away leaves exactly what was said.
    return unescape(re.sub(r"<[^>]+>", "", _BREAK.sub("\n", html))).strip()
