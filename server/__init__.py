"""Pages, API and chat protocols over an opened knowledge base: `server.app.create_app` and `server.serve.serve`.

Holds no ranking logic, and knows nothing of Markdown or the terminal.
"""
