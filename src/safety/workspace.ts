// Filled in by the tools work: see contract in the docstring.
/** The folder that the agent works in. Paths that lead out of it, through symlinks too, are refused. */
export interface Workspace {
  /** Absolute, symlinks resolved. */
  readonly root: string;
}
