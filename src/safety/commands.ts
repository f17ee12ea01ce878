/** The one place where commands are run. */
export type Commands = {};
