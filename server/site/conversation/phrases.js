// Texts that are made of listed phrases alone: kb/conversation/phrases.py in the browser.

const CHARS = 80; // a longer text says more than phrases, and is not looked at
const FILLERS_ALONE = 1_000_000; // above any rank
const EDGES = /^[ \t\n,.!?;:~\-–—，。！？；：、～…]+|[ \t\n,.!?;:~\-–—，。！？；：、～…]+$/g;
const LEADING = /^[ \t\n,.!?;:~\-–—，。！？；：、～…]+/;
const LATIN = /[a-z0-9']/;
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;

/** Return phrases with their ranks, null for those that only stand beside others; of two lists that have one, the first. */
export function ranked(lists) {
  const ranks = new Map();
  for (const [rank, phrases] of lists) {
    for (const phrase of phrases) if (!ranks.has(phrase)) ranks.set(phrase, rank);
  }
  return { ranks, longest: Math.max(...[...ranks.keys()].map((phrase) => phrase.length)) };
}

/** Return the lowest rank of the phrases that a folded text is made of; null where it is not, or of fillers alone. */
export function lowestRank(folded, phrases) {
  if (folded.length > CHARS) return null;
  const whole = phrases.ranks.get(folded.replace(EDGES, "")) ?? null;
  if (whole !== null) return whole; // `are you a bot or a human` is one phrase, and not one that ends in another
  for (const form of forms(folded)) {
    const rank = rankOfRow(form, phrases);
    if (rank !== null) return rank;
  }
  return null;
}

/** Return where a text goes on after the longest phrase that it begins with; 0 where it begins with none. */
export function endOfOpening(text, { ranks, longest }) {
  const folded = text.slice(0, CHARS).toLowerCase();
  for (let end = Math.min(folded.length, longest); end > 0; end -= 1) {
    if (ranks.has(folded.slice(0, end)) && !isWithinWord(folded, end)) {
      return text.length - text.slice(end).replace(LEADING, "").length;
    }
  }
  return 0;
}

/** Say whether a folded text ends in a listed phrase. */
export function endsIn(folded, { ranks, longest }) {
  if (folded.length > CHARS) return false;
  const text = folded.replace(EDGES, (edge, at) => (at ? "" : edge));
  for (let start = Math.max(0, text.length - longest); start < text.length; start += 1) {
    if (ranks.has(text.slice(start)) && !isWithinWord(text, start)) return true;
  }
  return false;
}

/** Return a text as it is, and without letters that are drawn out: `heyyy` is `hey`, `cooool` is `cool`. */
function forms(folded) {
  const shorter = folded.replace(/([a-z]{2})\1{2,}/g, "$1$1");
  const drawnOut = /(\p{L})\1{2,}/gu;
  return new Set([folded, shorter.replace(drawnOut, "$1"), shorter.replace(drawnOut, "$1$1")]);
}

function rankOfRow(text, { ranks, longest }) {
  const best = [FILLERS_ALONE, ...Array(text.length).fill(null)];
  const lower = (at, rank) => (best[at] = best[at] === null ? rank : Math.min(best[at], rank));
  for (let start = 0; start < text.length; start += 1) {
    if (best[start] === null) continue;
    if (!LETTER_OR_DIGIT.test(text[start])) lower(start + 1, best[start]);
    if (isWithinWord(text, start)) continue;
    for (let end = start + 1; end <= Math.min(text.length, start + longest); end += 1) {
      const rank = ranks.get(text.slice(start, end));
      if (rank !== undefined && !isWithinWord(text, end)) lower(end, Math.min(best[start], rank ?? FILLERS_ALONE));
    }
  }
  return best.at(-1) === FILLERS_ALONE ? null : best.at(-1);
}

function isWithinWord(text, at) {
  return at > 0 && at < text.length && LATIN.test(text[at - 1]) && LATIN.test(text[at]);
}
