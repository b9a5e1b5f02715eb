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

async function call(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: { Authorization: `Bearer ${token}` },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Refusal(answer.status, said.error);
  return said;
}

// -- acting

/** Do something, and say what became of it. */
async function act(name, doing) {
  try {
    const done = await doing();
    const idle = done.acted === 0;
    say($("done"), idle ? `${name}: there was nothing to act on` : `${name}: done${where(done)}`, idle ? "bad" : "good");
  } catch (problem) {
    say($("done"), `${name}: ${problem.message}`, "bad");
  }
}

function where(done) {
  const act = done.records?.find(row => row.k === "rule.act" && row.conn !== null);
  return act ? ` on connection ${act.conn}` : "";
}

function target() {
  return { ...($("bot").value && { bot: Number($("bot").value) }), ...($("conn").value && { conn: Number($("conn").value) }) };
}

const push = (name, what) => act(name, () => call("POST", "/push", { do: what, ...target() }));

function pushButton({ name, means, do: what }) {
  const button = made("button", { type: "button", title: JSON.stringify(what) }, name, ...(means ? [made("small", {}, means)] : []));
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

let boxed = [];                // the rules of the box that are loaded
const faults = new Map();      // by id: the fault and its button

function showRules(names) {
  if (!names.length) boxed = [];
  say($("loaded"), names.length ? `Loaded: ${names.join(" · ")}` : "None are loaded.");
  for (const [id, { button }] of faults) button.setAttribute("aria-pressed", names.includes(id));
}

const pressed = id => faults.get(id).button.getAttribute("aria-pressed") === "true";

/** Load the box's rules and these faults. Throws a Refusal. */
async function load(rules, ids) {
  const state = await call("PUT", "/rules", { rules: [...rules, ...ids.map(id => faults.get(id).fault.rule)] });
  boxed = rules;
  showRules(state.rules);
  return state;
}

function toggle(id) {
  const on = !pressed(id);
  const ids = [...faults.keys()].filter(one => one === id ? on : pressed(one));
  act(`${faults.get(id).fault.name} ${on ? "on" : "off"}`, () => load(boxed, ids));
}

const heal = () => act("heal", async () => showRules((await call("DELETE", "/rules")).rules) ?? {});

async function loadBox() {
  $("wrong").textContent = "";
  $("box").removeAttribute("aria-invalid");
  try {
    const rules = JSON.parse($("box").value);
    await load(Array.isArray(rules) ? rules : [rules], [...faults.keys()].filter(pressed));
    say($("done"), "rules: loaded", "good");
  } catch (problem) {
    const json = problem instanceof SyntaxError;
    $("wrong").textContent = json ? `This is no JSON: ${problem.message}` : problem.message;
    $("box").setAttribute("aria-invalid", "true");
  }
}

// -- what there is now

async function refresh() {
  const [state, bots, connections, sessions] = await Promise.all(
    ["/state", "/bots", "/connections", "/sessions"].map(path => call("GET", path)));
  for (const name of ["token", "api", "gateway"]) say($(`${name}-url`), state[name]);
  showRules(state.rules);
  choose($("bot"), bots.length ? bots.map(bot => [String(bot.number), `${bot.number}: ${bot.app_id}`]) : [["", "none yet"]]);
  const sockets = connections.filter(one => one.protocol === "websocket" && String(one.bot) === $("bot").value);
  choose($("conn"), [["", "the newest"], ...sockets.map(one => [String(one.number), `ws#${one.number}`])]);
  showBots(bots);
  showConnections(connections);
  showSessions(sessions);
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
    const conn = one.conn === null ? "none: can be resumed" : `ws#${one.conn}`;
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

/** Look again whenever something happened, until the token is refused. */
async function watch() {
  let last = null;
  for (;;) {
    try {
      last ??= Math.max(0, (await call("GET", "/state")).last - SHOWN_AT_FIRST);
      await refresh();
      say($("link"), "● live", "good");
      const { records } = await call("POST", "/wait", { after: last, timeout_s: WAIT_S });
      await showNew(records, last);
      last = records.at(-1)?.n ?? last;
      await pause(PAUSE_MS);
    } catch (problem) {
      if (problem.status === 401) return refused();
      say($("link"), problem instanceof Refusal ? problem.message : "nobody answers: the served platform has ended, or will soon be back", "bad");
      await pause(RETRY_MS);
    }
  }
}

function refused() {
  say($("link"), "This address has no token of this platform: open the one that serve --console printed last.", "bad");
}

function build() {
  $("groups").append(...FACTS.groups.map(({ title, buttons }) => made("fieldset", {},
    made("legend", {}, title), made("div", { className: buttons.some(one => one.means) ? "grid" : "grid short" }, ...buttons.map(pushButton)))));
  for (const fault of FACTS.faults) {
    const button = made("button", { type: "button", title: fault.means }, fault.name);
    faults.set(fault.rule.id, { fault, button });
    button.addEventListener("click", () => toggle(fault.rule.id));
  }
  const healing = made("button", { type: "button", title: "No rules any more; what they held is let go." }, "heal");
  healing.addEventListener("click", heal);
  $("faults").append(...[...faults.values()].map(({ button }) => button), healing);
  choose($("dispatch").elements.type, FACTS.events.map(one => [one, one]));
  $("box").value = `[\n${FACTS.example.map(rule => "  " + JSON.stringify(rule)).join(",\n")}\n]`;
  onSubmit($("dispatch"), dispatch);
  onSubmit($("push"), pushAny);
  onSubmit($("rules"), loadBox);
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
