/* SPDX-License-Identifier: MIT
 *
 * test_weak.c: what a weakly ordered CPU may show to either side, and what it
 * may not. What may happen has to happen under some seed, or these tests would
 * pass with a CPU that never does anything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fakedev/weak.h"

#define SEEDS 300u

struct world {
    struct fake_log log;
    struct fake_arena arena;
    struct fake_weak *w;
    uint32_t *a, *b; /* in lines of their own */
    void (*device)(struct world *world);
    uint32_t seen_a, seen_b; /* by the device, the last time it moved */
    unsigned moves;
    bool happened;
};

/* Whenever the CPU lets it. */
static void device_moves(void *ctx)
{
    struct world *world = ctx;

    fake_weak_enter(world->w);
    world->moves++;
    world->seen_a = *world->a;
    world->seen_b = *world->b;
    if (world->device)
        world->device(world);
    fake_weak_leave(world->w);
}

static void begin(struct world *world, uint64_t seed,
                  void (*device)(struct world *))
{
    uint64_t dma;

    memset(world, 0, sizeof(*world));
    assert_int_equal(fake_log_init(&world->log, 0), 0);
    assert_int_equal(fake_arena_init(&world->arena, 1u << 20, 64,
                                     FAKE_MEM_DIRECT, &world->log),
                     0);
    world->w = fake_weak_new(&world->arena, seed, device_moves, world);
    assert_non_null(world->w);
    world->arena.weak = world->w;
    world->a = fake_arena_dma_alloc(&world->arena, 4096, 64, &dma);
    assert_non_null(world->a);
    world->b = world->a + 256;
    world->device = device;
}

static void end(struct world *world)
{
    world->arena.weak = NULL;
    fake_weak_free(world->w);
    fake_arena_free(&world->arena);
    fake_log_free(&world->log);
}

static void store(struct world *world, uint32_t *at, uint32_t value,
                  enum fake_order order)
{
    fake_weak_store(world->w, at, value, 4, order);
}

static uint32_t load(struct world *world, const uint32_t *at,
                     enum fake_order order)
{
    return (uint32_t)fake_weak_load(world->w, at, 4, order);
}

/* ---- stores ------------------------------------------------------------ */

static void test_driver_sees_its_own_stores_at_once(void **state)
{
    struct world world;

    (void)state;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        begin(&world, seed, NULL);
        for (uint32_t k = 1; k < 20; k++) {
            store(&world, world.a, k, FAKE_RELAXED);
            assert_int_equal(load(&world, world.a, FAKE_RELAXED), k);
            assert_int_equal(*world.a, k);
        }
        end(&world);
    }
}

static void see_b_before_a(struct world *world)
{
    world->happened |= world->seen_b > world->seen_a;
}

/* Two stores, and what the device sees of them afterwards; in between stands
 * fence, if any. Returns under how many seeds it saw the second only. */
static unsigned out_of_order(enum fake_order order, enum fake_order fence)
{
    unsigned times = 0;
    struct world world;

    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        begin(&world, seed, see_b_before_a);
        for (uint32_t k = 1; k <= 8; k++) {
            store(&world, world.a, k, FAKE_RELAXED);
            if (fence != FAKE_RELAXED)
                fake_weak_fence(world.w, fence);
            store(&world, world.b, k, order);
        }
        device_moves(&world);
        times += world.happened;
        fake_weak_drain(world.w);
        device_moves(&world);
        assert_int_equal(world.seen_a, 8);
        assert_int_equal(world.seen_b, 8);
        end(&world);
    }
    return times;
}

static void test_store_is_overtaken_unless_something_orders_it(void **state)
{
    (void)state;
    assert_true(out_of_order(FAKE_RELAXED, FAKE_RELAXED) > SEEDS / 10);
    assert_true(out_of_order(FAKE_RELAXED, FAKE_ACQUIRE) > SEEDS / 10);
    assert_int_equal(out_of_order(FAKE_RELEASE, FAKE_RELAXED), 0);
    assert_int_equal(out_of_order(FAKE_SEQ_CST, FAKE_RELAXED), 0);
    assert_int_equal(out_of_order(FAKE_RELAXED, FAKE_RELEASE), 0);
    assert_int_equal(out_of_order(FAKE_RELAXED, FAKE_ACQ_REL), 0);
    assert_int_equal(out_of_order(FAKE_RELAXED, FAKE_SEQ_CST), 0);
}

