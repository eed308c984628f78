"""The main job on the whole stack: two replicas of each service, real nginx, real Redis."""

from harness.browser_like import Browser
from harness.stack import Stack


async def test_whoever_signs_in_through_the_door_is_greeted_by_name(browser: Browser) -> None:
    answer = await browser.sign_in("grace@example.com")
    assert (answer.status, answer.location) == (303, f"{browser.public_url}/")
    assert (await browser.visit("/")).page.heading == "So happy to meet, Grace Hopper !"


async def test_a_session_is_known_to_every_replica_at_once(browser: Browser) -> None:
    await browser.sign_in()
    names = {(await browser.get("/api/me")).json()["displayName"] for _ in range(20)}
    assert names == {"Ada Lovelace"}


async def test_whoever_signed_out_is_a_stranger_to_every_replica(browser: Browser) -> None:
    await browser.sign_in()
    cookies = dict(browser.cookies)
    assert (await browser.post("/logout")).status == 303
    browser.cookies = cookies
    assert {(await browser.get("/api/me")).status for _ in range(20)} == {401}


async def test_two_tabs_end_up_where_each_of_them_began(browser: Browser) -> None:
    first, second = [await browser.start(next_path=path) for path in ("/?tab=1", "/?tab=2")]
    for start, tab in ((second, 2), (first, 1)):
        answer = await browser.get(await browser.at_webex(start.location))
        assert answer.location == f"{browser.public_url}/?tab={tab}"


async def test_a_sign_in_that_starts_at_another_name_of_this_machine_goes_on_at_its_own(
    stack: Stack, browser: Browser
) -> None:
    """Else it fails after consent: the cookie was set for 127.0.0.1, and Webex leads to localhost."""
    door = stack.ports.door
    for name in (f"127.0.0.1:{door}", f"127.0.0.2:{door}", f"[::1]:{door}"):
        browser.cookies.clear()
        moved = await browser.get(
            "/login?next=%2Fspaces%3Fq%3Da%257Cb&scope=spark:rooms_read", Host=name
        )
        assert moved.status == 302
        assert moved.location.startswith(f"{stack.url}/login?")
        assert moved.cookies == []
        start = await browser.get(moved.location.removeprefix(stack.url))
        assert "spark%3Arooms_read" in start.location
        done = await browser.get(await browser.at_webex(start.location))
        assert done.location == f"{stack.url}/spaces?q=a%7Cb"
        assert (await browser.get("/api/me")).status == 200


async def test_no_name_leads_a_sign_in_in_circles_or_elsewhere(
    stack: Stack, browser: Browser
) -> None:
    """What an outer proxy calls the door may well be such a name: then the second request goes on."""
    for name in (
        "evil.example",
        "127.evil.example",
        "localhost",
        f"LOCALHOST:{stack.ports.door}",
        "door:8080",
    ):
        answer = await browser.get("/login", Host=name)
        assert answer.location.startswith(stack.sandbox_url), name
    moved = await browser.get("/login", Host="127.0.0.1")
    answer = await browser.get(moved.location.removeprefix(stack.url), Host="127.0.0.1")
    assert answer.location.startswith(stack.sandbox_url)
    callback = await browser.get("/oauth?error=x&state=y", Host="127.0.0.1")
    assert callback.status == 400


async def test_the_redirect_uri_does_not_follow_what_a_request_calls_the_host(
    stack: Stack, browser: Browser
) -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil"}
    answer = await browser.send("GET", "/login", headers=headers)
    port = stack.ports.door
    assert f"redirect_uri=http%3A%2F%2Flocalhost%3A{port}%2Foauth" in answer.location
    assert "evil" not in answer.location
