"""Letters as a mail program on a phone shows them."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from letters import moulds, outbox
from letters.occasions import OCCASIONS
from newsroom.models import Newsroom

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_fit_the_narrowest_screen_and_can_be_read(browser: Browser, scheme: str) -> None:
    newsroom, wide = Newsroom(public_name="Незалежна спілка журналістів", reply_to="hello@bereg.example"), []
    with browser.new_context(
        viewport={"width": 320, "height": 720}, color_scheme=scheme  # type: ignore[arg-type]  # one of its words
    ) as context:  # fmt: skip
        page = context.new_page()
        for occasion in OCCASIONS.values():
            stop = {"stop_token": outbox.stop_token(123_456, occasion.group)} if occasion.is_declinable else {}
            for language in ("en", "uk"):
                said = occasion.example(language) | stop
                page.set_content(moulds.render(occasion, language, said, newsroom, None)[2])
                if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    wide.append((occasion.name, language))
            if occasion.name in {"sign_in_code", "card_expiring", "gift_given"}:
                found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]}).response["violations"]
                assert [(occasion.name, rule["id"]) for rule in found] == []
    assert wide == []
