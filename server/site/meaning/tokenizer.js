// The encoder's tokenizer: the likeliest split of each word into pieces (Unigram, Kudo 2018), as Python's `tokenizers` does
// it, so that the same text gives the same ids. tests/browser/test_meaning_in_browser.py compares the two.

const SPACE = "▁";
const UNKNOWN_PENALTY = 10; // below the least likely piece, as `tokenizers` and SentencePiece have it
const [BEGIN, END, UNKNOWN] = [0, 2, 3];
const SPECIAL = new Set(["<s>", "<pad>", "</s>", "<unk>", "<mask>"]);
const SPECIAL_TEXT = /(<s>|<pad>|<\/s>|<unk>|<mask>)/;

export class Tokenizer {
  /** Take the pieces and their scores by id, the first four being special. */
  constructor(pieces, scores) {
    this.scores = scores;
    this.ids = new Map(pieces.map((piece, id) => [piece, id]));
    this.longest = pieces.reduce((most, piece) => Math.max(most, piece.length), 1);
    this.unknown = scores.reduce((least, score) => Math.min(least, score)) - UNKNOWN_PENALTY;
  }

  /** Return the ids of a prompt and a text, both normalised, and which of them are the text's own: not the prompt's. */
  encode(prompt, text) {
    const ids = [BEGIN];
    let first = 1;
    for (const [at, each] of [prompt, text].entries()) {
      if (at) first = ids.length;
      for (const part of each.split(SPECIAL_TEXT)) {
        if (SPECIAL.has(part)) ids.push(this.ids.get(part));
        else for (const [word] of part.matchAll(/\S+/g)) ids.push(...this.split(SPACE + word));
      }
    }
    const own = Array.from({ length: ids.length - first }, (_, at) => first + at);
    ids.push(END);
    return { ids, own };
  }

  /** Return the ids of the likeliest pieces of a word led by a space. */
  split(word) {
    const best = new Float64Array(word.length + 1).fill(-Infinity);
    const from = new Int32Array(word.length + 1);
    const piece = new Int32Array(word.length + 1);
    best[0] = 0;
    for (let start = 0, step; start < word.length; start += step) {
      step = word.codePointAt(start) > 0xffff ? 2 : 1;
      const reach = (end, score, id) => {
        if (best[start] + score > best[end]) [best[end], from[end], piece[end]] = [best[start] + score, start, id];
      };
      let isKnown = false;
      for (let end = start + step; end <= Math.min(word.length, start + this.longest); end += 1) {
        const id = this.ids.get(word.slice(start, end));
        if (id === undefined) continue;
        reach(end, this.scores[id], id);
        isKnown ||= end === start + step;
      }
      if (!isKnown) reach(start + step, this.unknown, UNKNOWN);
    }
    return this.path(from, piece);
  }

  path(from, piece) {
    const found = [];
    for (let end = from.length - 1; end > 0; end = from[end]) {
      if (found[0] !== UNKNOWN || piece[end] !== UNKNOWN) found.unshift(piece[end]); // unknown ones stand together
    }
    return found;
  }
}
