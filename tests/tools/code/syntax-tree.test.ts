import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { loadGrammar } from '../../../src/tools/code/grammar.ts';
import { definitions, parseFile, syntaxErrors } from '../../../src/tools/code/syntax-tree.ts';
import { fc } from '../../support/chance.ts';
import { folderWith } from '../../support/scene.ts';

/** `2-4 function f`, a string for each definition. */
async function outline(path: string, text: string): Promise<string[] | undefined> {
  return (await definitions(path, text))?.map(({ name, kind, from, to }) => `${from}-${to} ${kind} ${name}`);
}

/** `2:9 message`, a string for each fault. */
async function faults(path: string, text: string): Promise<string[] | undefined> {
  return (await syntaxErrors(path, text))?.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

interface Sample {
  path: string;
  right: string[];
  outline: string[];
  /** Lines of a text that is broken, and the fault in it. */
  broken: string[];
  fault: string;
}

const SAMPLES: Sample[] = [
  {
    path: 'a.js',
    right: [
      '#!/usr/bin/env node',
      "import x from 'x';",
      '',
      '// About f.',
      'export function f() {',
      '  return <b>{x}</b>;',
      '}',
      'const g = async () => 1, limit = 2;',
      'const left = 1;',
      'module.exports.h = function () {};',
      'export default class {}',
    ],
    outline: ['4-7 function f', '8-8 function g', '10-10 function module.exports.h', '11-11 class default'],
    broken: ['const a = 1;', 'const b = [1, 2;', 'const c = 3;'],
    fault: '2:16 "]" is missing for the "[" of line 2',
  },
  {
    path: 'a.ts',
    right: [
      '/**',
      ' * About C.',
      ' */',
      '@Decorated()',
      'export abstract class C<T> {',
      '  m(): void {}',
      '}',
      '',
      '// Apart.',
      '',
      'export interface I {}',
      'export type T = string;',
      'enum E { A }',
      'namespace N {',
      '  export const f = () => 1;',
      '}',
      'declare function d(): void;',
    ],
    outline: [
      '1-7 class C',
      '11-11 interface I',
      '12-12 type T',
      '13-13 enum E',
      '14-16 module N',
      '15-15 function f',
      '17-17 function d',
    ],
    broken: ['function f() {', '  if (x {', '    return 1;', '  }', '}'],
    fault: '2:8 ")" is missing for the "(" of line 2',
  },
  {
    path: 'a.tsx',
    right: ['export function V({ a }: { a: string }) {', '  return <p>{a}</p>;', '}'],
    outline: ['1-3 function V'],
    broken: ['function V() {', '  return 1;', '}', '}'],
    fault: '4:1 cannot be parsed: }',
  },
  {
    path: 'a.py',
    right: [
      '# About f.',
      '@cached',
      'def f(x: int) -> int:',
      '    return x',
      '',
      'class C:',
      '    def m(self):',
      '        pass',
      'if True:',
      '    async def g():',
      '        pass',
    ],
    outline: ['1-4 function f', '6-8 class C', '10-11 function g'],
    broken: ['x = 1', 'def f()', '    return 1'],
    fault: '2:1 cannot be parsed: def f()',
  },
  {
    path: 'a.go',
    right: [
      'package a',
      '',
      '// F does.',
      'func F() {}',
      'func (t *T) M() {}',
      'type (',
      '\tS struct{}',
      '\tI interface{}',
      ')',
      'type A = int',
    ],
    outline: ['3-4 function F', '5-5 method M', '7-7 struct S', '8-8 interface I', '10-10 type A'],
    broken: ['package a', 'func f() int {', '\treturn (1', '}'],
    fault: '3:11 ")" is missing for the "(" of line 3',
  },
  {
    path: 'a.rs',
    right: [
      '/// About S.',
      '#[derive(Debug)]',
      'pub struct S<T> { a: T }',
      'impl<T> Display for S<T> {',
      '    /// About fmt.',
      '    fn fmt(&self) {}',
      '}',
      'mod m;',
      'mod tests {',
      '    fn t() {}',
      '}',
      'trait Q { fn q(); }',
      'macro_rules! mm { () => {} }',
    ],
    outline: [
      '1-3 struct S',
      '4-7 impl Display for S<T>',
      '5-6 method fmt',
      '9-11 module tests',
      '10-10 function t',
      '12-12 interface Q',
      '13-13 macro mm',
    ],
    broken: ['fn f() {', '    let x = 1', '    let y = 2;', '}'],
    fault: '2:14 ";" is missing',
  },
  {
    path: 'A.java',
    right: [
      'package a;',
      '/** About C. */',
      '@Deprecated',
      'public class C {',
      '  void m() {}',
      '}',
      'record R(int a) {}',
    ],
    outline: ['2-6 class C', '7-7 class R'],
    broken: ['class C {', '  int m() {', '    return 1', '  }', '}'],
    fault: '3:13 ";" is missing',
  },
  {
    path: 'a.c',
    right: [
      '#include <x.h>',
      '#define TWICE(x) (2 * (x))',
      'struct s;',
      'typedef struct { int a; } s_t;',
      'static int *f(int a) {',
      '  return 0;',
      '}',
    ],
    outline: ['2-2 macro TWICE', '4-4 type s_t', '5-7 function f'],
    broken: ['int f() {', '  return (2;', '}'],
    fault: '2:12 ")" is missing for the "(" of line 2',
  },
  {
    path: 'a.hpp',
    right: [
      '#ifndef A',
      '#define A',
      'namespace a {',
      '// About C.',
      'template <class T>',
      'class C {',
      '  void m() {}',
      '};',
      '}  // namespace a',
      'void a::C::n() {}',
      '#endif',
    ],
    outline: ['3-9 module a', '4-8 class C', '10-10 function a::C::n'],
    broken: ['class C {', '  int m() { return 1 }', '};'],
    fault: '2:21 ";" is missing',
  },
  {
    path: 'a.cs',
    right: [
      'using System;',
      'namespace N;',
      '/// <summary>C</summary>',
      '[Serializable]',
      'public class C {',
      '  void M() {}',
      '}',
      'enum E { A }',
    ],
    outline: ['3-7 class C', '8-8 enum E'],
    broken: ['class C {', '  int M() { return 1 }', '}'],
    fault: '2:21 ";" is missing',
  },
  {
    path: 'a.rb',
    right: ['# About M.', 'module M', '  class C', '    def m; end', '  end', 'end', 'def top', '  1', 'end'],
    outline: ['1-6 module M', '3-5 class C', '7-9 method top'],
    broken: ['x = 1', 'y = [1, 2', 'z = 3'],
    fault: '2:5 "[" is never closed',
  },
  {
    path: 'a.php',
    right: [
      '<?php',
      'namespace A;',
      '/** About f. */',
      'function f() {}',
      '#[Attr]',
      'class C {',
      '  function m() {}',
      '}',
    ],
    outline: ['3-4 function f', '5-8 class C'],
    broken: ['<?php', 'function f() {', '  $x = ;', '}'],
    fault: '3:6 cannot be parsed: = ;',
  },
  {
    path: 'a.sh',
    right: ['set -e', '# About f.', 'f() {', '  echo "$1"', '}', 'function g {', '  :', '}'],
    outline: ['2-5 function f', '6-8 function g'],
    broken: ['echo 1', 'f() {', '  echo 2'],
    fault: '2:5 "{" is never closed',
  },
  {
    path: 'a.css',
    right: ['/* About a. */', 'a, b:hover {', '  color: red;', '}', '@media print { a { b: c } }'],
    outline: ['1-4 rule a, b:hover', '5-5 rule @media print'],
    broken: ['a { color: red; }', 'b { color: blue;'],
    fault: '2:17 "}" is missing for the "{" of line 2',
  },
  {
    path: 'a.ps1',
    right: ['# About f.', 'function Get-F {', '  param($x)', '  $x', '}', 'class C { [void] M() { } }'],
    outline: ['1-5 function Get-F', '6-6 class C'],
    broken: ['function f {', '  if ($x {', '  }', '}'],
    fault: '2:6 "(" is never closed',
  },
  {
    path: 'a.ini',
    right: ['[a]', 'x=1', '', '[b]', 'y=2'],
    outline: ['1-2 section [a]', '4-5 section [b]'],
    broken: ['[a]', 'x=1', '[b', 'y=2'],
    fault: '3:1 "[" is never closed',
  },
];

describe.each(SAMPLES)('$path', ({ path, right, outline: expected, broken, fault }) => {
  test.each([
    ['line feeds', '\n'],
    ['carriage returns too', '\r\n'],
  ])('with %s: a right text has no fault, its definitions their lines', async (_name, ending) => {
    const text = right.map((line) => line + ending).join('');
    expect(await faults(path, text)).toEqual([]);
    expect(await outline(path, text)).toEqual(expected);
  });

  test('a broken one is told by its line', async () => {
    expect(await faults(path, broken.map((line) => `${line}\n`).join(''))).toContain(fault);
  });
});

test('the members of a large class are listed, those of a small one are not', async () => {
  const member = (name: string, lines: number) =>
    `  // About ${name}.\n  ${name}() {\n${'    f();\n'.repeat(lines)}  }\n`;
  const large = `class Large {\n  x = 1;\n${member('a', 20)}${member('b', 20)}  arrow = () => 1;\n}\n`;
  const small = `class Small {\n${member('a', 2)}}\n`;
  expect(await outline('a.js', large + small)).toEqual([
    '1-50 class Large',
    '3-25 method a',
    '26-48 method b',
    '49-49 method arrow',
    '51-57 class Small',
  ]);
  const python = `class C:\n    # About m.\n    @property\n    def m(self):\n${'        f()\n'.repeat(50)}`;
  expect(await outline('a.py', python)).toEqual(['1-54 class C', '2-54 method m']);
});

test('a comment goes with what it stands directly above, and with nothing else', async () => {
  const text = [
    'const a = 1; // about a',
    'function b() {}',
    '/* about',
    '   c */',
    '// and more',
    'function c() {}',
    '// of nothing',
    '',
    'function d() {} function e() {}',
  ];
  const expected = ['2-2 function b', '3-6 function c', '9-9 function d', '9-9 function e'];
  expect(await outline('a.js', text.join('\n'))).toEqual(expected);
  expect(await outline('a.js', text.join('\r'))).toEqual(expected);
});

test('several faults are told, at most five, one a line, in UTF-16 columns from 1', async () => {
  expect(await faults('a.js', "const a = '😀é'; const b = ;\n\nf(;\n")).toEqual([
    '1:28 cannot be parsed: ;',
    '3:3 ")" is missing for the "(" of line 3',
  ]);
  expect(await faults('a.js', 'const b = ;\n'.repeat(20))).toHaveLength(5);
  expect(await faults('a.js', '\uFEFFconst a = 1;\n')).toEqual([]);
});

test.each([
  ['{"a": [1, 2,]}', ['1:13 expected a value, found ]']],
  ['{\n  "a": 1\n  "b": 2\n}\n', ['3:3 expected "," or "}", found "b"']],
  ['{\n  "a": "x\n}\n', ['2:8 a string is not closed, or holds a line break or a wrong escape']],
  ['{\n  // why\n}\n', ['2:3 expected a name or "}", found //']],
  ['{\n  "a": [1\n', ['2:10 "[" of line 2 is never closed']],
  ['{"a": 01}', ['1:8 expected "," or "}", found 1']],
  ['{} {}', ['1:4 expected the end, found {']],
  ['', ['1:1 expected a value, found nothing']],
  ['\uFEFF{"a": [true, null, -1.5e3, "\\u00e9"]}\r\n', []],
])('JSON: %j', async (text, expected) => {
  expect(await faults('a.json', text)).toEqual(expected);
});

test('files of JSON that may hold comments and trailing commas may', async () => {
  const text = '// why\n{\n  /* a */ "a": [1, 2,],\n}\n';
  for (const path of ['tsconfig.json', 'x/tsconfig.build.json', '.vscode/settings.json', 'a.jsonc'])
    expect(await faults(path, text)).toEqual([]);
  expect(await faults('tsconfig.json', '{ "a": [,] }')).toEqual(['1:9 expected a value or "]", found ,']);
});

test('JSON has a fault exactly where JSON.parse finds one', async () => {
  const parts = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '"',
    '1',
    '-',
    '0',
    '.5',
    'null',
    'x',
    ' ',
    '\n',
  );
  const right = fc.json();
  const broken = fc.array(parts, { maxLength: 12 }).map((all) => all.join(''));
  await fc.assert(
    fc.asyncProperty(fc.oneof(right, broken), async (text) => {
      expect((await faults('a.json', text))!.length === 0).toBe(isJson(text));
    }),
  );
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('YAML is checked, all its documents', async () => {
  expect(await faults('a.yaml', 'a: 1\nb:\n  - x\n---\nc: &x 2\nd: *x\n')).toEqual([]);
  expect(await faults('a.yml', '')).toEqual([]);
  expect(await faults('a.yml', 'a: 1\n---\nb: [1, 2\nc: 3\n')).toEqual([
    expect.stringMatching(/^4:1 .*flow/i),
  ]);
  expect(await faults('a.yml', 'a: 1\na: 2\n')).toEqual([
    expect.stringMatching(/^2:1 Map keys must be unique/),
  ]);
});

test('what cannot be parsed is undefined', async () => {
  for (const path of ['a.txt', 'a.md', 'Makefile', 'js', 'a.toString']) {
    expect(await parseFile(path, 'x')).toBeUndefined();
    expect(await syntaxErrors(path, 'x')).toBeUndefined();
    expect(await definitions(path, 'x')).toBeUndefined();
  }
  const large = 'f();\n'.repeat(200_001);
  for (const path of ['a.js', 'a.json', 'a.yaml']) expect(await syntaxErrors(path, large)).toBeUndefined();
});

test('a tree can be read until it is disposed of', async () => {
  using parsed = await parseFile('dir/A.TS', 'f();');
  expect(parsed).toMatchObject({ grammar: 'typescript' });
  expect(parsed!.root.toString()).toMatch(/^\(program \(expression_statement/);
});

test('any text has faults and definitions within its lines', async () => {
  const lines = fc.constantFrom(
    'class A {',
    '}',
    'def f():',
    '  x',
    '@a',
    '// b',
    'fn f() {',
    '',
    '"',
    '((',
    '\0',
    '😀',
  );
  const text = fc.array(lines, { maxLength: 40 }).map((all) => all.join('\n'));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...SAMPLES), text, async ({ path }, text) => {
      const last = text.split('\n').length;
      for (const { line } of (await syntaxErrors(path, text))!) expect(line).toBeLessThanOrEqual(last);
      let from = 1;
      for (const definition of (await definitions(path, text))!) {
        expect(definition.from).toBeGreaterThanOrEqual(from);
        expect(definition.to).toBeGreaterThanOrEqual(definition.from);
        expect(definition.to).toBeLessThanOrEqual(last);
        ({ from } = definition);
      }
    }),
    { numRuns: 400 },
  );
});

test('a text that is nested deep is no trouble', async () => {
  for (const text of ['('.repeat(50_000), 'if (a) {} else '.repeat(5_000), '{'.repeat(50_000)]) {
    expect(await syntaxErrors('a.js', text)).not.toEqual([]);
    await definitions('a.js', text);
  }
});

test('nothing stays in memory', async () => {
  const text = 'function f(a, b) { return [a, b, f(1, 2)]; }\n'.repeat(2_500);
  const memoryAfter = async (times: number) => {
    for (let n = 0; n < times; n++) await syntaxErrors('a.js', text);
    return process.memoryUsage().external;
  };
  // A tree takes 8 MB of what is not collected.
  const before = await memoryAfter(3);
  expect((await memoryAfter(10)) - before).toBeLessThan(30_000_000);
});

describe('where the parser is not as it should be', () => {
  afterEach(() => {
    vi.doUnmock('web-tree-sitter');
    vi.resetModules();
  });

  test('a grammar that is broken or missing is none', async () => {
    const folder = await folderWith({ 'broken.wasm': 'no wasm' });
    expect(await loadGrammar('go', join(folder, 'broken.wasm'))).toBeUndefined();
    expect(await loadGrammar('go', join(folder, 'missing.wasm'))).toBeUndefined();
    expect(await loadGrammar('go')).toBeDefined();
  });

  test('without the package nothing is parsed, JSON and YAML are checked all the same', async () => {
    vi.resetModules();
    vi.doMock('web-tree-sitter', () => {
      throw new Error("Cannot find package 'web-tree-sitter'");
    });
    const fresh = await import('../../../src/tools/code/syntax-tree.ts');
    expect(await fresh.parseFile('a.go', 'package a')).toBeUndefined();
    expect(await fresh.syntaxErrors('a.go', 'package a')).toBeUndefined();
    expect(await fresh.definitions('a.go', 'package a')).toBeUndefined();
    expect(await fresh.syntaxErrors('a.json', '{')).toHaveLength(1);
    expect(await fresh.syntaxErrors('a.yaml', 'a: [')).toHaveLength(1);
  });
});