static void test_store_waits_until_a_full_fence(void **state)
{
    unsigned late = 0;
    struct world world;

    (void)state;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        begin(&world, seed, NULL);
        store(&world, world.a, 1, FAKE_RELEASE);
        fake_weak_fence(world.w, FAKE_RELEASE);
        device_moves(&world);
        late += world.seen_a == 0;
        fake_weak_fence(world.w, FAKE_SEQ_CST);
        device_moves(&world);
        assert_int_equal(world.seen_a, 1);
        end(&world);
    }
    assert_in_range(late, SEEDS / 4, SEEDS - 1);
}

static void test_stores_to_the_same_bytes_keep_their_order(void **state)
{
    struct world world;
    uint32_t last;

    (void)state;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        begin(&world, seed, NULL);
        last = 0;
        for (uint32_t k = 1; k <= 20; k++) {
            /* The halves of a word, and the word. */
            store(&world, world.a, k, FAKE_RELAXED);
            fake_weak_store(world.w, world.a, k, 2, FAKE_RELAXED);
            device_moves(&world);
            assert_true(world.seen_a >= last);
            last = world.seen_a;
        }
        end(&world);
    }
}

static void test_only_so_many_stores_wait(void **state)
{
    struct world world;

    (void)state;
    for (unsigned seed = 1; seed <= 20; seed++) {
        begin(&world, seed, NULL);
        store(&world, world.a, 1, FAKE_RELAXED);
        for (uint32_t k = 0; k < FAKE_WEAK_PENDING; k++)
            store(&world, world.b + k % 64, k, FAKE_RELAXED);
        device_moves(&world);
        assert_int_equal(world.seen_a, 1);
        end(&world);
    }
}

static void write_a(struct world *world)
{
    *world->a = 100 + world->moves;
}

/* What the device wrote under a store that waits is overwritten by it. */
static void test_store_lands_on_what_the_device_wrote(void **state)
{
    struct world world;

    (void)state;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        begin(&world, seed, NULL);
        store(&world, world.a, 1, FAKE_RELAXED);
        world.device = write_a;
        device_moves(&world);
        world.device = NULL;
        /* Either order is one that memory may have. */
        assert_true(*world.a == 1 || world.seen_a == 1);
        fake_weak_drain(world.w);
        device_moves(&world);
        assert_int_equal(world.seen_a, *world.a);
        end(&world);
    }
}

/* ---- loads ------------------------------------------------------------- */

static void publish(struct world *world)
{
    *world->a = world->moves;
    *world->b = world->moves;
}

/* b, then a, which the device writes together: under how many seeds a is the
 * older? */
static unsigned stale(enum fake_order order, enum fake_order fence)
{
    unsigned times = 0;
    struct world world;

    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        begin(&world, seed, publish);
        for (unsigned k = 0; k < 8; k++) {
            uint32_t b = load(&world, world.b, order), a;

            if (fence != FAKE_RELAXED)
                fake_weak_fence(world.w, fence);
            a = load(&world, world.a, FAKE_RELAXED);
            world.happened |= a < b;
        }
        times += world.happened;
        end(&world);
    }
    return times;
}

static void test_load_is_early_unless_something_orders_it(void **state)
{
    (void)state;
    assert_true(stale(FAKE_RELAXED, FAKE_RELAXED) > SEEDS / 10);
    assert_true(stale(FAKE_RELAXED, FAKE_RELEASE) > SEEDS / 10);
    assert_int_equal(stale(FAKE_ACQUIRE, FAKE_RELAXED), 0);
    assert_int_equal(stale(FAKE_SEQ_CST, FAKE_RELAXED), 0);
    assert_int_equal(stale(FAKE_RELAXED, FAKE_ACQUIRE), 0);
    assert_int_equal(stale(FAKE_RELAXED, FAKE_ACQ_REL), 0);
    assert_int_equal(stale(FAKE_RELAXED, FAKE_SEQ_CST), 0);
}

