"""What strangers wrote, made safe to stand in a page: a short list of tags, and nothing that acts.

The sanitiser is nh3 (ammonia), which parses as a browser does. The page's Content-Security-Policy
would stop scripts and foreign pictures a second time.
"""

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    import nh3

# Longer than anything Webex accepts (7439 bytes of Markdown), shorter than a burden.
MAX_LENGTH = 60_000
# Each paragraph opens anew what is still open (WHATWG HTML, 13.2.4.3): tags multiply, and so does the time.
MOST_TAGS = 1000
# All that Cisco's own widget shows (react-widgets, allowedInboundTags), and tables.
TAGS = {
    *(
        "p",
        "br",
        "hr",
        "strong",
        "b",
        "em",
        "i",
        "u",
        "s",
        "del",
        "code",
        "pre",
        "blockquote",
        "div",
    ),
    *("ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "a", "spark-mention"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
# The colours that bots give to quotes.
QUOTES = {"info", "success", "warning", "danger"}
ALIGNED = {"align": {"left", "center", "right"}}
# What people open from a message: pages, letters, calls, and spaces in Webex itself.
LINK_SCHEMES = frozenset({"http", "https", "mailto", "tel", "sip", "webexteams"})
# Whatever headings a stranger chose, none is skipped on the page: they are all of the third level.
HEADING = re.compile(r"<(/?)h([1-6])>")
TAG = re.compile(r"<[^>]*>")
WITHOUT_CONTENT = {
    *("script", "style", "template", "svg", "math", "iframe", "object", "noscript", "textarea"),
    *("title", "select", "form", "head"),
}

# A class of a stranger's choice could be one of ours: a language is named in an attribute of its own.
_LANGUAGE = re.compile(r"[A-Za-z0-9+#.-]{1,30}")
_LANGUAGE_CLASS = re.compile(r'<code class="language-([^"]*)">')


def _filter(element: str, attribute: str, value: str) -> str | None:
    if element != "code":
        return value
    prefix = "language-" if attribute == "class" else ""
    named = value.startswith(prefix) and _LANGUAGE.fullmatch(value, len(prefix))
    return value if named else None


@cache
def _cleaner() -> "nh3.Cleaner":
    # Imported with the first message that has HTML: 2 MB, which a worker has no use for before.
    import nh3  # noqa: PLC0415

    return nh3.Cleaner(
        tags=TAGS,
        clean_content_tags=WITHOUT_CONTENT,
        attributes={
            "a": {"href"},
            "spark-mention": {"data-object-id"},
            "ol": {"start"},
            "code": {"class", "data-language"},
        },
        attribute_filter=_filter,
        tag_attribute_values={
            "spark-mention": {
                "data-object-type": {"person", "groupMention"},
                "data-group-type": {"all"},
            },
            "blockquote": {"class": QUOTES},
            "th": ALIGNED,
            "td": ALIGNED,
        },
        # What is wider than the page is moved by keyboard, too.
        set_tag_attribute_values={"a": {"target": "_blank"}, "pre": {"tabindex": "0"}},
        link_rel="noopener noreferrer nofollow",
        url_schemes=set(LINK_SCHEMES),
        url_relative="deny",
        strip_comments=True,
    )


def clean_html(html: str) -> str:
    """What of some HTML may stand in a page."""
    return _LANGUAGE_CLASS.sub(r'<code data-language="\1">', _cleaner().clean(html))


@lru_cache(maxsize=64)
def message_html(html: str | None, text: str) -> Markup:
    """Return safe HTML: the message's own, cleaned; or its text where that is missing, too much or blank."""
    if html is None or len(html) > MAX_LENGTH or html.count("<") > MOST_TAGS:
        return text_html(text)
    cleaned = clean_html(html)
    # A thousand tags that are never closed come out closed.
    if len(cleaned) > MAX_LENGTH or _is_blank(cleaned):
        return text_html(text)
    # Safe to replace: what is no tag has no "<" any more.
    cleaned = HEADING.sub(r"<\1h3>", cleaned)
    return Markup(cleaned)  # noqa: S704 - the sanitiser's output


def _is_blank(cleaned: str) -> bool:
    """Whether nothing is to be seen: of a picture that a bridge sends, the message's text is the words."""
    return "<hr" not in cleaned and not TAG.sub("", cleaned).replace("&nbsp;", "").strip()


def text_html(text: str) -> Markup:
    """Plain text as HTML, its line breaks kept."""
    lines = text[:MAX_LENGTH].splitlines()
    return Markup("<br>").join(escape(line) for line in lines)
