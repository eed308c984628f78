"""Who only looks on at the space is judged, too, by the lists of who may sign in."""

import pytest

from app_service.live import rounds
from app_service.visitor import judge
from common.sessions import reader
from harness.eventually import eventually
from harness.redis_server import RedisServer
from tests.conftest import MakeSite
from tests.member import Member
from tests.service.test_who_may_sign_in import ALLOWED, ended, moved


async def test_an_open_stream_ends_when_its_person_is_on_no_list_any_more(
    make_site: MakeSite, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(judge, "PERSON_CACHE_SECONDS", 0)
    assert reader.PERSON_CACHE_SECONDS == 240
    site = await make_site(**ALLOWED)
    ada = await Member.enter(site)
    async with ada.watching() as stream:
        await stream.next("window")
        await moved(site)
        assert (await stream.next("ended")).data == {"reason": "signed_out"}
    await eventually(ended(redis_server))
