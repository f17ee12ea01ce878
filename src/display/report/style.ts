/** How a report looks: blue is measured, orange is forecast, green stayed local. */
export const STYLE = `
:root {
  --paper: #ffffff; --card: #f6f7f9; --ink: #1b1f24; --quiet: #5b6570; --grid: #dfe3e8; --axis: #9aa4af;
  --measured: #0b66c3; --forecast: #b84e00; --local: #1a7f4b; --remote: #cdd3da; --remark: #fff4dd;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --card: #1c2026; --ink: #e6e9ed; --quiet: #9ba6b2; --grid: #2e353d; --axis: #606b77;
    --measured: #5aa9f8; --forecast: #f59a4a; --local: #43b97a; --remote: #3d4650; --remark: #3a2f16;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 1400px; padding: 24px 28px 48px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif;
}
h1 { font-size: 24px; margin: 0; }
h2 { font-size: 18px; margin: 36px 0 8px; overflow-wrap: anywhere; }
h3 { font-size: 15px; margin: 20px 0 6px; }
p { margin: 4px 0; max-width: 75ch; }
.quiet, .note { color: var(--quiet); }
.note { font-size: 13px; margin-top: 6px; }
.remark { background: var(--remark); border-radius: 6px; padding: 8px 12px; margin-top: 12px; }
code { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 0.93em; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 380px), 1fr)); gap: 16px; margin-top: 12px; }
figure { margin: 0; padding: 14px 16px 12px; background: var(--card); border-radius: 8px; min-width: 0; }
figcaption { margin-bottom: 8px; }
svg { display: block; width: 100%; max-width: 480px; height: auto; }
svg text { font-size: 12px; fill: var(--ink); font-variant-numeric: tabular-nums; }
svg .tick, svg .label { fill: var(--quiet); }
svg .end { text-anchor: end; }
svg .middle { text-anchor: middle; }
.grid { stroke: var(--grid); }
.axis { stroke: var(--axis); }
.dot { fill: var(--measured); fill-opacity: 0.7; }
.faint { fill-opacity: 0.22; }
.line { fill: none; stroke: var(--forecast); stroke-width: 2; stroke-linejoin: round; }
.band { fill: var(--forecast); fill-opacity: 0.16; }
.part { fill: var(--local); }
.rest { fill: var(--remote); }
.reach { stroke: var(--ink); stroke-width: 2; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 13px; color: var(--quiet); margin-top: 8px; }
.legend i { display: inline-block; width: 14px; height: 10px; margin-right: 6px; border-radius: 2px; }
i.key-dot { width: 9px; height: 9px; border-radius: 50%; background: var(--measured); }
i.key-line { height: 3px; background: var(--forecast); vertical-align: middle; }
i.key-band { background: var(--forecast); opacity: 0.3; }
i.key-part { background: var(--local); }
i.key-reach { height: 2px; background: var(--ink); vertical-align: middle; }
i.key-rest { background: var(--remote); }
table { border-collapse: collapse; margin-top: 8px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 6px 22px 6px 0; border-bottom: 1px solid var(--grid); vertical-align: top; }
th { color: var(--quiet); font-weight: 500; font-size: 13px; }
td:last-child:not(.figure) { overflow-wrap: anywhere; }
.figure { text-align: right; }
@media (max-width: 700px) {
  body { padding: 16px 16px 32px; }
  figure { padding: 12px 12px 10px; }
  table, tbody, tr, td { display: block; }
  thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  tr { border-bottom: 1px solid var(--grid); padding: 8px 0; }
  td { display: flex; justify-content: space-between; gap: 16px; border: 0; padding: 2px 0; text-align: right; }
  td::before { content: attr(data-head); color: var(--quiet); text-align: left; flex-shrink: 0; }
  td:first-child { font-weight: 600; text-align: left; overflow-wrap: anywhere; }
  td:first-child::before { content: none; }
}
`;
