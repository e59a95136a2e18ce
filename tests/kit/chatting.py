"""What a person does with the chat in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page


def opened(page: Page, path: str = "/") -> None:
    """Go to a page and open its chat."""
    page.goto(path)
    page.get_by_role("button", name="Open the chat").click()


def say(page: Page, text: str) -> None:
    """Send a message."""
    page.get_by_label("Message", exact=True).fill(text)
    page.get_by_role("button", name="Send").click()


def asked(page: Page, text: str) -> None:
    """Send a message and wait for the answer that the backend of the templates' tests gives."""
    say(page, text)
    expect(page.get_by_label("Messages")).to_contain_text("then pour.")


def as_user(page: Page, name: str) -> None:
    """Another session, as after signing in in another window."""
    page.context.add_cookies([{"name": "session", "value": name, "url": page.url, "httpOnly": True}])
    page.evaluate("window.dispatchEvent(new Event('focus'))")
