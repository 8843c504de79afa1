/**
 * What keeps tasks from running at once that may change the same files. `strict`: what they say and what their words speak
 * of; `declared`: what they say, the rest is told; `warn`: nothing, all of it is told; `off`: nobody looks.
 */
export const collisionModes = ["strict", "declared", "warn", "off"] as const;
export type CollisionMode = (typeof collisionModes)[number];

/** Where nothing is said. */
export const defaultCollisionMode: CollisionMode = "declared";
