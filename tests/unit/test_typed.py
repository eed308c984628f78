"""What a message says as HTML comes back as Markdown that can be changed (app_service/space/typed.py)."""

import pytest

from app_service.space.message import Message
from app_service.space.typed import markdown_of, typed
from webex_sandbox.space.markdown import render

MENTION = '<spark-mention data-object-type="person" data-object-id="Y2">Ada</spark-mention>'
ALL = '<spark-mention data-object-type="groupMention" data-group-type="all">All</spark-mention>'
WRITTEN = {
    "<p>Hi <strong>you</strong>, <em>all</em><br>line</p><p>next</p>": "Hi **you**, *all*\nline\n\nnext",
    '<a href="https://x.example/">there</a>': "[there](https://x.example/)",
    "<ul><li>one<ul><li>two</li></ul></li><li>three</li></ul><p>x</p>": "- one\n  - two\n- three\n\nx",
    '<p>a</p>\n<ol start="3">\n<li><p>b</p></li>\n<li>c</li>\n</ol>': "a\n\n3. b\n4. c",
    "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td><b>2</b></td></tr></table>": (
        "| a | b |\n| --- | --- |\n| 1 | **2** |"
    ),
    "<blockquote><p>one</p><p>two</p></blockquote><p>x</p>": "> one\n> \n> two\n\nx",
    '<pre><code class="language-py">x = 1\n\ny &lt; 2</code></pre>': "```py\nx = 1\n\ny < 2\n```",
    "<pre>as it is</pre>": "```\nas it is\n```",
    "<h2>Head</h2><p>t</p><hr><p>u</p>": "## Head\n\nt\n\n---\n\nu",
    f"<p>{MENTION} and {ALL}</p>": "<@personId:Y2|Ada> and <@all|All>",
    "<p>safe</p><script>alert(1)</script>": "safe",
    "</li></ul></td>": "",
    "<li>alone</li><td>cell</td>": "alonecell",
}


@pytest.mark.parametrize("html", WRITTEN)
def test_html_comes_back_as_markdown(html: str) -> None:
    assert markdown_of(html) == WRITTEN[html]


@pytest.mark.parametrize(
    "markdown", ["- one\n- two", "1. one\n2. two", "a **b** *c*", "> quoted", "```\nx = 1\n```"]
)
def test_what_the_markdown_shows_as_means_the_markdown_again(markdown: str) -> None:
    assert markdown_of(render(markdown, lambda _: None).html) == markdown


def said(**fields: str) -> Message:
    body = {"id": "m", "roomId": "r", "personId": "p", "created": "2026-01-01T00:00:00.000Z"}
    message = Message.from_webex({**body, **fields})
    assert message is not None
    return message


def test_webexs_own_markdown_comes_back_to_the_letter() -> None:
    table = "| a |\n| - |\n| 1 |  \n"
    assert typed(said(markdown=table, html="<p>other</p>", text="other")) == table
    assert typed(said(html="<p><b>bold</b></p>", text="bold")) == "**bold**"
    assert typed(said(text="plain")) == "plain"
