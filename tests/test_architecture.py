"""The laws of the structure: who may import whom, and what never happens."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
WINGS = ("kb", "ingest", "server", "faq")
# What each room may import of its own wing, beside itself. `kb` and `server` alone stand for the ground of the wing:
# values that every room shares. A room that is not here may not be.
KB = ("kb", "kb.language", "kb.foreign")
SERVED = (
    "server",
    "server.http",
    "server.texts",
    "server.wording",
    "server.workers",
    "server.reference",
    "server.answering",
    "server.feedback",
)
ROOMS: dict[str, tuple[str, ...]] = {
    "kb": (),
    "kb.language": (),
    "kb.foreign": ("kb",),
    "kb.index": KB,
    "kb.bundled": KB,
    "kb.prepared": KB,
    "kb.model": (*KB, "kb.index", "kb.bundled", "kb.prepared"),
    "kb.store": (*KB, "kb.index"),
    "kb.snapshot": (*KB, "kb.index", "kb.model", "kb.store"),
    "kb.building": (*KB, "kb.index", "kb.model", "kb.store", "kb.snapshot"),
    "kb.retrieval": (*KB, "kb.index", "kb.model", "kb.store", "kb.snapshot"),
    "kb.knowledge": (*KB, "kb.index", "kb.model", "kb.snapshot", "kb.retrieval"),
    "kb.milvus": (*KB, "kb.index", "kb.model", "kb.store", "kb.snapshot", "kb.retrieval", "kb.knowledge"),
    "kb.conversation": (*KB, "kb.retrieval", "kb.knowledge"),
    "kb.evaluation": (*KB, "kb.index", "kb.knowledge"),
    "kb.learning": (
        *KB,
        "kb.index",
        "kb.bundled",
        "kb.model",
        "kb.snapshot",
        "kb.building",
        "kb.retrieval",
        "kb.knowledge",
        "kb.evaluation",
        "kb.feedback",
    ),
    "kb.database": KB,
    "kb.feedback": (*KB, "kb.database"),
    "kb.keys": (*KB, "kb.database"),
    "kb.gaps": (*KB, "kb.index", "kb.feedback", "kb.knowledge"),
    "ingest.page": (),
    "ingest.styles": ("ingest.page",),
    "ingest.readings": ("ingest.page", "ingest.styles"),
    "ingest.answers": ("ingest.page",),
    "ingest.reports": ("ingest.page", "ingest.styles", "ingest.readings"),
    "ingest.known": ("ingest.readings", "ingest.reports"),
    "ingest": ("ingest.page", "ingest.styles", "ingest.readings", "ingest.reports", "ingest.answers", "ingest.known"),
    "ingest.linted": (
        "ingest",
        "ingest.page",
        "ingest.styles",
        "ingest.readings",
        "ingest.answers",
        "ingest.reports",
    ),
    "ingest.linting": (
        "ingest",
        "ingest.page",
        "ingest.styles",
        "ingest.readings",
        "ingest.answers",
        "ingest.reports",
        "ingest.linted",
    ),
    "ingest.editing": ("ingest", "ingest.page", "ingest.styles", "ingest.readings"),
    "ingest.imported": ("ingest", "ingest.page", "ingest.editing"),
    "ingest.imported.tables": ("ingest.imported",),
    "ingest.imported.documents": ("ingest", "ingest.imported", "ingest.imported.tables"),
    "ingest.imported.recognise": (
        "ingest.page",
        "ingest.imported",
        "ingest.imported.tables",
        "ingest.imported.documents",
    ),
    "server": (),
    "server.http": ("server",),
    "server.texts": (),
    "server.wording": ("server",),
    "server.workers": ("server", "server.http"),
    "server.access": ("server", "server.http"),
    "server.reference": ("server", "server.http", "server.answering", "server.wording"),
    "server.answering": ("server", "server.http", "server.texts", "server.wording", "server.workers"),
    "server.feedback": ("server", "server.http", "server.access", "server.answering"),
    "server.monitoring": (*SERVED, "server.access"),
    "server.api": (*SERVED, "server.access"),
    "server.openai.helpers": (),
    "server.openai.conversation": (*SERVED, "server.access", "server.openai.helpers"),
    "server.openai.responses": (*SERVED, "server.access", "server.openai.conversation"),
    "server.openai": (
        *SERVED,
        "server.access",
        "server.openai.helpers",
        "server.openai.conversation",
        "server.openai.responses",
    ),
    "server.azure": (*SERVED, "server.access"),
    "server.mcp": (*SERVED, "server.access"),
    "server.pages": (*SERVED, "server.access"),
    "server.admin": (*SERVED, "server.access", "server.pages"),
    "server.app": (
        *SERVED,
        "server.access",
        "server.monitoring",
        "server.api",
        "server.openai",
        "server.azure",
        "server.mcp",
        "server.pages",
        "server.admin",
    ),
    "server.bases": (
        *SERVED,
        "server.access",
        "server.monitoring",
        "server.api",
        "server.pages",
        "server.app",
    ),
    "server.site": (*SERVED, "server.access", "server.pages", "server.app"),
    "faq.client": (),
    "faq.trust": (),
    "faq": ("faq.client", "faq.trust"),
    "faq.checks": ("faq", "faq.client", "faq.trust"),
    "faq.asking": ("faq", "faq.client", "faq.trust"),
    "faq.showing": ("faq",),
    "faq.watching": ("faq", "faq.showing"),
    "faq.records": ("faq", "faq.showing"),
    "faq.starting": ("faq", "faq.checks"),
    "faq.doctor": ("faq",),
    "faq.handing": ("faq",),
    "faq.linting": ("faq",),
    "faq.measuring": ("faq", "faq.showing"),
    "faq.several": ("faq",),
    "faq.improving": ("faq", "faq.measuring"),
    "faq.commands": (
        "faq",
        "faq.client",
        "faq.trust",
        "faq.checks",
        "faq.asking",
        "faq.showing",
        "faq.measuring",
        "faq.watching",
        "faq.doctor",
        "faq.handing",
        "faq.several",
    ),
}
# Above every room of its wing, though it lies at the ground: the front door of `kb`, what knows every format that is
# imported, and what puts the server together.
ABOVE = {
    "kb.knowledge": "kb.knowledge",
    "ingest.imported.recognise": "ingest.imported.recognise",
    "server.app": "server.app",
    "server.serve": "server.app",
    "server.settings": "server.app",
}
OTHER_WINGS = {"kb": set(), "ingest": {"kb"}, "server": {"kb"}, "faq": {"kb", "ingest", "server"}}
MOST_FILES = 13  # of a room, about a dozen
MOST_LINES = {"function": 40, "class": 150}
LONG_ON_PURPOSE = "# Long on purpose:"  # above a longer one, and why
ONLY_IN = {
    "markdown_it": {"ingest/page/markdown.py", "ingest/page/rules.py"},
    "mdit_py_plugins": {"ingest/page/markdown.py"},
    "yaml": {"ingest/page/front_matter.py"},
    "faiss": {"kb/index/dense.py", "kb/index/coarse.py"},
    "pymilvus": {"kb/milvus/client.py"},
    # Preparing a model quantises with onnxruntime and looks into the exported graph; it never serves.
    "onnxruntime": {"kb/model/encoder.py", "kb/model/quantize.py", "kb/model/verify.py"},
    "opencc": {"kb/text.py"},
    "py3langid": {"kb/language/detector.py"},
    "spellchecker": {"kb/retrieval/spelling.py"},
    "pytrec_eval": {"kb/evaluation/ranking_measures.py"},
    "httpx": {f"faq/client/{name}.py" for name in ("blocking", "asynchronous", "deadline", "wire")},
    "mammoth": {"ingest/imported/documents/word.py"},
    "markdownify": {"ingest/imported/documents/word.py"},
    "openpyxl": {"ingest/imported/tables/excel.py"},
    "matplotlib": {"kb/evaluation/plots.py"},
    "waitress": {"server/http/listener.py"},
}
FORBIDDEN_CALLS = {"eval", "exec", "compile"}
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "dill", "unittest.mock"}


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def module_of(path: Path) -> str:
    """Return the name of a module below `faqkb`, e.g. `kb.store.writing`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """Return the room of a module: the folder it lies in."""
    if module in ABOVE or module in ROOMS:
        return ABOVE.get(module, module)
    return module.rpartition(".")[0]


