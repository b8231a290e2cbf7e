"""The laws of the structure: who may import whom, and what never happens."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("kb", "ingest", "server", "faq")
MAY_IMPORT = {"kb": {"kb"}, "ingest": {"ingest", "kb"}, "server": {"server", "kb"}, "faq": set(PACKAGES)}
ONLY_IN = {
    "markdown_it": "ingest/page/markdown.py",
    "faiss": "kb/index/dense.py",
    "onnxruntime": "kb/model/encoder.py",
    "opencc": "kb/text.py",
    "pytrec_eval": "kb/evaluation/ranking_measures.py",
    "httpx": "faq/client/",
    "matplotlib": "kb/evaluation/plots.py",
}
# Preparing a model quantises with onnxruntime and looks into the exported graph; it never serves.
MODEL_PREPARATION = "kb/model_"
FORBIDDEN_CALLS = {"eval", "exec", "compile"}
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "dill", "unittest.mock"}


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def top_level(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_go_one_way(package: str) -> None:
    for path in sources(package):
        assert top_level(path) & set(PACKAGES) <= MAY_IMPORT[package], path


@pytest.mark.parametrize("library", ONLY_IN)
def test_one_module_knows_each_library(library: str) -> None:
    users = {path.relative_to(ROOT).as_posix() for path in sources(*PACKAGES) if library in top_level(path)}
    assert {user for user in users if not user.startswith(MODEL_PREPARATION)} == {ONLY_IN[library]}


def test_flask_is_known_to_the_server_alone() -> None:
    for path in sources("kb", "ingest", "faq"):
        assert not top_level(path) & {"flask", "werkzeug", "waitress"}, path


def test_nothing_loads_code_from_data() -> None:
    for path in sources(*PACKAGES):
        assert not set(imported(path)) & FORBIDDEN_MODULES, path
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in FORBIDDEN_CALLS, f"{path}:{node.lineno}"
            if isinstance(node, ast.keyword) and node.arg in {"shell", "allow_pickle"}:
                assert isinstance(node.value, ast.Constant), path
                assert node.value.value is False, f"{path}:{node.value.lineno}"


def test_no_error_is_swallowed() -> None:
    for path in sources(*PACKAGES):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                assert node.type is not None, f"{path}:{node.lineno} bare except"
                assert not all(isinstance(step, ast.Pass) for step in node.body), f"{path}:{node.lineno}"


PROBE = """
import sys
try:
    {action}
except SystemExit:
    pass
loaded = {{name.split('.')[0] for name in sys.modules}}
print(sorted(loaded & {{'torch', 'transformers', 'sentence_transformers', {more}}}))
"""


@pytest.mark.parametrize(
    ("action", "more"),
    [
        (
            "sys.argv = ['faq', 'ask', 'shm', '--kb', {kb!r}]; from faqkb.faq.main import main; main()",
            "'flask', 'markdown_it', 'rich', 'pytrec_eval', 'matplotlib'",
        ),
        (
            "sys.argv = ['faq', 'ingest', {content!r}, '--kb', {new!r}]; from faqkb.faq.main import main; main()",
            "'flask'",
        ),
        ("from faqkb.server.app import create_app; create_app({path})", ""),
    ],
)
def test_serving_and_ingest_never_import_torch(kb_folder: Path, tmp_path: Path, action: str, more: str) -> None:
    filled = action.format(
        kb=str(kb_folder),
        content=str(ROOT / "content"),
        new=str(tmp_path / "kb"),
        path=f"__import__('pathlib').Path({str(kb_folder)!r})",
    )
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(action=filled, more=more)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
