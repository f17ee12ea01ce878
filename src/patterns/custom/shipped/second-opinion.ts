export const secondOpinion = `name: second-opinion
about: another model reads what git diff shows before it is committed, and gives its verdict
roles:
  reader:
steps:
  - id: verdict
    ask: reader
    tools: read
    prompt: |
      Read what is about to be committed: git_status, and git_diff with what is staged and what is not. Read around it where you need to. Change nothing.
      Say what is wrong or missing, with file and line, worst first: mistakes, cases forgotten, keys or leftovers that do not belong there. Leave out taste.
      End with a line "Verdict: approve", or "Verdict: change" where it should not be committed as it is.

      {{files?}}

      {{task?}}
agreed: verdict.approved
`;
