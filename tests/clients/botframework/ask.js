// Ask a server as bots of the Bot Framework do: `node ask.js MODULES URL KEY` reads questions as JSON from standard
// input, `[{"sdk": "CustomQuestionAnswering" or "QnAMaker", "text": …, "options": {…}}, …]`, and prints what each got.
// MODULES is the folder that `npm ci` filled.
const path = require("node:path");

const [modules, url, key] = process.argv.slice(2);
const { CustomQuestionAnswering, QnAMaker } = require(path.join(modules, "botbuilder-ai"));
const { TestAdapter } = require(path.join(modules, "botbuilder-core"));

async function ask({ sdk, text, options }) {
    const legacy = sdk === "QnAMaker";
    const endpoint = { knowledgeBaseId: "faq", endpointKey: key, host: legacy ? `${url}/qnamaker` : url };
    const service = legacy ? new QnAMaker(endpoint) : new CustomQuestionAnswering(endpoint);
    let found;
    const adapter = new TestAdapter(async (context) => {
        found = await service.getAnswersRaw(context, options);
    });
    await adapter.send(text).startTest();
    return found;
}

async function main() {
    let input = "";
    for await (const part of process.stdin) input += part;
    const replies = [];
    for (const each of JSON.parse(input)) {
        try {
            replies.push(await ask(each));
        } catch (error) {
            replies.push({ error: String(error.message) });
        }
    }
    console.log(JSON.stringify(replies));
}

main();
