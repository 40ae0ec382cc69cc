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

async function ask(path) {
  const answer = await fetch(path, { headers: { Authorization: `Bearer ${token}` } });
  if (!answer.ok) {
    const error = await answer.json().catch(() => ({}));
    throw Object.assign(new Error(error.message ?? answer.statusText), { status: answer.status });
  }
  return answer.json();
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
  const shut = closings.map((closing) => {
    const number = closing.token === undefined ? "" : ` ${closing.token}`;
    return `the upstream answered 429: ${closing.kind}${number} of ${closing.name} ${closed(closing)}`;
  });
  const lines = [...missed, ...shut].map((text) => element("li", "trouble", text));
  place("troubles").hidden = lines.length === 0;
  place("troubles").querySelector("ul").replaceChildren(...lines);
}

function showLimit(limit) {
  const { track, tone } = bar(limit);
  const row = element("div", `limit ${tone}`);
  const name = element("div", "name", limit.name);
  name.append(" ", element("span", "scope", limit.scope));
  const numbers = element("div", "numbers", closed(limit) ?? `${limit.held} of ${limit.allowed}`);
  const history = remember(`${limit.scope}/${limit.name}`, limit.held / limit.allowed);
  row.append(name, track, numbers, line(history));
  return row;
}

function showToken(limit) {
  const { track, tone } = bar(limit);
  const card = element("div", `token ${tone}`, `${limit.client} · token ${limit.token}`);
  card.append(element("div", "numbers", closed(limit) ?? `${limit.held} of ${limit.allowed}`), track);
  return card;
}

function showFlow(flow) {
  const row = element("tr");
  row.append(element("td", "", flow.name), element("td", flow.queued > 0 ? "waiting" : "", flow.queued));
  for (const count of [flow.running, flow.answered, flow.failed, flow.refused]) row.append(element("td", "", count));
  return row;
}

async function show() {
  const [limits, flows, closings, upstreams] = await Promise.all([
    all("/api/v2/tollgate/limits"),
    all("/api/v2/tollgate/flows"),
    all("/api/v2/tollgate/closings"),
    ask("/api/v2/tollgate/upstreams"),
  ]);
  showTroubles(upstreams, closings);
  place("limits").replaceChildren(...limits.filter((limit) => !limit.client).map(showLimit));
  const tokens = limits.filter((limit) => limit.client).map(showToken);
  place("tokens").replaceChildren(...(tokens.length ? tokens : [element("p", "scope", "none fetched yet")]));
  place("flows").replaceChildren(...flows.map(showFlow));
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
