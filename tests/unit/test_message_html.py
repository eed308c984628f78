"""What strangers write: nothing in it may act, whatever it looks like."""

from html.parser import HTMLParser

import pytest

from app_service.space.message_html import MAX_LENGTH, TAGS, message_html, text_html

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg/onload=alert(1)>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='JaVa\tScRiPt:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:x'>x</a>",
    "<a href='/logout'>x</a>",
    "<a href='//example.net' target=_self rel=opener>x</a>",
    "<p style='position:fixed;inset:0;background:url(https://example.net)'>x</p>",
    "<p onclick=alert(1) class=button id=composer>x</p>",
    "<form action=/logout method=post><button>x</button></form>",
    "<input autofocus onfocus=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='data:text/html,x'></object><embed src=x>",
    "<link rel=stylesheet href=https://example.net><meta http-equiv=refresh content='0;url=x'>",
    "<base href=https://example.net/><style>*{display:none}</style>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<textarea></textarea><img src=x onerror=alert(1)>",
    "<video><source onerror=alert(1)></video><audio src=x onerror=alert(1)>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<x-custom onfocus=alert(1) tabindex=1 autofocus>x</x-custom>",
    "</li></ol></div><h1>outside</h1>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<spark-mention data-object-type='person' onclick=alert(1)>Ada</spark-mention>",
    "<spark-mention data-object-type='evil'>Ada</spark-mention>",
    "<blockquote class='message'>x</blockquote><div class='composer' id=composer>x</div>",
    "<pre><code class='message mine'>x</code></pre><code class='language-x button'>x</code>",
    "<code class='language-\"onload=x'>x</code><code data-language='<b>'>x</code>",
    "<table background=x><tr><td onclick=alert(1) align='\"x' style='position:fixed'>x</table>",
    "<plaintext><script>alert(1)",
    "<a href='https://ex\u202eample.net'>x</a>",
    "<p>" * 5000 + "deep",
    "<b>" * 20_000,
    "\x00<scr\x00ipt>alert(1)</script>",
)
ALLOWED = {
    "a": {"href", "rel", "target"},
    "ol": {"start"},
    "code": {"data-language"},
    "pre": {"tabindex"},
    "spark-mention": {"data-object-id", "data-object-type"},
}


class _Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


@pytest.mark.parametrize("html", HOSTILE)
def test_nothing_that_acts_is_left(html: str) -> None:
    for tag, attributes in _Elements(message_html(html, "")).found:
        assert tag in TAGS
        assert set(attributes) <= ALLOWED.get(tag, set())
        href = attributes.get("href", "https://")
        assert href.startswith(("http://", "https://", "mailto:"))


@pytest.mark.parametrize("html", HOSTILE)
def test_what_is_safe_is_safe_again(html: str) -> None:
    once = message_html(html, "")
    assert message_html(once, "") == once


@pytest.mark.parametrize("html", ["<a href='https://example.net'>x</a>", "<a>x</a>"])
def test_links_open_apart_and_give_nothing_away(html: str) -> None:
    ((_, attributes),) = _Elements(message_html(html, "")).found
    assert attributes["rel"] == "noopener noreferrer nofollow"
    assert attributes["target"] == "_blank"


def test_formatting_and_mentions_stay() -> None:
    html = (
        '<p><strong>a</strong> <spark-mention data-object-type="person" data-object-id="id">'
        "Ada</spark-mention></p><ul><li><code>b</code></li></ul>"
    )
    cleaned = message_html(html, "")
    assert "<strong>a</strong>" in cleaned
    assert "<li><code>b</code></li>" in cleaned
    ((_, mention),) = [one for one in _Elements(cleaned).found if one[0] == "spark-mention"]
    assert mention == {"data-object-type": "person", "data-object-id": "id"}


def test_everybody_is_mentioned_as_webex_writes_it() -> None:
    html = (
        '<spark-mention data-object-type="groupMention" data-group-type="all">All</spark-mention>'
    )
    ((_, mention),) = _Elements(message_html(html, "")).found
    assert mention == {"data-object-type": "groupMention", "data-group-type": "all"}


@pytest.mark.parametrize(
    "html",
    [
        '<table><thead><tr><th align="right">a</th></tr></thead><tbody><tr><td>b</td></tr></tbody></table>',
        '<blockquote class="danger">a</blockquote>',
        "<ul><li>a<ol><li>b<ul><li>c</li></ul></li></ol></li></ul>",
        "<div>a</div><div>b</div>",
    ],
)
def test_tables_quotes_and_lists_stay_as_they_are(html: str) -> None:
    assert message_html(html, "") == html


def test_all_that_ciscos_own_widget_shows_is_shown() -> None:
    theirs = "spark-mention a b blockquote strong i em pre code br hr p ul ol li h1 h2 h3"
    assert set(theirs.split()) <= TAGS


def test_code_keeps_the_name_of_its_language_and_no_class() -> None:
    cleaned = message_html('<pre><code class="language-c++">x &lt; y</code></pre>', "")
    assert cleaned == '<pre tabindex="0"><code data-language="c++">x &lt; y</code></pre>'
    html = '<p>&lt;code class="language-x"&gt;</p>'
    assert message_html(html, "") == html


def test_a_messages_headings_stand_below_the_pages_own() -> None:
    html = "<h1>a</h1><h2>b</h2><h3>c</h3><p>&lt;h1&gt;</p>"
    assert message_html(html, "") == "<h3>a</h3><h3>b</h3><h3>c</h3><p>&lt;h1&gt;</p>"


def test_text_without_html_is_escaped_and_keeps_its_lines() -> None:
    assert message_html(None, "<b>\n&") == "&lt;b&gt;<br>&amp;"


def test_html_that_is_too_much_gives_way_to_the_text() -> None:
    assert message_html("x" * (MAX_LENGTH + 1), "short") == "short"
    assert len(text_html("x" * (MAX_LENGTH * 2))) == MAX_LENGTH


@pytest.mark.parametrize(
    "html",
    [
        '<p><img alt="Well done" src="https://example.com/well-done.png"></p>',
        "<div>&nbsp;<video src='https://example.com/film'></video></div>\n",
        "<select><option>Yes</option></select>",
    ],
)
def test_html_of_which_nothing_can_be_shown_gives_way_to_the_text(html: str) -> None:
    assert message_html(html, "Well done") == "Well done"


@pytest.mark.parametrize("html", ["<hr>", "<p>0</p>", "<p>\u200d</p>"])
def test_whatever_html_shows_is_no_matter_of_the_text(html: str) -> None:
    assert "text" not in message_html(html, "text")


def test_tags_that_would_multiply_never_reach_the_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left open in one paragraph is opened anew in each that follows: N times M elements."""
    bomb = "<p>" + "".join(f"<b x{number}>" for number in range(2000)) + "<p>x" * 3000
    assert len(bomb) < MAX_LENGTH
    monkeypatch.setattr("app_service.space.message_html._cleaner", None)
    assert message_html(bomb, "short") == "short"


def test_seven_kilobytes_of_combining_marks_stay_what_they_are() -> None:
    marks = "Z" + "\u0301\u0316" * 1800
    assert message_html(f"<p>{marks}</p>", "") == f"<p>{marks}</p>"
