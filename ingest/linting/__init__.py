"""What is wrong with FAQ Markdown, as far as reading it tells: rules over what the rest of `ingest` has read.

Knows nothing of vectors or of the network: the rules that need these are in `faq/linting/`.
"""
