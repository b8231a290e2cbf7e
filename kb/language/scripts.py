"""Which language a text is in, as far as the letters tell: the script, and the letters that one language alone has."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping

LATIN = "latin"
"""What `script_language` says of a text in Latin letters."""
CYRILLIC = "cyrillic"
"""The same of Cyrillic ones that no letter tells apart."""
_SCRIPTS = {
    **{"HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "CYRILLIC": CYRILLIC, "ARABIC": "ar", "HEBREW": "he"},
    **{"GREEK": "el", "THAI": "th", "DEVANAGARI": "hi", "BENGALI": "bn", "TAMIL": "ta", "TELUGU": "te"},
    **{"KANNADA": "kn", "MALAYALAM": "ml", "GUJARATI": "gu", "GURMUKHI": "pa", "SINHALA": "si", "GEORGIAN": "ka"},
    **{"ARMENIAN": "hy", "KHMER": "km", "LAO": "lo", "MYANMAR": "my", "ETHIOPIC": "am"},
}
_MIN_SHARE = 0.15  # of the letters: technical text in any script is full of Latin names
_MIN_KANA_SHARE = _MIN_SHARE / 3  # beside Han and Latin letters; two letters at least, for の stands in Chinese names
_WORD_LETTERS = 1.5  # of Chinese
_MIN_WORD_SHARE = 0.2  # of the words: `MySQL 8 지원?` and `GPU не найден` are few letters among Latin ones

_MIN_CHINESE_SHARE = 0.08  # of the words; enough where one of them makes a sentence: `pip install x 报 No matching …`
_IN_A_PATH = re.compile(r"[\\/][一-鿿]++|(?<![一-鿿])[一-鿿]++[\\/]")

# Whatever is asked or told in Chinese, a whole sentence of it holds one of these; a name or a quoted word does not.
_CHINESE_FUNCTION = re.compile(
    r"[的了吗呢吧么嘛啊在是不没有和与跟及或把被让给对从到用要会能可该请求报装跑怎如何为啥哪谁几多少这那个里上下中时后前也都还就才再很]"
    r"|错误|失败|问题|解决|支持|区别|设置|安装|训练|修复|修改|启动|使用|运行|下载|版本|原因|方法|处理|崩溃|卡住|升级|配置|弹出|提示|显示|警告"
    r"|(?<!\S)[缺换转配装连改查删加](?!\S)"  # a verb between names: `eureka 换 zk`
)
# At either end of a text they are the question itself; in its middle they may be what an English question is about.
_CHINESE_ASKS = (
    "怎么|怎样|如何|为什么|为何|为啥|什么|请问|是否|能否|可否|求助|求解|报错|失败|吗|呢|咋|多少|哪里|哪个|出错|崩溃|解决"
    "|处理|修复"
)
_ASKS_AT_AN_END = re.compile(rf"^\W*(?:{_CHINESE_ASKS})|(?:{_CHINESE_ASKS})[^A-Za-z]{{0,4}}$")
_ENGLISH_OPENING = re.compile(
    r"^\W*(?:how|what|whats|why|when|where|which|who|is|are|am|was|do|does|did|can|could|should|would|will|has|have|i|my"
    r"|the|please|there)(?! not)\b(?!\s*[一-鿿])",
    re.IGNORECASE,
)

# A letter that a language alone of its script has, or small words of questions that happen to have none; first come,
# first served.
_TELLING = {
    "ar": (("ur", "[ٹڈڑںےھہ]"), ("fa", "[پچژگکی]")),
    CYRILLIC: (
        ("kk", "[әғқңөұүһ]"),
        ("be", "ў"),
        ("ru", "[ыэё]"),
        ("uk", "[іїєґ]"),
        ("mk", "[ѓќѕ]"),
        ("sr", "[ђћџљњј]"),
        ("uk", r"\b(?:чи|як|що|де|чому|коли|та|ще|чого)\b"),
        ("bg", r"\b(?:да|се|си|са|какво|към|защо|какъв|коя|няма|мога)\b"),
    ),
}


def script_language(text: str) -> str:
    """Return `zh`, `ja`, `ru`, … by the letters, `LATIN` or `CYRILLIC` where they do not tell, empty without letters.

    Latin letters count least: names, commands and error messages are in Latin letters whatever the language.
    """
    if text.isascii():
        return LATIN if any(map(str.isalpha, text)) else ""
    counts = _letters(text)
    letters = sum(counts.values())
    if not letters:
        return ""
    if counts["ja"] > 1 and counts["ja"] >= _MIN_KANA_SHARE * letters:
        return "ja"
    other = max(sorted(counts.keys() - {LATIN}), key=counts.__getitem__, default=LATIN)
    if other == LATIN or not _is_spoken(text, other, counts):
        return LATIN
    return _by_letter(text.casefold(), other)


def _letters(text: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for char in text:
        if char.isascii():
            counts[LATIN] += char.isalpha()
        elif char.isalpha():
            # Tangut has 6,145 letters without a name.
            script = unicodedata.name(char, "").partition(" ")[0]
            counts["zh" if "一" <= char <= "鿿" or char in "々〇" else _SCRIPTS.get(script, LATIN)] += 1
    return counts


def _is_spoken(text: str, script: str, counts: Mapping[str, int]) -> bool:
    """Whether a text with Latin letters is in the other script, and does not only mention a word of it."""
    own = counts[script]
    if not counts[LATIN]:
        return True
    words = len(re.findall(r"[^\W\d_]+", re.sub(r"[^\x00-\x7f]", " ", text)))
    if script == "zh":
        return _is_spoken_chinese(text, own, own / sum(counts.values()), words)
    if _ENGLISH_OPENING.match(text):
        return own > counts[LATIN]
    other_words = len(re.findall(r"[^\W\d_a-zA-Z]{2,}", text))
    return own >= _MIN_SHARE * sum(counts.values()) or other_words >= _MIN_WORD_SHARE * (words + other_words)


def _is_spoken_chinese(text: str, han: int, share: float, words: int) -> bool:
    if _ASKS_AT_AN_END.search(text):
        return True
    if _ENGLISH_OPENING.match(text):
        return han / _WORD_LETTERS > words
    if share >= _MIN_SHARE:
        return True
    said = _IN_A_PATH.sub("", text)
    return bool(_CHINESE_FUNCTION.search(said)) and han / _WORD_LETTERS >= _MIN_CHINESE_SHARE * words


def _by_letter(text: str, script: str) -> str:
    """Return the language by what its script's other languages lack, the script's own name where nothing tells."""
    return next((language for language, sign in _TELLING.get(script, ()) if re.search(sign, text)), script)
