"""Messages of the Model Context Protocol, written by hand, and the SDK's client over both transports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from server_support import ROOT, Reply, ServedProcess, run_async

MODERN = "2026-07-28"
HANDSHAKE = "2025-11-25"
T = TypeVar("T")


def message(method: str, request_id: Any = 1, **params: Any) -> dict[str, Any]:
    """Return a request of the handshake era."""
    return {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}


def modern(method: str, request_id: Any = 1, version: Any = MODERN, **params: Any) -> dict[str, Any]:
    """Return a request that says its revision."""
    prefix = "io.modelcontextprotocol/"
    meta = {f"{prefix}protocolVersion": version, f"{prefix}clientCapabilities": {}}
    return message(method, request_id, _meta=meta, **params)


def hello(version: str = HANDSHAKE) -> dict[str, Any]:
    """Return the request that opens a handshake."""
    return message(
        "initialize", protocolVersion=version, capabilities={}, clientInfo={"name": "by hand", "version": "1"}
    )


def post(server: ServedProcess, content: Any, **headers: str) -> Reply:
    """Send one message over HTTP; header names are written with `_`."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    named = {"Accept": "application/json, text/event-stream"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return server.send("POST", "/mcp", body=body, headers=named)


def post_modern(server: ServedProcess, content: dict[str, Any], **headers: str) -> Reply:
    """Send one message of the modern era with the headers that repeat its body."""
    params = content["params"]
    repeated = {"MCP_Protocol_Version": MODERN, "Mcp_Method": content["method"]}
    name = params.get("name") or params.get("uri")
    return post(server, content, **(repeated | ({"Mcp_Name": name} if name else {}) | headers))


def talk(folder: Path, *lines: Any) -> tuple[list[Any], subprocess.CompletedProcess[bytes]]:
    """Send lines to `faq mcp` and end its input; return the parsed replies and the finished process."""
    written = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    done = subprocess.run(
        [sys.executable, "-m", "faqkb", "mcp", "--kb", str(folder)],
        input=b"".join(line + b"\n" for line in written),
        capture_output=True,
        check=False,
        timeout=60,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return [json.loads(line) for line in done.stdout.splitlines()], done


def with_client(target: Any, mode: str, use: Callable[[Any], Awaitable[T]]) -> T:
    """Connect the SDK's client to an address or a command, and let it be used."""
    from mcp import Client

    async def run() -> T:
        async with Client(target, mode=mode, read_timeout_seconds=60) as client:
            return await use(client)

    return run_async(run())


def stdio_target(folder: Path) -> Any:
    """Return `faq mcp` as the SDK starts it."""
    from mcp import StdioServerParameters

    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "faqkb", "mcp", "--kb", str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
    )
