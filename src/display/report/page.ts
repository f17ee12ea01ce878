/** A report as one HTML page that needs nothing else: no scripts, no fonts, no pictures from elsewhere. */
import { type Chart, chartSvg } from './charts.ts';
import { escapeHtml } from './escape.ts';
import { STYLE } from './style.ts';

export interface Table {
  title: string;
  head: readonly string[];
  rows: readonly (readonly string[])[];
  /** So many columns from the left hold words, the others figures; 1 when left out. */
  words?: number;
  /** Columns that a terminal without room for all of them leaves out, the first of these first. */
  leftOut?: readonly number[];
  note?: string;
}

export interface Section {
  title: string;
  note?: string;
  charts?: readonly Chart[];
  tables?: readonly Table[];
}

export interface Report {
  title: string;
  /** Where and when, in a line. */
  lead: string;
  /** What is lacking, and what to do about it. */
  remarks: readonly string[];
  sections: readonly Section[];
}

export function reportPage({ title, lead, remarks, sections }: Report): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${escapeHtml(title)}</h1>
<p class="quiet">${escapeHtml(lead)}</p>
${remarks.map((remark) => `<p class="remark">${escapeHtml(remark).replace(/`([^`]+)`/g, '<code>$1</code>')}</p>`).join('\n')}
</header>
${sections.map(sectionHtml).join('\n')}
</body>
</html>
`;
}

function sectionHtml({ title, note, charts = [], tables = [] }: Section): string {
  const drawn = charts.map(chartHtml).join('\n');
  return `<section>
<h2>${escapeHtml(title)}</h2>
${note ? `<p class="quiet">${escapeHtml(note)}</p>` : ''}
${drawn && `<div class="charts">\n${drawn}\n</div>`}
${tables.map((table) => tableHtml(table, table.title !== title)).join('\n')}
</section>`;
}

function chartHtml(chart: Chart): string {
  const unit = chart.type === 'points' ? ` <span class="quiet">${escapeHtml(chart.yLabel)}</span>` : '';
  const note = chart.type === 'points' && chart.note ? `<p class="note">${escapeHtml(chart.note)}</p>` : '';
  return `<figure>
<figcaption><strong>${escapeHtml(chart.title)}</strong>${unit}</figcaption>
${chartSvg(chart)}
<p class="legend">${legendHtml(chart)}</p>
${note}
</figure>`;
}

function legendHtml(chart: Chart): string {
  const key = (sign: string, meaning: string | undefined) =>
    meaning ? `<span><i class="${sign}"></i>${escapeHtml(meaning)}</span>` : '';
  if (chart.type === 'shares') {
    const { part, rest, interval } = chart.legend;
    return key('key-part', part) + key('key-rest', rest) + key('key-reach', interval);
  }
  const { points, line, band } = chart.legend;
  return key('key-dot', points) + key('key-line', line) + key('key-band', band);
}

function tableHtml({ title, head, rows, words = 1, note }: Table, titled: boolean): string {
  const side = (column: number) => (column < words ? '' : ' class="figure"');
  const heads = head.map((cell, column) => `<th scope="col"${side(column)}>${escapeHtml(cell)}</th>`);
  const body = rows.map((row) => {
    // The head again for each cell: on a narrow screen a row is a list.
    const cells = row.map(
      (cell, column) =>
        `<td${side(column)} data-head="${escapeHtml(head[column] ?? '')}"><span>${escapeHtml(cell)}</span></td>`,
    );
    return `<tr>${cells.join('')}</tr>`;
  });
  return `${titled ? `<h3>${escapeHtml(title)}</h3>` : ''}
<table>
<thead><tr>${heads.join('')}</tr></thead>
<tbody>
${body.join('\n')}
</tbody>
</table>
${note ? `<p class="note">${escapeHtml(note)}</p>` : ''}`;
}
