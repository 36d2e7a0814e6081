// A stand-in for the model's API, and the agent that talks to it:
//
//   node model.mjs LOG COMMAND ARGS...
//
// Listens on a free loopback port, puts it for @PORT@ into ARGS and into the
// files that E2E_FILES names (separated by ":"), runs the command and ends with
// its exit code. Every request is noted in LOG. Speaks as much of Anthropic's
// Messages, OpenAI's Responses and Chat Completions and Google's Generate
// Content as the agents use.
//
// The conversation: the first turn calls a tool that works, the second one
// that fails, the third says it is done. A request that offers no tool (titles,
// summaries) gets one word; with E2E_ANSWER everything is answered by that.
import { spawn } from "node:child_process";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";

const [log, command, ...args] = process.argv.slice(2);
const COMMANDS = [
  process.env.E2E_FIRST ?? "echo propolis-e2e-output",
  process.env.E2E_SECOND ?? "ls /propolis-e2e-missing",
];
const DONE = process.env.E2E_ANSWER ?? "All of it is done, says the model.";
const WORD = process.env.E2E_ANSWER ?? "ok";

const note = (what) => appendFileSync(log, JSON.stringify(what) + "\n");

function sse(res, events, named) {
  res.writeHead(200, { "content-type": "text/event-stream" });
  for (const event of events) {
    if (named) res.write(`event: ${event.type}\n`);
    res.write(`data: ${JSON.stringify(event)}\n\n`);
  }
  if (!named) res.write("data: [DONE]\n\n");
  res.end();
}

function messages(body, res) {
  const tool = body.tools?.find((t) => t.name === "Bash");
  const turn = body.messages
    .flatMap((m) => (Array.isArray(m.content) ? m.content : []))
    .filter((part) => part.type === "tool_result").length;
  const call = tool && turn < COMMANDS.length;
  const usage = { input_tokens: 1, output_tokens: 1 };
  const block = call
    ? { type: "tool_use", id: `toolu_${turn}`, name: "Bash", input: {} }
    : { type: "text", text: "" };
  const delta = call
    ? {
        type: "input_json_delta",
        partial_json: JSON.stringify({
          command: COMMANDS[turn],
          description: "run it",
        }),
      }
    : { type: "text_delta", text: tool ? DONE : WORD };
  if (!body.stream) {
    const content = [{ type: "text", text: tool ? DONE : WORD }];
    res.writeHead(200, { "content-type": "application/json" });
    return res.end(
      JSON.stringify({
        id: "msg_1", type: "message", role: "assistant", model: body.model,
        content, stop_reason: "end_turn", stop_sequence: null, usage,
      }),
    );
  }
  sse(
    res,
    [
      {
        type: "message_start",
        message: {
          id: `msg_${turn}`, type: "message", role: "assistant",
          model: body.model, content: [], stop_reason: null,
          stop_sequence: null, usage,
        },
      },
      { type: "content_block_start", index: 0, content_block: block },
      { type: "content_block_delta", index: 0, delta },
      { type: "content_block_stop", index: 0 },
      {
        type: "message_delta",
        delta: { stop_reason: call ? "tool_use" : "end_turn" },
        usage,
      },
      { type: "message_stop" },
    ],
    true,
  );
}

// The arguments of the shell tool, under whichever name it is offered.
const SHELLS = {
  shell: (c) => ({ command: ["bash", "-lc", c] }),
  shell_command: (c) => ({ command: c }),
  exec_command: (c) => ({ cmd: c }),
  bash: (c) => ({ command: c }),
  exec: (c) => ({ command: c }),
  run_shell_command: (c) => ({ command: c, description: "run it" }),
};

function shell(tools) {
  const names = (tools ?? [])
    .flatMap((t) => t.functionDeclarations ?? [t])
    .map((t) => t.name ?? t.function?.name);
  return Object.keys(SHELLS).find((name) => names.includes(name));
}

