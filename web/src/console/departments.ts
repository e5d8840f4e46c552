/** 承办单位: the list, asked for once per session. */

import { shallowRef } from "vue";
import type { DepartmentRow } from "../contract";
import { api } from "./api";

export const departments = shallowRef<DepartmentRow[]>([]);

let asked: Promise<void> | null = null;

/** Fill `departments`; a failed request is tried again by the next caller. */
export function needDepartments(): Promise<void> {
  asked ??= api.departments().then(
    (rows) => {
      departments.value = rows;
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
}

export function departmentName(code: string): string {
  return departments.value.find((row) => row.code === code)?.name ?? code;
}
