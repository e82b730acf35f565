/* SPDX-License-Identifier: MIT */
#include "law.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool fuzz_talks;

void fuzz_say(const char *format, ...)
{
    va_list ap;

    if (!fuzz_talks)
        return;
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    fputc('\n', stderr);
    va_end(ap);
}

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
