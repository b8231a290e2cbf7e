"""Code blocks that do not parse as what they say they are. Nothing is run."""

from __future__ import annotations

import ast
import json
import tomllib
import warnings
from collections.abc import Callable, Iterator, Sequence
from textwrap import dedent

from faqkb.ingest.linted.findings import Finding
from faqkb.ingest.linted.reading import Linted, code_of
from faqkb.ingest.page.front_matter import yaml_problem
from faqkb.ingest.page.model import Kind

_CODE_CHARS = 100_000  # a longer block is data
# What stands for something to be filled in or left out, and is no mistake.
_PLACEHOLDERS = ("…", "...", "<your", "<YOUR", "{{", "{%", "<%", "${")
_SESSIONS = (">>>", "In [", "$ ", "# $", "Traceback ", "(Pdb)")


def code_blocks(linted: Linted) -> Iterator[Finding]:
    """Yield each block of Python, JSON, TOML or YAML that is none."""
    for block in linted.page.blocks:
        if block.kind is not Kind.CODE:
            continue
        info, code = code_of(linted.page, block)
        language = info.replace("{", " ").replace(",", " ").split()[:1]
        reader = _READERS.get(language[0].casefold()) if language else None
        if reader is None or not code.strip() or len(code) > _CODE_CHARS:
            continue
        problem = reader(code)
        if problem:
            yield Finding(
                linted.name,
                block.line,
                "code-syntax",
                f"says {language[0]} and does not parse: {problem}",
                f"mend it, or write another name than {language[0]} behind the backquotes",
            )


def _python_problem(code: str) -> str:
    lines = [line for line in dedent(code).split("\n") if not line.lstrip().startswith(("%", "!"))]  # of notebooks
    text = "\n".join(lines)
    if any(line.lstrip().startswith(_SESSIONS) for line in lines):
        return ""
    if any(mark in text for mark in ("…", "<your", "<YOUR", "{{", "{%")):
        return ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an escape that a later Python will refuse
            ast.parse(text)
    except SyntaxError as error:
        return "" if _are_signatures(lines) else f"{error.msg} (line {error.lineno} of it)"
    except (ValueError, RecursionError, MemoryError):  # a NUL; brackets within brackets
        return "it is nested too deep, or holds a NUL"
    return ""


def _are_signatures(lines: Sequence[str]) -> bool:
    """Whether each line says how a function is called: `gather(input, dim, *, out=None)`."""
    calls = [line.strip() for line in lines if line.strip()]
    try:
        ast.parse("\n".join(f"def {_name_of(call)}: pass" for call in calls))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _name_of(call: str) -> str:
    """Return a call without the modules before its name."""
    name, _, rest = call.partition("(")
    return f"{name.rpartition('.')[2]}({rest}"


def _json_problem(code: str) -> str:
    lines = [line for line in code.split("\n") if not line.lstrip().startswith(("//", "#"))]
    text = "\n".join(lines).strip()
    if not text or any(mark in text for mark in _PLACEHOLDERS):
        return ""
    problems = [_of_json(text)]
    if not text.startswith(("{", "[")):
        problems.append(_of_json("{" + text.rstrip(",") + "}"))  # a part of an object, as FAQs show them
    return problems[0] if all(problems) else ""


def _of_json(text: str) -> str:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"{error.msg} (line {error.lineno} of it)"
    except (ValueError, RecursionError):  # a number of 5,000 digits; a list within lists
        return "it is nested too deep, or holds a number too long"
    return ""


def _toml_problem(code: str) -> str:
    if any(mark in code for mark in _PLACEHOLDERS):
        return ""
    try:
        tomllib.loads(code)
    except tomllib.TOMLDecodeError as error:
        return str(error)
    except (ValueError, RecursionError):
        return "it is nested too deep, or holds a number too long"
    return ""


def _yaml_problem(code: str) -> str:
    return "" if any(mark in code for mark in _PLACEHOLDERS) else yaml_problem(dedent(code))


_READERS: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(("python", "py", "python3"), _python_problem),
    "json": _json_problem,
    "toml": _toml_problem,
    **dict.fromkeys(("yaml", "yml"), _yaml_problem),
}
