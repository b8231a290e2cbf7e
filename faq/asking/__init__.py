"""What `faq ask` asks: a knowledge base here, or a server elsewhere, with a pasted log made to fit.

Knows nothing of options and of what is printed.
"""
