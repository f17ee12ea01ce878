import * as z from 'zod/mini';
import { Failure } from '../conversation/failure.ts';
import { plural } from '../conversation/plural.ts';
import { defineTool, OUTPUT_CAP, type ToolResult } from './base.ts';
import { described, optionalFlag, optionalNumber, optionalText, someText } from './parameters.ts';
import { treeOf } from './search/file-tree.ts';
import { nameShown } from './search/name-shown.ts';
import { type FoundLine, filesBelow, filesWithMatches, matchingLines } from './search/ripgrep.ts';

const MOST_LINES = 300;
const LONGEST_LINE = 300;
const MOST_CHARACTERS = OUTPUT_CAP - 1_000;

export const listTool = defineTool({
  name: 'list',
  description: 'The tree of files below a folder, without those that .gitignore names.',
  parameters: z.object({ path: optionalText, depth: optionalNumber(1, 100) }),
  conduct: 'read',
  title: ({ path = '.' }) => `list ${path}`,
  async execute({ path = '.', depth }, context): Promise<ToolResult> {
    const files = await filesBelow(path, context);
    const folder = context.workspace.relative(await context.workspace.resolveForReading(path));
    if (files.length === 0) {
      return { content: `No files in ${folder}, apart from ignored ones.`, summary: 'no files' };
    }
    if (files.length === 1 && files[0] === folder) {
      throw new Failure('bad-request', `${folder} is a file: use read.`);
    }
    const inside = folder === '.' ? files : files.map((file) => file.slice(folder.length + 1));
    const tree = treeOf(inside, MOST_LINES, depth);
    const [shown, more] = fitting(tree.lines);
    const notes = [
      ...(more > 0 ? [`[${more} more lines: name a folder, or use find]`] : []),
      ...(tree.folded && depth === undefined ? ['[too many to show all: name a folder to see more]'] : []),
    ];
    const head = folder === '.' ? [] : [`${nameShown(folder)}/`];
    const body = folder === '.' ? shown : shown.map((line) => `  ${line}`);
    return { content: [...head, ...body, ...notes].join('\n'), summary: plural(files.length, 'file') };
  },
});

export const findTool = defineTool({
  name: 'find',
  description: 'Find files by name with a glob: `*.test.ts`, `src/**/config.*`.',
  parameters: z.object({ glob: someText, path: optionalText }),
  conduct: 'read',
  title: ({ glob, path }) => `find ${glob}${path ? ` in ${path}` : ''}`,
  async execute({ glob, path = '.' }, context): Promise<ToolResult> {
    return listing(await filesBelow(path, context, glob), `No file fits ${glob}.`);
  },
});

export const searchTool = defineTool({
  name: 'search',
  description: 'Search file contents with a regular expression (ripgrep). Gives path:line:text.',
  parameters: z.object({
    pattern: someText,
    path: optionalText,
    glob: described(optionalText, 'only files like this'),
    literal: optionalFlag,
    ignore_case: optionalFlag,
    context: optionalNumber(0, 20, 'lines around'),
    files_only: optionalFlag,
  }),
  conduct: 'read',
  title: ({ pattern, path, glob }) =>
    `search ${pattern}${path || glob ? ` in ${[path, glob].filter(Boolean).join(' ')}` : ''}`,
  async execute({ pattern, path = '.', glob, ...options }, context): Promise<ToolResult> {
    const args = [
      ...(options.literal ? ['--fixed-strings'] : []),
      ...(options.ignore_case ? ['--ignore-case'] : []),
      ...(options.context ? ['--context', String(options.context)] : []),
      ...['--max-columns', String(LONGEST_LINE), '--max-columns-preview', '--regexp', pattern],
    ];
    const nothing = `Nothing fits ${pattern}.`;
    if (options.files_only) return listing(await filesWithMatches(args, path, context, glob), nothing);
    const { lines, cut } = await matchingLines(args, path, context, glob);
    if (lines.length === 0) return { content: nothing, summary: 'no matches' };
    const [shown, more] = fitting(written(lines));
    const least = cut ? 'at least ' : '';
    const note = more > 0 || cut ? [`[${least}${more} more lines: narrow the search]`] : [];
    return { content: [...shown, ...note].join('\n'), summary: least + extent(lines) };
  },
});

/** As ripgrep writes them: `path:12:text`, `path-13-text` for a line beside, `--` where lines are left out. */
function written(lines: readonly FoundLine[]): string[] {
  const withContext = lines.some(({ isMatch }) => !isMatch);
  return lines.flatMap(({ path, number, text, isMatch }, place) => {
    const before = lines[place - 1];
    const apart = withContext && before && (before.path !== path || before.number !== number - 1);
    const sign = isMatch ? ':' : '-';
    return [...(apart ? ['--'] : []), `${nameShown(path)}${sign}${number}${sign}${text}`];
  });
}

function extent(lines: readonly FoundLine[]): string {
  const matches = lines.filter(({ isMatch }) => isMatch);
  const files = new Set(matches.map(({ path }) => path)).size;
  return `${plural(matches.length, 'line')} in ${plural(files, 'file')}`;
}

function listing(files: readonly string[], none: string): ToolResult {
  if (files.length === 0) return { content: none, summary: 'no files' };
  const [shown, more] = fitting(files.map(nameShown));
  const note = more > 0 ? [`[${more} more files: name a folder or a narrower glob]`] : [];
  return { content: [...shown, ...note].join('\n'), summary: plural(files.length, 'file') };
}

/** As many lines as a model is sent, and how many are left. */
function fitting(lines: readonly string[]): [shown: string[], more: number] {
  let characters = 0;
  const tooMuch = lines.findIndex((line, place) => {
    characters += line.length + 1;
    return characters > MOST_CHARACTERS || place === MOST_LINES;
  });
  const shown = tooMuch < 0 ? [...lines] : lines.slice(0, tooMuch);
  return [shown, lines.length - shown.length];
}
