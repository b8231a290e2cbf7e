"""Pages and HTTP API over an opened knowledge base: `server.app.create_app` and `server.serve.serve`."""
