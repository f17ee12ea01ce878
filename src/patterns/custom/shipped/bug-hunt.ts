export const bugHunt = `name: bug-hunt
about: three models look for bugs independently, rank each other's finds without names, and the best is mended
roles:
  first:
  second:
  third:
  fixer:
steps:
  - id: finds
    ask: [first, second, third]
    tools: read
    prompt: |
      Look for bugs. Report the one that matters most: file and line, what goes wrong and when, how to see it, and how to mend it. Read the code before you say so; a bug that is not there costs more than one that is missed. If there is none, say so.

      {{files?}}

      Task: {{task}}
  - id: best
    vote: condorcet
    between: finds
    judge: fixer
    prompt: |
      Several models looked for bugs. Which report is right, matters most, and says best how to mend it?

      Task: {{task}}
  - id: fix
    ask: fixer
    tools: all
    prompt: |
      Mend this bug, and nothing else. Check first that it is there; if it is not, change nothing and say so. Where it can be tested, add the test that would have caught it.

      Task: {{task}}

      The report:
      {{best.winner}}
`;
