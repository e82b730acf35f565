/* SPDX-License-Identifier: MIT */
/* Seeds of fuzz_device: see device/ops.h for what the bytes mean. */
#include "seeds.h"

void seeds_device(void)
{
}
