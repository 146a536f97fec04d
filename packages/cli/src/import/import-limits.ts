/** Bounds of the importers. Those of the events themselves are in `@counterfoil/schema`. */
export const importLimits = {
  /** What a compressed file may unpack to, and the longest document or line that is read at once. */
  fileBytesMax: 256 * 1024 * 1024,
  jsonDepthMax: 256,
  callsPerMessageMax: 500,
  /** Positions fit into 20 bits of an event id, parts of one position into 12. */
  positionMax: 2 ** 20 - 1,
  partMax: 2 ** 12 - 1,
  /** Room for what is written around the texts of a payload. */
  payloadBytesTarget: 1_000_000,
  payloadDepthTarget: 60,
} as const
