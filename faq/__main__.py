"""`python -m faq`."""

from faq.main import run

run()
