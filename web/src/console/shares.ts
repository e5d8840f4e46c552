/** 比率显示: figures as staff read them; a share never stands without its denominator. */

import type { Rate } from "../contract";

/** 87.3%; "—" for none. */
export function percent(share: number | null | undefined, digits = 1): string {
  return share === null || share === undefined ? "—" : `${(share * 100).toFixed(digits)}%`;
}

/** 41 / 47 */
export function fraction(rate: Rate): string {
  return `${rate.numerator} / ${rate.denominator}`;
}

/** How a confidence is coloured: the same three levels everywhere. */
export function confidenceLevel(confidence: number): "high" | "middle" | "low" {
  return confidence >= 0.8 ? "high" : confidence >= 0.5 ? "middle" : "low";
}
