"""The operator's own pictures and colours, as files with an address each: what `[site]` of faq.toml says."""

from __future__ import annotations

import errno
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

from flask import Blueprint, Flask, Response, current_app, request, url_for
from markupsafe import Markup, escape
from werkzeug.exceptions import NotFound

from faqkb.kb.errors import ConfigError
from faqkb.kb.limits import PICTURE_BYTES
from faqkb.kb.pictures import media_type, suffix_of
from faqkb.kb.records import Record
from faqkb.server.branding import Branding, address_of, branding_of
from faqkb.server.colours import BUILT_IN, Palette

brand = Blueprint("brand", __name__)
EXTENSION = "faq-brand"
STYLE = "style.css"
_FOR_EVER = "public, max-age=31536000, immutable"
# Atomic, so that a long run of comments is read once.
_SVG = re.compile(rb"(?:<\?xml[^>]*>|(?><!--.*?-->)|<!DOCTYPE[^>\[]*>|\s)*+<svg[\s>/]", re.DOTALL)
# What would run where the picture is opened by itself, from a file server that sends no policy.
_RUNS = re.compile(
    rb"<\s*(?:\w+:)?(?:script|foreignobject|iframe)|[\s\"'/]on[a-z]+\s*=|javascript:|<!entity", re.IGNORECASE
)
# Of a picture that is opened by itself: nothing but its own styles, and nothing runs.
_PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
_WORD = re.compile(r"((?<![^\s@])[^\s@]++@[^\s@]+\.\w+|https?://\S+)")


@dataclass(frozen=True)
class BrandFile:
    """A file that pages show or use."""

    name: str
    content: bytes
    media_type: str

    @cached_property
    def digest(self) -> str:
        """Changes with the content, so that an address with it may be kept for ever; every page asks for it."""
        return hashlib.sha256(self.content).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Brand:
    """What the pages of one application take from the operator."""

    sheet: str
    """The style sheet of the pages, in the operator's colours."""
    style: BrandFile | None
    """The same as a file; None where it is the built-in one."""
    logo: BrandFile | None
    icon: BrandFile | None
    palette: Palette
    """For what has its colours outside the style sheet."""

    @property
    def files(self) -> Mapping[str, BrandFile]:
        """All of them, by name."""
        return {file.name: file for file in (self.style, self.logo, self.icon) if file is not None}


def read_brand(branding: Branding, static_folder: Path) -> Brand:
    """Return what faq.toml names. Raises ConfigError for a file that is missing or that browsers do not show."""
    built_in = sheet = (static_folder / STYLE).read_text(encoding="utf-8")
    if branding.palette is not None:
        sheet = branding.palette.style(sheet)
    if branding.logo or branding.footer or branding.contact or branding.report:
        sheet += (static_folder / "brand.css").read_text(encoding="utf-8")
    style = BrandFile(STYLE, sheet.encode(), "text/css; charset=utf-8") if sheet != built_in else None
    logo = _picture("logo", branding.logo) if branding.logo else None
    icon = _picture("icon", branding.icon) if branding.icon else logo
    return Brand(sheet, style, logo, icon, branding.palette or BUILT_IN)


def _picture(setting: str, path: Path) -> BrandFile:
    try:
        if not path.is_file():
            raise OSError(errno.EINVAL, "no regular file", str(path))
        with path.open("rb") as file:
            content = file.read(PICTURE_BYTES + 1)
    except OSError as error:
        raise ConfigError(
            f"faq.toml: {setting} cannot be read ({path}: {error.strerror}); name a picture that is there"
        ) from error
    if len(content) > PICTURE_BYTES:
        raise ConfigError(
            f"faq.toml: {setting} is too large (got more than {PICTURE_BYTES} bytes, expected at most so many); make it"
            " smaller"
        )
    suffix = suffix_of(content)
    if suffix is not None:
        return BrandFile(f"{setting}.{suffix}", content, media_type(f"{setting}.{suffix}"))
    if not _SVG.match(content.removeprefix(b"\xef\xbb\xbf")):
        raise ConfigError(
            f"faq.toml: {setting} is no picture that browsers show (got {path.name}, expected svg, png, jpg, gif, webp"
            " or avif); save it as one of these"
        )
    if found := _RUNS.search(content):
        raise ConfigError(
            f"faq.toml: {setting} holds what may run (got {found[0].decode(errors='replace').strip()!r} in {path.name},"
            " expected a picture and nothing else); save it as plain SVG or as PNG"
        )
    return BrandFile(f"{setting}.svg", content, "image/svg+xml")


def brand_of(app: Flask) -> Brand:
    """Return the brand of an application."""
    return cast(Brand, app.extensions[EXTENSION])


@brand.get("/brand/<name>")
def file(name: str) -> Response:
    """Return a file of the operator; its address changes with its content."""
    found = brand_of(current_app).files.get(name)
    if found is None:
        raise NotFound
    response = Response(found.content, content_type=found.media_type)
    if request.args.get("v") == found.digest:  # else what is there may change under the same address
        response.headers["Cache-Control"] = _FOR_EVER
    if found.media_type.startswith("image/"):
        response.headers["Content-Security-Policy"] = _PICTURE_POLICY
    return response


def brand_address(named: BrandFile, *, external: bool = False) -> str:
    """Return where a file of the operator is, as seen from the current page or from everywhere."""
    return url_for("brand.file", name=named.name, v=named.digest, _external=external)


@brand.app_template_global()
def logo_address() -> str | None:
    """Return where the logo is; None where there is none."""
    logo = brand_of(current_app).logo
    return brand_address(logo) if logo else None


@brand.app_template_global()
def shared_picture() -> str | None:
    """Return where the logo is, for sites that show a link with its picture; None for a format that they do not read.

    A site that does not know where it will be has no such address.
    """
    logo = brand_of(current_app).logo
    address = brand_address(logo, external=True) if logo and logo.media_type != "image/svg+xml" else ""
    return address if "://" in address else None


@brand.app_template_global()
def icon_address() -> tuple[str, str] | None:
    """Return where the icon is, and its type; None where it is the built-in one."""
    icon = brand_of(current_app).icon
    return (brand_address(icon), icon.media_type) if icon else None


@brand.app_template_global()
def report_address(record: Record | None, question: str, address: str) -> str | None:
    """Return where a problem with the current page is reported, with what it is about where that is known."""
    page = address or url_for("pages.search", q=question or None, lang=None, _external=True)
    # A site that does not know where it will be has no address to tell.
    return branding_of(current_app).report_of(record.question if record else question, page if "://" in page else "")


@brand.app_template_filter()
def linked(text: str) -> Markup:
    """Return a text of the operator as HTML, its addresses as links."""
    return Markup("").join(_pieces(text))


def _pieces(text: str) -> Iterator[Markup]:
    for piece in _WORD.split(text):
        bare = piece.rstrip(".,;:!?)")
        href = address_of(bare) if bare else None
        if href is None:
            yield escape(piece)
        else:
            yield Markup('<a href="{}">{}</a>{}').format(href, bare, piece[len(bare) :])
