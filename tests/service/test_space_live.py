"""Live messages: one poller for everybody who looks, and only for those who may."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from app_service.live import feed as live
from app_service.live import rounds
from app_service.live.audience import Viewers
from app_service.space import members
from app_service.space.admission import Admission
from common.sessions.ticket import Ticket
from common.sessions.visitor import Visitor
from harness.eventually import eventually
from harness.redis_server import RedisServer
from harness.sandbox_control import SandboxControl
from harness.site import Site, run_site
from tests.conftest import MakeSite
from tests.member import EVENTS, Member, Stream

TOKEN = "POST /v1/access_token"
LIST = "GET /v1/messages"
ROOM = "GET /v1/rooms/{room_id}"
WAIT_SECONDS = 2


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, at the pace of a test: polls and rounds several times a second."""
    monkeypatch.setattr(live, "QUIET_SECONDS", 0.2)
    monkeypatch.setattr(live, "FIRST_BACKOFF_SECONDS", 0.2)
    monkeypatch.setattr(live, "TALKING_SECONDS", 0.2)
    monkeypatch.setattr(live, "SHORTEST_SECONDS", 0.05)
    monkeypatch.setattr(rounds, "HEARTBEAT_SECONDS", 0.2)


async def test_what_somebody_writes_appears(site: Site) -> None:
    ada = await Member.enter(site)
    async with ada.watching() as stream:
        await stream.next("window")
        await site.sandbox.say("Hello from Webex")
        event = await stream.saying("Hello from Webex")
        assert "Grace Hopper" in event.data["html"]
        assert event.id == event.data["changed"]


async def test_edits_and_deletions_appear(site: Site) -> None:
    ada = await Member.enter(site)
    grace = await Member.enter(site, "grace@example.com")
    async with ada.watching() as stream:
        message_id = (await grace.write("Frist")).json()["id"]
        await stream.saying("Frist")
        await grace.edit(message_id, "First")
        edited = await stream.saying("First")
        assert edited.data["id"] == message_id
        await grace.delete(message_id)
        assert (await stream.next("gone")).data == {"id": message_id}


