/** The user of a transcript: somebody real, of whom the envelope may say no more. */
export const human = { type: 'human', id: 'user' } as const
