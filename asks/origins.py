"""Finds or makes the origin of a donation, before anything goes to Stripe, so that no order of events can lose it."""

from urllib.parse import urlsplit, urlunsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_slug

from asks.models import Ask, Origin
from stories.models import Story


def find_or_make(*, story_url: str, ask_slug: str, campaign: str) -> Origin:
    """The origin that an address's `story`, `ask` and `campaign` name. Safe to run in parallel.

    What they hold comes from outside: an ask that does not exist, a story that is no address and a campaign that is no
    slug are left out rather than refused, since a reader must be able to give through a mistyped link.
    """
    ask = Ask.objects.filter(slug=ask_slug).first() if ask_slug else None
    origin, _ = Origin.objects.get_or_create(story=story(story_url), ask=ask, campaign=_slug(campaign))
    return origin


def story(url: str) -> Story | None:
    """The article of an address, made if it is not known; None for what is no address."""
    try:
        URLValidator(schemes=["http", "https"])(url)
        parts = urlsplit(url)
    except (ValidationError, ValueError):
        return None
    canonical = urlunsplit((parts.scheme, parts.netloc.lower(), parts.path or "/", "", ""))
    return Story.objects.get_or_create(url=canonical)[0] if len(canonical) <= 500 else None


def _slug(campaign: str) -> str:
    try:
        validate_slug(campaign)
    except ValidationError:
        return ""
    return campaign[:60]
