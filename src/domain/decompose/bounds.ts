/** Of a request, in characters: about fifty thousand tokens. */
export const maxRequestLength = 200_000;
/** Where nobody says how many tasks a plan may have. */
export const usualMaxTasks = 30;
/** That may be asked for. */
export const maxTasksAsked = 200;

/** Of an answer, thinking included: thirty tasks have less than half of the least. */
export function answerTokens(maxTasks: number): number {
  return Math.max(16_000, maxTasks * 400);
}
