// The console: everything it knows it asks the control API, everything it does is a call of it. What comes
// from the wire becomes text and never markup.

const SHOWN_AT_FIRST = 300;  // records from before the page was opened
const PAUSE_MS = 250;        // between two looks, however much happens
const RETRY_MS = 2000;
const WAIT_S = 25;

const token = new URLSearchParams(location.hash.slice(1)).get("token");

// -- the control API

class Refusal extends Error {
  constructor(status, sentence) { super(sentence); this.status = status; }
}

/** What is answered. Throws a Refusal; its status is 0 where nobody answers. */
async function call(method, path, body) {
  const request = { method, headers: { Authorization: `Bearer ${token}` }, body: JSON.stringify(body) };
  const answer = await fetch(path, request).catch(() => {
    throw new Refusal(0, "nobody answers: the served platform has ended");
  });
  const said = await answer.json();
  if (!answer.ok) throw new Refusal(answer.status, said.error);
  return said;
}

// -- acting

let before = Promise.resolve();

/** Do it once all is done that was asked for earlier: each sees what the last one left. */
function inOrder(doing) {
  before = before.then(doing);
}

/** Do something, and say what became of it. */
function act(name, doing) {
  inOrder(async () => {
    try {
      const done = await doing();
      if (done.acted === 0) throw new Error("there was nothing to act on");
      say($("done"), `${name}: ${done.said ?? "done"}${where(done)}`, "good");
    } catch (problem) {
      say($("done"), `${name}: ${problem.message}`, "bad");
    }
  });
}

function where(done) {
  const act = done.records?.find(row => row.k === "rule.act" && row.conn !== null);
  return act ? ` on connection ${act.conn}` : "";
}

/** The bot and the connection that are chosen, where some are. */
function target() {
  const chosen = ["bot", "conn"].filter(name => $(name).value);
  return Object.fromEntries(chosen.map(name => [name, Number($(name).value)]));
}

const push = (name, what) => act(name, () => call("POST", "/push", { do: what, ...target() }));

function pushButton({ name, means, do: what }) {
  const button = made("button", { type: "button", title: JSON.stringify(what) }, name);
  if (means) button.append(made("small", {}, means));
  button.addEventListener("click", () => push(name, what));
  return button;
}

function onSubmit(form, does) {
  form.addEventListener("submit", event => {
    event.preventDefault();
    does(new FormData(form));
  });
}

function dispatch(given) {
  const type = given.get("type");
  const said = {};
  for (const key of FACTS.messages.includes(type) ? ["text", "from"] : [])
    if (given.get(key)) said[key] = given.get(key);
  act(`dispatch ${type}`, () => call("POST", "/dispatch", { type, ...said, ...target() }));
}

function pushAny(given) {
  const text = given.get("do").trim();
  let what = text;  // a bare word is a verb: rst
  try { what = JSON.parse(text); } catch { /* the control API says what is wrong */ }
  push(text, what);
}

// -- rules

const faults = new Map();  // by id: the fault and its button

/** Say which rules there are. `names` are theirs. */
function showRules(names) {
  say($("loaded"), names.length ? `Loaded: ${names.join(" · ")}` : "None are loaded.");
  for (const [id, { button }] of faults) button.setAttribute("aria-pressed", names.includes(id));
}

/** Load these rules; the prohibitions and the healing of what was `loaded` stay. Throws a Refusal. */
async function load(rules, { forbids, heal, held }) {
  const state = await call("PUT", "/rules", { rules, forbids, held, ...(heal && { heal }) });
  showRules(state.rules);
}

function toggle(id) {
  const { fault } = faults.get(id);
  act(fault.name, async () => {
    const loaded = await call("GET", "/rules");
    const others = loaded.rules.filter(one => one.id !== id);
    const on = others.length === loaded.rules.length;
    await load(on ? [...others, fault.rule] : others, loaded);
    return { said: on ? "on" : "off" };
  });
}

function heal() {
  act("heal", async () => {
    const state = await call("DELETE", "/rules");
    showRules(state.rules);
    return state;
  });
}

async function loadBox() {
  $("wrong").textContent = "";
  $("box").removeAttribute("aria-invalid");
  try {
    const written = [JSON.parse($("box").value)].flat();
    const ids = written.map(rule => rule?.id);
    const loaded = await call("GET", "/rules");
    const pressed = loaded.rules.filter(({ id }) => faults.has(id) && !ids.includes(id));
    await load([...written, ...pressed], loaded);
    say($("done"), "rules: loaded", "good");
  } catch (problem) {
    const json = problem instanceof SyntaxError;
    $("wrong").textContent = json ? `This is no JSON: ${problem.message}` : problem.message;
    $("box").setAttribute("aria-invalid", "true");
  }
}

