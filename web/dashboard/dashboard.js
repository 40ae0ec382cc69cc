// Shows the headroom of every limit, once a second. The token lives in this page only.
"use strict";

const EVERY = 1000;
const REMEMBERED = 120;
const past = new Map();
let token = null;

const place = (id) => document.getElementById(id);

function element(tag, classes, text) {
  const made = document.createElement(tag);
  made.className = classes ?? "";
  if (text !== undefined) made.textContent = text;
  return made;
}

async function ask(path, method = "GET") {
  const answer = await fetch(path, { method, headers: { Authorization: `Bearer ${token}` } });
  if (!answer.ok) {
    const error = await answer.json().catch(() => ({}));
    throw Object.assign(new Error(error.message ?? answer.statusText), { status: answer.status });
  }
  return answer.status === 204 ? null : answer.json();
}

// A button that has something deleted, and says so where it may not be.
function remover(text, path, name) {
  const button = element("button", "small", text);
  button.type = "button";
  button.setAttribute("aria-label", `${text} ${name}`);
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await ask(path, "DELETE");
      place("did").textContent = `done: ${text} ${name}`;
      await show();
    } catch (error) {
      place("did").textContent = `not done: ${error.message}`;
      button.disabled = false;
    }
  });
  return button;
}

// What stays as it is stays in the document, so that a button under the pointer is the one that is clicked.
function keep(list, lines) {
  const key = JSON.stringify(lines.map(([id]) => id));
  if (list.dataset.key === key) {
    lines.forEach(([, , text], at) => { list.children[at].firstChild.textContent = text; });
    return;
  }
  list.dataset.key = key;
  list.replaceChildren(...lines.map(([, button, text]) => {
    const item = element("li", "", "");
    item.append(element("span", "", text), button());
    return item;
  }));
}

// All pages of a list, up to a bound.
async function all(path) {
  const entities = [];
  for (let number = 1; number <= 20; number += 1) {
    const page = await ask(`${path}?pageSize=100&pageNumber=${number}`);
    entities.push(...page.entities);
    if (number >= page.pageCount) break;
  }
  return entities;
}

function bar(limit) {
  const part = Math.min(1, limit.held / limit.allowed);
  const track = element("div", "track");
  const held = element("div", "held");
  held.style.width = `${100 * part}%`;
  track.append(held);
  return { track, tone: part >= 1 || limit.closedMillis ? "full" : part >= 0.8 ? "tight" : "" };
}

function remember(name, part) {
  const parts = past.get(name) ?? [];
  parts.push(part);
  if (parts.length > REMEMBERED) parts.shift();
  past.set(name, parts);
  return parts;
}

function line(parts) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "past");
  svg.setAttribute("viewBox", `0 0 ${REMEMBERED - 1} 1`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `use in the last ${parts.length} seconds`);
  const path = document.createElementNS(svg.namespaceURI, "path");
  const points = parts.map((part, at) => `${REMEMBERED - parts.length + at},${1 - Math.min(1, part)}`);
  path.setAttribute("d", `M${points.join("L")}`);
  svg.append(path);
  return svg;
}

