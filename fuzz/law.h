/* SPDX-License-Identifier: MIT */
/* How a fuzz target says that a law was broken. */
#ifndef FUZZ_LAW_H
#define FUZZ_LAW_H

#include <stdbool.h>

/* Prints one line and aborts. */
_Noreturn void fuzz_broken(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* One line on stderr, if somebody wants to follow a run: see replay_main.c. */
extern bool fuzz_talks;
void fuzz_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define FUZZ_LAW(holds, ...)                                                   \
    do {                                                                       \
        if (!(holds))                                                          \
            fuzz_broken(__VA_ARGS__);                                          \
    } while (0)

/* Memory that nobody may touch until it is opened again: an access is an
 * AddressSanitizer report. Without AddressSanitizer they do nothing. */
#if defined(__SANITIZE_ADDRESS__)
#define FUZZ_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FUZZ_ASAN 1
#endif
#endif

#ifdef FUZZ_ASAN
#include <sanitizer/asan_interface.h>
#define FUZZ_CLOSE(memory, bytes) ASAN_POISON_MEMORY_REGION(memory, bytes)
#define FUZZ_OPEN(memory, bytes) ASAN_UNPOISON_MEMORY_REGION(memory, bytes)
#else
#define FUZZ_CLOSE(memory, bytes) ((void)(memory), (void)(bytes))
#define FUZZ_OPEN(memory, bytes) ((void)(memory), (void)(bytes))
#endif

#endif
