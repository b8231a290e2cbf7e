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
    const folder = folders[position];
    return { kind: "topic", id: `${folder}/`, text: titles[position], url: addressOf(folder) };
  });
}

/** Return the address of the page of a record by its folder. */
export function addressOf(folder) {
  return new URL(`q/${folder.split("/").map(encodeURIComponent).join("/")}/`, SITE).href;
}
