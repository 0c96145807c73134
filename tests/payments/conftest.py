"""The whole world, for what has to be seen over HTTP and with a sandbox."""

from tests.journeys.conftest import sandbox, story, world

__all__ = ["sandbox", "story", "world"]
