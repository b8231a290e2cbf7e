// What may be asked next below an answer: server/answering/follow_ups.py in the browser.

import { load, SITE } from "./answerer.js";

/** Return the prompts below an answer document: what its topic goes on with, but for what was found anyway. */
export async function followUps({ answers: [first, ...rest] }, { related_above: least }) {
  const { titles, folders, topics, prompts: most } = await load("related.json");
  const positionOf = ({ id }) => folders.indexOf(id.replace(/\/$/, ""));
  const own = positionOf(first);
  const related = rest.filter((hit) => hit.confidence >= least && hit.language === first.language).map(positionOf);
  const topic = topics.find((positions) => positions.includes(own)) ?? [];
  const at = topic.indexOf(own);
  const others = [...topic.slice(at), ...topic.slice(0, at)].filter((each) => each !== own && !related.includes(each));
  return others.slice(0, most).map((position) => {
    const path = folders[position].split("/").map(encodeURIComponent).join("/");
    return { kind: "topic", id: `${folders[position]}/`, text: titles[position], url: new URL(`q/${path}/`, SITE).href };
  });
}
