/**
 * Files that run, or decide what runs, without anybody starting them: shells, editors and git read them when they
 * begin, services that build and test when something is pushed.
 */
const RUNS_BY_ITSELF = new RegExp(
  [
    /(^|\/)\.(ssh|parley|husky|githooks|github|circleci|buildkite|vscode|devcontainer|direnv)\//,
    /(^|\/)\.config\/(fish|systemd|autostart|git|nvim)\//,
    /(^|\/)\.(bash\w*|zsh\w*|zprofile|zlogin|zlogout|profile|kshrc|cshrc|tcshrc|login|inputrc|xinitrc|xprofile|xsession)$/,
    /(^|\/)\.(vimrc|nvimrc|exrc|emacs|gitconfig|gitmodules|envrc|mcp\.json|pre-commit-config\.yaml|travis\.yml|gitlab-ci\.ya?ml)$/,
    /(^|\/)(Jenkinsfile|azure-pipelines\.ya?ml|bitbucket-pipelines\.yml|lefthook\.ya?ml)$/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'i',
);

/** @param path with forward slashes. */
export function runsByItself(path: string): boolean {
  return RUNS_BY_ITSELF.test(path);
}
