"""The product, with each request in its log."""

import logging

from config.wsgi import application

__all__ = ["application"]

logging.getLogger().setLevel(logging.INFO)
