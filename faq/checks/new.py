"""`faq check new`: a working check to start from."""

from __future__ import annotations

from pathlib import Path

from faqkb.faq.config import read_config
from faqkb.kb.check_header import parse_check
from faqkb.kb.checks import CHECKS_FOLDER
from faqkb.kb.errors import ConfigError

_SKELETON = Path(__file__).with_name("skeleton.py")
_DEFAULT_CONTENT = Path("content")


def write_skeleton(check_id: str, content: Path | None) -> Path:
    """Write `checks/ID.py` below the content folder given, else configured, else `content`; return its path.

    Raises CheckMalformed for an unusable id, ConfigError when the file is there already.
    """
    script = _SKELETON.read_text(encoding="utf-8").replace('# id = "skeleton"', f'# id = "{check_id}"', 1).encode()
    parse_check(script, check_id)
    configured = next((path for path in read_config().content if path.is_dir()), _DEFAULT_CONTENT)
    path = (content or configured) / CHECKS_FOLDER / f"{check_id}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("xb") as file:
            file.write(script)
    except FileExistsError:
        raise ConfigError(f"{path} is there already; choose another id or remove it") from None
    return path