MODULES = {module_of(path): path for path in sources(*WINGS)}


def imported(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, by its full name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            of_modules = [name for name in names if name.removeprefix("faqkb.") in MODULES]
            yield from of_modules if len(of_modules) == len(names) else [node.module]


def own_imports(path: Path) -> set[str]:
    """Return the modules of ours that a file imports, as `MODULES` names them."""
    return {name.removeprefix("faqkb.") for name in imported(path) if name.startswith("faqkb.")}


def top_level(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


def test_every_module_lies_in_a_room_of_the_table() -> None:
    assert {room_of(module) for module in MODULES} - set(WINGS) <= set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_rooms_below_it(room: str) -> None:
    wing = room.partition(".")[0]
    for module, path in MODULES.items():
        if room_of(module) != room:
            continue
        for target in own_imports(path):
            other = target.partition(".")[0]
            if other != wing:
                assert other in OTHER_WINGS[wing], f"{path} imports {target}"
            else:
                assert room_of(target) in {room, *ROOMS[room]}, f"{path} imports {target}"


def test_no_two_modules_import_each_other() -> None:
    imports = {module: own_imports(path) for module, path in MODULES.items()}
    for module, targets in imports.items():
        for target in targets - {module}:
            assert module not in imports.get(target, ()), f"{module} and {target}"


def test_nothing_is_imported_past_the_one_name() -> None:
    """In a checkout `import kb` would find the folder too, and load every module a second time."""
    for path in [*MODULES.values(), *sources("tests", "tools", "benchmarks", "examples")]:
        assert not top_level(path) & set(WINGS), path


def test_errors_and_the_api_document_know_no_protocol() -> None:
    for name in ("server/problems.py", "server/protocol.py", "server/api/openapi.py"):
        text = (ROOT / name).read_text(encoding="utf-8").casefold()
        assert not [word for word in ("azure", "openai", "mcp") if word in text], name


def test_a_room_says_what_it_is_for_and_holds_about_a_dozen_files() -> None:
    for folder in {path.parent for path in MODULES.values()}:
        opening = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
        assert opening, folder
        assert len(list(folder.glob("*.py"))) - 1 <= MOST_FILES, folder


def test_the_picture_shows_every_room_where_it_stands():
    command = [sys.executable, str(ROOT / "tools/architecture_picture.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_functions_and_classes_fit_a_screen() -> None:
    for path in MODULES.values():
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                kind = "class" if isinstance(node, ast.ClassDef) else "function"
                long = (node.end_lineno or 0) - node.lineno + 1 > MOST_LINES[kind]
                above = lines[min([node.lineno, *(each.lineno for each in node.decorator_list)]) - 2]
                assert not long or above.strip().startswith(LONG_ON_PURPOSE), f"{path}:{node.lineno} {node.name}"


@pytest.mark.parametrize("library", ONLY_IN)
def test_one_place_knows_each_library(library: str) -> None:
    users = {path.relative_to(ROOT).as_posix() for path in sources(*WINGS) if library in top_level(path)}
    assert users == ONLY_IN[library]


def test_flask_is_known_to_the_server_alone() -> None:
    for path in sources("kb", "ingest", "faq"):
        assert not top_level(path) & {"flask", "werkzeug", "waitress"}, path


def test_nothing_loads_code_from_data() -> None:
    for path in sources(*WINGS):
        assert not set(imported(path)) & FORBIDDEN_MODULES, path
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in FORBIDDEN_CALLS, f"{path}:{node.lineno}"
            if isinstance(node, ast.keyword) and node.arg in {"shell", "allow_pickle"}:
                assert isinstance(node.value, ast.Constant), path
                assert node.value.value is False, f"{path}:{node.value.lineno}"


def test_no_error_is_swallowed() -> None:
    for path in sources(*WINGS):
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
