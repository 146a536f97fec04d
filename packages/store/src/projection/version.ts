/**
 * Version of the rules by which runs, actions and terms follow from leaves. Raise it with every change of a reducer, a row
 * or a term: a log that was derived by other rules is derived anew when it is next opened for writing, and until then
 * verification says that it was not compared instead of calling it damaged.
 */
export const projectionVersion = 2
