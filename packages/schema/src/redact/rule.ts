/** One kind of secret in running text. A rule is data: adding one is adding an entry to a list. */
export interface TextRule {
  /** Stands in the marker and in the record of what was removed; `[a-z0-9-]`, at most 40 characters, never renamed. */
  readonly id: string
  readonly description: string
  /** Where the shape of the secret is documented, for the table in the documentation. */
  readonly source: string
  /**
   * Every match contains one of these, three characters or more, compared without regard to case. Text without any of
   * them is never looked at by a regular expression.
   */
  readonly anchors: readonly string[]
  /** The match begins so many characters before the anchor. Default 0. */
  readonly before?: number
  /**
   * What to remove, matched where the anchor begins. A group named `keep` at the front is left standing. Every
   * quantifier has a bound, so that no text takes more than linear time.
   */
  readonly pattern: RegExp
  /** `word`: no letter or digit may stand before the match. Default `none`. */
  readonly left?: 'word' | 'none'
  /** The last word, for what an expression cannot say. Receives the part to be removed, and all of the match. */
  readonly accepts?: ((secret: string, match: string) => boolean) | undefined
  /** As `accepts`, in an id of the envelope, where it may want more than in text. */
  readonly acceptsInId?: (secret: string, match: string) => boolean
}

/** A group of member names whose values are secrets whatever they look like. */
export interface KeyRule {
  readonly id: string
  readonly description: string
  /**
   * Names in lower case without separators: `apikey` stands for `api_key`, `apiKey`, `API-Key`. `*` at the front means
   * that words may stand before: `*password` also stands for `db_password`.
   */
  readonly names: readonly string[]
  /** Names that end in one of the above and mean something else. */
  readonly except?: readonly string[]
  /** `digits`: only values that are short runs of digits. `text`: no file paths and no small numbers. Default `any`. */
  readonly values?: 'any' | 'digits' | 'text'
}
