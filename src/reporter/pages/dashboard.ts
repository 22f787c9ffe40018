import { untilText } from '../plan-text.ts';
import type { ChannelRow, StatusView, UpstreamRow } from '../status-view.ts';
import { html, type Markup } from './html.ts';

/** The dashboard: one page, no script, the same facts as `sluice status`. */
export function dashboardPage(view: StatusView): string {
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${view.site} · Sluice</title>
<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="30">
<style>${style}</style></head><body>
<header><h1>${view.site}</h1><p>${policyLine(view)}</p></header>
<main>
<section><h2>Channels</h2><div class="cards">${view.channels.map(channelCard)}</div></section>
<section><h2>Waiting for somebody</h2>${proposals(view)}</section>
<section><h2>Held</h2>${holds(view)}</section>
<section><h2>Upstreams</h2><table><tr><th>name<th>packages<th>snapshot<th>taken<th>state</tr>
${view.upstreams.map(upstreamRow)}</table></section>
</main></body></html>
`;
  return page.markup;
}

function policyLine(view: StatusView): Markup {
  const head = view.acceptedHead?.slice(0, 12) ?? 'none yet';
  const behind =
    view.policyInForce !== undefined && view.policyInForce !== view.acceptedHead
      ? html` <b class="bad">the newest policy has findings; ${view.policyInForce.slice(0, 12)} is in force</b>`
      : html``;
  return html`policy <code>${head}</code> · trust ${view.trust}${behind}`;
}

function channelCard(row: ChannelRow): Markup {
  const state =
    row.generation === undefined ? 'serves nothing yet' : `generation ${row.generation}`;
  return html`<article><h3>${row.name}</h3><p class="big">${row.packages}<small> packages</small></p>
${sparkline(row)}<p>${state}${row.published === undefined ? '' : `, ${row.published}`}<br>
<code>${row.url}</code><br>${row.waiting} held</p></article>`;
}

/** Packages by generation, as a small line. */
function sparkline(row: ChannelRow): Markup {
  const points = row.sizes.slice(-40);
  if (points.length < 2) return html``;
  const highest = Math.max(...points.map((p) => p.packages), 1);
  const step = 200 / (points.length - 1);
  const path = points
    .map((p, i) => `${(i * step).toFixed(1)},${(38 - (36 * p.packages) / highest).toFixed(1)}`)
    .join(' ');
  return html`<svg viewBox="0 0 200 40" preserveAspectRatio="none" role="img" aria-label="packages by generation"><polyline points="${path}"/></svg>`;
}

function proposals(view: StatusView): Markup {
  if (view.proposals.length === 0) return html`<p>No open proposals.</p>`;
  return html`<ul>${view.proposals.map(
    (p) =>
      html`<li><b>#${p.number}</b> ${p.title} <code>${p.branch}</code>${p.edited ? ' (edited by a person)' : ''}
 · <code>git merge ${p.branch}</code> · <a href="/proposals/${p.number}/${p.channel}.repo">try it</a></li>`,
  )}</ul>`;
}

function holds(view: StatusView): Markup {
  if (view.holds.length === 0) return html`<p>Nothing is held.</p>`;
  return html`<table><tr><th>what<th>channel<th>why<th>released by</tr>${view.holds.map(
    (h) =>
      html`<tr><td>${h.subject}<td>${h.channel ?? ''}<td><b>${h.code}</b> ${h.text}<td>${h.awaits}${untilText(h.until)}</tr>`,
  )}</table>`;
}

function upstreamRow(row: UpstreamRow): Markup {
  const state = row.fault
    ? html`<span class="bad">${row.fault.code}: ${row.fault.check}</span>`
    : html`${row.refused === 0 ? 'verified' : `${row.refused} packages refused`}`;
  return html`<tr><td>${row.name}<td>${row.packages}<td><code>${row.snapshot?.slice(7, 19)}</code><td>${row.taken}<td>${state}</tr>
`;
}

const style: Markup = {
  markup: `:root{color-scheme:light dark;--line:#8884}body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:72rem;padding:1rem}
h1{margin:0}header p{margin:0 0 1rem;opacity:.8}.cards{display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(16rem,1fr))}
article{border:1px solid var(--line);border-radius:.5rem;padding:1rem}article h3{margin:0}.big{font-size:2rem;margin:0}.big small{font-size:1rem;opacity:.7}
svg{width:100%;height:40px}polyline{fill:none;stroke:currentColor;stroke-width:2;vector-effect:non-scaling-stroke;opacity:.6}table{border-collapse:collapse;width:100%}
td,th{border-bottom:1px solid var(--line);padding:.3rem .5rem;text-align:left;vertical-align:top}.bad{color:#c22}code{font-size:.9em;overflow-wrap:anywhere}`,
};
