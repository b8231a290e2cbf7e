"""`python -m faq`."""

from faqkb.faq.main import run

run()
