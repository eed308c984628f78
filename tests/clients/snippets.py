"""The pieces of docs/sandbox.md that a client runs as they stand, each under its client's name."""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.clients.catalogue import CLIENTS, Client

PAGE = Path(__file__).resolve().parents[2] / "docs" / "sandbox.md"
_PIECE = re.compile(r"^### (\S+)\n.*?^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_SUFFIXES = {"python": ".py", "js": ".mjs"}
# A heading is what people call the client; two of ours stand for one of them.
_CLIENT_NAMES = {"openid-client": "openid-client-6-basic"}


@dataclass(frozen=True, slots=True)
class Snippet:
    client: Client
    code: str
    suffix: str
    prints: str
    """What its last line prints, or the part of it that is sure."""


def snippets() -> list[Snippet]:
    """Give those that pip or npm can install."""
    clients = {client.name: client for client in CLIENTS}
    found = []
    for heading, language, code in _PIECE.findall(PAGE.read_text()):
        client = clients.get(_CLIENT_NAMES.get(heading, heading))
        if client and language in _SUFFIXES:
            suffix = ".cjs" if "require(" in code else _SUFFIXES[language]
            found.append(Snippet(client, code, suffix, _prints(code)))
    return found


def _prints(code: str) -> str:
    if "insecureSandboxBotToken" in code:
        return "Events"
    if "/auth/providers" in code:
        return "Webex"
    return "ada@example.com" if "UserInfo" in code else "Ada Lovelace"
