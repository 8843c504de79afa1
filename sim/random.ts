import { assert, assertDefined } from "../src/std/assert.ts";

/** A choice and how often it is taken, relative to the others. */
export interface Weighted {
  readonly weight: number;
}

/** All that is left to chance in a simulation comes from one of these, so that a seed says everything (sfc32). */
export class Random {
  private a: number;
  private b: number;
  private c = 0x9e3779b9;
  private counter = 1;

  constructor(seed: number) {
    this.a = seed | 0;
    this.b = Math.floor(seed / 2 ** 32) | 0;
    // Seeds that are near to each other give near first numbers.
    for (let round = 0; round < 15; round++) this.next();
  }

  /** From 0 up to, not including, `below`. */
  integer(below: number): number {
    assert(below > 0, "a choice needs something to choose from");
    return Math.floor((this.next() / 2 ** 32) * below);
  }

  /** Both ends included. */
  between(least: number, most: number): number {
    return least + this.integer(most - least + 1);
  }

  chance(probability: number): boolean {
    return this.next() / 2 ** 32 < probability;
  }

  pick<T>(list: readonly T[]): T {
    // An index within the list: `null` and `undefined` may be elements like any other.
    return list[this.integer(list.length)] as T;
  }

  /** Each element with this probability, in order. */
  some<T>(list: readonly T[], probability: number): T[] {
    return list.filter(() => this.chance(probability));
  }

  weighted<T extends Weighted>(choices: readonly T[]): T {
    const total = choices.reduce((sum, { weight }) => sum + weight, 0);
    let left = (this.next() / 2 ** 32) * total;
    for (const choice of choices) {
      left -= choice.weight;
      if (left < 0) return choice;
    }
    return assertDefined(choices.at(-1), "a choice needs something to choose from");
  }

  private next(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + sum;
    this.c |= 0;
    return sum >>> 0;
  }
}
