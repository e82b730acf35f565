/* SPDX-License-Identifier: MIT
 *
 * test_tsan_entry.c: the functions that instrumented code calls do what the
 * program said: with a machine attached and without, on memory that the device
 * sees and on any other. Calls are written as a compiler makes them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>

#include "dut_ringtrue.h"
#include "instrument.h"
#include "rig.h"

#define SEEDS 100u
#define AREA 512u

struct fixture {
    struct rig rig;
    void *area; /* the device sees it */
};

static void start(struct fixture *f, uint64_t seed)
{
    const struct rig_machine_setup setup = {
        .sched = FAKE_SCHED_STEP,
        .memory = FAKE_MEM_DIRECT,
        .seed = seed,
        .instrument = true,
        .log = true,
        .log_room = 64,
        .arena_bytes = (size_t)1 << 20,
    };
    char err[256];
    uint64_t dma;

    assert_int_equal(
        rig_start(&f->rig, &setup, NULL, &rig_dut_ringtrue, err, sizeof(err)),
        0);
    f->area = fake_arena_dma_alloc(&f->rig.machine->arena, AREA, 64, &dma);
    assert_non_null(f->area);
}

static void stop(struct fixture *f)
{
    rig_stop(&f->rig);
    rig_free(&f->rig);
    assert_null(rig_instrument_cpu());
}

/* As the device sees it now. */
static uint64_t device_sees(struct fixture *f, const void *at, size_t bytes)
{
    uint64_t value = 0;

    fake_weak_enter(f->rig.machine->weak);
    memcpy(&value, at, bytes);
    fake_weak_leave(f->rig.machine->weak);
    return value;
}

/* ---- atomic ------------------------------------------------------------- */

enum { RELAXED, CONSUME, ACQUIRE, RELEASE, ACQ_REL, SEQ_CST };

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_signal_fence(int order);

#define CHANGE(bits, type, name)                                               \
    type __tsan_atomic##bits##_##name(volatile type *at, type value, int order)

#define COMPARE(bits, type, name)                                              \
    int __tsan_atomic##bits##_##name(volatile type *at, type *expected,        \
                                     type value, int order, int failure)

#define DECLARE(bits, type)                                                    \
    type __tsan_atomic##bits##_load(const volatile type *at, int order);       \
    void __tsan_atomic##bits##_store(volatile type *at, type value,            \
                                     int order);                               \
    CHANGE(bits, type, exchange);                                              \
    CHANGE(bits, type, fetch_add);                                             \
    CHANGE(bits, type, fetch_sub);                                             \
    CHANGE(bits, type, fetch_and);                                             \
    CHANGE(bits, type, fetch_or);                                              \
    CHANGE(bits, type, fetch_xor);                                             \
    CHANGE(bits, type, fetch_nand);                                            \
    COMPARE(bits, type, compare_exchange_strong);                              \
    COMPARE(bits, type, compare_exchange_weak);                                \
    type __tsan_atomic##bits##_compare_exchange_val(                           \
        volatile type *at, type expected, type value, int order, int failure)

#define DO(bits, name, value) __tsan_atomic##bits##_##name(at, value, SEQ_CST)

/* Each operation once, from a value that is known. */
#define CHECK(bits, type)                                                      \
    static void check##bits(volatile type *at)                                 \
    {                                                                          \
        type expected = 1;                                                     \
                                                                               \
        __tsan_atomic##bits##_store(at, (type)0x5a, RELAXED);                  \
        assert_true(__tsan_atomic##bits##_load(at, ACQUIRE) == 0x5a);          \
        assert_true(DO(bits, exchange, 12) == 0x5a);                           \
        assert_true(DO(bits, fetch_add, 3) == 12);                             \
        assert_true(DO(bits, fetch_sub, 1) == 15);                             \
        assert_true(DO(bits, fetch_and, 10) == 14);                            \
        assert_true(DO(bits, fetch_or, 5) == 10);                              \
        assert_true(DO(bits, fetch_xor, 6) == 15);                             \
        assert_true(DO(bits, fetch_nand, 8) == 9);                             \
        assert_true(*at == (type) ~(type)8);                                   \
        assert_false(__tsan_atomic##bits##_compare_exchange_strong(            \
            at, &expected, 7, SEQ_CST, RELAXED));                              \
        assert_true(expected == (type) ~(type)8);                              \
        assert_true(__tsan_atomic##bits##_compare_exchange_strong(             \
            at, &expected, 7, SEQ_CST, RELAXED));                              \
        expected = 7;                                                          \
        assert_true(__tsan_atomic##bits##_compare_exchange_weak(               \
            at, &expected, 8, ACQ_REL, CONSUME));                              \
        assert_true(__tsan_atomic##bits##_compare_exchange_val(                \
                        at, 7, 9, SEQ_CST, SEQ_CST) == 8);                     \
        assert_true(__tsan_atomic##bits##_compare_exchange_val(                \
                        at, 8, 9, SEQ_CST, SEQ_CST) == 8);                     \
        assert_true(*at == 9);                                                 \
    }

