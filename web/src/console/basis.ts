/** 派单依据: what was read of an appeal beside the department, in short lines. */

import type { Evidence, PlaceEvidence } from "../contract";
import { percent } from "./shares";

export interface BasisLine {
  key: string;
  name: string;
  text: string;
}

const TRAITS = [
  ["type", "类型"],
  ["urgency", "紧急程度"],
  ["sentiment", "情绪"],
] as const;

const sure = (confidence: number): string => `把握${percent(confidence, 0)}`;

function placeText(place: PlaceEvidence): string {
  const unclear = place.ambiguous.map((row) => `“${row.place}”可能在${row.districts.join("、")}`);
  if (!place.district) return `${unclear.join("；")}，请核实。`;
  const found = place.place || place.said;
  if (place.certainty === "misspelt") return `${place.district}（“${place.said}”疑似“${place.place}”，请核实）`;
  return found && found !== place.district ? `${place.district}（据“${found}”）` : place.district;
}

/** The lines that have something to say. */
export function basisLines(evidence: Evidence): BasisLine[] {
  const lines: BasisLine[] = [];
  const { location: place, category, traits = {} } = evidence;
  if (place && (place.district || place.ambiguous.length)) {
    lines.push({ key: "location", name: "属地", text: placeText(place) });
  }
  if (category?.levels.length) {
    const code = category.levels.at(-1)?.code;
    const path = category.levels.map((level) => level.name).join(" / ");
    const text = `${path}（${code ? `代码${code}，` : ""}${sure(category.confidence)}）`;
    lines.push({ key: "category", name: "诉求分类", text });
  }
  if (evidence.service) lines.push({ key: "service", name: "提交方所选类别", text: evidence.service.replaceAll("/", " / ") });
  const read = TRAITS.flatMap(([key, name]) => {
    const trait = traits[key];
    return trait ? [`${name}${trait.label}（${sure(trait.confidence)}）`] : [];
  });
  if (read.length) lines.push({ key: "traits", name: "模型判断", text: read.join("；") });
  return lines;
}
