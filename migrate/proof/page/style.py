"""How the page looks: light and dark, on a phone, and on paper."""

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #ffffff; --soft: #f3f5f7; --line: #c9d0d8; --ink: #1b1f24; --dim: #545d68;
  --link: #0a56b8; --good: #12652f; --bad: #a8141e; --accent: #0a56b8; --limit: #a8141e;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #14181d; --soft: #1f252c; --line: #414b57; --ink: #e8ebee; --dim: #aab4bf;
    --link: #84b9ff; --good: #6fd08c; --bad: #ff8f8a; --accent: #84b9ff;
    --limit: #ff8f8a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 62rem; padding: 1.5rem 1rem 4rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
  overflow-wrap: anywhere;
}
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 1rem; }
h2 {
  font-size: 1.3rem; margin: 2.5rem 0 .6rem; padding-bottom: .2rem;
  border-bottom: 1px solid var(--line);
}
h3 { font-size: 1.05rem; margin: 1.4rem 0 .4rem; }
p, ul { margin: .5rem 0; max-width: 46rem; }
ul { padding-left: 1.3rem; }
a { color: var(--link); }
code, pre, .hash { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, monospace; }
code, .hash { font-size: .875em; }
pre {
  padding: .7rem .9rem; border: 1px solid var(--line); background: var(--soft);
  border-radius: 6px; font-size: .875rem; white-space: pre-wrap;
}
.verdict {
  margin: 0 0 1rem; padding: .8rem 1rem; border: 1px solid; border-left-width: 8px;
  border-radius: 6px; font-size: 1.15rem; max-width: none;
}
.good { color: var(--good); } .bad { color: var(--bad); }
.verdict span { color: var(--ink); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; }
dl { margin: 0; }
dt { color: var(--dim); } dd { margin: 0; }
.dim, figcaption, .legend { color: var(--dim); font-size: .9em; }
td .dim { font-size: inherit; }
nav ol { columns: 18rem; padding-left: 2.2rem; margin: .5rem 0; }
nav li { break-inside: avoid; }
.box {
  overflow: auto; margin: .6rem 0; border: 1px solid var(--line); border-radius: 6px;
}
.steps { max-height: 33rem; }
.steps thead th { position: sticky; top: 0; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { padding: .3rem .7rem; text-align: left; vertical-align: top; }
th { background: var(--soft); font-weight: 600; }
tbody tr + tr td { border-top: 1px solid var(--line); }
.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
th, td { min-width: 3.5rem; overflow-wrap: break-word; }
.names td:first-child { min-width: 9rem; }
.hash { display: inline-block; min-width: 18rem; overflow-wrap: anywhere; }
.charts {
  display: grid; gap: .8rem 1.2rem; margin: .6rem 0;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 18.5rem), 1fr));
}
figure { margin: 0; max-width: 30rem; }
svg { display: block; width: 100%; height: auto; }
svg text { font: 11px system-ui, "DejaVu Sans", sans-serif; fill: var(--ink); }
svg image { image-rendering: pixelated; }
.grid { stroke: var(--line); stroke-width: 1; }
.between { stroke: var(--paper); stroke-width: 1.5; }
.limit { stroke: var(--limit); stroke-width: 1.8; stroke-dasharray: 1.5 3.5; }
.line { fill: none; stroke-width: 1.8; }
.distance { stroke: var(--accent); }
.level { stroke: var(--dim); stroke-dasharray: 7 4; }
.line.limit { stroke: var(--limit); stroke-dasharray: 1.5 3.5; }
circle { fill: var(--accent); }
.mark { fill: var(--paper); fill-opacity: .7; }
.mark { stroke: var(--accent); stroke-width: 1.6; }
.legend span { display: inline-block; margin-right: 1.2rem; }
.swatch { display: inline-block; width: auto; height: .85rem; vertical-align: -.1rem;
  margin-right: .35rem; }
.cell { margin-top: 2.5rem; }
@media (max-width: 30rem) {
  body { padding: 1rem .8rem 3rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .5rem; }
}
@media print {
  @page { margin: 15mm 13mm; }
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  a { color: inherit; text-decoration: none; }
  .box { overflow: visible; max-height: none; border: 0; }
  .steps thead th { position: static; }
  table { font-size: 8pt; }
  th, td { padding: .15rem .4rem; }
  th { border-bottom: 1px solid var(--ink); }
  th, td { min-width: 0; }
  td a, td code, .hash { overflow-wrap: anywhere; }
  .hash { min-width: 0; }
  figure, tr, dl, .verdict, pre, .box:not(.steps) { break-inside: avoid; }
  h2, h3, p.dim, p.legend { break-after: avoid; }
  .charts { grid-template-columns: repeat(3, 1fr); }
  svg image { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  :root { --limit: #000; --accent: #000; --good: #000; --bad: #000; }
}
"""
