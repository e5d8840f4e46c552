"""有效期: on which days an entry answers, with the newest version of a regulation in force answering."""

import numpy as np


def last_days(
    family: np.ndarray, superseder: np.ndarray, ids: np.ndarray, first: np.ndarray, last: np.ndarray, alive: np.ndarray
) -> np.ndarray:
    """int32 (entries,): the last day (ordinal) on which each entry answers; all arguments are (entries,).

    `family` is what the versions of one regulation share (0: no versions), `superseder` the key of the entry or of the
    regulation that replaces the entry (0: none; itself and its own family replace nothing), `first` and `last` the days stated for the entry itself, `alive`
    which entries count. A version ends the day before the next version of its family begins. The version's date is its
    publication; where the effective date is later the text itself says so, and an importer that knows it sets it.
    """
    ends = last.copy()
    versions = np.flatnonzero((family != 0) & alive)
    if len(versions):
        order = versions[np.lexsort((first[versions], family[versions]))]
        new = np.ones(len(order), dtype=bool)
        new[1:] = (family[order][1:] != family[order][:-1]) | (first[order][1:] != first[order][:-1])
        heads = order[new]  # one entry of every version, by family and date
        version = np.cumsum(new) - 1
        follows = np.append(family[heads][1:] == family[heads][:-1], False)
        next_day = np.append(first[heads][1:], 0)
        end = np.where(follows, next_day - 1, np.iinfo(np.int32).max)
        ends[order] = np.minimum(ends[order], end[version])
    for row in np.flatnonzero((superseder != 0) & alive):
        replacing = alive & ((ids == superseder[row]) | ((family == superseder[row]) & (family != family[row])))
        replacing[row] = False
        if replacing.any():
            ends[row] = min(int(ends[row]), int(first[replacing].min()) - 1)
    return ends