#ifdef __SIZEOF_INT128__
__extension__ typedef unsigned __int128 wide;
#else
typedef uint64_t wide;
#endif

DECLARE(8, uint8_t);
DECLARE(16, uint16_t);
DECLARE(32, uint32_t);
DECLARE(64, uint64_t);
CHECK(8, uint8_t)
CHECK(16, uint16_t)
CHECK(32, uint32_t)
CHECK(64, uint64_t)
#ifdef __SIZEOF_INT128__
DECLARE(128, wide);
CHECK(128, wide)
#endif

static void check_all(void *at)
{
    check8(at);
    check16(at);
    check32(at);
    check64(at);
#ifdef __SIZEOF_INT128__
    check128(at);
#endif
}

static void test_atomic_operation_is_what_it_is_without_a_machine(void **state)
{
    wide own = 0;

    (void)state;
    assert_null(rig_instrument_cpu());
    check_all(&own);
    __tsan_atomic_thread_fence(SEQ_CST);
    __tsan_atomic_signal_fence(SEQ_CST);
}

static void test_atomic_operation_is_the_same_on_any_memory(void **state)
{
    struct fixture f;
    wide own;

    (void)state;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        start(&f, seed);
        check_all(f.area);
        check_all(&own);
        stop(&f);
    }
}

static void test_order_of_a_store_is_passed_on(void **state)
{
    unsigned late = 0, overtaken = 0;
    struct fixture f;
    uint32_t *at;

    (void)state;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        start(&f, seed);
        at = f.area;
        __tsan_atomic32_store(&at[0], 1, RELAXED);
        __tsan_atomic32_store(&at[32], 1, RELAXED);
        late += device_sees(&f, &at[0], 4) == 0;
        overtaken += device_sees(&f, &at[32], 4) > device_sees(&f, at, 4);
        __tsan_atomic_signal_fence(SEQ_CST);
        __tsan_atomic_thread_fence(SEQ_CST);
        assert_int_equal(device_sees(&f, &at[0], 4), 1);
        __tsan_atomic32_store(&at[0], 2, RELAXED);
        __tsan_atomic32_store(&at[32], 2, RELEASE);
        if (device_sees(&f, &at[32], 4) == 2)
            assert_int_equal(device_sees(&f, &at[0], 4), 2);
        stop(&f);
    }
    assert_in_range(late, SEEDS / 4, SEEDS - 1);
    assert_in_range(overtaken, 1, SEEDS - 1);
}

/* ---- plain --------------------------------------------------------------- */

void __tsan_func_entry(void *caller);
void __tsan_func_exit(void);
void __tsan_write_range(void *at, unsigned long bytes);
void __tsan_read_range(void *at, unsigned long bytes);
void __tsan_vptr_read(void **at);
void __tsan_vptr_update(void **at, void *value);
void *__tsan_memcpy(void *to, const void *from, unsigned long bytes);
void *__tsan_memmove(void *to, const void *from, unsigned long bytes);
void *__tsan_memset(void *at, int value, unsigned long bytes);

typedef void announce_fn(void *at);

#define NAMES(X, bytes)                                                        \
    X(write, bytes)                                                            \
    X(volatile_write, bytes)                                                   \
    X(read_write, bytes)

#define UNALIGNED_NAMES(X, bytes)                                              \
    X(unaligned_write, bytes)                                                  \
    X(unaligned_volatile_write, bytes)                                         \
    X(unaligned_read_write, bytes)

#define ALL(X)                                                                 \
    NAMES(X, 1)                                                                \
    NAMES(X, 2)                                                                \
    NAMES(X, 4)                                                                \
    NAMES(X, 8)                                                                \
    NAMES(X, 16)                                                               \
    UNALIGNED_NAMES(X, 2)                                                      \
    UNALIGNED_NAMES(X, 4)                                                      \
    UNALIGNED_NAMES(X, 8)                                                      \
    UNALIGNED_NAMES(X, 16)

#define PROTOTYPE(name, bytes) announce_fn __tsan_##name##bytes;
ALL(PROTOTYPE)

static const struct {
    announce_fn *announce;
    size_t bytes;
} stores[] = {
#define ENTRY(name, bytes) {__tsan_##name##bytes, bytes},
    ALL(ENTRY)
#undef ENTRY
};

#define STORES (sizeof(stores) / sizeof(*stores))

