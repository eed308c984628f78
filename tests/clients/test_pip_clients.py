"""Clients that nobody here wrote believe the sandbox: those that pip installs within seconds.

`python -m tests.clients` runs these, and those of npm and Debian besides.
"""

from pathlib import Path

import pytest

from tests.clients.catalogue import CLIENTS, STEPS, Client
from tests.clients.environments import NotToBeHadError, command, environment
from tests.clients.session import drive, run_snippet
from tests.clients.snippets import Snippet, snippets

REPOSITORY = Path(__file__).resolve().parents[2]
PIP_CLIENTS = [client for client in CLIENTS if client.kind == "pip"]
PIP_SNIPPETS = [snippet for snippet in snippets() if snippet.client.kind == "pip"]


@pytest.mark.parametrize("client", PIP_CLIENTS, ids=lambda client: client.name)
async def test_the_own_flow_of_a_client_works_with_nothing_but_the_address_changed(
    client: Client,
) -> None:
    try:
        arguments, folder = command(client)
    except NotToBeHadError as reason:
        pytest.skip(str(reason))
    report = await drive(client, arguments, folder, REPOSITORY)
    assert {step.name for step in report.steps} <= set(STEPS), report.steps
    assert "sign-in" in {step.name for step in report.steps}
    assert [step for step in report.steps if not step.ok] == []


@pytest.mark.parametrize("snippet", PIP_SNIPPETS, ids=lambda snippet: snippet.client.name)
async def test_what_the_page_about_the_sandbox_says_of_a_client_runs_as_it_stands(
    snippet: Snippet,
) -> None:
    try:
        interpreter, folder = environment(snippet.client)
    except NotToBeHadError as reason:
        pytest.skip(str(reason))
    assert snippet.prints in await run_snippet(snippet, interpreter, folder, REPOSITORY)


def test_the_page_about_the_sandbox_names_every_client_that_it_promises() -> None:
    assert {snippet.client.name for snippet in snippets()} == {
        "webexpythonsdk",
        "wxc-sdk",
        "webex-node-sdk",
        "webex-node-bot-framework",
        "authjs",
        "openid-client-6-basic",
        "requests-oauthlib",
        "authlib",
    }
