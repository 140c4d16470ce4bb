/* What verdicts are called and look like. */

export const VERDICTS = ["failed", "inconclusive", "passed", "skipped"];
export const MARKS = { passed: "✓", failed: "✕", skipped: "–", inconclusive: "?" };
export const TONES = { passed: "good", failed: "bad", skipped: "", inconclusive: "warn" };

/** `{passed: 3, failed: 1}` as `1 failed, 3 passed`. */
export function counted(counts) {
  return VERDICTS.filter((verdict) => counts[verdict]).map((verdict) => `${counts[verdict]} ${verdict}`).join(", ") || "signing in";
}
