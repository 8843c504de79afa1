/** The value that `make` gives, made when it is asked for the first time. */
export function lazily<T>(make: () => T): () => T {
  let value: T | undefined;
  return () => (value ??= make());
}