function fillBox(rules) {
  $("box").value = `[\n${rules.map(rule => "  " + JSON.stringify(rule)).join(",\n")}\n]`;
}

function takeLoaded() {
  act("take what is loaded", async () => {
    const loaded = await call("GET", "/rules");
    fillBox(loaded.rules);
    return loaded;
  });
}

// -- what there is now

async function refresh() {
  const paths = ["/state", "/bots", "/connections", "/sessions"];
  const [state, bots, connections, sessions] = await Promise.all(paths.map(path => call("GET", path)));
  for (const name of ["token", "api", "gateway"]) say($(`${name}-url`), state[name]);
  showRules(state.rules);
  chooseTarget(bots, connections);
  showBots(bots);
  showConnections(connections);
  showSessions(sessions);
}

function chooseTarget(bots, connections) {
  const known = bots.map(bot => [String(bot.number), `${bot.number}: ${bot.app_id}`]);
  choose($("bot"), known.length ? known : [["", "none yet"]]);
  const sockets = connections.filter(one => one.protocol === "websocket" && String(one.bot) === $("bot").value);
  choose($("conn"), [["", "the newest"], ...sockets.map(one => [String(one.number), `ws#${one.number}`])]);
}

const truth = yes => yes ? "yes" : "no";

function showBots(bots) {
  fill($("bots"), bots.map(bot =>
    ({ key: bot.number, cells: [bot.number, bot.app_id, bot.username, truth(bot.connected)] })));
}

function showConnections(connections) {
  fill($("connections"), connections.map(one => {
    const name = `${one.host}#${one.number}`;
    const serving = one.protocol === "websocket" ? truth(one.serving) : "";
    return { key: name, cells: [name, one.protocol, one.bot, one.session, serving] };
  }));
}

function showSessions(sessions) {
  fill($("sessions"), sessions.map(one => {
    const conn = one.conn === null ? "none, resumable" : `ws#${one.conn}`;
    const cells = [one.ordinal, one.bot, one.s, conn, one.kept, one.id];
    return { key: one.ordinal, cells, button: () => expireButton(one.ordinal) };
  }));
}

function expireButton(ordinal) {
  const name = `expire session ${ordinal}`;
  const button = made("button", { type: "button", ariaLabel: name }, "expire");
  button.addEventListener("click", () => act(name, () => call("POST", `/sessions/${ordinal}/expire`)));
  return button;
}

// -- from now on

const pause = ms => new Promise(resolve => setTimeout(resolve, ms));

/** Show which rules there are; the number of the record after which the log begins. */
async function begin() {
  const { rules } = await call("GET", "/rules");
  if (rules.length) fillBox(rules);
  return Math.max(0, (await call("GET", "/state")).last - SHOWN_AT_FIRST);
}

/** Look again whenever something happened, until the token is refused. */
async function watch() {
  let last = null;
  for (;;) {
    try {
      last ??= await begin();
      await refresh();
      say($("link"), "● live", "good");
      const { records } = await call("POST", "/wait", { after: last, timeout_s: WAIT_S });
      await showNew(records, last);
      last = records.at(-1)?.n ?? last;
      await pause(PAUSE_MS);
    } catch (problem) {
      if (problem.status === 401) return refused();
      say($("link"), problem.message, "bad");
      await pause(RETRY_MS);
    }
  }
}

function refused() {
  say($("link"), "This address has not this platform’s token: open the one that serve --console printed.", "bad");
}

function groupOf({ title, buttons }) {
  const short = !buttons.some(one => one.means);
  const grid = made("div", { className: short ? "grid short" : "grid" }, ...buttons.map(pushButton));
  return made("fieldset", {}, made("legend", {}, title), grid);
}

function faultButton(fault) {
  const button = made("button", { type: "button", title: fault.means }, fault.name);
  faults.set(fault.rule.id, { fault, button });
  button.addEventListener("click", () => toggle(fault.rule.id));
  return button;
}

function build() {
  $("groups").append(...FACTS.groups.map(groupOf));
  $("heal").before(...FACTS.faults.map(faultButton));
  $("heal").addEventListener("click", heal);
  choose($("dispatch").elements.type, FACTS.events.map(one => [one, one]));
  fillBox(FACTS.example);
  $("take").addEventListener("click", takeLoaded);
  onSubmit($("dispatch"), dispatch);
  onSubmit($("push"), pushAny);
  onSubmit($("rules"), () => inOrder(loadBox));
  $("clear").addEventListener("click", () => $("log").replaceChildren());
  const hide = () => {
    const off = [...$("shown").querySelectorAll("input:not(:checked)")];
    $("log").dataset.hidden = off.map(one => one.value).join(" ");
  };
  $("shown").addEventListener("change", hide);
  hide();
}

addEventListener("hashchange", () => location.reload());
build();
if (token) watch(); else refused();
