"""Somebody whose browser keeps a key for its session, and somebody else who has a copy of the ticket."""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy

from auth_service.binding import handlers as binding
from common.failures import Failure
from common.sessions.bound_cookie import COOKIE_SECONDS, SETTLING_SECONDS, NotProven
from common.sessions.ticket import Ticket
from harness.browser_like import Answer
from harness.device import Device
from tests.simulation.checks import reason_to_be_gone
from tests.simulation.chronicle import Promise
from tests.simulation.replicas import PLAYED_COOKIES
from tests.simulation.requests import store
from tests.simulation.world import Browser, Gone, World

# An answer is under way for so long, and clocks are wrong by as much.
MARGIN_SECONDS = 2.0
HANDLERS = {binding.REGISTRATION: binding.register, binding.RENEWAL: binding.renew}


class Sender:
    """What a device sends by, with no cookie: any replica of auth_service."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.answered: web.StreamResponse | None = None

    async def send(self, method: str, path: str, *, headers: Mapping[str, str]) -> Answer:
        self.answered = None
        sent = {name.replace("_", "-"): value for name, value in headers.items() if value}
        auth = self._world.any_auth()
        response = await auth.handle(
            path, HANDLERS[path], method=method, path=path, headers=sent, cookies={}
        )
        self.answered = response
        text = response.text if isinstance(response, web.Response) else ""
        return Answer(response.status, CIMultiDictProxy(CIMultiDict(response.headers)), text or "")


class Owner:
    """A browser with a key for the session that it holds, if it was offered one."""

    def __init__(self, world: World, browser: Browser) -> None:
        self.world, self.browser = world, browser
        self._sender: Any = Sender(world)
        self._device: Device | None = None
        self._bound: str | None = None
        """The handle of the session that it has a key for."""
        self._ends = 0.0

    async def sign_in(self) -> None:
        before = self.browser.offer
        arriving = asyncio.ensure_future(self._arrive())
        while self.browser.offer is before and not arriving.done():  # noqa: ASYNC110 - by the dice
            await asyncio.sleep(self.world.dice.uniform(0, 0.02))
        try:
            # An offer is taken up once, beside the landing: if that fails, its session is not bound.
            if self.browser.offer is not before:
                await self.world.rest(self.world.dice.choice([0.01, 0.4]))
                await self.register()
        finally:
            await arriving

    async def _arrive(self) -> None:
        """Sign in, and go where the landing leads."""
        await self.browser.sign_in()
        await self.visit()

    async def register(self) -> None:
        """Take up what the last sign-in offered."""
        ticket, offer = self.browser.ticket, self.browser.offer
        if ticket is None or offer is None or ticket.handle == self._bound:
            return
        device = Device()
        answer = await device.registers(self._sender, offer)
        if answer.status == web.HTTPOk.status_code:
            self._device, self._bound = device, ticket.handle
            self.world.chronicle.bound_since[ticket.handle] = self.world.now
            self._keep()

    async def visit(self) -> None:
        """Open a page; the browser renews the short cookie before, if that has ended."""
        if self.world.now >= self._ends and not await self.renew():
            return
        proven = self._proven
        try:
            await self.browser.visit()
        except NotProven:
            if proven and self._proven:
                self.world.chronicle.violated(
                    Promise.STAYS_SIGNED_IN, f"{self.browser.name} is not believed"
                )

    async def renew(self) -> bool:
        """Renew the short cookie; False if this was not to be had now."""
        device, bound = self._device, self._bound
        if device is None or bound is None:
            return True
        if self.world.now >= self._ends:
            self.browser.jar.pop(PLAYED_COOKIES.bound, None)
        for _ in range(2):
            answer = await device.renews(self._sender)
            if answer.status == web.HTTPOk.status_code:
                break
        else:
            return False
        if answer.text and not answer.json().get("continue", True):
            self._over(bound)
            return True
        self._keep()
        return True

    @property
    def _proven(self) -> bool:
        """Whether it has a live short cookie of the session that it holds."""
        ticket = self.browser.ticket
        return ticket is not None and ticket.handle == self._bound and self.world.now < self._ends

    def _over(self, bound: str) -> None:
        if self._bound == bound:
            self._device = self._bound = None
        if reason_to_be_gone(self.world, bound) is None:
            self.world.chronicle.violated(
                Promise.STAYS_SIGNED_IN, f"the key of {bound[:5]} is to be forgotten"
            )

    def _keep(self) -> None:
        self._ends = self.world.now + COOKIE_SECONDS - MARGIN_SECONDS
        if self._sender.answered is not None:
            store(self.browser.jar, self._sender.answered)


class Thief:
    """Has a copy of the ticket, and never the short cookie."""

    def __init__(self, world: World, ticket: Ticket) -> None:
        self.world, self._ticket = world, ticket

    async def visit(self) -> None:
        """Open a page; nobody may be seen a while after the session was bound."""
        world, handle = self.world, self._ticket.handle
        since, began = world.chronicle.bound_since.get(handle), world.now
        try:
            app = world.any_app()
            visitor = await app.does("theft", lambda: app.sessions.visit(self._ticket.cookie))
        except (Failure, Gone):
            return
        if visitor and since is not None and began > since + SETTLING_SECONDS + MARGIN_SECONDS:
            world.chronicle.violated(Promise.DEVICE, f"{handle[:5]} is shown without its device")

    async def register(self, offer: Any) -> None:
        """Take up the offer with a key of its own: whoever comes second ends the session."""
        self.world.chronicle.to_end(self._ticket.handle, "a second key")
        await Device().registers(self._any(), offer)

    def _any(self) -> Any:
        return Sender(self.world)
