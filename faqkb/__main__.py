"""`python -m faqkb`, the same as `faq`."""

from faqkb.faq.main import run

if __name__ == "__main__":
    run()
