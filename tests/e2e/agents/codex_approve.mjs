// Does what a user does with /hooks: approves every hook that Codex lists.
//
//   node codex_approve.mjs CODEX CODEX_HOME PROJECT
//
// Asks Codex' own app-server for the hooks and their hashes and records them
// in config.toml, the form in which Codex keeps approvals.
import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";

const [codex, home, project] = process.argv.slice(2);
const child = spawn(codex, ["app-server"], {
  stdio: ["pipe", "pipe", "ignore"],
});
const send = (message) =>
  child.stdin.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\n");

createInterface({ input: child.stdout }).on("line", (line) => {
  const message = JSON.parse(line);
  if (message.id === 1) {
    send({ method: "initialized" });
    send({ id: 2, method: "hooks/list", params: { cwds: [project] } });
  } else if (message.id === 2) {
    let text = "";
    const states = {};
    for (const hook of message.result.data[0].hooks) {
      states[hook.trustStatus] = (states[hook.trustStatus] ?? 0) + 1;
      if (hook.trustStatus === "trusted") continue;
      text += `\n[hooks.state.${JSON.stringify(hook.key)}]\n`;
      text += `trusted_hash = ${JSON.stringify(hook.currentHash)}\n`;
    }
    if (text) appendFileSync(`${home}/config.toml`, text);
    console.log(JSON.stringify(states));
    child.kill();
  }
});
send({
  id: 1,
  method: "initialize",
  params: {
    clientInfo: { name: "propolis-e2e", version: "1" },
    capabilities: { experimentalApi: true },
  },
});
