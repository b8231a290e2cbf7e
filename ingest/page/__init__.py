"""A document as blocks: Markdown, HTML in it, containers, attributes, text as it is read.

Knows nothing of questions.
"""
