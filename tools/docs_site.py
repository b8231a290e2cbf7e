"""The documentation as a site: what MkDocs calls (`hooks` of mkdocs.yml), so that pages stay as they are for readers.

* A page may link to a file outside of `docs/`: the file becomes a part of the site, below `repository/`.
* The pages below `docs/zh/` are Chinese; each language has its own navigation, and a page leads to its translation.
* The search box is our own widget, where `faq_server` says which server it asks.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
_OUTSIDE = "repository"
_LANGUAGES = {"en": "English", "zh": "中文"}
_LINK = re.compile(r"(\]\()([^)#\s]+)((?:#[^)\s]*)?\))")
_FENCE = re.compile(r"^ *(```|~~~)")
_COMMENT = re.compile(r"^<!-- .* -->$")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files outside of `docs/` that a page of the site links to, and those that these link to."""
    waiting = [_repository_path(file.src_uri) for file in files.documentation_pages()]
    while waiting:
        for found in _outside_targets(waiting.pop()):
            if files.get_file_from_path(_site_path(found)) is None:
                files.append(File.generated(config, _site_path(found), content=(ROOT / found).read_bytes()))
                waiting.append(found)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point links at where files lie on the site, and let a table begin below a comment."""
    own = _repository_path(page.file.src_uri)

    def moved(link: re.Match[str]) -> str:
        target = _target(own, link[2])
        if target is None or (_is_page(own) and _is_page(target)):
            return link[0]
        address = posixpath.relpath(_site_path(target), posixpath.dirname(page.file.src_uri))
        return f"{link[1]}{address}{link[3]}"

    return _LINK.sub(moved, "\n".join(_spaced(markdown.split("\n"))))


def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> Navigation:
    """Make each part of `nav` a navigation of its own."""
    for language in nav.items:
        for child in language.children:
            child.parent = None
    for page in nav.pages:
        for near in ("previous_page", "next_page"):
            if getattr(page, near) and _language(getattr(page, near)) != _language(page):
                setattr(page, near, None)
    return nav


def on_page_context(context: dict[str, Any], page: Page, config: MkDocsConfig, nav: Navigation) -> dict[str, Any]:
    """Show a page in its language: the navigation, the theme's own words, the widget, the way to its translation."""
    language = _language(page)
    config.theme["language"] = language
    config.extra["alternate"] = [
        {"lang": code, "name": name, "link": _translated(page, code, nav)} for code, name in _LANGUAGES.items()
    ]
    pages = [each for each in nav.pages if _language(each) == language]
    section = next(item for item in nav.items if item.title == _LANGUAGES[language])
    context["nav"] = Navigation(section.children, pages)
    context["nav"].homepage = pages[0]
    return context


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Put the widget on a page."""
    server = str(config.extra["faq_server"]).rstrip("/")
    if not server:
        return output
    script = f'<script src="{server}/widget.js" data-lang="{_language(page)}" async></script>'
    return output.replace("</body>", f"{script}\n</body>")


def _language(page: Page) -> str:
    return "zh" if page.file.src_uri.startswith("zh/") else "en"


def _translated(page: Page, language: str, nav: Navigation) -> str:
    """Return the address of a page in a language, else that of the language's first page."""
    name = page.file.src_uri.removeprefix("zh/")
    wanted = f"zh/{name}" if language == "zh" else name
    addresses = {each.file.src_uri: each.url for each in nav.pages}
    return addresses.get(wanted) or addresses["zh/index.md" if language == "zh" else "index.md"]


def _outside_targets(path: str) -> Iterator[str]:
    if not path.endswith(".md"):
        return
    for link in _LINK.finditer((ROOT / path).read_text(encoding="utf-8")):
        target = _target(path, link[2])
        if target and not _is_page(target) and (ROOT / target).is_file():
            yield target


def _target(path: str, link: str) -> str | None:
    """Return the path in the repository that a link of a file leads to; None for an address elsewhere."""
    if "://" in link or link.startswith(("mailto:", "/")):
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), link))


def _is_page(path: str) -> bool:
    return path.startswith("docs/")


def _site_path(path: str) -> str:
    return path.removeprefix("docs/") if _is_page(path) else f"{_OUTSIDE}/{path}"


def _repository_path(src_uri: str) -> str:
    return src_uri.removeprefix(f"{_OUTSIDE}/") if src_uri.startswith(f"{_OUTSIDE}/") else f"docs/{src_uri}"


def _spaced(lines: list[str]) -> Iterator[str]:
    """Yield lines with an empty one below each comment: Python-Markdown begins no table right below it."""
    in_code = False
    for line in lines:
        in_code ^= bool(_FENCE.match(line))
        yield line
        if not in_code and _COMMENT.match(line):
            yield ""
