"""A conversation in OpenAI's protocol, whichever address it comes by: read, asked, and what is said to it.

Knows no form of a reply.
"""
