// Asks a server as programs in JavaScript do: `node ask.mjs URL QUESTION` prints what came back as one JSON document.
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { embedMany, generateText, streamText } from "ai";
import OpenAI from "openai";

const [url, question] = process.argv.slice(2);
const baseURL = `${url}/v1`;
const earlier = [
  { role: "user", content: question },
  { role: "assistant", content: "…" },
];
const followUp = [...earlier, { role: "user", content: "为什么？" }];

async function joined(stream, text) {
  let said = "";
  for await (const part of stream) said += text(part) ?? "";
  return said;
}

async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    return { name: error.constructor.name, status: error.status ?? error.statusCode, message: error.message };
  }
  return null;
}

async function official() {
  const client = new OpenAI({ baseURL, apiKey: "any", maxRetries: 0 });
  const messages = [{ role: "user", content: question }];
  const chat = await client.chat.completions.create({ model: "faq", messages });
  const chunks = await client.chat.completions.create({ model: "faq", messages, stream: true });
  const helper = client.chat.completions.stream({ model: "faq", messages });
  const response = await client.responses.create({ model: "faq", input: question, instructions: "Be brief." });
  const events = await client.responses.create({ model: "faq", input: followUp, stream: true });
  const text = await client.completions.create({ model: "faq", prompt: question });
  const embedded = await client.embeddings.create({ model: "faq", input: [question, "x"] });
  const withoutBase = new OpenAI({ baseURL: url, apiKey: "any", maxRetries: 0 });
  return {
    chat: chat.choices[0].message.content,
    chatStream: await joined(chunks, (chunk) => chunk.choices[0]?.delta?.content),
    chatHelper: await helper.finalContent(),
    response: response.output_text,
    responseSources: response.output[0].content[0].annotations.map((note) => note.title),
    responseStream: await joined(events, (event) => (event.type === "response.output_text.delta" ? event.delta : "")),
    responseHelper: (await client.responses.stream({ model: "faq", input: question }).finalResponse()).output_text,
    completion: text.choices[0].text,
    embedded: embedded.data.map((each) => each.embedding.length),
    models: (await client.models.list()).data.map((each) => each.id),
    json: await refusal(
      client.chat.completions.create({ model: "faq", messages, response_format: { type: "json_object" } }),
    ),
    withoutBase: await refusal(withoutBase.chat.completions.create({ model: "faq", messages })),
  };
}

async function aiSdk() {
  const openai = createOpenAI({ baseURL, apiKey: "any" });
  const picture = { type: "file", mediaType: "image/png", data: "iVBORw0KGgo=" };
  const whole = await generateText({ model: openai("faq"), prompt: question, system: "Be brief." });
  const parts = streamText({ model: openai("faq"), messages: followUp });
  const legacy = await generateText({ model: openai.completion("faq"), prompt: question });
  const onlyPicture = await generateText({
    model: openai("faq"),
    messages: [...earlier, { role: "user", content: [picture] }],
  });
  const { embeddings } = await embedMany({ model: openai.textEmbeddingModel("faq"), values: [question, "x"] });
  return {
    whole: whole.text,
    sources: whole.sources.map((source) => source.title),
    usage: whole.usage.outputTokens > 0,
    stream: await joined(parts.textStream, (part) => part),
    chat: (await generateText({ model: openai.chat("faq"), prompt: question })).text,
    legacy: legacy.text,
    picture: onlyPicture.text,
    embedded: embeddings.map((each) => each.length),
  };
}

async function compatible() {
  const provider = createOpenAICompatible({ name: "faq", baseURL: `${baseURL}/`, apiKey: "any" });
  const parts = streamText({ model: provider("faq"), messages: followUp });
  return {
    whole: (await generateText({ model: provider("faq"), prompt: question })).text,
    stream: await joined(parts.textStream, (part) => part),
    legacy: (await generateText({ model: provider.completionModel("faq"), prompt: question })).text,
  };
}

console.log(JSON.stringify({ official: await official(), aiSdk: await aiSdk(), compatible: await compatible() }));