function responses(body, res) {
  const name = shell(body.tools);
  const turn = (body.input ?? []).filter(
    (item) => item.type === "function_call_output",
  ).length;
  const item =
    name && turn < COMMANDS.length
      ? {
          type: "function_call", id: `fc_${turn}`, call_id: `call_${turn}`,
          name, arguments: JSON.stringify(SHELLS[name](COMMANDS[turn])),
        }
      : {
          type: "message", id: "msg_1", role: "assistant",
          content: [{ type: "output_text", text: name ? DONE : WORD }],
        };
  const response = { id: `resp_${turn}`, status: "in_progress", output: [] };
  const usage = {
    input_tokens: 1, output_tokens: 1, total_tokens: 2,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens_details: { reasoning_tokens: 0 },
  };
  sse(
    res,
    [
      { type: "response.created", response },
      { type: "response.output_item.done", output_index: 0, item },
      {
        type: "response.completed",
        response: { ...response, status: "completed", output: [item], usage },
      },
    ],
    true,
  );
}

function completions(body, res) {
  const name = shell(body.tools);
  const turn = body.messages.filter((m) => m.role === "tool").length;
  const call = name && turn < COMMANDS.length;
  const delta = call
    ? {
        role: "assistant",
        tool_calls: [
          {
            index: 0, id: `call_${turn}`, type: "function",
            function: {
              name, arguments: JSON.stringify(SHELLS[name](COMMANDS[turn])),
            },
          },
        ],
      }
    : { role: "assistant", content: name ? DONE : WORD };
  const chunk = (more) => ({
    id: `chat_${turn}`, object: "chat.completion.chunk", created: 1,
    model: body.model, ...more,
  });
  sse(res, [
    chunk({ choices: [{ index: 0, delta, finish_reason: null }] }),
    chunk({
      choices: [
        { index: 0, delta: {}, finish_reason: call ? "tool_calls" : "stop" },
      ],
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    }),
  ]);
}

function generate(body, res, streamed) {
  const name = shell(body.tools);
  const turn = (body.contents ?? [])
    .flatMap((content) => content.parts ?? [])
    .filter((part) => part.functionResponse).length;
  const part =
    name && turn < COMMANDS.length
      ? { functionCall: { name, args: SHELLS[name](COMMANDS[turn]) } }
      : { text: name ? DONE : WORD };
  const response = {
    candidates: [
      { content: { role: "model", parts: [part] }, finishReason: "STOP" },
    ],
    usageMetadata: {
      promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2,
    },
  };
  const text = JSON.stringify(response);
  res.writeHead(200, {
    "content-type": streamed ? "text/event-stream" : "application/json",
  });
  res.end(streamed ? `data: ${text}\n\n` : text);
}

const ROUTES = [
  [/\/messages(\?.*)?$/, messages],
  [/\/responses$/, responses],
  [/\/chat\/completions$/, completions],
  [/:streamGenerateContent(\?.*)?$/, (body, res) => generate(body, res, true)],
  [/:generateContent(\?.*)?$/, generate],
];

const server = createServer((req, res) => {
  let text = "";
  req.setEncoding("utf8");
  req.on("data", (part) => (text += part));
  req.on("end", () => {
    const route = ROUTES.find(([path]) => path.test(req.url));
    let body;
    try {
      body = JSON.parse(text || "{}");
    } catch {
      body = {};
    }
    note({
      method: req.method, url: req.url, body: process.env.E2E_BODIES && body,
    });
    if (req.method === "POST" && route) return route[1](body, res);
    res.writeHead(404, { "content-type": "application/json" });
    res.end('{"error":{"type":"not_found_error","message":"no such thing"}}');
  });
});

server.listen(0, "127.0.0.1", () => {
  const port = String(server.address().port);
  const fill = (text) => text.replaceAll("@PORT@", port);
  for (const file of (process.env.E2E_FILES ?? "").split(":").filter(Boolean))
    writeFileSync(file, fill(readFileSync(file, "utf8")));
  const env = Object.fromEntries(
    Object.entries(process.env).map(([k, v]) => [k, fill(v)]),
  );
  const child = spawn(command, args.map(fill), {
    env,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const end = (code) => server.close(() => process.exit(code ?? 1));
  child.on("error", (err) => {
    console.error(String(err));
    end(127);
  });
  child.on("exit", (code) => {
    server.closeAllConnections?.();
    end(code);
  });
});
