"""Nothing active in a FAQ reaches a page, whichever way it is written."""

from __future__ import annotations

import pytest
from active_parts import active_parts

from faqkb.ingest import parse_document

PAYLOADS = (
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></ScRiPt>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src='x' onerror='alert(1)'//>",
    "<img/src=x/onerror=alert(1)>",
    "<IMG SRC=javascript:alert(1)>",
    '<img src="data:text/html,<script>alert(1)</script>">',
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text y=9>x</text></a></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=javascript:alert(1)></object>",
    "<embed src=javascript:alert(1)>",
    "<form action=javascript:alert(1)><button>go</button></form>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1)></video>",
    "<body onload=alert(1)>",
    "<base href=//evil.example/>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<style>@import '//evil.example/x.css';</style>",
    "<p style='background:url(javascript:alert(1))'>x</p>",
    "<div id=widget name=widget>x</div>",
    "<a name=alert>x</a>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='JaVaScRiPt:alert(1)'>x</a>",
    "<a href=' javascript:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='java&#10;script:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='\x01javascript:alert(1)'>x</a>",
    "<a href='vbscript:msgbox(1)'>x</a>",
    "<a href='data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=='>x</a>",
    "<a href=x onclick=alert(1)>x</a>",
    "[x](javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](java&#115;cript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](data:text/html,x)",
    "[x](file:///etc/passwd)",
    "![x](javascript:alert(1))",
    '![x](https://a.example/x.png" onerror="alert(1))',
    "<javascript:alert(1)>",
    "[x]\n\n[x]: javascript:alert(1)",
    "[x](https://a.example 'a\" onmouseover=\"alert(1)')",
    '```html" onload="alert(1)\nx\n```',
    '``` class=x" onclick="alert(1)\nx\n```',
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<textarea><img src=x onerror=alert(1)></textarea>",
    "<xmp><img src=x onerror=alert(1)></xmp>",
    "<template><img src=x onerror=alert(1)></template>",
    "<a href='//evil.example' target=_blank rel=opener>x</a>",
    "| a |\n|---|\n| <img src=x onerror=alert(1)> |",
    ":::note <img src=x onerror=alert(1)>\nx\n:::",
    '=== "<img src=x onerror=alert(1)>"\n\n    x',
)
BASES = (None, "https://host.example/docs/", "https://host.example")


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_active_comes_through(payload, base):
    question = payload.splitlines()[0]
    text = f"# FAQ\n\n## Is it safe?\n\nText before.\n\n{payload}\n\nText after.\n\n## And {question}?\n\nYes.\n"
    records = parse_document(text, "x.md", base).records
    assert records
    for record in records:
        assert active_parts(record.answer_html) == []
    assert "Text before." in records[0].answer_html


def test_more_than_forty_attacks_are_tried():
    assert len(set(PAYLOADS)) > 40


def test_harmless_html_of_real_answers_stays():
    text = "# FAQ\n\n## Is it kept?\n\n<kbd>Ctrl</kbd> x<sup>2</sup> <br> <img src=a.png width=60% onload=x>\n"
    (record,) = parse_document(text, "x.md").records
    assert '<kbd>Ctrl</kbd> x<sup>2</sup> <br> <img src="a.png" width="60%">' in record.answer_html
