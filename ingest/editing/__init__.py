"""Changes to Markdown that a maintainer accepted, as a patch: other words of a question, a new question.

A change is made to the text as it was read, then the text is read again: where anything else would come out than what
was meant, the change is refused.
"""
