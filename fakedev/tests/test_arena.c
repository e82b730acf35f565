/* SPDX-License-Identifier: MIT
 *
 * test_arena.c: the device sees what was lent to it, in the direction it was
 * lent, for as long as it was lent, and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "fakedev/arena.h"

#define MIB ((size_t)1 << 20)

struct fixture {
    struct fake_log log;
    struct fake_arena arena;
};

static void setup(struct fixture *f, uint32_t windows, enum fake_mem_mode mode)
{
    assert_int_equal(fake_log_init(&f->log, 4096), 0);
    assert_int_equal(fake_arena_init(&f->arena, MIB, windows, mode, &f->log),
                     0);
}

static void teardown(struct fixture *f)
{
    fake_arena_free(&f->arena);
    fake_log_free(&f->log);
}

static const struct fake_event *last(const struct fixture *f)
{
    return fake_log_get(&f->log, f->log.count - 1);
}

static void expect_last(const struct fixture *f, enum fake_event_kind kind,
                        uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    const struct fake_event *e = last(f);

    assert_int_equal(e->kind, kind);
    assert_int_equal(e->arg[0], a);
    assert_int_equal(e->arg[1], b);
    assert_int_equal(e->arg[2], c);
    assert_int_equal(e->arg[3], d);
}

static void expect_fault(struct fixture *f, uint64_t dma, uint64_t bytes,
                         enum fake_dir dir, enum fake_mem_fault reason)
{
    uint64_t count = f->log.count;

    assert_null(fake_arena_map(&f->arena, dma, bytes, dir));
    assert_int_equal(f->log.count, count + 1);
    expect_last(f, FAKE_EV_MEM_FAULT, dma, bytes, dir, reason);
}

static void all_bytes(const uint8_t *mem, size_t bytes, uint8_t value)
{
    for (size_t k = 0; k < bytes; k++)
        assert_int_equal(mem[k], value);
}

static void test_dma_memory_is_zeroed_aligned_and_seen_both_ways(void **state)
{
    struct fixture f;
    uint64_t dma;
    uint8_t *mem;

    (void)state;
    setup(&f, 8, FAKE_MEM_DIRECT);
    for (size_t align = 1; align <= 65536; align *= 2) {
        mem = fake_arena_dma_alloc(&f.arena, 100, align, &dma);
        assert_non_null(mem);
        expect_last(&f, FAKE_EV_DMA_ALLOC, dma, 100, align, 0);
        assert_int_equal((uintptr_t)mem % (align < 4096 ? align : 4096), 0);
        assert_int_equal(dma % align, 0);
        assert_int_not_equal(dma, (uintptr_t)mem);
        all_bytes(mem, 100, 0);
        assert_ptr_equal(fake_arena_map(&f.arena, dma, 100, FAKE_TO_DEVICE),
                         mem);
        assert_ptr_equal(
            fake_arena_map(&f.arena, dma + 99, 1, FAKE_FROM_DEVICE), mem + 99);
        memset(mem, 0xff, 100);
        fake_arena_dma_free(&f.arena, mem, 100, dma);
        expect_last(&f, FAKE_EV_DMA_FREE, dma, 100, 1, 0);
    }
    assert_int_equal(f.arena.used_bytes, 0);
    teardown(&f);
}

static void test_first_call_that_matches_nothing_is_kept(void **state)
{
    struct fixture f;
    uint64_t dma, event;
    uint8_t *mem;

    (void)state;
    setup(&f, 8, FAKE_MEM_DIRECT);
    mem = fake_arena_dma_alloc(&f.arena, 100, 64, &dma);
    assert_false(f.arena.mismatch.any);
    event = f.log.count;
    fake_arena_dma_free(&f.arena, mem, 99, dma);
    fake_arena_unshare(&f.arena, mem, 100, FAKE_TO_DEVICE, dma);
    for (unsigned k = 0; k < 5000; k++) /* more than the log keeps */
        fake_emit(&f.log, FAKE_EV_RESET, FAKE_NO_QUEUE, 0, 0, 0, 0);
    assert_null(fake_log_get(&f.log, event));
    assert_true(f.arena.mismatch.any && f.arena.mismatch.freed);
    assert_int_equal(f.arena.mismatch.dma, dma);
    assert_int_equal(f.arena.mismatch.bytes, 99);
    assert_int_equal(f.arena.mismatch.event, event);
    fake_arena_dma_free(&f.arena, mem, 100, dma);
    teardown(&f);
}

