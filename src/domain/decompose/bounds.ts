/** Of a request, in characters: about fifty thousand tokens. */
export const maxRequestLength = 200_000;
/** Where nobody says how many tasks a plan may have. */
export const usualMaxTasks = 30;
/** That may be asked for. */
export const maxTasksAsked = 200;
