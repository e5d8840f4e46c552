/** 承办单位: the lists, asked for once per session. */

import { shallowRef } from "vue";
import type { DepartmentRow } from "../contract";
import { api } from "./api";

/** Those to choose from. */
export const departments = shallowRef<DepartmentRow[]>([]);
/** Those that are no more too: orders of the past are theirs. */
export const allDepartments = shallowRef<DepartmentRow[]>([]);

let asked: Promise<void> | null = null;

/** The same rows, each district's unit below the department that it is a unit of. */
export function unitsBelow(rows: DepartmentRow[]): DepartmentRow[] {
  const known = new Set(rows.map((row) => row.code));
  const tops = rows.filter((row) => !row.parent || !known.has(row.parent));
  return tops.flatMap((top) => [top, ...rows.filter((row) => row.parent === top.code && row !== top)]);
}

/** Fill `departments`; a failed request is tried again by the next caller. */
export function needDepartments(): Promise<void> {
  asked ??= api.departments().then(
    (rows) => {
      allDepartments.value = unitsBelow(rows);
      departments.value = allDepartments.value.filter((row) => row.active !== false);
    },
    () => {
      asked = null;
    },
  );
  return asked;
}

export function forgetDepartments(): void {
  asked = null;
  departments.value = [];
  allDepartments.value = [];
}

export function departmentName(code: string): string {
  return allDepartments.value.find((row) => row.code === code)?.name ?? code;
}