static void test_map_finds_accesses_out_of_bounds(void **state)
{
    struct fixture f;
    uint64_t dma;

    (void)state;
    setup(&f, 8, FAKE_MEM_DIRECT);
    (void)fake_arena_dma_alloc(&f.arena, 64, 64, &dma); /* other low bits */
    assert_non_null(fake_arena_dma_alloc(&f.arena, 100, 64, &dma));
    assert_int_not_equal(dma & 0xffff, 0);
    expect_fault(&f, dma, 101, FAKE_TO_DEVICE, FAKE_MEM_BOUNDS);
    expect_fault(&f, dma + 99, 2, FAKE_TO_DEVICE, FAKE_MEM_BOUNDS);
    expect_fault(&f, dma + 101, 1, FAKE_TO_DEVICE, FAKE_MEM_BOUNDS);
    expect_fault(&f, dma + 1, UINT64_MAX, FAKE_TO_DEVICE, FAKE_MEM_BOUNDS);
    expect_fault(&f, dma - 1, 1, FAKE_TO_DEVICE, FAKE_MEM_UNKNOWN);
    assert_non_null(fake_arena_map(&f.arena, dma + 100, 0, FAKE_TO_DEVICE));
    teardown(&f);
}

static void test_map_knows_no_address_that_was_never_given(void **state)
{
    static const uint64_t wild[] = {0,
                                    1,
                                    0xffffffff,
                                    UINT64_C(3) << 32,
                                    UINT64_C(9) << 32,
                                    UINT64_MAX,
                                    UINT64_MAX - 4095};
    struct fixture f;
    uint64_t dma;
    uint8_t *mem;

    (void)state;
    setup(&f, 8, FAKE_MEM_DIRECT);
    mem = fake_arena_dma_alloc(&f.arena, 4096, 64, &dma);
    for (size_t k = 0; k < sizeof(wild) / sizeof(wild[0]); k++)
        expect_fault(&f, wild[k], 1, FAKE_TO_DEVICE, FAKE_MEM_UNKNOWN);
    /* A CPU address is none of the device's (6.1). */
    expect_fault(&f, (uintptr_t)mem, 1, FAKE_TO_DEVICE, FAKE_MEM_UNKNOWN);
    teardown(&f);
}

static void test_share_opens_one_direction_only(void **state)
{
    struct fixture f;

    (void)state;
    for (int mode = FAKE_MEM_DIRECT; mode <= FAKE_MEM_BOUNCE; mode++) {
        for (unsigned dir = 0; dir < 2; dir++) {
            enum fake_dir right = (enum fake_dir)dir;
            enum fake_dir wrong = (enum fake_dir)(1 - dir);
            uint64_t dma;
            void *buf;

            setup(&f, 8, (enum fake_mem_mode)mode);
            buf = fake_arena_take(&f.arena, 512, 64);
            dma = fake_arena_share(&f.arena, buf, 512, right);
            expect_last(&f, FAKE_EV_SHARE, dma, 512, dir, 0);
            assert_non_null(fake_arena_map(&f.arena, dma, 512, right));
            expect_fault(&f, dma, 512, wrong, FAKE_MEM_DIR);
            teardown(&f);
        }
    }
}

static void test_nothing_is_seen_after_unshare(void **state)
{
    struct fixture f;
    uint64_t dma;
    void *buf;

    (void)state;
    for (int mode = FAKE_MEM_DIRECT; mode <= FAKE_MEM_BOUNCE; mode++) {
        setup(&f, 8, (enum fake_mem_mode)mode);
        buf = fake_arena_take(&f.arena, 512, 64);
        dma = fake_arena_share(&f.arena, buf, 512, FAKE_TO_DEVICE);
        fake_arena_unshare(&f.arena, buf, 512, FAKE_TO_DEVICE, dma);
        expect_last(&f, FAKE_EV_UNSHARE, dma, 512, FAKE_TO_DEVICE, 1);
        expect_fault(&f, dma, 512, FAKE_TO_DEVICE, FAKE_MEM_UNKNOWN);
        assert_int_equal(f.arena.used_bytes, 0);
        teardown(&f);
    }
}