static void test_loads_of_the_same_bytes_never_go_back(void **state)
{
    struct world world;
    uint32_t last, now;

    (void)state;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        begin(&world, seed, publish);
        last = 0;
        for (unsigned k = 0; k < 30; k++) {
            now = load(&world, world.a, FAKE_RELAXED);
            assert_true(now >= last);
            last = now;
        }
        end(&world);
    }
}

static void test_load_sees_what_there_is_after_catching_up(void **state)
{
    struct world world;

    (void)state;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        begin(&world, seed, publish);
        for (unsigned k = 0; k < 10; k++) {
            (void)load(&world, world.a, FAKE_RELAXED);
            device_moves(&world);
            fake_weak_catch_up(world.w);
            assert_true(load(&world, world.a, FAKE_RELAXED) >= world.moves - 1);
        }
        end(&world);
    }
}

static void test_load_finds_the_own_store_however_early_it_is(void **state)
{
    struct world world;

    (void)state;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        begin(&world, seed, publish);
        (void)load(&world, world.a, FAKE_RELAXED);
        device_moves(&world);
        world.device = NULL;
        fake_weak_store(world.w, world.a, 1000, 2, FAKE_RELAXED);
        assert_int_equal(load(&world, world.a, FAKE_RELAXED), 1000);
        end(&world);
    }
}

/* It went out, and the device answered: what was there before is gone. */
static void test_load_is_no_earlier_than_the_own_store(void **state)
{
    struct world world;

    (void)state;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        begin(&world, seed, publish);
        (void)load(&world, world.a, FAKE_RELAXED);
        device_moves(&world);
        world.device = NULL;
        store(&world, world.a, 1000, FAKE_RELAXED);
        fake_weak_drain(world.w);
        device_moves(&world);
        assert_int_equal(load(&world, world.a, FAKE_RELAXED), 1000);
        end(&world);
    }
}

static void answer(struct world *world)
{
    world->happened |= world->seen_a == 0;
    *world->b = 1;
}

/* Each says what it has to say, and then looks: without a full fence both see
 * nothing, and with it never. */
static unsigned both_blind(enum fake_order fence)
{
    unsigned times = 0;
    struct world world;

    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        begin(&world, seed, NULL);
        (void)load(&world, world.b, FAKE_RELAXED);
        world.device = answer;
        store(&world, world.a, 1, FAKE_RELAXED);
        fake_weak_fence(world.w, fence);
        times += world.happened && load(&world, world.b, FAKE_RELAXED) == 0;
        end(&world);
    }
    return times;
}

static void test_only_a_full_fence_puts_a_store_before_a_load(void **state)
{
    (void)state;
    assert_true(both_blind(FAKE_RELAXED) > 0);
    assert_true(both_blind(FAKE_RELEASE) > 0);
    assert_int_equal(both_blind(FAKE_SEQ_CST), 0);
}

/* ---- what the driver does by itself ------------------------------------- */

static void test_announced_store_waits_like_any_other(void **state)
{
    unsigned late = 0;
    struct world world;

    (void)state;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        begin(&world, seed, NULL);
        fake_weak_writes(world.w, world.a, 4);
        *world.a = 7;
        device_moves(&world);
        late += world.seen_a == 0;
        assert_int_equal(*world.a, 7);
        fake_weak_drain(world.w);
        device_moves(&world);
        assert_int_equal(world.seen_a, 7);
        end(&world);
    }
    assert_in_range(late, SEEDS / 4, SEEDS - 1);
}

static void test_announced_load_may_be_early_and_memory_stays(void **state)
{
    unsigned early = 0;
    struct world world;

    (void)state;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        begin(&world, seed, publish);
        (void)load(&world, world.b, FAKE_RELAXED);
        (void)load(&world, world.a, FAKE_RELAXED);
        device_moves(&world);
        fake_weak_reads(world.w, world.a, 4);
        early += *world.a < world.moves;
        fake_weak_settle(world.w);
        assert_int_equal(*world.a, world.moves);
        end(&world);
    }
    assert_in_range(early, SEEDS / 10, SEEDS - 1);
}

