"""`python -m bench.refresh_storm`: an expired token, 100 requests at once, and a Webex of 3 seconds.

Two replicas of each service behind nginx; the refresh token rotates, so a second refresh with the old
one would end the session. Second run: the replica that refreshes is killed in the middle.
"""

import asyncio
import time
from collections import Counter

import aiohttp

from bench.visitor import Visitor
from harness.sandbox_control import EXCHANGE, SandboxControl
from harness.stack import Stack

REQUESTS = 100
WEBEX_SECONDS = 3.0
RECOVERY_TRIES = 200


async def storm(stack: Stack, http: aiohttp.ClientSession) -> str:
    visitor, sandbox = await _expired(stack, http, "ada@example.com")
    began = time.perf_counter()
    statuses = Counter(
        await asyncio.gather(*(visitor.get(http, "/api/me") for _ in range(REQUESTS)))
    )
    took = time.perf_counter() - began
    calls = await sandbox.calls(EXCHANGE)
    return (
        f"storm: {REQUESTS} requests, token calls {calls}, answers {dict(statuses)}, {took:.1f} s"
    )


async def killed_holder(stack: Stack, http: aiohttp.ClientSession) -> str:
    """Kill the replica that waits for Webex, start it again, and ask until all is well."""
    visitor, sandbox = await _expired(stack, http, "grace@example.com")
    # Past nginx, so that it is known which replica of auth_service will hold the lease.
    at_first = Visitor(stack.service_url("app_service"), visitor.email, visitor.cookie)
    first = [asyncio.create_task(at_first.get(http, "/api/me"))]
    while await sandbox.calls(EXCHANGE) == 0:  # noqa: ASYNC110 - Webex is another process
        await asyncio.sleep(0.01)
    first += [asyncio.create_task(visitor.get(http, "/api/me")) for _ in range(REQUESTS - 1)]
    await asyncio.sleep(WEBEX_SECONDS / 2)
    stack.process("auth_service").kill()
    began = time.perf_counter()
    stack.process("auth_service").start()
    outcomes = Counter(await asyncio.gather(*first))
    for _ in range(RECOVERY_TRIES):
        status = await visitor.get(http, "/api/me")
        outcomes[status] += 1
        if status == "200":
            break
        await asyncio.sleep(0.1)
    took = time.perf_counter() - began
    calls = await sandbox.calls(EXCHANGE)
    return (
        f"killed holder: {outcomes.total()} requests, token calls {calls}, answers {dict(outcomes)}, "
        f"sign-outs {outcomes['401']}, well again after {took:.1f} s"
    )


async def _expired(
    stack: Stack, http: aiohttp.ClientSession, email: str
) -> tuple[Visitor, SandboxControl]:
    sandbox = SandboxControl(stack.sandbox_url)
    await sandbox.lift_faults()
    visitor = Visitor(stack.url, email)
    await visitor.sign_in(http)
    await sandbox.policy(refresh_mode="rotating")
    await sandbox.fault(EXCHANGE, delay=WEBEX_SECONDS)
    await sandbox.expire_tokens(access=True)
    await sandbox.forget_calls()
    return visitor, sandbox


async def main() -> None:
    timeout = aiohttp.ClientTimeout(total=60)
    with Stack(auth_services=2, app_services=2, SIGN_IN_RATE="1000r/s") as stack:
        async with aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(limit=0),
            timeout=timeout,
        ) as http:
            for run in (storm, killed_holder):
                print(await run(stack, http), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