static void test_stale_address_stays_stale_for_a_full_round(void **state)
{
    struct fixture f;
    uint64_t stale, dma;
    void *buf;

    (void)state;
    setup(&f, 16, FAKE_MEM_DIRECT);
    buf = fake_arena_take(&f.arena, 512, 64);
    stale = fake_arena_share(&f.arena, buf, 512, FAKE_TO_DEVICE);
    fake_arena_unshare(&f.arena, buf, 512, FAKE_TO_DEVICE, stale);
    for (unsigned k = 0; k < 15; k++) {
        dma = fake_arena_share(&f.arena, buf, 512, FAKE_TO_DEVICE);
        assert_int_not_equal(dma, stale);
        expect_fault(&f, stale, 1, FAKE_TO_DEVICE, FAKE_MEM_UNKNOWN);
        fake_arena_unshare(&f.arena, buf, 512, FAKE_TO_DEVICE, dma);
    }
    /* All others were used once since: now it is the oldest. */
    assert_int_equal(fake_arena_share(&f.arena, buf, 512, FAKE_TO_DEVICE),
                     stale);
    teardown(&f);
}

static void test_share_fails_when_windows_are_out(void **state)
{
    struct fixture f;
    uint64_t dma[4];
    uint8_t *buf;
    size_t used;

    (void)state;
    for (int mode = FAKE_MEM_DIRECT; mode <= FAKE_MEM_BOUNCE; mode++) {
        setup(&f, 4, (enum fake_mem_mode)mode);
        buf = fake_arena_take(&f.arena, 4096, 64);
        for (unsigned k = 0; k < 4; k++) {
            dma[k] = fake_arena_share(&f.arena, buf + k, 1, FAKE_TO_DEVICE);
            assert_true(dma[k] != FAKE_DMA_BAD);
        }
        used = f.arena.used_bytes;
        assert_true(fake_arena_share(&f.arena, buf, 8, FAKE_TO_DEVICE) ==
                    FAKE_DMA_BAD);
        assert_null(fake_arena_dma_alloc(&f.arena, 64, 64, &dma[0]));
        assert_int_equal(f.arena.used_bytes, used); /* nothing leaks */
        teardown(&f);
    }
}

static void test_windows_come_back_when_closed(void **state)
{
    struct fixture f;
    uint64_t dma[4];
    uint8_t *buf;

    (void)state;
    setup(&f, 4, FAKE_MEM_DIRECT);
    buf = fake_arena_take(&f.arena, 4096, 64);
    for (unsigned round = 0; round < 5; round++) {
        for (unsigned k = 0; k < 4; k++) {
            dma[k] = fake_arena_share(&f.arena, buf + k, 1, FAKE_TO_DEVICE);
            assert_true(dma[k] != FAKE_DMA_BAD);
        }
        for (unsigned k = 4; k-- > 0;)
            fake_arena_unshare(&f.arena, buf + k, 1, FAKE_TO_DEVICE, dma[k]);
    }
    teardown(&f);
}

static void test_unshare_that_does_not_match_closes_nothing(void **state)
{
    struct fixture f;
    uint8_t *buf;
    uint64_t dma, ring;
    void *mem;

    (void)state;
    for (int mode = FAKE_MEM_DIRECT; mode <= FAKE_MEM_BOUNCE; mode++) {
        setup(&f, 8, (enum fake_mem_mode)mode);
        buf = fake_arena_take(&f.arena, 1024, 64);
        mem = fake_arena_dma_alloc(&f.arena, 64, 64, &ring);
        dma = fake_arena_share(&f.arena, buf, 512, FAKE_TO_DEVICE);
        fake_arena_unshare(&f.arena, buf, 511, FAKE_TO_DEVICE, dma);
        expect_last(&f, FAKE_EV_UNSHARE, dma, 511, FAKE_TO_DEVICE, 0);
        fake_arena_unshare(&f.arena, buf, 512, FAKE_FROM_DEVICE, dma);
        expect_last(&f, FAKE_EV_UNSHARE, dma, 512, FAKE_FROM_DEVICE, 0);
        fake_arena_unshare(&f.arena, buf + 1, 512, FAKE_TO_DEVICE, dma);
        expect_last(&f, FAKE_EV_UNSHARE, dma, 512, FAKE_TO_DEVICE, 0);
        fake_arena_unshare(&f.arena, buf, 512, FAKE_TO_DEVICE, dma + 1);
        expect_last(&f, FAKE_EV_UNSHARE, dma + 1, 512, FAKE_TO_DEVICE, 0);
        fake_arena_unshare(&f.arena, buf, 512, FAKE_TO_DEVICE, UINT64_MAX);
        assert_int_equal(last(&f)->arg[3], 0);
        fake_arena_unshare(&f.arena, mem, 64, FAKE_TO_DEVICE, ring);
        assert_int_equal(last(&f)->arg[3], 0);
        assert_non_null(fake_arena_map(&f.arena, dma, 512, FAKE_TO_DEVICE));
        assert_non_null(fake_arena_map(&f.arena, ring, 64, FAKE_TO_DEVICE));
        /* The right one, and then the same again. */
        fake_arena_unshare(&f.arena, buf, 512, FAKE_TO_DEVICE, dma);
        assert_int_equal(last(&f)->arg[3], 1);
        fake_arena_unshare(&f.arena, buf, 512, FAKE_TO_DEVICE, dma);
        assert_int_equal(last(&f)->arg[3], 0);
        teardown(&f);
    }
}

