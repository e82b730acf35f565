/* SPDX-License-Identifier: MIT */
/* The functions that whoever links the driver has to bring along; string.h is
 * not there without a C library. */
#ifndef RGT_MEM_H
#define RGT_MEM_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);

#endif
