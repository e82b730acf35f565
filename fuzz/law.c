/* SPDX-License-Identifier: MIT */
#include "law.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

_Noreturn void fuzz_broken(const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    fputs("law broken: ", stderr);
    vfprintf(stderr, format, ap);
    fputc('\n', stderr);
    va_end(ap);
    abort();
}
