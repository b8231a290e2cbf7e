"""Azure's question answering below `/language/`, and QnA Maker's below `/qnamaker/`.

Imports no other protocol.
"""