/* A struct is copied: both accesses are announced before either is done. */
static void test_load_and_store_of_one_statement_are_one(void **state)
{
    struct world world;
    uint32_t own[2] = {0, 0};
    unsigned early = 0;

    (void)state;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        begin(&world, seed, publish);
        (void)load(&world, world.a, FAKE_RELAXED);
        for (unsigned k = 0; k < 8; k++) {
            uint32_t *to = k % 2 ? own : world.b + 64;

            fake_weak_reads(world.w, world.b, 4);
            fake_weak_writes(world.w, to, 4);
            *to = *world.b;
            early += *to < world.moves;
            fake_weak_fence(world.w, FAKE_ACQUIRE);
            own[1] = *to;
            assert_true(load(&world, world.a, FAKE_RELAXED) >= own[1]);
        }
        fake_weak_settle(world.w);
        assert_int_equal(*world.b, world.moves);
        end(&world);
    }
    assert_true(early > SEEDS / 10);
}

static void test_place_that_is_read_and_then_written_keeps_what_came(void **s)
{
    struct world world;

    (void)s;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        uint32_t value, truth;

        begin(&world, seed, publish);
        (void)load(&world, world.a, FAKE_RELAXED);
        device_moves(&world);
        fake_weak_reads(world.w, world.a, 4);
        value = *world.a;
        truth = world.moves;
        world.device = NULL;
        fake_weak_writes(world.w, world.a, 4);
        *world.a = value + 100;
        device_moves(&world);
        assert_true(world.seen_a == truth || world.seen_a == value + 100);
        fake_weak_drain(world.w);
        device_moves(&world);
        assert_int_equal(world.seen_a, value + 100);
        fake_weak_reads_and_writes(world.w, world.a, 4);
        ++*world.a;
        fake_weak_drain(world.w);
        device_moves(&world);
        assert_int_equal(world.seen_a, value + 101);
        end(&world);
    }
}

/* memcpy of the C library, or the bench: nobody asked us. */
static void test_store_that_nobody_announced_is_visible_at_once(void **state)
{
    struct world world;

    (void)state;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        begin(&world, seed, NULL);
        store(&world, world.a, 1, FAKE_RELAXED);
        store(&world, world.a, 2, FAKE_RELAXED);
        *world.a = 3;
        device_moves(&world);
        assert_int_equal(world.seen_a, 3);
        fake_weak_drain(world.w);
        assert_int_equal(*world.a, 3);
        end(&world);
    }
}

static void test_data_in_bulk_comes_after_what_a_fence_put_before(void **state)
{
    struct world world;

    (void)state;
    begin(&world, 1, NULL);
    store(&world, world.b, 1, FAKE_RELAXED);
    fake_weak_fence(world.w, FAKE_RELEASE);
    fake_weak_writes(world.w, world.a, 512);
    memset(world.a, 0xff, 512);
    device_moves(&world);
    assert_int_equal(world.seen_a, UINT32_MAX);
    assert_int_equal(world.seen_b, 1);
    end(&world);
}

static void test_read_and_change_in_one_is_seen_by_everybody(void **state)
{
    struct world world;

    (void)state;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        begin(&world, seed, publish);
        store(&world, world.b, 1000, FAKE_RELAXED);
        fake_weak_changes(world.w, world.b, 4);
        (*world.b)++;
        world.device = NULL;
        device_moves(&world);
        assert_int_equal(world.seen_b, *world.b);
        end(&world);
    }
}

/* ---- where ------------------------------------------------------------- */

static void test_memory_that_the_device_cannot_see_is_the_drivers(void **state)
{
    struct world world;
    uint32_t *own;

    (void)state;
    begin(&world, 1, NULL);
    own = fake_arena_take(&world.arena, 64, 64);
    assert_non_null(own);
    for (uint32_t k = 1; k < 50; k++) {
        store(&world, own, k, FAKE_RELAXED);
        fake_weak_enter(world.w);
        assert_int_equal(*own, k);
        fake_weak_leave(world.w);
    }
    assert_int_equal(world.moves, 0); /* nor is there a reason to move */
    end(&world);
}