function span(millis) {
  const seconds = Math.ceil(millis / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.ceil(seconds / 60)} min` : `${Math.ceil(seconds / 3600)} h`;
}

// Until when a 429 has closed it, where one has.
function closed(limit) {
  return limit.closedMillis ? `closed for ${span(limit.closedMillis)}` : null;
}

function showTroubles(upstreams, closings) {
  const missed = upstreams.clients.filter((client) => client.trouble).map(({ name, trouble }) =>
    `${name} gets no token from ${trouble.endpoint} since ${span(trouble.sinceMillis)}: ${trouble.reason}`);
  const lines = missed.map((text) => element("li", "trouble", text));
  place("troubles").hidden = lines.length + closings.length === 0;
  place("missed").replaceChildren(...lines);
  keep(place("closings"), closings.map((closing) => {
    const number = closing.token === undefined ? "" : ` ${closing.token}`;
    const what = `${closing.kind}${number} of ${closing.name}`;
    const query = new URLSearchParams({ kind: closing.kind, name: closing.name });
    return [what, () => remover("open", `/api/v2/tollgate/closings?${query}`, what),
      `the upstream answered 429: ${what} ${closed(closing)}`];
  }));
}

function number({ allowed, periodMillis }) {
  if (periodMillis === undefined) return `${allowed} at once`;
  return `${allowed} in ${periodMillis % 1000 ? `${periodMillis} ms` : `${periodMillis / 1000} s`}`;
}

// Numbers in force that nobody has configured. One that headers tell can't be forgotten: it is told anew.
function showLearned(learned) {
  place("learned").hidden = learned.length === 0;
  keep(place("learned").querySelector("ul"), learned.map((it) => {
    const told = it.source === "headers";
    const since = `since ${span(it.sinceMillis)}`;
    const of = it.of === it.name ? "" : ` of ${it.of}`;
    const text = told
      ? `${it.name}${of}: the upstream says ${number(it)}, configured ${it.configured}, ${since}`
      : `${it.name}: from ${it.source}, ${it.accepted} calls accepted and ${it.refused} refused, ${since}`;
    const query = new URLSearchParams({ name: it.name });
    const button = () => told ? "" : remover("forget", `/api/v2/tollgate/learned?${query}`, it.name);
    return [`${it.source}/${it.of}/${it.name}`, button, text];
  }));
}

// What is configured, where something else is in force; and what is left free for others.
function beside(limit, learned) {
  const corrected = learned.find((it) => it.source === "headers" && it.name === limit.name
    && (limit.client === undefined ? limit.scope !== "token" : it.of === limit.client));
  const parts = [];
  const configured = corrected?.configured ?? limit.configured;
  if (configured !== undefined && configured !== limit.allowed) parts.push(`configured ${configured}`);
  if (limit.leftFree) parts.push(`${limit.leftFree} left free`);
  if (limit.mode === "shadow") parts.push("in shadow");
  if (limit.wouldRefuse) parts.push(`would have refused ${limit.wouldRefuse}`);
  return parts.join(", ");
}

function showLimit(limit, learned) {
  const { track, tone } = bar(limit);
  const row = element("div", `limit ${tone}`);
  const name = element("div", "name", limit.name);
  name.append(" ", element("span", "scope", limit.scope));
  const numbers = element("div", "numbers", closed(limit) ?? `${limit.held} of ${limit.allowed}`);
  numbers.append(element("div", "scope", beside(limit, learned)));
  const history = remember(`${limit.scope}/${limit.name}`, limit.held / limit.allowed);
  row.append(name, track, numbers, line(history));
  return row;
}

function showToken(limit, learned) {
  const { track, tone } = bar(limit);
  const card = element("div", `token ${tone}`, `${limit.client} · token ${limit.token}`);
  card.append(element("div", "scope", limit.name));
  const numbers = [closed(limit) ?? `${limit.held} of ${limit.allowed}`, beside(limit, learned)];
  card.append(element("div", "numbers", numbers.filter((text) => text).join(", ")), track);
  return card;
}

function showFlow(flow) {
  const row = element("tr");
  row.append(element("td", "", flow.name), element("td", flow.queued > 0 ? "waiting" : "", flow.queued));
  for (const count of [flow.running, flow.answered, flow.failed, flow.refused]) row.append(element("td", "", count));
  return row;
}

// Of each flow what would have become of its calls, where something is in shadow.
function showShadow(flows) {
  const told = flows.filter((flow) => flow.wouldHave);
  place("shadow").hidden = told.length === 0;
  place("shadow").querySelector("tbody").replaceChildren(...told.map(({ name, mode, wouldHave: it }) => {
    const row = element("tr");
    row.append(element("td", "", name));
    if (mode === "shadow") row.firstChild.append(" ", element("span", "scope", "in shadow"));
    const delayed = (millis) => it.delayed ? `${(millis / 1000).toFixed(1)} s` : "";
    const cells = [it.atOnce, it.delayed, delayed(it.waitedMillis), delayed(it.longestMillis)];
    row.append(...cells.map((text) => element("td", "", text)),
      element("td", it.refused > 0 ? "waiting" : "", it.refused));
    return row;
  }));
}

// How it stands with the cluster, in words, the most urgent first.
function clusterWords(it) {
  const left = it.leaseLeftMillis ? `its leases last for ${span(it.leaseLeftMillis)}` : "its leases have ended";
  const lines = [];
  if (it.trouble) {
    const then = it.leaseLeftMillis ? "until then calls go on" : "calls under shared limits are refused";
    const since = `for ${span(it.trouble.sinceMillis)}`;
    // Only an administrator is told why.
    const why = it.trouble.reason ? `: ${it.trouble.reason}` : "";
    lines.push([`The ${it.store} store hasn't answered this node ${since}; ${left}, ${then}${why}`, true]);
  }
  if (it.learning) {
    const why = it.learning.reason ? `, since ${it.learning.reason}` : "";
    lines.push([`What nodes have is learned anew${why}. Nobody gets what is unknown`
      + ` for ${span(it.learning.overInMillis)} more.`, true]);
  }
  const seen = it.exchangedMillis === undefined ? "" : `, as the ${it.store} store had it ${span(it.exchangedMillis)} ago`;
  const doubts = it.doubts ? `; times learned anew so far: ${it.doubts}` : "";
  lines.push([`Seen from ${it.member}${seen}; ${left}${doubts}.`, false]);
  return lines;
}

