"""A space that is watched: what runs beside its streams."""

import asyncio
from typing import Any

import pytest

from app_service.live.watched import Watched


class Whereabouts:
    """Looks where the space is, and stumbles."""

    async def look(self, _: str | None) -> None:
        raise ValueError("odd")


async def test_a_look_that_fails_is_said_and_kept_by_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    part: Any = None
    whereabouts: Any = Whereabouts()
    watched = Watched(part, frozenset(), part, part, part, whereabouts, part)
    watched.look_elsewhere(None)
    for _ in range(3):
        await asyncio.sleep(0)
    assert "background_failed" in caplog.text
    assert not watched._looking  # noqa: SLF001
