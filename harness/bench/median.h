/* SPDX-License-Identifier: MIT
 *
 * median.h: of the rounds of a figure.
 */
#ifndef RIG_MEDIAN_H
#define RIG_MEDIAN_H

#include <stdlib.h>

static inline int rig_ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Sorts the list: the fastest is then first, the slowest last. */
static inline double rig_median(double *list, unsigned count)
{
    qsort(list, count, sizeof(*list), rig_ascending);
    return list[count / 2];
}

#endif
