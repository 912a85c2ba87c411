/** Of the HTML report: light, dark, and on paper. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --page: #fff; --code: #f3f5f7; --plain: #3b6ea8; --bad: #b3261e; --time: #6f42c1; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ec; --soft: #a3abb5; --line: #3a424c; --page: #14171b; --code: #1f242a; --plain: #7fb0e6; --bad: #ff8a80; --time: #c0a1ff; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 2rem 1.5rem 4rem; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: 0 0 1rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.4rem 0 .3rem; }
p, ul { margin: .4rem 0; max-width: 60rem; }
pre { margin: .4rem 0; padding: .5rem .7rem; background: var(--code); border-radius: 4px; font: 13px/1.45 ui-monospace, monospace; white-space: pre-wrap; }
.notes { padding: 0; list-style: none; }
.notes li { margin: .6rem 0; padding: .1rem 0 .1rem .8rem; border-left: 4px solid; break-inside: avoid; }
.notes small { color: var(--soft); }
.notes p { margin: 0; white-space: pre-wrap; }
.notes b { padding: 0 .4em; border: 1px solid var(--line); border-radius: 1em; font-size: 13px; font-weight: 400; }
.notes .yellow { border-color: light-dark(#a67c00, #f4cf4e); } .notes .red { border-color: light-dark(#c42b2b, #ff7a73); } .notes .green { border-color: light-dark(#17753f, #5fd18e); }
.notes .blue { border-color: light-dark(#2456a6, #7db0ff); } .notes .violet { border-color: light-dark(#7a35c2, #c79bff); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; margin: .5rem 0; overflow-wrap: normal; }
th, td { padding: .25rem .7rem .25rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; }
.number { text-align: right; white-space: nowrap; }
figure { margin: .8rem 0; break-inside: avoid; }
figcaption { font-size: 13px; color: var(--soft); }
figcaption b { color: var(--ink); }
svg { display: block; width: 100%; height: 44px; border-bottom: 1px solid var(--line); }
.plain path { fill: var(--plain); } .bad path { fill: var(--bad); } .time path { fill: var(--time); }
.axis { display: flex; justify-content: space-between; font-size: 12px; color: var(--soft); }
@media print {
  :root { --ink: #000; --soft: #444; --line: #bbb; --page: #fff; --code: #f3f3f3; --plain: #3b6ea8; --bad: #b3261e; --time: #6f42c1; }
  main { max-width: none; padding: 0; }
  h2, h3 { break-after: avoid; }
  tr, pre { break-inside: avoid; }
}
`
