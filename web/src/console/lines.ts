/** 逐行比较: what changed between two texts, line by line. */

export interface DiffLine {
  kind: "same" | "removed" | "added";
  text: string;
}

/** Cells of the comparison table; above, the old text stands before the new one as a whole. */
const MOST = 1_000_000;

/** The longest common lines stay; removed lines come before the added ones that take their place. */
export function diffLines(before: string, after: string): DiffLine[] {
  const old = lines(before);
  const now = lines(after);
  const all = (kind: DiffLine["kind"], texts: string[]): DiffLine[] => texts.map((text) => ({ kind, text }));
  if (old.length * now.length > MOST) return [...all("removed", old), ...all("added", now)];
  const width = now.length + 1;
  const longest = new Uint32Array((old.length + 1) * width);
  const at = (i: number, j: number): number => longest[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      longest[i * width + j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const found: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < old.length && j < now.length) {
    if (old[i] === now[j]) {
      found.push({ kind: "same", text: old[i] ?? "" });
      i += 1;
      j += 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) found.push({ kind: "removed", text: old[i++] ?? "" });
    else found.push({ kind: "added", text: now[j++] ?? "" });
  }
  return [...found, ...all("removed", old.slice(i)), ...all("added", now.slice(j))];
}

function lines(text: string): string[] {
  return text === "" ? [] : text.replace(/\r\n?/g, "\n").split("\n");
}
