/* SPDX-License-Identifier: MIT */
/* What libFuzzer calls. */
#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    (void)fuzz_run(data, bytes);
    return 0;
}
