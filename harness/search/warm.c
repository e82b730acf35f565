/* SPDX-License-Identifier: MIT */
#include "warm.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#define LARGE (128 << 10)
#define KEPT (64 << 20)

void rig_warm_up(void)
{
#ifdef __GLIBC__
    (void)mallopt(M_MMAP_THRESHOLD, LARGE);
    (void)mallopt(M_TRIM_THRESHOLD, KEPT);
#endif
}
