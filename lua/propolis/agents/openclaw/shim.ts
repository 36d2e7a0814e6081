// propolis for OpenClaw: forwards the plugin hooks to `propolis hook openclaw
// HOOK` and hands its context for the prompt back. Written by `propolis install
// openclaw` and replaced by the next one. Events leave one after the other, so
// that they are stored in order; only the prompt waits, for a bounded time,
// and nothing here throws.
const AGENT = "openclaw";
const CONTEXT_MS = 1500; // what a prompt waits for the context
const DRAIN_MS = 1500; // what the end of a session waits
const HOOKS = [
  "session_start",
  "after_tool_call",
  "agent_end",
  "after_compaction",
  "subagent_spawned",
  "subagent_ended",
];
const PROMPT_FIELDS = [
  "systemPrompt",
  "prependContext",
  "appendContext",
  "prependSystemContext",
  "appendSystemContext",
];

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

// What the model was told in a session. It stays the same from prompt to prompt,
// so that what a provider keeps of a prompt holds, until the session begins
// anew for the model; why it does, the next question for the context says.
const contexts = new Map();
const sources = new Map();

const RENEWS = {
  session_start: (event) => (event?.resumedFrom ? "resume" : "startup"),
  after_compaction: () => "compact",
};

function renew(hook, event, ctx) {
  if (!RENEWS[hook]) return;
  const session = ctx?.sessionId ?? ctx?.sessionKey;
  if (sources.size > 1000) sources.clear();
  sources.set(session, RENEWS[hook](event));
  contexts.delete(session);
}

async function contextFor(event, ctx) {
  const session = ctx?.sessionId ?? ctx?.sessionKey;
  if (contexts.has(session)) return contexts.get(session);
  const answer = forward("before_prompt_build", event, ctx);
  const fields = promptFields(await within(answer, CONTEXT_MS));
  if (contexts.size > 1000) contexts.clear();
  if (session && fields) contexts.set(session, fields);
  return fields;
}

// The context carries live objects; only what names the session leaves.
function about(ctx) {
  const out = {};
  for (const [key, value] of Object.entries(ctx ?? {}))
    if (["string", "number", "boolean"].includes(typeof value))
      out[key] = value;
  const source = sources.get(ctx?.sessionId ?? ctx?.sessionKey);
  return { ...out, workspaceDir: folder(ctx), source };
}

// A turn's end repeats the whole conversation; what tools said was forwarded
// when they said it.
function talk(hook, event) {
  if (hook === "before_prompt_build") return { prompt: event?.prompt };
  const told = { ...event, context: undefined }; // the host's live objects
  if (Array.isArray(told.messages))
    told.messages = told.messages.filter(
      (m) => m?.role === "user" || m?.role === "assistant",
    );
  return told;
}

function forward(hook, event, ctx) {
  return send(hook, () => ({
    hook,
    event: talk(hook, event),
    ctx: about(ctx),
  }));
}

function promptFields(text) {
  const out = {};
  try {
    const output = JSON.parse(text);
    for (const key of PROMPT_FIELDS)
      if (typeof output?.[key] === "string") out[key] = output[key];
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
        renew(hook, event, ctx);
        forward(hook, event, ctx);
      });
    api.on("before_prompt_build", contextFor);
    api.on("session_end", async (event, ctx) => {
      await within(forward("session_end", event, ctx), DRAIN_MS);
    });
  },
};
