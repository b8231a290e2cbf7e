"""The Model Context Protocol over HTTP, as the application puts it together with the others."""

from __future__ import annotations

from faqkb.server.mcp.http import mcp
from faqkb.server.protocol import Protocol

MCP = Protocol(blueprints=(mcp,), paths=("/mcp",))
