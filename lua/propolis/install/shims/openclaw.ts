// propolis for OpenClaw: forwards the plugin hooks to `propolis hook openclaw
// HOOK` and hands its context for the prompt back. Written by `propolis install
// openclaw` and replaced by the next one. Events leave one after the other, so
// that they are stored in order; only the prompt waits, for a bounded time,
// and nothing here throws.
import { spawn } from "node:child_process";

const PROGRAM = "@PROGRAM@";
const HOOK_MS = 10000; // one hook, at most
const ANSWER_MS = 1500; // what a prompt waits for the context
const DRAIN_MS = 1500; // what the end of a session waits
const HOOKS = [
  "session_start",
  "after_tool_call",
  "agent_end",
  "after_compaction",
  "subagent_spawned",
  "subagent_ended",
];
const ANSWERS = [
  "systemPrompt",
  "prependContext",
  "appendContext",
  "prependSystemContext",
  "appendSystemContext",
];

let queue = Promise.resolve("");

function run(hook, text) {
  return new Promise((resolve) => {
    let out = "";
    let timer;
    const done = () => {
      clearTimeout(timer);
      resolve(out);
    };
    try {
      const child = spawn(PROGRAM, ["hook", "openclaw", hook], {
        stdio: ["pipe", "pipe", "ignore"],
      });
      timer = setTimeout(() => child.kill("SIGKILL"), HOOK_MS);
      timer.unref();
      child.on("error", done);
      child.on("close", done);
      child.stdin.on("error", () => {});
      child.stdout.on("error", () => {});
      child.stdout.setEncoding("utf8");
      child.stdout.on("data", (part) => {
        if (out.length < 1e6) out += part;
      });
      child.stdin.end(text);
    } catch {
      done();
    }
  });
}

// Only some hooks say which folder a session works in, and the person's rules
// on what is stored go by folder: what one hook said holds for the others.
const folders = new Map();

function folder(ctx) {
  const session = ctx?.sessionId ?? ctx?.sessionKey;
  if (typeof ctx?.workspaceDir !== "string") return folders.get(session);
  if (folders.size > 1000) folders.clear();
  folders.set(session, ctx.workspaceDir);
  return ctx.workspaceDir;
}

// The context carries live objects; only what names the session leaves.
function about(ctx) {
  const out = {};
  for (const [key, value] of Object.entries(ctx ?? {}))
    if (["string", "number", "boolean"].includes(typeof value))
      out[key] = value;
  return { ...out, workspaceDir: folder(ctx) };
}

// A turn's end repeats the whole conversation; what tools said was forwarded
// when they said it.
function talk(hook, event) {
  if (hook === "before_prompt_build") return { prompt: event?.prompt };
  if (!Array.isArray(event?.messages)) return event;
  const messages = event.messages.filter(
    (m) => m?.role === "user" || m?.role === "assistant",
  );
  return { ...event, messages };
}

// Pictures are named, not copied; numbers JSON cannot hold become text.
function lean(key, value) {
  if (key === "context" || typeof value === "function") return undefined;
  if (typeof value === "bigint") return value.toString();
  if (value?.type === "image" && typeof value.data === "string")
    return { ...value, data: `${value.data.length} characters left out` };
  return value;
}

function forward(hook, event, ctx) {
  try {
    const text = JSON.stringify(
      { hook, event: talk(hook, event), ctx: about(ctx) },
      lean,
    );
    queue = queue.then(() => run(hook, text));
  } catch {
    return Promise.resolve("");
  }
  return queue;
}

function within(promise, ms) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve(""), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function answer(text) {
  const out = {};
  try {
    const reply = JSON.parse(text);
    for (const key of ANSWERS)
      if (typeof reply?.[key] === "string") out[key] = reply[key];
  } catch {
    return undefined;
  }
  return Object.keys(out).length > 0 ? out : undefined;
}

export default {
  id: "propolis",
  name: "propolis",
  description: "One shared memory for your coding agents",
  register(api) {
    for (const hook of HOOKS)
      api.on(hook, (event, ctx) => {
        forward(hook, event, ctx);
      });
    api.on("before_prompt_build", async (event, ctx) =>
      answer(
        await within(forward("before_prompt_build", event, ctx), ANSWER_MS),
      ),
    );
    api.on("session_end", async (event, ctx) => {
      await within(forward("session_end", event, ctx), DRAIN_MS);
    });
  },
};