static void test_dma_free_is_known_once_and_only_as_allocated(void **state)
{
    struct fixture f;
    uint64_t dma, other;
    uint8_t *mem;

    (void)state;
    setup(&f, 8, FAKE_MEM_DIRECT);
    mem = fake_arena_dma_alloc(&f.arena, 128, 64, &dma);
    assert_non_null(fake_arena_dma_alloc(&f.arena, 128, 64, &other));
    fake_arena_dma_free(&f.arena, mem, 64, dma);
    expect_last(&f, FAKE_EV_DMA_FREE, dma, 64, 0, 0);
    fake_arena_dma_free(&f.arena, mem + 64, 128, dma);
    assert_int_equal(last(&f)->arg[2], 0);
    fake_arena_dma_free(&f.arena, mem, 128, other);
    assert_int_equal(last(&f)->arg[2], 0);
    assert_non_null(fake_arena_map(&f.arena, dma, 128, FAKE_TO_DEVICE));
    fake_arena_dma_free(&f.arena, mem, 128, dma);
    assert_int_equal(last(&f)->arg[2], 1);
    expect_fault(&f, dma, 1, FAKE_TO_DEVICE, FAKE_MEM_UNKNOWN);
    fake_arena_dma_free(&f.arena, mem, 128, dma);
    assert_int_equal(last(&f)->arg[2], 0);
    assert_int_equal(f.arena.used_bytes, 128);
    teardown(&f);
}

static void test_freed_ring_memory_is_poison_then_zero(void **state)
{
    struct fixture f;
    uint64_t dma;
    uint8_t *mem, *again;

    (void)state;
    setup(&f, 8, FAKE_MEM_DIRECT);
    mem = fake_arena_dma_alloc(&f.arena, 200, 64, &dma);
    memset(mem, 1, 200);
    fake_arena_dma_free(&f.arena, mem, 200, dma);
    all_bytes(mem, 200, 0xdd);
    again = fake_arena_dma_alloc(&f.arena, 200, 64, &dma);
    assert_ptr_equal(again, mem);
    all_bytes(again, 200, 0);
    teardown(&f);
}

static void test_bounce_shows_the_device_a_copy(void **state)
{
    struct fixture f;
    uint8_t *buf, *seen;
    uint64_t dma;

    (void)state;
    setup(&f, 8, FAKE_MEM_BOUNCE);
    buf = fake_arena_take(&f.arena, 512, 64);
    memset(buf, 0x11, 512);
    dma = fake_arena_share(&f.arena, buf, 512, FAKE_TO_DEVICE);
    memset(buf, 0x22, 512); /* too late for the device */
    seen = fake_arena_map(&f.arena, dma, 512, FAKE_TO_DEVICE);
    assert_ptr_not_equal(seen, buf);
    all_bytes(seen, 512, 0x11);
    memset(seen, 0x33, 512);
    fake_arena_unshare(&f.arena, buf, 512, FAKE_TO_DEVICE, dma);
    all_bytes(buf, 512, 0x22); /* not copied back in this direction */
    all_bytes(seen, 512, 0xdd);
    teardown(&f);
}

