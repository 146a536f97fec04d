/**
 * Every maximum in the system, with its unit in the name. Over a limit is an error with a code and a pointer,
 * never a silent cut.
 */
export const limits = {
  /** The final envelope, that is the leaf, in bytes. C2SP tlog-tiles entries could hold 65,535. */
  envelopeBytesMax: 16 * 1024,
  /** Any string of the envelope, in Unicode code points. */
  envelopeStringCodePointsMax: 8_192,
  /** Nesting of the envelope; the event object itself is depth 1. */
  envelopeDepthMax: 6,
  /** Identifiers, in characters of `[\x21-\x7e]`. */
  idCharactersMax: 128,
  /** A payload as the producer sends it, in bytes of JSON text. */
  payloadBytesMax: 1024 * 1024,
  payloadDepthMax: 64,
  summaryCodePointsMax: 500,
  sourcesMax: 64,
  alsoAffectsMax: 64,
  attributesMax: 32,
  attributeKeyCharactersMax: 64,
  attributeStringCodePointsMax: 256,
  /** Recorded removals; what is beyond is counted in the last entry. */
  redactionsMax: 64,
  batchEventsMax: 1_000,
  batchBytesMax: 8 * 1024 * 1024,
  /** How far a producer's clock may be off before its times are marked. */
  clockSkewMsMax: 5 * 60 * 1000,
  /** Older than this when it arrives is a backfill, not a delay. */
  backfillAfterMs: 24 * 60 * 60 * 1000,
  /** How long a higher number of a producer waits for the lower ones before these are on record as missing. */
  gapAfterMs: 60 * 1000,
  /** A producer that is not heard for so many times what it promised is silent. */
  silentAfterPromises: 3,
  /** Gaps of one producer that are kept apart. */
  missingRangesMax: 512,
  pageItemsMax: 200,
  pageItemsDefault: 50,
  /** Counts above this are shown as "at least". */
  exactCountMax: 10_000,
  /** A count that takes longer is shown as "at least" what was counted by then. */
  countTimeMsMax: 35,
  /** How long the runs are looked for that facets count, for all facets of an answer together. */
  facetSampleTimeMsMax: 60,
  /** How long facets are counted then, for all of an answer together; what is left counts fewer runs. */
  facetCountTimeMsMax: 60,
} as const
