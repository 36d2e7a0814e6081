local install_shim = require "propolis.install.shim"
local json = require "propolis.json"
local needs = require "needs"
local sys = require "engine.sys"
local tmp = require "tmp"

-- A program that notes what it was given and answers what the test says.
local RECORDER = [[
#!/bin/sh
n=$(ls "$DIR" | grep -c '^call')
cat > "$DIR/part"
echo "$1 $2 $3" > "$DIR/call$n"
mv "$DIR/part" "$DIR/stdin$n"
cat "$DIR/answer" 2>/dev/null
exit 0
]]

-- Both hosts call a handler with the event and a context.
local HOST = [[
import shim from "./shim.mjs";
const handlers = new Map();
const host = { on: (name, handler) => handlers.set(name, handler) };
(shim.register ?? shim)(host);
export const names = [...handlers.keys()];
export const fire = (name, event, ctx) => handlers.get(name)(event, ctx);
]]

describe("shims", function()
    local dir

    local function shim(name, program)
        local target = install_shim.target({ program = program }, name,
            dir .. "/shim.mjs")
        assert.equal(program, target.shim(target.add()))
        tmp.write(target.path, target.add())
        tmp.write(dir .. "/host.mjs", HOST)
        tmp.write(dir .. "/recorder", RECORDER, tonumber("755", 8))
    end

    -- Runs a script that has names and fire; what it prints, as JSON.
    local function play(script)
        tmp.write(dir .. "/play.mjs",
            'import { names, fire } from "./host.mjs";\n' .. script)
        local r = assert(sys.run({ "node", dir .. "/play.mjs" },
            { env = { DIR = dir }, timeout = 30, cwd = dir }))
        assert.equal(0, r.code, r.stderr)
        assert.equal("", r.stderr)
        return r.stdout ~= "" and json.decode(r.stdout) or nil
    end

    local function call(n)
        local words = sys.read(dir .. "/call" .. n)
        return words and words:gsub("%s+$", ""),
            json.decode(sys.read(dir .. "/stdin" .. n) or "null")
    end

    before_each(function() dir = tmp.dir() end)
    after_each(tmp.clean)

    local function noded(name, fn)
        it(name, function()
            local missing = needs.program("node")
            if missing then return pending(missing) end
            fn()
        end)
    end

    describe("pi", function()
        noded("forwards events in order and waits at the end", function()
            shim("pi", dir .. "/recorder")
            play [[
const ctx = { cwd: "/w", hasUI: false, model: { id: "m" }, sessionManager: {
    getSessionId: () => "s1", getSessionFile: () => "/f" } };
for (let i = 0; i < 5; i++)
    fire("input", { type: "input", text: "t" + i, source: "interactive" }, ctx);
await fire("session_shutdown", { type: "session_shutdown" }, ctx);
]]
            for i = 0, 4 do
                local words, payload = call(i)
                assert.equal("hook pi input", words)
                assert.same({ type = "input", text = "t" .. i,
                    source = "interactive" }, payload.event)
                assert.same({ cwd = "/w", sessionId = "s1",
                    sessionFile = "/f", hasUI = false, model = "m" },
                    payload.ctx)
            end
            assert.equal("hook pi session_shutdown", (call(5)))
        end)

        noded("adds the context to the system prompt", function()
            shim("pi", dir .. "/recorder")
            tmp.write(dir .. "/answer",
                '{"context":"Remember.","notice":"hi"}')
            local said = play [[
const said = [];
const ctx = { hasUI: true, ui: { notify: (...args) => said.push(args) } };
const answer = await fire("before_agent_start",
    { type: "before_agent_start", prompt: "x", systemPrompt: "You." }, ctx);
console.log(JSON.stringify({ answer, said }));
]]
            assert.same({ answer = { systemPrompt = "You.\n\nRemember." },
                said = { { "hi", "info" } } }, said)
            assert.same({ type = "before_agent_start", prompt = "x" },
                select(2, call(0)).event)
        end)

        noded("asks for the context once, until the session begins anew",
            function()
            shim("pi", dir .. "/recorder")
            tmp.write(dir .. "/answer", '{"context":"C","notice":"hi"}')
            local said = play [[
const said = [];
const ctx = { hasUI: true, ui: { notify: (text) => said.push(text) },
    sessionManager: { getSessionId: () => "s1" } };
const ask = async () => said.push((await fire("before_agent_start",
    { type: "before_agent_start", systemPrompt: "S" }, ctx)).systemPrompt);
fire("session_start", { type: "session_start", reason: "resume" }, ctx);
await ask(); await ask();
fire("session_compact", { type: "session_compact" }, ctx);
await ask(); await ask();
console.log(JSON.stringify(said));
]]
            assert.same({ "hi", "S\n\nC", "S\n\nC", "hi", "S\n\nC",
                "S\n\nC" }, said)
            local names, sources = {}, {}
            for i = 0, 3 do
                local words, payload = call(i)
                names[i + 1] = words:match("%S+$")
                sources[i + 1] = payload.ctx.source
            end
            assert.same({ "session_start", "before_agent_start",
                "session_compact", "before_agent_start" }, names)
            assert.same({ "resume", "resume", "compact", "compact" }, sources)
            assert.is_nil((call(4)))
        end)

        noded("asks again where there was no answer", function()
            shim("pi", dir .. "/recorder")
            play [[
const ctx = { sessionManager: { getSessionId: () => "s1" } };
for (let i = 0; i < 2; i++) await fire("before_agent_start", {}, ctx);
]]
            assert.truthy((call(1)))
        end)

        noded("leaves pictures out and survives what JSON cannot hold",
            function()
                shim("pi", dir .. "/recorder")
                play [[
const loop = {}; loop.loop = loop;
fire("tool_result", { type: "tool_result", details: loop }, undefined);
fire("tool_result", { type: "tool_result", n: 5n, content: [
    { type: "image", data: "A".repeat(9), mimeType: "image/png" }] }, {});
await fire("session_shutdown", {}, {});
]]
                local words, payload = call(0)
                assert.equal("hook pi tool_result", words)
                assert.equal("5", payload.event.n)
                assert.equal("9 characters left out",
                    payload.event.content[1].data)
                assert.equal("hook pi session_shutdown", (call(1)))
            end)

        noded("never throws and never answers without its program", function()
            shim("pi", dir .. "/nothing")
            local said = play [[
fire("input", { text: "x" }, {});
const answer = await fire("before_agent_start", { prompt: "x" }, {});
await fire("session_shutdown", {}, {});
console.log(JSON.stringify({ answer: answer ?? null }));
]]
            assert.equal(json.null, said.answer)
        end)

        noded("does not wait for a program that hangs", function()
            shim("pi", dir .. "/hanging")
            tmp.write(dir .. "/hanging", "#!/bin/sh\nexec sleep 60\n",
                tonumber("755", 8))
            local said = play [[
const answer = await fire("before_agent_start", { prompt: "x" }, {});
console.log(JSON.stringify({ answer: answer ?? null }));
process.exit(0);
]]
            assert.equal(json.null, said.answer)
        end)
    end)

    describe("openclaw", function()
        noded("forwards the hook, the event and what names the session",
            function()
                shim("openclaw", dir .. "/recorder")
                play [[
const ctx = { sessionId: "s", channelId: "c", abortSignal: {}, log() {} };
fire("agent_end", { success: true, context: { pluginConfig: {} }, messages: [
    { role: "user", content: "a" },
    { role: "toolResult", content: "long" },
    { role: "assistant", content: [{ type: "text", text: "b" }] }] }, ctx);
await fire("session_end", { reason: "new" }, ctx);
]]
                local words, payload = call(0)
                assert.equal("hook openclaw agent_end", words)
                assert.equal("agent_end", payload.hook)
                assert.same({ sessionId = "s", channelId = "c" }, payload.ctx)
                assert.is_nil(payload.event.context)
                assert.equal(2, #payload.event.messages)
                assert.equal("hook openclaw session_end", (call(1)))
            end)

        noded("leaves out the host's own context, and no argument of that name",
            function()
                shim("openclaw", dir .. "/recorder")
                play [[
fire("after_tool_call", { context: { live: 1 }, params: { context: "c" } }, {});
await fire("session_end", {}, {});
]]
                local _, payload = call(0)
                assert.same({ params = { context = "c" } }, payload.event)
            end)

        noded("tells every hook the folder that one of them named", function()
            shim("openclaw", dir .. "/recorder")
            play [[
fire("after_tool_call", {}, { sessionId: "s" });
await fire("before_prompt_build", {}, { sessionId: "s", workspaceDir: "/w" });
fire("after_tool_call", {}, { sessionId: "s" });
fire("after_tool_call", {}, { sessionId: "other" });
await fire("session_end", {}, {});
]]
            local said = {}
            for i = 0, 3 do
                said[i + 1] = select(2, call(i)).ctx.workspaceDir or "-"
            end
            assert.same({ "-", "/w", "/w", "-" }, said)
        end)

        noded("hands only known parts of the answer back", function()
            shim("openclaw", dir .. "/recorder")
            tmp.write(dir .. "/answer",
                '{"prependSystemContext":"Remember.","cancel":true,"x":1}')
            local said = play [[
const answer = await fire("before_prompt_build", { prompt: "x" }, {});
console.log(JSON.stringify(answer));
]]
            assert.same({ prependSystemContext = "Remember." }, said)
        end)

        noded("asks for the context once, until the session begins anew",
            function()
            shim("openclaw", dir .. "/recorder")
            tmp.write(dir .. "/answer", '{"prependSystemContext":"C"}')
            local said = play [[
const said = [];
const ask = async (id) => said.push((await fire("before_prompt_build",
    { prompt: "x" }, { sessionId: id })).prependSystemContext);
await ask("a"); await ask("a"); await ask("b"); await ask("a");
await fire("after_compaction", {}, { sessionId: "a" });
await ask("a"); await ask("b");
console.log(JSON.stringify(said));
]]
            assert.same({ "C", "C", "C", "C", "C", "C" }, said)
            local asked = {}
            for i = 0, 3 do
                local words, payload = call(i)
                asked[i + 1] = ("%s %s %s"):format(words:match("%S+$"),
                    payload.ctx.sessionId, payload.ctx.source or "-")
            end
            assert.same({ "before_prompt_build a -", "before_prompt_build b -",
                "after_compaction a compact", "before_prompt_build a compact",
            }, asked)
            assert.is_nil((call(4)))
        end)

        noded("registers nothing that decides or hides", function()
            shim("openclaw", dir .. "/recorder")
            local names = play "console.log(JSON.stringify(names));"
            for _, name in ipairs(names) do
                assert.is_nil(name:find("^before_tool"), name)
                assert.is_nil(name:find("^message"), name)
            end
        end)
    end)
end)