static void test_bounce_gives_data_back_at_unshare_only(void **state)
{
    struct fixture f;
    uint8_t *buf, *seen;
    uint64_t dma;

    (void)state;
    setup(&f, 8, FAKE_MEM_BOUNCE);
    buf = fake_arena_take(&f.arena, 512, 64);
    memset(buf, 0x11, 512);
    dma = fake_arena_share(&f.arena, buf, 512, FAKE_FROM_DEVICE);
    seen = fake_arena_map(&f.arena, dma, 512, FAKE_FROM_DEVICE);
    all_bytes(seen, 512, 0xa5); /* what the device has not written */
    memset(seen, 0x33, 256);
    all_bytes(buf, 512, 0x11);
    fake_arena_unshare(&f.arena, buf, 512, FAKE_FROM_DEVICE, dma);
    all_bytes(buf, 256, 0x33);
    all_bytes(buf + 256, 256, 0xa5);
    teardown(&f);
}

/* The same memory by two mappings; each buffer on pages of its own. */
static void test_guarded_memory_is_one_with_two_views(void **state)
{
    struct fixture f;
    uint8_t *a, *b, *seen;
    uint64_t dma;

    (void)state;
    setup(&f, 4, FAKE_MEM_GUARDED);
    a = fake_arena_take(&f.arena, 10, 1);
    b = fake_arena_take(&f.arena, 10, 1);
    assert_int_equal((uintptr_t)a % 4096, 0);
    assert_int_equal((uintptr_t)b % 4096, 0);
    assert_ptr_not_equal(a, b);
    dma = fake_arena_share(&f.arena, a, 10, FAKE_FROM_DEVICE);
    seen = fake_arena_map(&f.arena, dma, 10, FAKE_FROM_DEVICE);
    assert_non_null(seen);
    assert_ptr_not_equal(seen, a);
    seen[3] = 33;
    assert_int_equal(*(volatile uint8_t *)&a[3], 33);
    fake_arena_unshare(&f.arena, a, 10, FAKE_FROM_DEVICE, dma);
    expect_fault(&f, dma, 10, FAKE_FROM_DEVICE, FAKE_MEM_UNKNOWN);
    a = fake_arena_dma_alloc(&f.arena, 64, 64, &dma);
    assert_non_null(a);
    a[1] = 11;
    seen = fake_arena_map(&f.arena, dma, 64, FAKE_TO_DEVICE);
    assert_int_equal(*(volatile uint8_t *)&seen[1], 11);
    teardown(&f);
}

static void test_memory_outside_the_arena_is_bounced_in_any_mode(void **state)
{
    struct fixture f;
    uint8_t buf[64];
    uint8_t *seen;
    uint64_t dma;

    (void)state;
    setup(&f, 8, FAKE_MEM_DIRECT);
    memset(buf, 0x11, sizeof(buf));
    dma = fake_arena_share(&f.arena, buf, sizeof(buf), FAKE_FROM_DEVICE);
    seen = fake_arena_map(&f.arena, dma, sizeof(buf), FAKE_FROM_DEVICE);
    assert_true(seen >= f.arena.base && seen < f.arena.base + f.arena.bytes);
    memset(seen, 0x44, sizeof(buf));
    all_bytes(buf, sizeof(buf), 0x11);
    fake_arena_unshare(&f.arena, buf, sizeof(buf), FAKE_FROM_DEVICE, dma);
    all_bytes(buf, sizeof(buf), 0x44);
    teardown(&f);
}

static void test_take_gives_zeroed_memory_the_device_cannot_see(void **state)
{
    struct fixture f;
    uint8_t *mem, *again;

    (void)state;
    setup(&f, 8, FAKE_MEM_DIRECT);
    mem = fake_arena_take(&f.arena, 1000, 4096);
    assert_int_equal((uintptr_t)mem % 4096, 0);
    all_bytes(mem, 1000, 0);
    memset(mem, 7, 1000);
    fake_arena_give(&f.arena, mem);
    fake_arena_give(&f.arena, mem); /* twice: nothing happens */
    fake_arena_give(&f.arena, &f);  /* nor for a stranger */
    fake_arena_give(&f.arena, NULL);
    again = fake_arena_take(&f.arena, 1000, 4096);
    assert_ptr_equal(again, mem);
    all_bytes(again, 1000, 0);
    assert_int_equal(f.log.count, 0);
    teardown(&f);
}

