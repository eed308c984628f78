"""The sandbox's Markdown: what Webex shows, and nothing of the author's as a tag."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webex_sandbox.space.markdown import render

OWN_TAGS = re.compile(
    r"</?(?:p|br|hr|strong|em|code|pre|ul|ol|li|blockquote|h[1-3]|spark-mention|a)(?: [^<>]*)?>"
)


def _html(markdown: str) -> str:
    return render(markdown, lambda _: None).html


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("plain", "<p>plain</p>"),
        ("a\nb\n\nc", "<p>a<br>b</p><p>c</p>"),
        (
            "**bold** and *slanted* or _so_",
            "<p><strong>bold</strong> and <em>slanted</em> or <em>so</em></p>",
        ),
        ("**bold *both* bold**", "<p><strong>bold <em>both</em> bold</strong></p>"),
        ("snake_case_name", "<p>snake_case_name</p>"),
        ("`<b>**x**</b>`", "<p><code>&lt;b&gt;**x**&lt;/b&gt;</code></p>"),
        ("```\n<b>\n  **x**\n```\nafter", "<pre><code>&lt;b&gt;\n  **x**</code></pre><p>after</p>"),
        ("- one\n2. two", '<ul><li>one</li></ul><ol start="2"><li>two</li></ol>'),
        ("- one\n- two\n  - three", "<ul><li>one</li><li>two<ul><li>three</li></ul></li></ul>"),
        ("#### Deep", "<h3>Deep</h3>"),
        ("<b>no tag</b> &amp; \\*no\\* slant", "<p>&lt;b&gt;no tag&lt;/b&gt; &amp; *no* slant</p>"),
        (
            "(https://example.com/a?b=1), too.",
            '<p>(<a href="https://example.com/a?b=1" rel="nofollow">https://example.com/a?b=1</a>), too.</p>',
        ),
        ("# Title\n> said", "<h1>Title</h1><blockquote><p>said</p></blockquote>"),
        (
            "[words](https://example.com/a?b=1&c=2)",
            '<p><a href="https://example.com/a?b=1&amp;c=2" rel="nofollow">words</a></p>',
        ),
        (
            "<https://example.com>",
            '<p><a href="https://example.com" rel="nofollow">https://example.com</a></p>',
        ),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        (
            '[x](https://e.example/"onmouseover=)',
            '<p><a href="https://e.example/%22onmouseover=" rel="nofollow">x</a></p>',
        ),
        ("<@personEmail:x@example.com|<b>>", "<p>&lt;b&gt;</p>"),
    ],
)
def test_markdown_is_shown_as_webex_shows_it(markdown: str, html: str) -> None:
    shown = _html(markdown)
    if "personEmail" in markdown:
        assert "<b>" not in shown
    else:
        assert shown == html


@given(st.text(alphabet="<>\"'&`*_[]()|@:/ \nabchtps.#-1!", max_size=200))
def test_no_tag_is_the_authors(markdown: str) -> None:
    rest = OWN_TAGS.sub("", _html(markdown))
    assert "<" not in rest
    assert ">" not in rest


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200))
def test_plain_words_stay_what_they_are(markdown: str) -> None:
    words = "".join(letter for letter in markdown if letter.isalnum() or letter == " ").strip()
    assert render(words, lambda _: None).text == words
