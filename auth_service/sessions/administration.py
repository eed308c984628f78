"""`python -m auth_service sessions …`: a person's sessions, for whoever runs this site.

People are named by their Webex person id, the `id` in GET /people/me: e-mail addresses are not kept.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence

from auth_service.sessions.of_person import PersonSession, PersonSessions
from auth_service.sessions.person_index import PersonIndex
from auth_service.sessions.words import ago, span
from auth_service.sessions.writer import SessionWriter
from auth_service.settings import Settings
from common.sessions.reader import SessionReader
from common.sessions.sealing import Sealer
from common.store.access import StoreUnavailable, open_redis

NOT_DONE = 1
HANDLE_DIGITS = 12
# One session ends after the other, and an answer may be lost on its way.
HALF_WAY = " Sessions may have ended before that; `sessions list` shows those that are left."


def main(arguments: Sequence[str], settings: Settings) -> int:
    """Run one command; return the exit code: 0, or 1 with a sentence that says why."""
    asked = _parser().parse_args(arguments)
    try:
        return asyncio.run(_run(asked, settings))
    except StoreUnavailable:
        print(f"Redis failed: `check-redis` says why.{HALF_WAY if asked.command == 'end' else ''}")
        return NOT_DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m auth_service sessions",
        description="Shows or ends a person's sessions. It works at once, on every replica.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, purpose in (("list", "show a person's sessions"), ("end", "end one or all of them")):
        command = commands.add_parser(name, help=purpose, description=f"{purpose}.".capitalize())
        command.add_argument(
            "person",
            help='Webex person id: the "id" that Webex gives in GET /people/me. '
            "E-mail addresses do not work, because they are not stored.",
        )
    command.add_argument(
        "handle", nargs="?", help="the session's handle or its beginning; without it, all end"
    )
    return parser


async def _run(asked: argparse.Namespace, settings: Settings) -> int:
    redis = open_redis(settings.redis_url, settings.redis_credentials)
    sealer = Sealer(settings.session_keys)
    idle_seconds = settings.session_idle_seconds
    writer = SessionWriter(redis, SessionReader(redis, sealer, idle_seconds=idle_seconds))
    sessions = PersonSessions(writer, PersonIndex(redis, sealer), idle_seconds=idle_seconds)
    try:
        if asked.command == "list":
            return await _list(sessions, asked.person)
        return await _end(sessions, asked.person, asked.handle)
    finally:
        await redis.close()


async def _list(sessions: PersonSessions, person: str) -> int:
    found = await sessions.of_person(person)
    for session in found:
        print(_line(session))
    print(f"{len(found)} session(s)")
    return 0 if found else NOT_DONE


async def _end(sessions: PersonSessions, person: str, handle: str | None) -> int:
    if handle is None:
        ended = await sessions.end_all(person)
    else:
        meant = [s.handle for s in await sessions.of_person(person) if s.handle.startswith(handle)]
        if len(meant) > 1:
            print(f"{len(meant)} sessions begin with this handle; nothing was changed.")
            return NOT_DONE
        ended = sum([await sessions.end(person, found) for found in meant])
    print(f"{ended} session(s) ended")
    return 0 if ended else NOT_DONE


def _line(session: PersonSession) -> str:
    signed_in = ago(session.signed_in_at) if session.signed_in_at else "unknown"
    ends_in = span(session.ends_at - int(time.time())) if session.ends_at else ""
    last_seen = ago(session.last_seen_at)
    if not session.last_seen_exact:
        last_seen = f"not before {last_seen}"
    parts = (
        session.handle[:HANDLE_DIGITS],
        session.browser,
        f"signed in {signed_in}",
        f"last seen {last_seen}",
        f"ends in {ends_in or 'a minute'} at the latest",
    )
    return " | ".join(parts)
