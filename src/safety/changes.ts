/** The one place where files change: asks, keeps the old content, writes atomically, can undo a turn. */
export type FileChanges = {};
