"""What a person and an integration meet at the sandbox's authorize pages."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from harness.person import SandboxRefusedError, consent
from tests.service.sandbox import REDIRECT_URI, STATE, Sandbox, parameters_of, running_sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running_sandbox() as running:
        yield running


async def test_accept_leads_back_with_a_code_and_the_state(sandbox: Sandbox) -> None:
    location = await consent(sandbox.http, sandbox.authorize_url())
    assert location.startswith(f"{REDIRECT_URI}?")
    parameters = parameters_of(location)
    assert set(parameters) == {"code", "state"}
    assert parameters["state"] == STATE


async def test_decline_leads_back_with_access_denied_and_the_state(sandbox: Sandbox) -> None:
    url = sandbox.authorize_url()
    parameters = parameters_of(await consent(sandbox.http, url, decision="decline"))
    assert parameters["error"] == "access_denied"
    assert parameters["state"] == STATE
    assert "code" not in parameters


async def test_the_email_page_names_the_integration_and_has_one_labelled_field(
    sandbox: Sandbox,
) -> None:
    page = await sandbox.request("GET", sandbox.authorize_url())
    assert page.status == 200
    assert '<label for="email">Email address</label>' in page.text
    assert 'name="email"' in page.text
    assert ">Sign In</button>" in page.text
    assert "Demo integration" in page.text


async def test_the_consent_page_describes_every_scope(sandbox: Sandbox) -> None:
    url = sandbox.authorize_url(scope="spark:people_read spark:rooms_read")
    page = await _consent_page(sandbox, url, "ada@example.com")
    for words in (
        "See the profile of you",
        "spark:people_read",
        "See the titles of the spaces",
        "spark:rooms_read",
        "Ada Lovelace",
        ">Accept</button>",
        ">Decline</button>",
    ):
        assert words in page


async def test_a_name_that_is_markup_is_shown_as_text(sandbox: Sandbox) -> None:
    page = await _consent_page(sandbox, sandbox.authorize_url(), "bobby@example.com")
    assert "&lt;b&gt;Bobby&lt;/b&gt; &amp; &#34;Tables&#34;" in page
    assert "<b>Bobby" not in page


async def test_every_page_is_labelled_and_leaves_no_room_for_scripts(sandbox: Sandbox) -> None:
    for address in ("/", "/nowhere", sandbox.authorize_url(), sandbox.authorize_url(client_id="x")):
        page = await sandbox.request("GET", address)
        assert "<strong>Sandbox of Webex</strong>" in page.text
        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self'")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "style=" not in page.text
        assert "<script" not in page.text


async def test_the_consent_form_may_end_at_the_integration(sandbox: Sandbox) -> None:
    url = sandbox.authorize_url()
    await _consent_page(sandbox, url, "ada@example.com")
    page = await sandbox.request("GET", url.replace("/authorize?", "/authorize/consent?"))
    policy = page.headers["Content-Security-Policy"]
    assert "form-action 'self' http://localhost:8080;" in policy


@pytest.mark.parametrize(
    "email",
    ["ada@elsewhere.example", "nobody", "@example.com", "<b>@example.com", "", "a@b@example.com"],
)
async def test_an_unknown_address_gets_a_page_that_says_so(sandbox: Sandbox, email: str) -> None:
    page = await sandbox.request("POST", sandbox.authorize_url(), data={"email": email})
    assert page.status == 400
    assert "The sandbox does not know this address." in page.text
    assert "<b>@" not in page.text
    assert "Set-Cookie" not in page.headers


@pytest.mark.parametrize(
    ("email", "name"),
    [("person001@example.com", "Person001"), ("Mary.Ann@Example.com", "Mary Ann")],
)
async def test_any_address_at_example_com_is_somebody(
    sandbox: Sandbox, email: str, name: str
) -> None:
    tokens = await sandbox.sign_in(email)
    me = await sandbox.request("GET", "/v1/people/me", token=tokens["access_token"])
    assert me.data["displayName"] == name
    assert me.data["emails"] == [email.lower()]


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "somebody-else"},
        {"client_id": None},
        {"redirect_uri": "http://localhost:8080/oauth/"},
        {"redirect_uri": "https://evil.example/oauth"},
        {"redirect_uri": None},
    ],
)
async def test_an_unregistered_client_or_redirect_uri_gets_a_page_and_no_redirect(
    sandbox: Sandbox, changed: dict[str, str | None]
) -> None:
    answer = await sandbox.request("GET", sandbox.authorize_url(**changed))
    assert answer.status == 400
    assert "Location" not in answer.headers
    assert "This request cannot be used" in answer.text
    with pytest.raises(SandboxRefusedError):
        await consent(sandbox.http, sandbox.authorize_url(**changed))


async def test_a_repeated_parameter_gets_a_page_and_no_redirect(sandbox: Sandbox) -> None:
    answer = await sandbox.request(
        "GET", f"{sandbox.authorize_url()}&redirect_uri=https://e.example"
    )
    assert answer.status == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"scope": "spark:people_read spark:unheard_of"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"code_challenge_method": "S512"}, "invalid_request"),
        ({"code_challenge_method": "plain", "code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"scope": "openid"}, "invalid_request"),
        ({"prompt": "dance"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
)
async def test_anything_else_wrong_is_told_to_the_integration(
    sandbox: Sandbox, changed: dict[str, str | None], error: str
) -> None:
    answer = await sandbox.request("GET", sandbox.authorize_url(**changed))
    assert answer.status == 302
    assert answer.headers["Location"].startswith(f"{REDIRECT_URI}?")
    parameters = parameters_of(answer.headers["Location"])
    assert parameters["error"] == error
    assert parameters["state"] == STATE


async def test_a_nonce_may_be_left_out_where_the_policy_says_so(sandbox: Sandbox) -> None:
    await sandbox.control("PATCH", "/policy", {"nonce_required": False})
    assert (await sandbox.sign_in(scope="openid"))["id_token"]


async def test_phone_and_address_need_no_registration(sandbox: Sandbox) -> None:
    body = {
        "client_id": "narrow",
        "client_secret": "insecure",
        "redirect_uris": [REDIRECT_URI],
        "scopes": ["spark:people_read"],
    }
    await sandbox.control("POST", "/integrations", body)
    wide = sandbox.callback(client_id="narrow", scope="spark:people_read phone address")
    assert "code" in await wide


async def test_the_one_registered_redirect_uri_may_be_left_out(sandbox: Sandbox) -> None:
    """RFC 6749 section 3.1.2.3; where several are registered, it has to be named."""
    body = {"client_id": "one", "client_secret": "x", "redirect_uris": [REDIRECT_URI]}
    await sandbox.control("POST", "/integrations", body)
    callback = await sandbox.callback(client_id="one", redirect_uri=None)
    answer = await sandbox.redeem(
        callback["code"], client_id="one", client_secret="x", redirect_uri=None
    )
    assert answer.status == 200
    several = await sandbox.request("GET", sandbox.authorize_url(redirect_uri=None))
    assert several.status == 400


async def test_a_request_without_pkce_or_state_is_served_too(sandbox: Sandbox) -> None:
    parameters = await sandbox.callback(state=None, code_challenge=None, code_challenge_method=None)
    assert set(parameters) == {"code"}
    assert (await sandbox.redeem(parameters["code"], code_verifier=None)).status == 200


async def test_a_second_sign_in_in_the_same_browser_asks_only_for_consent(
    sandbox: Sandbox,
) -> None:
    await sandbox.callback("grace@example.com")
    answer = await sandbox.request("GET", sandbox.authorize_url())
    assert answer.status == 303
    page = await sandbox.request("GET", answer.headers["Location"])
    assert "Grace Hopper" in page.text
    assert ">Accept</button>" in page.text


@pytest.mark.parametrize(
    "changed",
    [{"prompt": "select_account"}, {"prompt": "login"}, {"login_hint": "zoe@example.com"}],
)
async def test_the_integration_can_have_the_address_asked_again(
    sandbox: Sandbox, changed: dict[str, str]
) -> None:
    await sandbox.callback("grace@example.com")
    page = await sandbox.request("GET", sandbox.authorize_url(**changed))
    assert page.status == 200
    assert "Email address" in page.text
    assert f'value="{changed.get("login_hint", "")}"' in page.text


async def test_max_age_asks_again_for_a_sign_in_that_is_too_old(sandbox: Sandbox) -> None:
    await sandbox.callback()
    await sandbox.control("POST", "/clock", {"advance_seconds": 61})
    old = await sandbox.request("GET", sandbox.authorize_url(max_age="60"))
    young = await sandbox.request("GET", sandbox.authorize_url(max_age="3600"))
    assert old.status == 200
    assert young.status == 303


async def test_another_account_can_be_used(sandbox: Sandbox) -> None:
    await sandbox.callback("ada@example.com")
    parameters = await sandbox.callback("grace@example.com")
    tokens = (await sandbox.redeem(parameters["code"])).data
    me = await sandbox.request("GET", "/v1/people/me", token=tokens["access_token"])
    assert me.data["displayName"] == "Grace Hopper"


async def test_prompt_none_is_silent_once_everything_was_allowed(sandbox: Sandbox) -> None:
    await sandbox.callback()
    silent = await sandbox.request("GET", sandbox.authorize_url(prompt="none"))
    more = await sandbox.request(
        "GET", sandbox.authorize_url(prompt="none", scope="spark:people_read spark:rooms_read")
    )
    assert "code" in parameters_of(silent.headers["Location"])
    assert parameters_of(more.headers["Location"])["error"] == "consent_required"


async def test_no_other_site_can_press_accept(sandbox: Sandbox) -> None:
    await sandbox.callback()
    url = sandbox.authorize_url().replace("/authorize?", "/authorize/consent?")
    for form_key in ("", "guessed"):
        answer = await sandbox.request(
            "POST", url, data={"decision": "accept", "form_key": form_key}
        )
        assert "code=" not in answer.headers["Location"]


async def test_consent_without_a_sign_in_goes_back_to_the_start(sandbox: Sandbox) -> None:
    url = sandbox.authorize_url().replace("/authorize?", "/authorize/consent?")
    for method in ("GET", "POST"):
        answer = await sandbox.request(method, url)
        assert answer.headers["Location"].startswith("/v1/authorize?")


async def test_logging_out_forgets_the_browser_and_returns_to_the_integration(
    sandbox: Sandbox,
) -> None:
    await sandbox.callback()
    out = await sandbox.request("GET", "/idb/oauth2/v1/logout?goto=http://localhost:8080/bye")
    assert out.status == 302
    assert out.headers["Location"] == "http://localhost:8080/bye"
    again = await sandbox.request("GET", sandbox.authorize_url())
    assert again.status == 200


async def test_a_login_cookie_that_was_kept_is_dead_after_logging_out(sandbox: Sandbox) -> None:
    await sandbox.callback()
    kept = {cookie.key: cookie.value for cookie in sandbox.http.cookie_jar}
    await sandbox.request("GET", "/idb/oauth2/v1/logout")
    async with aiohttp.ClientSession(cookies=kept) as thief:
        answer = await Sandbox(sandbox.url, thief).request("GET", sandbox.authorize_url())
    assert answer.status == 200


@pytest.mark.parametrize(
    "goto",
    [
        "https://evil.example/",
        "//evil.example",
        "http://localhost:8080@evil.example/",
        "http://localhost:8081/",
        "http://localhost:8080\\@evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "http://[::1",
    ],
)
async def test_logging_out_never_leads_to_a_stranger(sandbox: Sandbox, goto: str) -> None:
    answer = await sandbox.request("GET", "/idb/oauth2/v1/logout", params={"goto": goto})
    assert answer.status == 400
    assert "Location" not in answer.headers


async def test_the_login_cookie_is_out_of_reach_for_scripts_and_other_sites(
    sandbox: Sandbox,
) -> None:
    answer = await sandbox.request(
        "POST", sandbox.authorize_url(), data={"email": "ada@example.com"}
    )
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("webex_sandbox_login_")
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}


async def test_a_second_sandbox_on_another_port_signs_nobody_out(sandbox: Sandbox) -> None:
    """Cookies know no ports: a browser brings both sandboxes what either of them set."""
    names = []
    for port in (8090, 8091):
        answer = await sandbox.request(
            *("POST", sandbox.authorize_url()),
            data={"email": "ada@example.com"},
            headers={"Host": f"localhost:{port}"},
        )
        names.append(answer.headers["Set-Cookie"].partition("=")[0])
    assert names == ["webex_sandbox_login_8090", "webex_sandbox_login_8091"]


async def test_avatars_are_images_that_carry_no_script(sandbox: Sandbox) -> None:
    for email in ("ada@example.com", "zoe@example.com", "bobby@example.com"):
        token = await sandbox.token_of(email)
        me = await sandbox.request("GET", "/v1/people/me", token=token)
        image = await sandbox.request("GET", me.data["avatar"])
        assert image.status == 200
        assert image.headers["Content-Type"].startswith("image/svg+xml")
        assert "sandbox" in image.headers["Content-Security-Policy"]
        assert "<b>" not in image.text


async def test_who_has_no_avatar_has_no_image(sandbox: Sandbox) -> None:
    token = await sandbox.token_of("katherine@example.com")
    me = await sandbox.request("GET", "/v1/people/me", token=token)
    assert "avatar" not in me.data
    assert "nickName" not in me.data
    assert (await sandbox.request("GET", "/avatars/nobody.svg")).status == 404


async def _consent_page(sandbox: Sandbox, url: str, email: str) -> str:
    answer = await sandbox.request("POST", url, data={"email": email})
    assert answer.status == 303
    return (await sandbox.request("GET", answer.headers["Location"])).text
