/* SPDX-License-Identifier: MIT
 *
 * tsan_entry.c: the functions that a compiler calls in code built with
 * -fsanitize=thread, for subjects that were linked without the sanitizer's
 * library: the dynamic linker finds them in ringtrue itself. GCC and clang
 * call the same ones.
 *
 * Before a plain access the code says where and how wide, and then carries it
 * out by itself; atomic ones are in tsan_atomic.c. Without a machine attached
 * (instrument.h) none of this does anything.
 */
#include "instrument.h"

#include <stdint.h>
#include <string.h>

/* ---- objects and functions ---- */

void __tsan_init(void);
void __tsan_func_entry(void *caller);
void __tsan_func_exit(void);
void __tsan_ignore_thread_begin(void);
void __tsan_ignore_thread_end(void);

/* From a constructor of each object. */
void __tsan_init(void)
{
    rig_instrument_note_load();
}

void __tsan_func_entry(void *caller)
{
    (void)caller;
}

/* Whoever runs next may not be instrumented. */
void __tsan_func_exit(void)
{
    struct fake_weak *w = rig_instrument_cpu();

    if (w)
        fake_weak_settle(w);
}

void __tsan_ignore_thread_begin(void)
{
}

void __tsan_ignore_thread_end(void)
{
}

/* ---- plain accesses ---- */

static void reads(const void *at, size_t bytes)
{
    struct fake_weak *w = rig_instrument_cpu();

    if (w)
        fake_weak_reads(w, at, bytes);
}

static void writes(const void *at, size_t bytes)
{
    struct fake_weak *w = rig_instrument_cpu();

    if (w)
        fake_weak_writes(w, at, bytes);
}

static void reads_and_writes(const void *at, size_t bytes)
{
    struct fake_weak *w = rig_instrument_cpu();

    if (w)
        fake_weak_reads_and_writes(w, at, bytes);
}

#define ACCESS(name, bytes, does)                                              \
    void __tsan_##name##bytes(void *at);                                       \
    void __tsan_##name##bytes(void *at)                                        \
    {                                                                          \
        does(at, bytes);                                                       \
    }

#define ACCESS_OF(bytes)                                                       \
    ACCESS(read, bytes, reads)                                                 \
    ACCESS(write, bytes, writes)                                               \
    ACCESS(read_write, bytes, reads_and_writes)                                \
    ACCESS(volatile_read, bytes, reads)                                        \
    ACCESS(volatile_write, bytes, writes)

#define UNALIGNED_OF(bytes)                                                    \
    ACCESS(unaligned_read, bytes, reads)                                       \
    ACCESS(unaligned_write, bytes, writes)                                     \
    ACCESS(unaligned_read_write, bytes, reads_and_writes)                      \
    ACCESS(unaligned_volatile_read, bytes, reads)                              \
    ACCESS(unaligned_volatile_write, bytes, writes)

ACCESS_OF(1)
ACCESS_OF(2)
ACCESS_OF(4)
ACCESS_OF(8)
ACCESS_OF(16)
UNALIGNED_OF(2)
UNALIGNED_OF(4)
UNALIGNED_OF(8)
UNALIGNED_OF(16)

void __tsan_read_range(void *at, unsigned long bytes);
void __tsan_write_range(void *at, unsigned long bytes);
void __tsan_vptr_read(void **at);
void __tsan_vptr_update(void **at, void *value);
void *__tsan_memcpy(void *to, const void *from, unsigned long bytes);
void *__tsan_memmove(void *to, const void *from, unsigned long bytes);
void *__tsan_memset(void *at, int value, unsigned long bytes);

void __tsan_read_range(void *at, unsigned long bytes)
{
    reads(at, bytes);
}

void __tsan_write_range(void *at, unsigned long bytes)
{
    writes(at, bytes);
}

void __tsan_vptr_read(void **at)
{
    reads(at, sizeof(*at));
}

void __tsan_vptr_update(void **at, void *value)
{
    (void)value;
    writes(at, sizeof(*at));
}

/* As the fields that they may be, up to a line; as data beyond. */
#define LINE 64u
#define FIELD 16u

static void move_fields(void *to, const void *from, size_t bytes)
{
    uint8_t between[LINE];

    for (size_t at = 0; at < bytes; at += FIELD) {
        size_t width = bytes - at < FIELD ? bytes - at : FIELD;

        reads((const uint8_t *)from + at, width);
        memcpy(between + at, (const uint8_t *)from + at, width);
    }
    for (size_t at = 0; at < bytes; at += FIELD) {
        size_t width = bytes - at < FIELD ? bytes - at : FIELD;

        writes((uint8_t *)to + at, width);
        memcpy((uint8_t *)to + at, between + at, width);
    }
}

/* Nothing moves between the second announcement and what it announces. */
void *__tsan_memmove(void *to, const void *from, unsigned long bytes)
{
    if (bytes <= LINE) {
        move_fields(to, from, bytes);
        return to;
    }
    writes(to, bytes);
    reads(from, bytes);
    return memmove(to, from, bytes);
}

void *__tsan_memcpy(void *to, const void *from, unsigned long bytes)
{
    return __tsan_memmove(to, from, bytes);
}

void *__tsan_memset(void *at, int value, unsigned long bytes)
{
    writes(at, bytes);
    return memset(at, value, bytes);
}