/* All of the bytes that were announced wait, and none beside them. */
static void test_announced_store_of_each_width_waits(void **state)
{
    static const uint8_t none[32];
    uint8_t all[32];
    struct fixture f;

    (void)state;
    memset(all, 0xff, sizeof(all));
    for (size_t k = 0; k < STORES; k++) {
        unsigned late = 0;

        for (unsigned seed = 1; seed <= SEEDS; seed++) {
            uint8_t *at, seen[32];

            start(&f, seed);
            at = f.area;
            stores[k].announce(at);
            memset(at, 0xff, stores[k].bytes);
            __tsan_func_exit();
            fake_weak_enter(f.rig.machine->weak);
            memcpy(seen, at, sizeof(seen));
            fake_weak_leave(f.rig.machine->weak);
            late += memcmp(seen, none, sizeof(seen)) == 0;
            assert_memory_equal(seen, seen[0] ? all : none, stores[k].bytes);
            __tsan_atomic_thread_fence(SEQ_CST);
            assert_memory_equal(at, all, stores[k].bytes);
            assert_memory_equal(at + stores[k].bytes, none,
                                sizeof(none) - stores[k].bytes);
            stop(&f);
        }
        assert_in_range(late, 1, SEEDS - 1);
    }
}

static void fill(uint8_t *at)
{
    for (unsigned k = 0; k < AREA; k++)
        at[k] = (uint8_t)(k * 7 + 1);
}

/* In place, from, or to memory that the device sees; overlapping or not. */
static void check_move(uint8_t *at, unsigned to, unsigned from, unsigned bytes)
{
    uint8_t want[AREA];

    fill(at);
    fill(want);
    memmove(want + to, want + from, bytes);
    assert_ptr_equal(__tsan_memmove(at + to, at + from, bytes), at + to);
    assert_memory_equal(at, want, AREA);
}

static void test_memory_functions_do_what_they_say(void **state)
{
    static const unsigned sizes[] = {0, 1, 15, 16, 17, 63, 64, 65, 200};
    uint8_t own[AREA];
    struct fixture f;

    (void)state;
    start(&f, 1);
    for (size_t k = 0; k < sizeof(sizes) / sizeof(*sizes); k++) {
        unsigned n = sizes[k];

        check_move(f.area, 3, 0, n);
        check_move(f.area, 0, 3, n);
        check_move(f.area, 256, 1, n);
        check_move(own, 5, 2, n);
        fill(own);
        assert_ptr_equal(__tsan_memcpy(f.area, own, n), f.area);
        assert_memory_equal(f.area, own, n);
        assert_ptr_equal(__tsan_memset(f.area, 0x33, n), f.area);
        memset(own, 0x33, n);
        assert_memory_equal(f.area, own, n);
        __tsan_atomic_thread_fence(SEQ_CST);
    }
    stop(&f);
}

static void test_ranges_and_vtables_are_accesses_like_others(void **state)
{
    unsigned late = 0;
    struct fixture f;
    void **at;

    (void)state;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        start(&f, seed);
        at = f.area;
        __tsan_func_entry(NULL);
        __tsan_vptr_read(at);
        assert_null(*at);
        __tsan_vptr_update(at, &f);
        *at = &f;
        __tsan_write_range(at + 8, 12);
        memset(at + 8, 0xff, 12);
        __tsan_read_range(at + 8, 12);
        __tsan_func_exit();
        late += device_sees(&f, at, sizeof(*at)) == 0;
        assert_ptr_equal(*at, &f);
        stop(&f);
    }
    assert_in_range(late, 1, SEEDS - 1);
}

/* ---- whose --------------------------------------------------------------- */

static void *look(void *cpu)
{
    *(void **)cpu = rig_instrument_cpu();
    return NULL;
}

static void test_threads_of_the_subject_have_no_cpu_of_ours(void **state)
{
    struct fixture f;
    pthread_t thread;
    void *theirs = &f;

    (void)state;
    start(&f, 1);
    assert_non_null(rig_instrument_cpu());
    assert_int_equal(pthread_create(&thread, NULL, look, &theirs), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_null(theirs);
    stop(&f);
}

static void test_machine_with_threads_is_refused(void **state)
{
    const struct rig_machine_setup setup = {
        .sched = FAKE_SCHED_THREADS,
        .instrument = true,
        .arena_bytes = (size_t)1 << 20,
    };
    struct rig rig;
    char err[256] = "";

    (void)state;
    assert_int_equal(
        rig_start(&rig, &setup, NULL, &rig_dut_ringtrue, err, sizeof(err)), -1);
    assert_string_equal(err, "only step mode can be instrumented");
    assert_null(rig_instrument_cpu());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_atomic_operation_is_what_it_is_without_a_machine),
        cmocka_unit_test(test_atomic_operation_is_the_same_on_any_memory),
        cmocka_unit_test(test_order_of_a_store_is_passed_on),
        cmocka_unit_test(test_announced_store_of_each_width_waits),
        cmocka_unit_test(test_memory_functions_do_what_they_say),
        cmocka_unit_test(test_ranges_and_vtables_are_accesses_like_others),
        cmocka_unit_test(test_threads_of_the_subject_have_no_cpu_of_ours),
        cmocka_unit_test(test_machine_with_threads_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
