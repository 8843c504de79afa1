// A repository of any size, the same every time and without a network: a stream for `git fast-import`.

export const fileName = (n) =>
  `src/d${String(Math.floor(n / 100)).padStart(3, "0")}/f${String(n).padStart(5, "0")}.txt`;
const fileText = (n, version) => `file ${n} version ${version}\n${`line of file ${n}\n`.repeat(8 + (n % 9))}`;

function* commitStream(mark, numbers) {
  yield `commit refs/heads/main\nmark :${mark}\ncommitter Bench <bench@example.com> ${1.7e9 + mark} +0000\ndata 4\nbase\n`;
  for (const n of numbers) {
    const text = fileText(n, mark);
    yield `M 100644 inline ${fileName(n)}\ndata ${text.length}\n${text}\n`;
  }
}

/** main has two commits that differ in 5 files; the marks are :1 and :2. */
export function baseHistory(files) {
  const everyFile = Array.from({ length: files }, (_, n) => n);
  const fiveFiles = everyFile.filter((n) => n % Math.ceil(files / 5) === 0);
  return [...commitStream(1, everyFile), ...commitStream(2, fiveFiles)].join("");
}
