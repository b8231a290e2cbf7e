"""The client of a server elsewhere, `Client` for threads and `AsyncClient` for asyncio; it lives in `faq/client/`."""

from faqkb.faq.client import *  # noqa: F403 - its names, as it lists them
