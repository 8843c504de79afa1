/** A younger owner decides in this home now: nothing of this process counts any more. */
export class FencedError extends Error {
  override readonly name = "FencedError";

  constructor(own: number, found: number) {
    super(`generation ${own} was replaced by ${found}`);
  }
}
