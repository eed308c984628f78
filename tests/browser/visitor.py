"""A person at one tab of a browser: what they look at, press and type."""

from dataclasses import dataclass
from typing import Self

from playwright.sync_api import Locator, Page, expect

START = "Start OAuth flow"


@dataclass(frozen=True)
class Visitor:
    page: Page

    def goes_to(self, path: str = "/") -> Self:
        self.page.goto(path)
        return self

    def starts(self) -> Self:
        self.page.get_by_role("link", name=START, exact=True).click()
        return self

    def gives_email(self, email: str = "ada@example.com") -> Self:
        self.page.get_by_label("Email address").fill(email)
        self.page.get_by_role("button", name="Sign In").click()
        return self

    def accepts(self) -> Self:
        self.page.get_by_role("button", name="Accept").click()
        return self

    def declines(self) -> Self:
        self.page.get_by_role("button", name="Decline").click()
        return self

    def signs_in(self, email: str = "ada@example.com") -> Self:
        """From the home page to the answer of the callback."""
        return self.goes_to().starts().gives_email(email).accepts()

    def signs_out(self) -> Self:
        self.page.get_by_role("button", name="Sign out").click()
        return self

    def sees(self, heading: str) -> Self:
        expect(self.heading).to_have_text(heading)
        return self

    def is_greeted_as(self, name: str) -> Self:
        return self.sees(f"So happy to meet, {name} !")

    def is_signed_out(self) -> Self:
        expect(self.page.get_by_role("link", name=START, exact=True)).to_be_visible()
        return self

    @property
    def heading(self) -> Locator:
        return self.page.get_by_role("heading", level=1)

    @property
    def way_on(self) -> Locator:
        """The button that leads on, not the quieter ones beside it."""
        return self.page.locator(".way-on a:not(.quiet)")

    @property
    def checks(self) -> Locator:
        return self.page.locator(".checks li")
