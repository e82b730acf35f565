/* SPDX-License-Identifier: MIT
 *
 * tsan_atomic.c: the atomic accesses of code built with -fsanitize=thread, see
 * tsan_entry.c. They are carried out here.
 *
 * On memory that is none of the device's, all are seq_cst: that costs nothing
 * that matters, and is never less than what the program asked for.
 */
#include "instrument.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

/* The numbers of C11's orders, as the compilers give them. */
static enum fake_order order_of(int order)
{
    switch (order & 7) {
    case __ATOMIC_RELAXED:
        return FAKE_RELAXED;
    case __ATOMIC_CONSUME:
    case __ATOMIC_ACQUIRE:
        return FAKE_ACQUIRE;
    case __ATOMIC_RELEASE:
        return FAKE_RELEASE;
    case __ATOMIC_ACQ_REL:
        return FAKE_ACQ_REL;
    default:
        return FAKE_SEQ_CST;
    }
}

static void *plain(const volatile void *at)
{
    return (void *)(uintptr_t)at;
}

/* The CPU whose memory this is, or NULL: then it is nothing to the device, and
 * other threads may share it. */
static struct fake_weak *cpu_of(const volatile void *at, size_t bytes)
{
    struct fake_weak *w = rig_instrument_cpu();

    if (!w)
        return NULL;
    fake_weak_settle(w);
    return fake_weak_has(w, plain(at), bytes) ? w : NULL;
}

static void changes(const volatile void *at, size_t bytes)
{
    struct fake_weak *w = cpu_of(at, bytes);

    if (w)
        fake_weak_changes(w, plain(at), bytes);
}

/* ---- fences ---- */

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_signal_fence(int order);

void __tsan_atomic_thread_fence(int order)
{
    struct fake_weak *w = rig_instrument_cpu();

    atomic_thread_fence(memory_order_seq_cst);
    if (w && (order & 7) != __ATOMIC_RELAXED)
        fake_weak_fence(w, order_of(order));
}

/* The compiler's business only. */
void __tsan_atomic_signal_fence(int order)
{
    (void)order;
}

/* ---- 8 to 64 bits ---- */

#define LOAD_STORE(bits, type)                                                 \
    type __tsan_atomic##bits##_load(const volatile type *at, int order);       \
    void __tsan_atomic##bits##_store(volatile type *at, type value,            \
                                     int order);                               \
                                                                               \
    type __tsan_atomic##bits##_load(const volatile type *at, int order)        \
    {                                                                          \
        struct fake_weak *w = cpu_of(at, sizeof(type));                        \
                                                                               \
        if (!w)                                                                \
            return __atomic_load_n(at, __ATOMIC_SEQ_CST);                      \
        return (type)fake_weak_load(w, plain(at), sizeof(type),                \
                                    order_of(order));                          \
    }                                                                          \
                                                                               \
    void __tsan_atomic##bits##_store(volatile type *at, type value, int order) \
    {                                                                          \
        struct fake_weak *w = cpu_of(at, sizeof(type));                        \
                                                                               \
        if (w)                                                                 \
            fake_weak_store(w, plain(at), value, sizeof(type),                 \
                            order_of(order));                                  \
        else                                                                   \
            __atomic_store_n(at, value, __ATOMIC_SEQ_CST);                     \
    }

#define CHANGE(bits, type, name, does)                                         \
    type __tsan_atomic##bits##_##name(volatile type *at, type value,           \
                                      int order);                              \
                                                                               \
    type __tsan_atomic##bits##_##name(volatile type *at, type value,           \
                                      int order)                               \
    {                                                                          \
        (void)order;                                                           \
        changes(at, sizeof(type));                                             \
        return does(at, value, __ATOMIC_SEQ_CST);                              \
    }

#define COMPARE(bits, type, name)                                              \
    int __tsan_atomic##bits##_##name(volatile type *at, type *expected,        \
                                     type value, int order, int failure);      \
                                                                               \
    int __tsan_atomic##bits##_##name(volatile type *at, type *expected,        \
                                     type value, int order, int failure)       \
    {                                                                          \
        (void)order;                                                           \
        (void)failure;                                                         \
        changes(at, sizeof(type));                                             \
        return __atomic_compare_exchange_n(                                    \
            at, expected, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);       \
    }

