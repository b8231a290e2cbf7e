"""Handing a knowledge base over as one file: `faq export --format kb` makes it, `faq import` takes it as a stranger's.

Keys, feedback and what was tuned stay where they are.
"""
