// Which language a question is in: kb/language/ in the browser, but for its detector of languages in Latin letters. What
// is plainly none of English is `und` here, which ranks it as the detector's answer would.

const MIN_SHARE = 0.15;
const MIN_KANA_SHARE = MIN_SHARE / 3;
const WORD_LETTERS = 1.5;
const MIN_WORD_SHARE = 0.2;
const MIN_CHINESE_SHARE = 0.08;
const SCRIPTS = [
  ["zh", /^[\u4e00-\u9fff々〇]$/],
  ["ja", /^(?:\p{Script=Hiragana}|\p{Script=Katakana})$/u],
  ["ko", /^\p{Script=Hangul}$/u],
  ["cyrillic", /^\p{Script=Cyrillic}$/u],
  ["ar", /^\p{Script=Arabic}$/u],
  ["he", /^\p{Script=Hebrew}$/u],
  ["el", /^\p{Script=Greek}$/u],
  ["th", /^\p{Script=Thai}$/u],
  ["hi", /^\p{Script=Devanagari}$/u],
];
const IN_A_PATH = /[\\/][一-鿿]+|(?<![一-鿿])[一-鿿]+[\\/]/g;
const CHINESE_FUNCTION =
  /[的了吗呢吧么嘛啊在是不没有和与跟及或把被让给对从到用要会能可该请求报装跑怎如何为啥哪谁几多少这那个里上下中时后前也都还就才再很]|错误|失败|问题|解决|支持|区别|设置|安装|训练|修复|修改|启动|使用|运行|下载|版本|原因|方法|处理|崩溃|卡住|升级|配置|弹出|提示|显示|警告|(?<!\S)[缺换转配装连改查删加](?!\S)/;
const CHINESE_ASKS =
  "怎么|怎样|如何|为什么|为何|为啥|什么|请问|是否|能否|可否|求助|求解|报错|失败|吗|呢|咋|多少|哪里|哪个|出错|崩溃|解决|处理|修复";
const ASKS_AT_AN_END = new RegExp(
  `^[^\\p{L}\\p{N}_]*(?:${CHINESE_ASKS})|(?:${CHINESE_ASKS})[^A-Za-z]{0,4}$`,
  "u",
);
const ENGLISH_OPENING =
  /^[^\p{L}\p{N}_]*(?:how|what|whats|why|when|where|which|who|is|are|am|was|do|does|did|can|could|should|would|will|has|have|i|my|the|please|there)(?! not)(?![\p{L}\p{N}_])(?!\s*[一-鿿])/iu;

/** Return `zh`, `en`, or another code of ISO 639-1; `und` where it cannot be told. */
export function languageOf(text, words) {
  const script = scriptOf(text);
  return script === "latin" ? latinLanguage(text, words) : script;
}

function scriptOf(text) {
  const counts = new Map();
  for (const char of text) {
    if (/\p{L}/u.test(char)) {
      const script = SCRIPTS.find(([, pattern]) => pattern.test(char))?.[0] ?? "latin";
      counts.set(script, (counts.get(script) ?? 0) + 1);
    }
  }
  const of = (script) => counts.get(script) ?? 0;
  const letters = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (!letters) return "und";
  if (of("ja") > 1 && of("ja") >= MIN_KANA_SHARE * letters) return "ja";
  const others = [...counts.keys()].filter((script) => script !== "latin").sort();
  const other = others.reduce((most, script) => (of(script) > of(most) ? script : most), others[0]);
  return other && isSpoken(text, other, of, letters) ? other : "latin";
}

function isSpoken(text, script, of, letters) {
  if (!of("latin")) return true;
  const ascii = text.replace(/[^\x00-\x7f]/g, " ");
  const words = (ascii.match(/[A-Za-z]+/g) ?? []).length;
  const own = of(script);
  if (script === "zh") return isSpokenChinese(text, own, own / letters, words);
  if (ENGLISH_OPENING.test(text)) return own > of("latin");
  const otherWords = (text.match(/[\p{L}\p{M}]{2,}/gu) ?? []).filter((word) => !/[A-Za-z]/.test(word)).length;
  return own >= MIN_SHARE * letters || otherWords >= MIN_WORD_SHARE * (words + otherWords);
}

function isSpokenChinese(text, han, share, words) {
  if (ASKS_AT_AN_END.test(text)) return true;
  if (ENGLISH_OPENING.test(text)) return han / WORD_LETTERS > words;
  if (share >= MIN_SHARE) return true;
  return CHINESE_FUNCTION.test(text.replace(IN_A_PATH, "")) && han / WORD_LETTERS >= MIN_CHINESE_SHARE * words;
}

const ENGLISH_SMALL_WORDS = new Set(
  (
    "and are because could did does for from has have how it my not of should that the there this what when where which" +
    " who why with would you your"
  ).split(" "),
);
const EDGES = /^["'`“”‘’«»„‚()[\]{}<>¿?¡!.,;:…*&|]+|["'`“”‘’«»„‚()[\]{}<>¿?¡!.,;:…*&|]+$/g;
const CODE = /[\p{N}_/\\.=<>{}()[\]:@#$%^*+~|`]|^-|(?<=[\p{L}\p{N}_])[A-Z]|^[A-Z]{2,}$/u;
const QUOTED = /"[^"\n]*"|“[^”\n]*”|„[^“”\n]*[“”]|«[^»\n]*»|`[^`\n]*`|(?<![\p{L}\p{N}_])'[^'\n]*'(?![\p{L}\p{N}_])/gu;
const SHORTENED = /(?<=\p{L}\p{L})['’](?:s|ve|m|re|ll|t|d)$|(?<=^[iI])['’](?:ve|m|ll|d)$/u;

/** Return the words of a text that belong to a language, without names, code, numbers and quotations. */
export function plainWords(text) {
  const unquoted = wordsOf(text.replace(QUOTED, " "));
  return unquoted.length > 1 ? unquoted : wordsOf(text);
}

function wordsOf(text) {
  return text.split(/\s+/).flatMap((token) => {
    const word = token.replace(EDGES, "").replace(SHORTENED, "");
    return CODE.test(word) ? [] : word.split(/[-–—'’,]/).filter(Boolean);
  });
}

/** Return `en`, or `und` for a text with small words or letters of other languages and hardly any of English. */
function latinLanguage(text, { small, english }) {
  const words = wordsOf(text);
  const folded = words.map((word) => word.toLowerCase());
  const others = folded.filter((word) => small.has(word)).length;
  const own = folded.filter((word) => ENGLISH_SMALL_WORDS.has(word)).length;
  const known = folded.filter((word) => english.has(word)).length;
  const isMarked = others > own || folded.some((word) => /[^\x00-\x7f]/.test(word));
  return isMarked && known <= words.length / 2 ? "und" : "en";
}