#define COMPARE_VAL(bits, type)                                                \
    type __tsan_atomic##bits##_compare_exchange_val(                           \
        volatile type *at, type expected, type value, int order, int failure); \
                                                                               \
    type __tsan_atomic##bits##_compare_exchange_val(                           \
        volatile type *at, type expected, type value, int order, int failure)  \
    {                                                                          \
        (void)__tsan_atomic##bits##_compare_exchange_strong(                   \
            at, &expected, value, order, failure);                             \
        return expected;                                                       \
    }

#define ATOMICS(bits, type)                                                    \
    LOAD_STORE(bits, type)                                                     \
    CHANGE(bits, type, exchange, __atomic_exchange_n)                          \
    CHANGE(bits, type, fetch_add, __atomic_fetch_add)                          \
    CHANGE(bits, type, fetch_sub, __atomic_fetch_sub)                          \
    CHANGE(bits, type, fetch_and, __atomic_fetch_and)                          \
    CHANGE(bits, type, fetch_or, __atomic_fetch_or)                            \
    CHANGE(bits, type, fetch_xor, __atomic_fetch_xor)                          \
    CHANGE(bits, type, fetch_nand, __atomic_fetch_nand)                        \
    COMPARE(bits, type, compare_exchange_strong)                               \
    COMPARE(bits, type, compare_exchange_weak)                                 \
    COMPARE_VAL(bits, type)

ATOMICS(8, uint8_t)
ATOMICS(16, uint16_t)
ATOMICS(32, uint32_t)
ATOMICS(64, uint64_t)

/* ---- 128 bits ---- */

#ifdef __SIZEOF_INT128__

__extension__ typedef unsigned __int128 wide;

/* Not every CPU has them: whoever uses them comes by here. */
static atomic_flag wide_lock = ATOMIC_FLAG_INIT;

static wide wide_begin(const volatile wide *at)
{
    changes(at, sizeof(wide));
    while (atomic_flag_test_and_set_explicit(&wide_lock, memory_order_acquire))
        ;
    return *at;
}

static void wide_end(void)
{
    atomic_flag_clear_explicit(&wide_lock, memory_order_release);
}

wide __tsan_atomic128_load(const volatile wide *at, int order);
void __tsan_atomic128_store(volatile wide *at, wide value, int order);

wide __tsan_atomic128_load(const volatile wide *at, int order)
{
    wide value = wide_begin(at);

    (void)order;
    wide_end();
    return value;
}

void __tsan_atomic128_store(volatile wide *at, wide value, int order)
{
    (void)order;
    (void)wide_begin(at);
    *at = value;
    wide_end();
}

#define WIDE_CHANGE(name, result)                                              \
    wide __tsan_atomic128_##name(volatile wide *at, wide value, int order);    \
                                                                               \
    wide __tsan_atomic128_##name(volatile wide *at, wide value, int order)     \
    {                                                                          \
        wide old = wide_begin(at);                                             \
                                                                               \
        (void)order;                                                           \
        *at = (result);                                                        \
        wide_end();                                                            \
        return old;                                                            \
    }

WIDE_CHANGE(exchange, value)
WIDE_CHANGE(fetch_add, old + value)
WIDE_CHANGE(fetch_sub, old - value)
WIDE_CHANGE(fetch_and, old &value)
WIDE_CHANGE(fetch_or, old | value)
WIDE_CHANGE(fetch_xor, old ^ value)
WIDE_CHANGE(fetch_nand, ~(old &value))

wide __tsan_atomic128_compare_exchange_val(volatile wide *at, wide expected,
                                           wide value, int order, int failure);

wide __tsan_atomic128_compare_exchange_val(volatile wide *at, wide expected,
                                           wide value, int order, int failure)
{
    wide old = wide_begin(at);

    (void)order;
    (void)failure;
    if (old == expected)
        *at = value;
    wide_end();
    return old;
}

#define WIDE_COMPARE(name)                                                     \
    int __tsan_atomic128_##name(volatile wide *at, wide *expected, wide value, \
                                int order, int failure);                       \
                                                                               \
    int __tsan_atomic128_##name(volatile wide *at, wide *expected, wide value, \
                                int order, int failure)                        \
    {                                                                          \
        wide old = __tsan_atomic128_compare_exchange_val(at, *expected, value, \
                                                         order, failure);      \
        int same = old == *expected;                                           \
                                                                               \
        *expected = old;                                                       \
        return same;                                                           \
    }

WIDE_COMPARE(compare_exchange_strong)
WIDE_COMPARE(compare_exchange_weak)

#endif