static void test_allocator_joins_what_is_given_back(void **state)
{
    struct fixture f;
    uint8_t *mem[256];

    (void)state;
    setup(&f, 8, FAKE_MEM_DIRECT);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned k = 0; k < 256; k++) {
            mem[k] = fake_arena_take(&f.arena, MIB / 256, 64);
            assert_non_null(mem[k]);
        }
        assert_null(fake_arena_take(&f.arena, 1, 1));
        /* Every second one first, so that there are holes to be joined. */
        for (unsigned k = round; k < 256 + round; k++)
            fake_arena_give(&f.arena, mem[(2 * k + (k >= 128)) % 256]);
        for (unsigned k = 0; k < 256; k++)
            fake_arena_give(&f.arena, mem[k]);
    }
    assert_non_null(fake_arena_take(&f.arena, MIB, 64));
    teardown(&f);
}

static void test_equal_runs_get_equal_addresses(void **state)
{
    uint64_t dma[2][32];

    (void)state;
    for (unsigned run = 0; run < 2; run++) {
        struct fixture f;
        uint8_t *buf;

        setup(&f, 64, FAKE_MEM_BOUNCE);
        buf = fake_arena_take(&f.arena, 4096, 64);
        for (unsigned k = 0; k < 32; k++) {
            dma[run][k] =
                fake_arena_share(&f.arena, buf, 1 + k * 37, FAKE_TO_DEVICE);
            if (k % 3 == 0)
                fake_arena_unshare(&f.arena, buf, 1 + k * 37, FAKE_TO_DEVICE,
                                   dma[run][k]);
        }
        teardown(&f);
    }
    assert_memory_equal(dma[0], dma[1], sizeof(dma[0]));
}

static void test_requests_that_make_no_sense_are_refused(void **state)
{
    struct fixture f;
    uint64_t dma;

    (void)state;
    setup(&f, 8, FAKE_MEM_DIRECT);
    assert_null(fake_arena_take(&f.arena, 0, 64));
    assert_null(fake_arena_take(&f.arena, MIB + 1, 64));
    assert_null(fake_arena_take(&f.arena, SIZE_MAX, 64));
    assert_null(fake_arena_take(&f.arena, 64, 48));
    assert_null(fake_arena_dma_alloc(&f.arena, 0, 64, &dma));
    assert_true(fake_arena_share(&f.arena, &f, 0, FAKE_TO_DEVICE) ==
                FAKE_DMA_BAD);
    assert_true(fake_arena_share(&f.arena, &f, 8, (enum fake_dir)2) ==
                FAKE_DMA_BAD);
    assert_int_equal(f.log.count, 0);
    teardown(&f);
}

static void test_kth_dma_alloc_fails_on_request(void **state)
{
    struct fixture f;
    uint64_t dma;

    (void)state;
    setup(&f, 8, FAKE_MEM_DIRECT);
    f.arena.alloc_fail_at = 2;
    assert_non_null(fake_arena_dma_alloc(&f.arena, 64, 64, &dma));
    assert_null(fake_arena_dma_alloc(&f.arena, 64, 64, &dma));
    assert_non_null(fake_arena_dma_alloc(&f.arena, 64, 64, &dma));
    teardown(&f);
}

/* One fault of a plan each; the k-th of several calls fails and takes nothing
 * away. */
static void test_planned_faults_fail_what_they_name(void **state)
{
    struct fake_fault_plan plan = {.count = 0};
    struct fixture f;
    uint64_t dma;
    uint8_t *mem;

    (void)state;
    setup(&f, 8, FAKE_MEM_BOUNCE);
    f.arena.faults = &plan;
    fake_fault_add(&plan, FAKE_FAULT_DMA_ALLOC_FAILS, 2, 1, 0);
    fake_fault_add(&plan, FAKE_FAULT_SHARE_FAILS, 3, 1, 0);
    mem = fake_arena_take(&f.arena, 64, 64);
    for (int k = 1; k <= 3; k++) {
        size_t used = f.arena.used_bytes;

        assert_int_equal(!fake_arena_dma_alloc(&f.arena, 64, 64, &dma), k == 2);
        assert_int_equal(f.arena.used_bytes, used + (k == 2 ? 0 : 64));
    }
    for (int k = 1; k <= 4; k++) {
        size_t used = f.arena.used_bytes;

        dma = fake_arena_share(&f.arena, mem, 64, FAKE_TO_DEVICE);
        assert_int_equal(dma == FAKE_DMA_BAD, k == 3);
        assert_int_equal(f.arena.used_bytes, used + (k == 3 ? 0 : 64));
    }
    assert_null(fake_fault_unfired(&plan));
    teardown(&f);
}