// A node's name; with the number of its process, by which two of one name are told apart.
function nodeName(member, own, isWhole) {
  const at = member.lastIndexOf("/");
  const cell = element("td", "", member.slice(0, at));
  if (isWhole) cell.append(element("span", "scope", member.slice(at)));
  if (member === own) cell.append(element("span", "scope", " (this node)"));
  return cell;
}

// Where all slots of a limit are: with nodes, free, on their way back, or nobody knows.
function shareRows(limit, own) {
  const name = (member) => member.slice(0, member.lastIndexOf("/"));
  const isTwice = (member) => limit.parts.filter((it) => name(it.member) === name(member)).length > 1;
  const rows = limit.parts.map(({ member, slots, wants }) => [nodeName(member, own, isTwice(member)), slots, wants]);
  rows.push([element("td", "", "free"), limit.free, ""]);
  if (limit.returning) {
    const last = limit.returnedInMillis ? `, the last in ${span(limit.returnedInMillis)}` : "";
    rows.push([element("td", "", `returning${last}`), limit.returning, ""]);
  }
  if (limit.unknown) {
    rows.push([element("td", "trouble", `unknown, for ${span(limit.knownInMillis)}`), limit.unknown, ""]);
  }
  return rows.map(([of, slots, wants], at) => {
    const row = element("tr");
    if (at === 0) {
      const name = element("td", "", limit.name);
      name.append(element("div", "scope", `${limit.allowed} in all`));
      name.rowSpan = rows.length;
      row.append(name);
    }
    row.append(of, element("td", "", slots), element("td", "", wants));
    return row;
  });
}

// Asked for only where a limit is shared.
function showCluster(it) {
  place("cluster").hidden = !it;
  if (!it) return;
  const lines = clusterWords(it).map(([text, urgent]) => element("li", urgent ? "trouble" : "scope", text));
  place("cluster").querySelector("ul").replaceChildren(...lines);
  place("members").replaceChildren(...it.members.map((member) => {
    const left = member.leaseLeftMillis ? span(member.leaseLeftMillis) : "ended";
    const row = element("tr");
    row.append(nodeName(member.member, it.member, true), element("td", "", `${span(member.seenMillis)} ago`),
      element("td", "", left));
    return row;
  }));
  place("parts").replaceChildren(...it.limits.flatMap((limit) => shareRows(limit, it.member)));
}

function showNotices(health) {
  const lines = health.split("\n").slice(1).filter((line) => line);
  place("notices").replaceChildren(...lines.map((line) => element("li", "", line)));
  place("notices").hidden = lines.length === 0;
}

async function show() {
  const [limits, flows, closings, upstreams, learned] = await Promise.all([
    all("/api/v2/tollgate/limits"),
    all("/api/v2/tollgate/flows"),
    all("/api/v2/tollgate/closings"),
    ask("/api/v2/tollgate/upstreams"),
    all("/api/v2/tollgate/learned"),
  ]);
  const isShared = limits.some((limit) => limit.lease);
  showCluster(isShared ? await ask("/api/v2/tollgate/cluster") : null);
  showNotices(await (await fetch("/health")).text());
  showTroubles(upstreams, closings);
  showLearned(learned);
  place("limits").replaceChildren(...limits.filter((limit) => !limit.client).map((limit) => showLimit(limit, learned)));
  const tokens = limits.filter((limit) => limit.client).map((limit) => showToken(limit, learned));
  place("tokens").replaceChildren(...(tokens.length ? tokens : [element("p", "scope", "none fetched yet")]));
  place("flows").replaceChildren(...flows.map(showFlow));
  showShadow(flows);
  place("state").textContent = `live, ${new Date().toLocaleTimeString()}`;
}

async function follow() {
  while (token) {
    try {
      await show();
    } catch (error) {
      place("state").textContent = `no answer: ${error.message}`;
      if (error.status === 401) return leave("The login has ended.");
    }
    await new Promise((go) => setTimeout(go, EVERY));
  }
}

function leave(why) {
  token = null;
  place("board").hidden = true;
  place("login").hidden = false;
  place("refused").textContent = why;
}

place("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const fields = new FormData(event.target);
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: fields.get("id"),
    client_secret: fields.get("secret"),
  });
  place("refused").textContent = "";
  try {
    const answer = await fetch("/oauth/token", { method: "POST", body });
    const grant = await answer.json();
    if (!answer.ok) throw new Error(grant.description ?? answer.statusText);
    token = grant.access_token;
  } catch (error) {
    place("refused").textContent = error.message;
    return;
  }
  event.target.reset();
  place("login").hidden = true;
  place("board").hidden = false;
  follow();
});
