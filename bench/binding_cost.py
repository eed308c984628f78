"""`python -m bench.binding_cost`: what it costs that a session is bound to its device.

A page of a bound session beside one of a session that is not: in memory, as bench.page_cost asks for it, in
turn. Sign-ins that offer to bind beside those that do not, registrations and renewals: over sockets, with a
real Redis, in CPU time of auth_service. What the browser's key costs the browser is left out.
"""

import statistics
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, ExitStack

from bench.page_cost import Pages, pages
from bench.sizing import processor_seconds
from bench.tools.in_memory import WARM_UP, run
from harness.browser_like import Answer, Browser
from harness.device import Device
from harness.sandbox_control import SandboxControl
from harness.stack import Stack
from local_stack.ports import HOST

PAIRS = 60
SIGN_INS, REPEATS = 100, 3
URL = "https://greetings.example"
# None of them is used anywhere.
CLIENT = {"client_id": "insecure-client", "client_secret": "insecure-client-secret"}
HTTPS = {
    "PUBLIC_URL": URL,
    "SESSION_KEYS": "key-of-the-benchmark-only-0123456789",
    "SANDBOX_URL": "",
    "CLIENT_ID": CLIENT["client_id"],
}


async def page() -> list[str]:
    unbound = await pages("not bound", environment=HTTPS)
    bound = await pages("bound", bound=True, environment=HTTPS)
    both = [unbound, bound]
    for each in both:
        for _ in range(WARM_UP):
            await each.round()
    for turn in range(PAIRS):
        for each in both if turn % 2 else reversed(both):
            await each.measure()
    ratios = [after / before for after, before in zip(bound.samples, unbound.samples, strict=True)]
    least = min(bound.samples) / min(unbound.samples)
    return [
        f"µs of CPU a page, in memory, {PAIRS} in turn",
        *(_line(each) for each in both),
        f"{'bound to not bound':28} of the least {least:.3f}, of each pair {statistics.median(ratios):.3f}",
    ]


def _line(each: Pages) -> str:
    low, middle, high = min(each.samples), statistics.median(each.samples), max(each.samples)
    return f"{each.name:28} least {low:.1f}, median {middle:.1f}, most {high:.1f}"


class Auth:
    """One auth_service, over https as far as it knows, with a sandbox in the place of Webex."""

    def __init__(self, webex: str, bound_sessions: str) -> None:
        self.stack = Stack(
            PUBLIC_URL=URL,
            CLIENT_ID=CLIENT["client_id"],
            CLIENT_SECRET=CLIENT["client_secret"],
            WEBEX_API_URL=f"{webex}/v1",
            WEBEX_REVOKE_URL=f"{webex}/idb/oauth2/v1/revoke",
            WEBHOOKS="off",
            SIGN_IN_RATE="5000r/s",
            SIGN_IN_BURST="5000",
            BOUND_SESSIONS=bound_sessions,
        )

    def browser(self) -> Browser:
        return Browser(URL, lambda _: f"http://{HOST}:{self.stack.ports.door}")

    async def costs(self, act: Callable[[], Awaitable[object]]) -> float:
        """Milliseconds of CPU for each of SIGN_INS, which `act` does all."""
        before = processor_seconds(self.stack, "auth_service")
        await act()
        return (processor_seconds(self.stack, "auth_service") - before) * 1000 / SIGN_INS


async def proofs() -> list[str]:
    costs: dict[str, list[float]] = {}
    with ExitStack() as stacks:
        webex = stacks.enter_context(Stack(only=["webex_sandbox"])).sandbox_url
        await SandboxControl(webex).register(**CLIENT, redirect_uris=[f"{URL}/oauth"])
        off, offered = Auth(webex, "off"), Auth(webex, "offered")
        for auth in (off, offered):
            stacks.enter_context(auth.stack)
        for turn in range(1 + REPEATS):
            of_turn = await _a_turn(off, offered)
            # The first one warms up.
            for what, cost in of_turn.items() if turn else ():
                costs.setdefault(what, []).append(cost)
    lines = [f"ms of CPU of auth_service, over sockets, {REPEATS} times {SIGN_INS}"]
    for what, values in costs.items():
        least, most = min(values), max(values)
        lines.append(f"{what:28} {statistics.median(values):.2f} ({least:.2f} to {most:.2f})")
    return lines


async def _a_turn(off: Auth, offered: Auth) -> dict[str, float]:
    async with AsyncExitStack() as open_:
        plain = [await open_.enter_async_context(off.browser()) for _ in range(SIGN_INS)]
        browsers = [await open_.enter_async_context(offered.browser()) for _ in range(SIGN_INS)]
        answers: list[Answer] = []

        async def sign_in(those: Sequence[Browser]) -> None:
            answers[:] = [await browser.sign_in() for browser in those]

        unbound = await off.costs(lambda: sign_in(plain))
        with_offer = await offered.costs(lambda: sign_in(browsers))
        devices = [Device() for _ in browsers]

        async def register() -> None:
            for device, browser, answer in zip(devices, browsers, answers, strict=True):
                assert (await device.registers(browser, answer)).status == 200

        async def renew() -> None:
            for device, browser in zip(devices, browsers, strict=True):
                assert (await device.renews(browser)).status == 200

        return {
            "sign-in, nothing offered": unbound,
            "sign-in with the offer": with_offer,
            "registration": await offered.costs(register),
            "renewal": await offered.costs(renew),
        }


async def main() -> None:
    for part in (page, proofs):
        print("\n".join(await part()))


if __name__ == "__main__":
    run(main())