struct race {
    struct fixture f;
    atomic_bool stop;
    uint8_t *lowest, *highest;
};

static void *device(void *arg)
{
    struct race *race = arg;

    while (!atomic_load(&race->stop)) {
        for (uint64_t k = 1; k <= 3; k++) {
            /* Deep inside the large opening, and past the arena's end in a
             * mixture of large and small. */
            uint64_t dma = (k << 32 | 0x40) + MIB / 2;
            uint8_t *mem =
                fake_arena_map(&race->f.arena, dma, 64, FAKE_TO_DEVICE);

            if (mem && (mem < race->lowest || mem + 64 > race->highest))
                return arg;
        }
    }
    return NULL;
}

/* A driver that opens and closes windows under the device's eyes. */
static void test_racing_lookups_stay_in_the_arena(void **state)
{
    struct race race;
    pthread_t thread;
    uint8_t *buf;
    void *escaped;

    (void)state;
    /* An odd number, so that each window is opened large and small in turn. */
    setup(&race.f, 3, FAKE_MEM_DIRECT);
    race.f.log.on = false;
    atomic_init(&race.stop, false);
    race.lowest = race.f.arena.base;
    race.highest = race.lowest + race.f.arena.bytes;
    buf = fake_arena_take(&race.f.arena, MIB, 64);
    assert_int_equal(pthread_create(&thread, NULL, device, &race), 0);
    for (unsigned k = 0; k < 300000; k++) {
        size_t bytes = k % 2 ? MIB - 64 : 64;
        uint8_t *at = k % 2 ? buf + 64 : buf + MIB - 65536 + 64;
        uint64_t dma =
            fake_arena_share(&race.f.arena, at, bytes, FAKE_TO_DEVICE);

        fake_arena_unshare(&race.f.arena, at, bytes, FAKE_TO_DEVICE, dma);
    }
    atomic_store(&race.stop, true);
    pthread_join(thread, &escaped);
    assert_null(escaped);
    teardown(&race.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dma_memory_is_zeroed_aligned_and_seen_both_ways),
        cmocka_unit_test(test_first_call_that_matches_nothing_is_kept),
        cmocka_unit_test(test_map_finds_accesses_out_of_bounds),
        cmocka_unit_test(test_map_knows_no_address_that_was_never_given),
        cmocka_unit_test(test_share_opens_one_direction_only),
        cmocka_unit_test(test_nothing_is_seen_after_unshare),
        cmocka_unit_test(test_stale_address_stays_stale_for_a_full_round),
        cmocka_unit_test(test_share_fails_when_windows_are_out),
        cmocka_unit_test(test_windows_come_back_when_closed),
        cmocka_unit_test(test_unshare_that_does_not_match_closes_nothing),
        cmocka_unit_test(test_dma_free_is_known_once_and_only_as_allocated),
        cmocka_unit_test(test_freed_ring_memory_is_poison_then_zero),
        cmocka_unit_test(test_bounce_shows_the_device_a_copy),
        cmocka_unit_test(test_bounce_gives_data_back_at_unshare_only),
        cmocka_unit_test(test_guarded_memory_is_one_with_two_views),
        cmocka_unit_test(test_memory_outside_the_arena_is_bounced_in_any_mode),
        cmocka_unit_test(test_take_gives_zeroed_memory_the_device_cannot_see),
        cmocka_unit_test(test_allocator_joins_what_is_given_back),
        cmocka_unit_test(test_equal_runs_get_equal_addresses),
        cmocka_unit_test(test_requests_that_make_no_sense_are_refused),
        cmocka_unit_test(test_kth_dma_alloc_fails_on_request),
        cmocka_unit_test(test_planned_faults_fail_what_they_name),
        cmocka_unit_test(test_racing_lookups_stay_in_the_arena),
    };

    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