async def test_what_is_written_at_one_replica_appears_at_the_other_at_once(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    _only_when_nudged(monkeypatch)
    site = await make_site(replicas=2)
    ada = await Member.enter(site)
    async with ada.watching(replica=0) as first, ada.watching(replica=1) as second:
        for stream in (first, second):
            await stream.next("window")
        await ada.write("Told through Redis")
        for stream in (first, second):
            await stream.saying("Told through Redis")


async def test_what_was_said_waits_for_no_list_of_members(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    _only_when_nudged(monkeypatch)
    monkeypatch.setattr(members, "FRESH_SECONDS", 0)
    ada, grace = await Member.enter(site), await Member.enter(site, "grace@example.com")
    async with ada.watching() as stream:
        await stream.next("window")
        # Of what may become of the list, what ends the stream.
        await site.sandbox.fault("GET /v1/memberships", status=401)
        await grace.write("Said before")
        await stream.saying("Said before")
        assert (await stream.next("ended")).data["reason"] == "signed_out"


async def test_a_stream_is_not_kept_and_not_buffered(site: Site) -> None:
    ada = await Member.enter(site)
    async with ada.watching() as stream:
        assert stream.status == 200
        assert stream.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert stream.headers["Cache-Control"] == "no-store"
        assert stream.headers["X-Accel-Buffering"] == "no"
        await stream.next("beat")


async def test_many_viewers_cost_webex_no_more_than_one(site: Site) -> None:
    ada = await Member.enter(site)
    members = [await Member.enter(site, f"viewer{n}@example.com") for n in range(10)]
    alone = await _calls_per_poll(site, [ada])
    together = await _calls_per_poll(site, [ada, *members, *members])
    assert together <= alone


async def _calls_per_poll(site: Site, members: list[Member]) -> float:
    """Calls of any kind at Webex, per poll, while nothing happens."""
    async with AsyncExitStack() as stack:
        for member in members:
            stream = await stack.enter_async_context(member.watching())
            await stream.next("window")
        await site.sandbox.forget_calls()
        await _polls(site.sandbox, 10)
        calls: dict[str, int] = await site.sandbox.all_calls()
    return sum(calls.values()) / calls[LIST]


async def _polls(sandbox: SandboxControl, count: int) -> None:
    before = await sandbox.calls(LIST)

    async def enough() -> bool:
        return await sandbox.calls(LIST) >= before + count

    await eventually(enough)


async def test_without_viewers_webex_is_not_asked(site: Site) -> None:
    ada = await Member.enter(site)
    async with ada.watching() as stream:
        await stream.next("window")

    async def silent() -> bool:
        before = await site.sandbox.calls(LIST)
        await asyncio.sleep(0.6)
        return await site.sandbox.calls(LIST) == before

    await eventually(silent)


async def test_a_browser_that_comes_back_gets_what_it_missed_from_any_replica(
    make_site: MakeSite,
) -> None:
    site = await make_site(replicas=2)
    ada = await Member.enter(site)
    deleted = (await ada.write("Deleted meanwhile")).json()["id"]
    async with ada.watching(replica=0) as stream:
        last = await stream.saying("Deleted meanwhile")
    await ada.delete(deleted)
    await site.sandbox.say("Missed")
    async with ada.watching(replica=1, last_event_id=last.id) as stream:
        window = await stream.next("window")
        assert deleted not in window.data["ids"]
        assert "Missed" in (await stream.next("message")).data["html"]


async def test_a_newcomer_keeps_what_was_written_since_the_last_poll(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    _only_when_nudged(monkeypatch)
    ada = await Member.enter(site)
    async with ada.watching() as stream:
        await stream.next("window")
        message_id = await site.sandbox.say("Nobody told of this")
        grace = await Member.enter(site, "grace@example.com")
        async with grace.watching() as hers:
            assert message_id in (await hers.next("window")).data["ids"]


def _only_when_nudged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "QUIET_SECONDS", 3600)
    monkeypatch.setattr(live, "TALKING_SECONDS", 3600)


async def test_signing_out_in_one_tab_ends_the_streams_of_the_others_on_every_replica(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "HEARTBEAT_SECONDS", 3600)
    monkeypatch.setattr(live, "QUIET_SECONDS", 3600)
    site = await make_site(replicas=2)
    ada = await Member.enter(site)
    async with ada.watching(replica=0) as first, ada.watching(replica=1) as second:
        for stream in (first, second):
            await stream.next("window")
        await ada.browser.post("/logout")
        for stream in (first, second):
            assert await _end(stream) == "signed_out"


async def test_a_session_that_ends_while_its_stream_opens_ends_the_stream_too(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its end is announced before there is a viewer who could hear of it."""
    monkeypatch.setattr(rounds, "HEARTBEAT_SECONDS", 3600)
    ada = await Member.enter(site)
    grace = await Member.enter(site, "grace@example.com")
    announced = asyncio.Event()
    end_session = Viewers.end_session

    def hear(viewers: Viewers, handle: str, reason: str) -> None:
        end_session(viewers, handle, reason)
        announced.set()

    async def sign_out() -> None:
        await ada.browser.post("/logout")
        await announced.wait()

    # Grace's token is the one that reads.
    async with grace.watching() as hers:
        await hers.next("window")
        monkeypatch.setattr(Viewers, "end_session", hear)
        _meanwhile(monkeypatch, sign_out)
        async with ada.watching() as stream:
            assert await _end(stream) == "signed_out"


async def test_a_stream_opens_though_redis_goes_down_meanwhile(
    make_site: MakeSite, own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = await make_site(redis=own_redis)
    ada = await Member.enter(site)

    async def freeze() -> None:
        own_redis.freeze()

    _meanwhile(monkeypatch, freeze)
    try:
        async with ada.watching() as stream:
            assert stream.status == 200
            await stream.next("window")
    finally:
        own_redis.thaw()


def _meanwhile(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], Awaitable[None]]) -> None:
    """Let something happen after Webex has answered for a stream that opens, and before it is open."""
    check = Admission.check

    async def then(admission: Admission, visitor: Visitor) -> None:
        await check(admission, visitor)
        await happens()

    monkeypatch.setattr(Admission, "check", then)


async def test_a_session_that_ends_unannounced_ends_its_streams_too(
    site: Site, redis_server: RedisServer
) -> None:
    ada = await Member.enter(site)
    grace = await Member.enter(site, "grace@example.com")
    async with grace.watching() as hers, ada.watching() as stream:
        await stream.next("window")
        redis_server.client.delete(f"session:{_handle(ada)}")
        assert await _end(stream) == "signed_out"
        await site.sandbox.say("Grace still hears")
        await hers.saying("Grace still hears")


def _handle(member: Member) -> str:
    ticket = Ticket.parse(member.browser.session_cookie)
    assert ticket is not None
    return ticket.handle


async def _end(stream: Stream) -> str:
    *_, last = await stream.ends()
    assert last.name == "ended"
    return str(last.data["reason"])


async def test_who_is_removed_from_the_space_sees_nothing_more(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app_service.space.members.FRESH_SECONDS", 0)
    grace = await Member.enter(site, "grace@example.com")
    ada = await Member.enter(site)
    async with grace.watching() as hers, ada.watching() as stream:
        await stream.next("window")
        await site.sandbox.membership("ada@example.com", is_member=False)
        assert await _end(stream) == "not_member"
        await site.sandbox.say("Without Ada")
        await hers.saying("Without Ada")


async def test_who_is_removed_is_shown_out_however_many_others_are_in_no_list(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list that is too long to be read whole: people are asked about, some at a time."""
    monkeypatch.setattr("app_service.space.members.FRESH_SECONDS", 0)
    monkeypatch.setattr("app_service.space.members.MOST_PAGES", 1)
    monkeypatch.setattr("app_service.space.members.AT_ONCE", 1)
    monkeypatch.setattr(rounds, "SUSPECTS_AT_ONCE", 1)
    async with AsyncExitStack() as streams:
        for number in range(3):
            viewer = await Member.enter(site, f"viewer{number}@example.com")
            await streams.enter_async_context(viewer.watching())
        ada = await Member.enter(site)
        stream = await streams.enter_async_context(ada.watching())
        await stream.next("window")
        await site.sandbox.membership("ada@example.com", is_member=False)
        assert await _end(stream) == "not_member"


async def test_while_webex_hangs_every_stream_is_heard_of(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser takes a stream that says nothing for dead, and all of them would come back at once."""
    monkeypatch.setattr("app_service.space.members.FRESH_SECONDS", 0)
    grace, ada = await Member.enter(site, "grace@example.com"), await Member.enter(site)
    # Grace's token polls: she came first.
    async with grace.watching() as stream, ada.watching() as others:
        await stream.next("window")
        await others.next("window")
        await site.sandbox.fault(ROOM, delay=30)
        await site.sandbox.forget_calls()
        await site.sandbox.membership("ada@example.com", is_member=False)

        async def webex_is_asked() -> bool:
            return await site.sandbox.calls(ROOM) > 0

        await eventually(webex_is_asked)
        await site.sandbox.say("What comes after this comes while Webex hangs")
        await stream.saying("What comes after this")
        for _ in range(3):
            await stream.next("beat")
        assert await site.sandbox.calls(ROOM) == 1
        await site.sandbox.lift_faults()


async def test_the_others_read_on_when_the_one_whose_token_polls_is_removed(site: Site) -> None:
    ada = await Member.enter(site)
    grace = await Member.enter(site, "grace@example.com")
    async with ada.watching() as first, grace.watching() as stream:
        await first.next("window")
        await stream.next("window")
        await site.sandbox.membership("ada@example.com", is_member=False)
        assert await _end(first) == "not_member"
        async with ada.watching() as again:
            assert again.status == 403
        await site.sandbox.say("Still here")
        await stream.saying("Still here")


async def test_the_others_read_on_when_the_token_that_polls_dies(site: Site) -> None:
    ada = await Member.enter(site)
    grace = await Member.enter(site, "grace@example.com")
    async with ada.watching() as first, grace.watching() as stream:
        await first.next("window")
        await stream.next("window")
        await site.sandbox.expire_tokens(access=True, refresh=True, email="ada@example.com")
        assert await _end(first) == "signed_out"
        await site.sandbox.say("Still here")
        await stream.saying("Still here")


async def test_the_others_read_on_while_the_token_that_polls_cannot_be_renewed(site: Site) -> None:
    ada = await Member.enter(site)
    grace = await Member.enter(site, "grace@example.com")
    async with ada.watching() as first, grace.watching() as stream:
        await first.next("window")
        await stream.next("window")
        await site.sandbox.fault(TOKEN, status=400, body='{"message": "Not now"}')
        await site.sandbox.expire_tokens(access=True, email="ada@example.com")
        await site.sandbox.say("Still here")
        heard = await stream.until_saying("Still here")
        assert "state" not in {event.name for event in heard}


async def test_a_token_that_ends_is_renewed_under_an_open_stream(site: Site) -> None:
    ada = await Member.enter(site)
    async with ada.watching() as stream:
        await stream.next("window")
        await site.sandbox.expire_tokens(access=True)
        await site.sandbox.say("After the renewal")
        await stream.saying("After the renewal")


async def test_a_stranger_to_the_space_gets_no_stream(site: Site) -> None:
    await Member.enter(site)
    alan = await Member.sign_in(site, "katherine@example.com")
    async with alan.watching() as stream:
        assert stream.status == 403
        assert (await stream.problem())["code"] == "not_a_member"


async def test_who_is_signed_out_gets_401_and_no_stream(site: Site) -> None:
    answer = await (await site.browser()).get(EVENTS)
    assert (answer.status, answer.json()["code"]) == (401, "not_signed_in")


async def test_webex_saying_wait_is_honoured_for_everybody(site: Site) -> None:
    ada = await Member.enter(site)
    grace = await Member.enter(site, "grace@example.com")
    async with ada.watching() as stream, grace.watching() as other:
        await stream.next("window")
        await other.next("window")
        async with answers_again_after(WAIT_SECONDS, stream):
            headers = {"Retry-After": str(WAIT_SECONDS)}
            await site.sandbox.fault(LIST, status=429, headers=headers, times=1)
            assert (await stream.next("state")).data == {"webexAnswers": False}
            # News from elsewhere are no reason to ask earlier.
            await ada.write("Be patient")
        await other.saying("Be patient")


@asynccontextmanager
async def answers_again_after(seconds: float, stream: Stream) -> AsyncIterator[None]:
    """From before Webex is asked in vain until the first call that it answers."""
    clock = asyncio.get_running_loop().time
    began = clock()
    yield
    assert (await stream.next("state")).data == {"webexAnswers": True}
    assert clock() - began >= seconds


async def test_webex_saying_wait_about_the_members_is_honoured_too(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app_service.space.members.FRESH_SECONDS", 0)
    ada = await Member.enter(site)
    async with ada.watching() as stream:
        await stream.next("window")
        async with answers_again_after(WAIT_SECONDS, stream):
            headers = {"Retry-After": str(WAIT_SECONDS)}
            await site.sandbox.fault("GET /v1/memberships", status=429, headers=headers, times=1)
            assert (await stream.next("state")).data == {"webexAnswers": False}


async def test_who_comes_while_webex_is_down_is_told_so(site: Site) -> None:
    ada = await Member.enter(site)
    grace = await Member.enter(site, "grace@example.com")
    async with ada.watching() as stream:
        await stream.next("window")
        await site.sandbox.fault(LIST, status=502)
        assert (await stream.next("state")).data == {"webexAnswers": False}
        async with grace.watching() as hers:
            assert (await hers.next("state")).data == {"webexAnswers": False}


async def test_who_comes_when_webex_answers_again_waits_for_nobody_elses_patience(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "FIRST_BACKOFF_SECONDS", 3600)
    monkeypatch.setattr(live, "LONGEST_BACKOFF_SECONDS", 3600)
    ada = await Member.enter(site)
    grace = await Member.enter(site, "grace@example.com")
    async with ada.watching() as stream:
        await stream.next("window")
        await site.sandbox.fault(LIST, status=502)
        assert (await stream.next("state")).data == {"webexAnswers": False}
        await site.sandbox.lift_faults()
        async with grace.watching() as hers:
            await hers.next("window")
        assert (await stream.next("state")).data == {"webexAnswers": True}


async def test_webex_being_down_is_told_and_ends_no_stream(site: Site) -> None:
    ada = await Member.enter(site)
    async with ada.watching() as stream:
        await stream.next("window")
        await site.sandbox.fault(LIST, status=502)
        assert (await stream.next("state")).data == {"webexAnswers": False}
        await site.sandbox.lift_faults()
        await site.sandbox.say("Back again")
        assert (await stream.next("state")).data == {"webexAnswers": True}
        await stream.saying("Back again")


async def test_without_the_list_of_members_messages_still_arrive(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app_service.space.members.FRESH_SECONDS", 0)
    ada = await Member.enter(site)
    async with ada.watching() as stream:
        await stream.next("window")
        await site.sandbox.fault("GET /v1/memberships", status=500)
        await site.sandbox.say("Names or not")
        await stream.saying("Names or not")


async def test_redis_being_down_ends_no_stream(make_site: MakeSite, own_redis: RedisServer) -> None:
    site = await make_site(redis=own_redis)
    ada = await Member.enter(site)
    async with ada.watching() as stream:
        await stream.next("window")
        own_redis.freeze()
        try:
            await site.sandbox.say("Without Redis")
            await stream.saying("Without Redis")
        finally:
            own_redis.thaw()


async def test_everybody_who_comes_or_goes_is_told(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app_service.space.members.FRESH_SECONDS", 0)
    ada = await Member.enter(site)
    async with ada.watching() as stream:
        await stream.next("window")
        await site.sandbox.membership("katherine@example.com", is_member=True)
        people = await stream.next("people")
        assert people.data["count"] == 6
        assert "Katherine Johnson" in people.data["html"]


async def test_who_came_is_told_even_if_a_page_read_of_it_first(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app_service.space.members.FRESH_SECONDS", 0)
    _only_when_nudged(monkeypatch)
    ada = await Member.enter(site)
    async with ada.watching() as stream:
        await stream.next("window")
        await site.sandbox.membership("katherine@example.com", is_member=True)
        await ada.browser.get("/widget")
        await ada.write("Is somebody new here?")
        assert "Katherine Johnson" in (await stream.next("people")).data["html"]


async def test_a_browser_that_comes_back_learns_who_is_there_now(site: Site) -> None:
    ada = await Member.enter(site)
    async with ada.watching() as stream:
        people = await stream.next("people")
        assert people.data["count"] == 5
        assert "Grace Hopper" in people.data["html"]


async def test_a_stream_ends_before_the_service_stops(redis_server: RedisServer) -> None:
    async with AsyncExitStack() as stack:
        site = await stack.enter_async_context(run_site(redis_server))
        ada = await Member.enter(site)
        async with ada.watching() as stream:
            await stream.next("window")
            stopping = asyncio.create_task(stack.pop_all().aclose())
            events = await stream.ends()
        await stopping
    # Without a reason to stay away: the browser comes back, to another replica.
    assert "ended" not in [event.name for event in events]


async def test_streams_are_limited_for_a_person_whatever_session_they_are_of(
    make_site: MakeSite,
) -> None:
    site = await make_site(STREAMS_PER_PERSON="2")
    ada, elsewhere = await Member.enter(site), await Member.enter(site)
    grace = await Member.enter(site, "grace@example.com")
    async with ada.watching() as oldest, grace.watching() as of_grace, ada.watching() as second:
        for stream in (oldest, of_grace, second):
            await stream.next("window")
        async with elsewhere.watching() as newest:
            ending = (await oldest.ends())[-1]
            assert (ending.name, ending.data) == ("ended", {"reason": "too_many"})
            for stream in (of_grace, second, newest):
                await stream.next("beat")


async def test_who_has_too_many_streams_still_hears_the_news_when_they_ask(
    make_site: MakeSite,
) -> None:
    site = await make_site(STREAMS_PER_PERSON="1")
    ada = await Member.enter(site)
    async with ada.watching() as staying:
        await staying.next("window")
        await site.sandbox.say("Missed by the oldest")
        await staying.saying("Missed by the oldest")
        async with ada.watching(since="2026-01-01T00:00:00.000Z", brief=True) as asking:
            heard = await asking.ends()
        assert any("Missed by the oldest" in str(event.data) for event in heard)
        assert heard[-1].data == {"reason": "too_many"}
        await staying.next("beat")


async def test_who_had_too_many_streams_gets_one_again_once_there_is_room(
    make_site: MakeSite,
) -> None:
    site = await make_site(STREAMS_PER_PERSON="1")
    ada = await Member.enter(site)
    async with ada.watching(brief=True) as stream:
        await stream.next("window")
        await stream.next("beat")
