/** A path of keys into a YAML file. */
export type KeyPath = readonly PropertyKey[];

/** What is wrong with a file of settings, and where. */
export interface Fault {
  path: KeyPath;
  /** The key itself is wrong, not its value. */
  inKey: boolean;
  message: string;
  /** Where inside a text the fault is, and the word that stands there. */
  inside?: { at: number; token: string };
}
