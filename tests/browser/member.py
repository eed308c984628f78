"""A person in the space: what they read, write and press on its page."""

import re
from typing import Self

from playwright.sync_api import Locator, expect

from tests.browser.visitor import Visitor

TITLE = "Upcoming events"
ASK = "Ask Webex for it"


class Member(Visitor):
    def enters(self, email: str = "ada@example.com") -> Self:
        """Sign in, allow what the page asks for, and be let in by the bot."""
        self.goes_to("/widget").gives_email(email).accepts().sees("The space")
        self.page.get_by_role("link", name=ASK).click()
        self.accepts()
        expect(self.page).to_have_url(re.compile("/widget$"))
        # A sandbox that was reset has forgotten whom the bot added; the service has not.
        return self.goes_to("/widget?again=1").sees(TITLE).is_live()

    def is_live(self) -> Self:
        expect(self.connection).to_have_text("Live")
        return self

    def types(self, text: str) -> Self:
        self.composer.fill(text)
        return self

    def writes(self, text: str) -> Self:
        self.types(text).composer.press("Enter")
        expect(self.composer).to_have_value("")
        return self

    def reads(self, text: str) -> Self:
        expect(self.message(text)).to_be_visible()
        return self

    def reads_nothing_of(self, text: str) -> Self:
        expect(self.message(text)).to_have_count(0)
        return self

    def presses(self, label: str, text: str) -> Self:
        """One of a message's own buttons."""
        said = self.message(text)
        said.hover()
        said.get_by_role("button", name=f"{label}:").click()
        return self

    def message(self, text: str) -> Locator:
        """The message that says this, without its replies."""
        return self.page.locator(".message > article").filter(has_text=text)

    @property
    def composer(self) -> Locator:
        return self.page.get_by_label("Your message")

    @property
    def complaint(self) -> Locator:
        return self.page.locator("#send-error")

    @property
    def connection(self) -> Locator:
        return self.page.locator("#connection")

    @property
    def scroll(self) -> Locator:
        return self.page.get_by_role("region", name="Conversation")
