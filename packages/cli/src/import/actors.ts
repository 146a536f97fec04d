/** The user of a transcript: somebody real, of whom the envelope may say no more. */
export const human = { type: 'human', id: 'user' } as const
/** The program that the agent runs in, where it puts words into the conversation by itself. */
export const system = { type: 'system', id: 'system' } as const
