"""A knowledge base in Milvus: published from a local snapshot, and answered from without one.

`publishing` fills the collections of a snapshot and switches the alias that names the live one; `opening` opens it.
Knows records, vectors and words; nothing of Markdown, of requests or of the terminal. `client` alone knows pymilvus.
"""