static void test_store_is_out_before_its_memory_goes(void **state)
{
    struct world world;
    uint64_t dma;
    void *mem;

    (void)state;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        begin(&world, seed, NULL);
        mem = fake_arena_dma_alloc(&world.arena, 64, 64, &dma);
        store(&world, world.a, 1, FAKE_RELAXED);
        store(&world, mem, 1, FAKE_RELEASE);
        fake_arena_dma_free(&world.arena, mem, 64, dma);
        device_moves(&world);
        assert_int_equal(world.seen_a, 1);
        end(&world);
    }
}

/* A buffer that is lent again was filled by somebody since. */
static void test_past_of_memory_ends_with_its_lending(void **state)
{
    struct world world;
    uint32_t *buf;
    uint64_t dma;

    (void)state;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        begin(&world, seed, NULL);
        buf = fake_arena_take(&world.arena, 64, 64);
        dma = fake_arena_share(&world.arena, buf, 64, FAKE_FROM_DEVICE);
        (void)load(&world, buf, FAKE_RELAXED);
        fake_weak_enter(world.w);
        *buf = 1;
        fake_weak_leave(world.w);
        fake_arena_unshare(&world.arena, buf, 64, FAKE_FROM_DEVICE, dma);
        *buf = 2;
        dma = fake_arena_share(&world.arena, buf, 64, FAKE_TO_DEVICE);
        assert_int_equal(load(&world, buf, FAKE_RELAXED), 2);
        end(&world);
    }
}

struct heard {
    unsigned reads, writes;
    size_t bytes;
};

static void hear(void *ctx, const void *cpu, size_t bytes, bool write)
{
    struct heard *heard = ctx;

    (void)cpu;
    heard->reads += !write;
    heard->writes += write;
    heard->bytes += bytes;
}

static void test_listener_hears_of_the_arena_only(void **state)
{
    struct heard heard = {0, 0, 0};
    struct world world;
    uint32_t elsewhere = 0;

    (void)state;
    begin(&world, 1, NULL);
    fake_weak_listen(world.w, hear, &heard);
    store(&world, world.a, 1, FAKE_RELAXED);
    (void)load(&world, world.a, FAKE_RELAXED);
    fake_weak_reads(world.w, world.a, 16);
    fake_weak_writes(world.w, world.a, 64);
    store(&world, &elsewhere, 5, FAKE_RELAXED);
    assert_int_equal(load(&world, &elsewhere, FAKE_ACQUIRE), 5);
    assert_int_equal(heard.reads, 2);
    assert_int_equal(heard.writes, 2);
    assert_int_equal(heard.bytes, 4 + 4 + 16 + 64);
    end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_driver_sees_its_own_stores_at_once),
        cmocka_unit_test(test_store_is_overtaken_unless_something_orders_it),
        cmocka_unit_test(test_store_waits_until_a_full_fence),
        cmocka_unit_test(test_stores_to_the_same_bytes_keep_their_order),
        cmocka_unit_test(test_only_so_many_stores_wait),
        cmocka_unit_test(test_store_lands_on_what_the_device_wrote),
        cmocka_unit_test(test_load_is_early_unless_something_orders_it),
        cmocka_unit_test(test_loads_of_the_same_bytes_never_go_back),
        cmocka_unit_test(test_load_sees_what_there_is_after_catching_up),
        cmocka_unit_test(test_load_finds_the_own_store_however_early_it_is),
        cmocka_unit_test(test_load_is_no_earlier_than_the_own_store),
        cmocka_unit_test(test_only_a_full_fence_puts_a_store_before_a_load),
        cmocka_unit_test(test_announced_store_waits_like_any_other),
        cmocka_unit_test(test_announced_load_may_be_early_and_memory_stays),
        cmocka_unit_test(test_load_and_store_of_one_statement_are_one),
        cmocka_unit_test(
            test_place_that_is_read_and_then_written_keeps_what_came),
        cmocka_unit_test(test_store_that_nobody_announced_is_visible_at_once),
        cmocka_unit_test(test_data_in_bulk_comes_after_what_a_fence_put_before),
        cmocka_unit_test(test_read_and_change_in_one_is_seen_by_everybody),
        cmocka_unit_test(test_memory_that_the_device_cannot_see_is_the_drivers),
        cmocka_unit_test(test_store_is_out_before_its_memory_goes),
        cmocka_unit_test(test_past_of_memory_ends_with_its_lending),
        cmocka_unit_test(test_listener_hears_of_the_arena_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
