"""The pages, as the application puts them together with the protocols for programs."""

from __future__ import annotations

from faqkb.server.pages.brand import brand
from faqkb.server.pages.discovery import discovery
from faqkb.server.pages.docs import docs
from faqkb.server.pages.feedback import feedback_form
from faqkb.server.pages.pictures import pictures
from faqkb.server.pages.views import pages
from faqkb.server.pages.widget import widget
from faqkb.server.protocol import Protocol

PAGES = Protocol(blueprints=(brand, discovery, docs, feedback_form, pages, pictures, widget))
