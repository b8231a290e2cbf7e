// The sentence of an answer that answers: kb/retrieval/highlight.py in the browser.

const SHARPNESS = 15;

/** Return where the sentence that answers best starts and ends; all of an answer without sentences. */
export function tellingSentence(knowledge, tokens, position) {
  const sentences = knowledge.sentencesOf(position);
  if (!sentences.length) return { start: 0, end: undefined };
  const known = knowledge.matches(tokens, knowledge.questionSpan(position));
  const least = Math.min(...known);
  const weights = known.map((match) => Math.exp(-SHARPNESS * (match - least)));
  let best = sentences[0];
  let most = -Infinity;
  for (const sentence of sentences) {
    const own = knowledge.matches(tokens, sentence.tokens);
    const above = sentence.header ? knowledge.matches(tokens, sentence.header) : own;
    const score = weights.reduce((sum, weight, at) => sum + weight * Math.max(own[at], above[at]), 0);
    if (score > most) [best, most] = [sentence, score];
  }
  return { start: best.start, end: best.end };
}
