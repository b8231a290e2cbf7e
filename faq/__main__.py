"""`python -m faq`."""

from faq.main import main

main()
