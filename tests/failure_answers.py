"""What every failure must be like, whoever meets it: a page for people, problem+json for programs."""

from typing import Any

from harness.browser_like import Answer
from harness.pages import PageText


def failure_page(answer: Answer, status: int, title: str) -> PageText:
    """Check that the answer is a failure page of this site; return its words."""
    assert answer.status == status, answer.page.text
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    page = answer.page
    assert page.title == page.heading == title
    assert page.particulars["HTTP status"] == str(status)
    assert page.particulars["Reference"]
    assert all(page.way_on)
    assert "Traceback" not in page.text
    return page


def problem(answer: Answer, status: int, code: str) -> dict[str, Any]:
    """Check that the answer is problem details (RFC 9457); return its members."""
    assert answer.status == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    members: dict[str, Any] = answer.json()
    assert (members["status"], members["code"]) == (status, code)
    assert members["title"]
    assert members["detail"]
    return members
