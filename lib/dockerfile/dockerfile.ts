/** What a Dockerfile says, before any variable is expanded. Lines count from 1. */

export type EscapeToken = "\\" | "`";

/** A parser directive at the top of the file, such as `# escape=` or `# syntax=`. */
export interface Directive {
  readonly name: "syntax" | "escape" | "check";
  readonly value: string;
  readonly line: number;
}

export interface Heredoc {
  /** The word that ends it. */
  readonly name: string;
  /** As written before `<<`; 0 when nothing is. */
  readonly fileDescriptor: number;
  /** False when the word was quoted: variables in the content stay as they are. */
  readonly expand: boolean;
  /** `<<-`: leading tabs are dropped when it is used; `content` still has them. */
  readonly chomp: boolean;
  /** Whole lines with their line ends, as in the file. */
  readonly content: string;
}

/** Name and value of ENV, LABEL and ARG. */
export interface NameValue {
  readonly name: string;
  /** Null for an ARG without `=`. */
  readonly value: string | null;
}

export interface Instruction {
  /** Upper case. */
  readonly keyword: string;
  /**
   * The instruction as Kaniko prints it and hashes it into the cache key: continuation lines joined without line ends,
   * comments between them dropped, of a heredoc only the first line.
   */
  readonly text: string;
  readonly line: number;
  /** Of the last line, that of a heredoc's end included. */
  readonly endLine: number;
  /** Flags such as `--from=build`, quotes removed, in order. */
  readonly flags: readonly string[];
  /**
   * The words after the flags. One word with the whole command for the shell form of RUN, CMD, ENTRYPOINT and SHELL;
   * the strings of a JSON array. ENV, LABEL and ARG are better read from `pairs`.
   */
  readonly args: readonly string[];
  /** The arguments were given as a JSON array. */
  readonly json: boolean;
  /** ENV, LABEL and ARG; else empty. */
  readonly pairs: readonly NameValue[];
  readonly heredocs: readonly Heredoc[];
  /** ONBUILD: the instruction to run later, with its heredocs; else null. */
  readonly trigger: string | null;
}

export interface Stage {
  /** From 0. */
  readonly index: number;
  /** The name after AS in lower case, or "". */
  readonly name: string;
  /** As written, variables not expanded. */
  readonly baseText: string;
  /** The value of `--platform` as written, or "". Kaniko does not use it. */
  readonly platform: string;
  /** The FROM instruction, as Kaniko would print it. */
  readonly text: string;
  readonly line: number;
  readonly endLine: number;
  /** Everything after FROM. */
  readonly instructions: readonly Instruction[];
}

export interface Dockerfile {
  readonly escape: EscapeToken;
  readonly directives: readonly Directive[];
  /** ARG instructions before the first FROM. */
  readonly globalArgs: readonly Instruction[];
  /** At least one. */
  readonly stages: readonly Stage[];
}
