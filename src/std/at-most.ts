/** Asks for all of them, at most `count` at once; the answers are in the order of the items. Rejects as soon as one does. */
export async function atMost<T, R>(count: number, items: readonly T[], ask: (item: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  const rest = items.entries();
  const lane = async (): Promise<void> => {
    // All lanes share the iterator: each takes what is next.
    for (const [index, item] of rest) answers[index] = await ask(item);
  };
  await Promise.all(Array.from({ length: Math.min(count, items.length) }, lane));
  return answers;
}
