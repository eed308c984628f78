"""Failures in words: every page says what happened and leads on, and none repeats what came in."""

import json

import jinja2
import pytest

from auth_service.sign_in import outcomes
from common.failures import HERE_AGAIN, Failure, Misconfigured, SignInAgain, TryLater, cross_site
from common.sessions.newer_record import NewerRecord
from common.store.access import StoreUnavailable
from common.web.failure_texts import page_context, problem
from common.web.proxy_pages import PAGES
from common.web.templates import template_environment
from common.webex.failures import failure_of
from common.webex.http import (
    WebexAnswer,
    WebexError,
    WebexMalformed,
    WebexRefusal,
    WebexSlow,
    WebexUnreachable,
)
from harness.pages import PageText

NEXT = "/spaces?tab=2"
REFERENCE = "0123456789abcdef0123456789abcdef"
HOSTILE = "<script>alert(1)</script>"


def refusal(status: int, **headers: str) -> WebexRefusal:
    return WebexRefusal(
        WebexAnswer(status, {"trackingid": "ID_1", **headers}, {"message": HOSTILE})
    )


EVERY_ERROR: tuple[WebexError, ...] = (
    WebexSlow(tracking_id="ID_1"),
    WebexUnreachable(tracking_id="ID_1"),
    WebexMalformed(tracking_id="ID_1"),
    *(refusal(status) for status in (400, 401, 403, 404, 409, 423, 429, 500, 502, 503, 504)),
)
EVERY_FAILURE: tuple[Failure, ...] = (
    outcomes.malformed_callback(),
    outcomes.cookies_blocked(),
    outcomes.foreign_sign_in(),
    outcomes.expired_sign_in(NEXT),
    outcomes.used_sign_in(NEXT),
    outcomes.scope_not_offered(),
    cross_site(),
    *(
        outcomes.refused_at_webex(error, NEXT)
        for error in ("access_denied", "invalid_scope", "server_error", "login_required", HOSTILE)
    ),
    *(outcomes.exchange_failed(error, NEXT) for error in EVERY_ERROR),
    *(outcomes.person_failed(error, NEXT) for error in EVERY_ERROR),
    *(failure_of(error, doing="asking who you are", again="") for error in EVERY_ERROR),
    StoreUnavailable(),
    NewerRecord(),
    *PAGES,
)


@pytest.fixture(scope="module")
def template() -> jinja2.Template:
    environment = template_environment(static=lambda name: f"/static/{name}", sandbox=False)
    return environment.get_template("failure.html")


@pytest.mark.parametrize("failure", EVERY_FAILURE, ids=lambda failure: failure.slug)
def test_every_page_says_what_happened_and_leads_on(
    failure: Failure, template: jinja2.Template
) -> None:
    html = template.render(failure=page_context(failure, reference=REFERENCE, here="/here"))
    page = PageText.of(html)
    assert page.title == page.heading == failure.title
    assert failure.what_happened in page.text
    assert page.checks == list(failure.what_to_check)
    assert all(page.way_on)
    assert page.particulars["HTTP status"] == str(failure.status)
    assert page.particulars["Reference"] == REFERENCE
    assert page.particulars.get("Webex tracking id") == failure.tracking_id
    assert "script" not in html


@pytest.mark.parametrize("failure", EVERY_FAILURE, ids=lambda failure: failure.slug)
def test_every_problem_details_object_has_the_members_of_rfc_9457(failure: Failure) -> None:
    members = problem(failure, reference=None)
    assert members["type"] == "about:blank"
    assert members["title"] == failure.title
    assert members["status"] == failure.status
    assert members["detail"] == failure.what_happened
    assert members.get("trackingId") == failure.tracking_id
    assert "reference" not in members
    assert "script" not in json.dumps(members)


@pytest.mark.parametrize("failure", EVERY_FAILURE, ids=lambda failure: failure.slug)
def test_what_can_be_tried_later_says_when(failure: Failure) -> None:
    assert (failure.retry_after is not None) >= (failure.status == 503)
    assert failure.retry_after is None or failure.retry_after >= 1


@pytest.mark.parametrize("error", EVERY_ERROR, ids=repr)
def test_a_failed_sign_in_keeps_where_the_person_wanted_to_go(error: WebexError) -> None:
    href = "/login?next=%2Fspaces%3Ftab%3D2"
    assert outcomes.exchange_failed(error, NEXT).way_on[1] == href
    assert outcomes.person_failed(error, NEXT).way_on[1] == href


@pytest.mark.parametrize("error", EVERY_ERROR, ids=repr)
def test_the_tracking_id_is_shown_whatever_webex_did(error: WebexError) -> None:
    assert outcomes.exchange_failed(error, NEXT).tracking_id == "ID_1"
    assert failure_of(error, doing="this", again="/").tracking_id == "ID_1"


def test_a_refused_code_names_the_usual_causes() -> None:
    failure = outcomes.exchange_failed(refusal(400), NEXT)
    assert isinstance(failure, SignInAgain)
    assert failure.status == 400
    for cause in ("REDIRECT_URI", "CLIENT_SECRET", "used before"):
        assert any(cause in line for line in failure.what_to_check)


def test_a_wrong_secret_is_the_operators_business_not_the_persons() -> None:
    failure = outcomes.exchange_failed(refusal(401), NEXT)
    assert isinstance(failure, Misconfigured)
    assert failure.status == 500


@pytest.mark.parametrize(
    ("error", "kind", "status"),
    [
        (WebexSlow(), TryLater, 504),
        (WebexUnreachable(), TryLater, 502),
        (WebexMalformed(), TryLater, 502),
        (refusal(401), SignInAgain, 401),
        (refusal(403), Misconfigured, 403),
        (refusal(404), TryLater, 502),
        (refusal(423), TryLater, 503),
        (refusal(429), TryLater, 503),
        (refusal(500), TryLater, 502),
        (refusal(503), TryLater, 502),
    ],
    ids=repr,
)
def test_what_webex_did_decides_who_can_act(
    error: WebexError, kind: type[Failure], status: int
) -> None:
    failure = failure_of(error, doing="this", again="/")
    assert (type(failure), failure.status) == (kind, status)


def test_webexs_own_waiting_time_is_passed_on_within_limits() -> None:
    assert failure_of(refusal(429, **{"Retry-After": "17"}), doing="", again="").retry_after == 17
    assert (
        failure_of(refusal(429, **{"Retry-After": "9" * 9}), doing="", again="").retry_after == 300
    )


def test_an_empty_way_on_is_the_page_itself() -> None:
    failure = Failure("title", "happened", way_on=HERE_AGAIN)
    assert page_context(failure, reference=None, here="/spaces")["way_on_href"] == "/spaces"


def test_a_failure_in_a_log_or_traceback_is_its_slug() -> None:
    assert str(outcomes.used_sign_in(NEXT)) == "used_sign_in"
