/* SPDX-License-Identifier: MIT
 *
 * test_ledger.c: lent memory is the device's from the event that takes its
 * chain to the one that gives it back, to the byte; and each trespass is one
 * event that says which.
 */
#include "guest.h"

#define BYTES 100u

/* Head 0 is out | in, head 2 the same memory once more. */
struct fixture {
    struct guest g;
    struct fake_ring ring;
    uint8_t *out, *in; /* as the driver has them, in the middle of more */
    uint64_t out_dma, in_dma;
    struct fake_chain *chain;
    uint64_t lent; /* number of its CHAIN */
};

static void up(struct fixture *f, uint64_t features, enum fake_mem_mode mode)
{
    memset(f, 0, sizeof(*f));
    guest_init_ledger(&f->g, 8, features, mode);
    f->out = guest_mem(&f->g, 3 * BYTES) + BYTES;
    f->in = guest_mem(&f->g, 3 * BYTES) + BYTES;
    f->out_dma = guest_share(&f->g, f->out, BYTES, FAKE_TO_DEVICE);
    f->in_dma = guest_share(&f->g, f->in, BYTES, FAKE_FROM_DEVICE);
    assert_int_equal(
        fake_ring_up(&f->ring, &f->g.arena, &f->g.log, &f->g.faults, &f->g.cfg),
        0);
    for (unsigned head = 0; head <= 2; head += 2) {
        guest_desc(&f->g, head, f->out_dma, BYTES, NEXT, (uint16_t)(head + 1));
        guest_desc(&f->g, head + 1, f->in_dma, BYTES, WRITE, 0);
    }
}

static void down(struct fixture *f)
{
    fake_ring_down(&f->ring);
    assert_int_equal(fake_ledger_astray(f->g.arena.ledger), 0);
    guest_free(&f->g);
}

static struct fake_chain *lend(struct fixture *f, uint16_t head)
{
    struct fake_chain *chain;

    guest_publish(&f->g, head);
    chain = fake_ring_take(&f->ring);
    assert_non_null(chain);
    f->lent = f->g.log.count - 1;
    assert_int_equal(fake_log_get(&f->g.log, f->lent)->kind, FAKE_EV_CHAIN);
    return chain;
}

static void up_and_lent(struct fixture *f, enum fake_mem_mode mode)
{
    up(f, 0, mode);
    f->chain = lend(f, 0);
}

static void give_back(struct fixture *f)
{
    fake_ring_complete(&f->ring, f->chain, BYTES);
    (void)fake_ring_interrupt_due(&f->ring);
}

static void expect_none(struct fixture *f)
{
    assert_int_equal(guest_count(&f->g, FAKE_EV_TRESPASS), 0);
}

/* The one trespass there is. */
static const struct fake_event *expect_one(struct fixture *f, uint64_t addr,
                                           uint64_t bytes,
                                           enum fake_trespass how)
{
    const struct fake_event *e = guest_event(&f->g, FAKE_EV_TRESPASS, 0);

    assert_int_equal(guest_count(&f->g, FAKE_EV_TRESPASS), 1);
    assert_int_equal(e->arg[0], addr);
    assert_int_equal(e->arg[1], bytes);
    assert_int_equal(e->arg[2], how);
    assert_int_equal(e->arg[3], f->lent);
    assert_int_equal(e->queue, f->g.cfg.index);
    return e;
}

/* ---- compared ---- */

static void test_lent_memory_left_alone_is_no_trespass(void **state)
{
    struct fixture f;
    uint8_t answer[BYTES];

    (void)state;
    for (int mode = FAKE_MEM_DIRECT; mode <= FAKE_MEM_BOUNCE; mode++) {
        up(&f, 0, (enum fake_mem_mode)mode);
        memset(answer, 7, sizeof(answer));
        for (unsigned k = 0; k < 100; k++) {
            memset(f.out, (int)k, BYTES);
            memset(f.in, (int)k + 1, BYTES);
            f.chain = lend(&f, 0);
            assert_int_equal(fake_chain_write(f.chain, 0, answer, BYTES),
                             BYTES);
            give_back(&f);
        }
        expect_none(&f);
        down(&f);
    }
}

static void test_change_of_what_the_device_reads_is_found(void **state)
{
    struct fixture f;

    (void)state;
    for (int mode = FAKE_MEM_DIRECT; mode <= FAKE_MEM_BOUNCE; mode++) {
        const struct fake_event *e;

        up_and_lent(&f, (enum fake_mem_mode)mode);
        f.out[10] = 1;
        f.out[12] = 1;
        expect_none(&f);
        give_back(&f);
        e = expect_one(&f, f.out_dma + 10, 3, FAKE_TRESPASS_CHANGED_READABLE);
        /* The event that gives it back is the next one. */
        assert_ptr_equal(e + 0, fake_log_get(&f.g.log, f.lent + 1));
        assert_int_equal(fake_log_get(&f.g.log, f.lent + 2)->kind,
                         FAKE_EV_USED);
        down(&f);
    }
}

static void test_change_of_what_the_device_writes_is_found(void **state)
{
    struct fixture f;

    (void)state;
    for (int mode = FAKE_MEM_DIRECT; mode <= FAKE_MEM_BOUNCE; mode++) {
        up_and_lent(&f, (enum fake_mem_mode)mode);
        f.in[BYTES - 1] = 1;
        give_back(&f);
        expect_one(&f, f.in_dma + BYTES - 1, 1, FAKE_TRESPASS_CHANGED_WRITABLE);
        down(&f);
    }
}

static void test_change_that_the_device_overwrites_is_found(void **state)
{
    const uint8_t answer[BYTES] = {9};
    struct fixture f;

    (void)state;
    up_and_lent(&f, FAKE_MEM_DIRECT);
    f.in[20] = 1;
    fake_chain_write(f.chain, 0, answer, BYTES);
    expect_one(&f, f.in_dma + 20, 1, FAKE_TRESPASS_CHANGED_WRITABLE);
    give_back(&f);
    assert_int_equal(guest_count(&f.g, FAKE_EV_TRESPASS), 1);
    down(&f);
}

static void test_change_of_what_the_device_has_written_is_found(void **state)
{
    const uint8_t answer[BYTES] = {9, 9, 9};
    struct fixture f;

    (void)state;
    up_and_lent(&f, FAKE_MEM_DIRECT);
    fake_chain_write(f.chain, 0, answer, BYTES);
    f.in[1] = 0;
    give_back(&f);
    expect_one(&f, f.in_dma + 1, 1, FAKE_TRESPASS_CHANGED_WRITABLE);
    down(&f);
}

static void test_bytes_beside_a_loan_are_the_drivers(void **state)
{
    struct fixture f;

    (void)state;
    up_and_lent(&f, FAKE_MEM_DIRECT);
    f.out[-1] = f.out[BYTES] = f.in[-1] = f.in[BYTES] = 1;
    fake_ledger_access(f.g.arena.ledger, f.in - 8, 8, true);
    fake_ledger_access(f.g.arena.ledger, f.in + BYTES, 8, true);
    give_back(&f);
    expect_none(&f);
    down(&f);
}

static void test_what_came_back_is_the_drivers(void **state)
{
    struct fixture f;

    (void)state;
    up_and_lent(&f, FAKE_MEM_DIRECT);
    give_back(&f);
    memset(f.out, 1, BYTES);
    memset(f.in, 1, BYTES);
    fake_ledger_access(f.g.arena.ledger, f.in, BYTES, false);
    f.chain = lend(&f, 0);
    give_back(&f);
    expect_none(&f);
    down(&f);
}

/* ---- lent more than once, taken back otherwise ---- */

static void test_memory_lent_twice_is_lent_until_both_are_back(void **state)
{
    struct fake_chain *first;
    struct fixture f;

    (void)state;
    up(&f, 0, FAKE_MEM_DIRECT);
    first = lend(&f, 0);
    f.chain = lend(&f, 2);
    fake_ring_complete(&f.ring, first, 0);
    f.out[0] = 1;
    give_back(&f);
    expect_one(&f, f.out_dma, 1, FAKE_TRESPASS_CHANGED_READABLE);
    down(&f);
}

/* The new copy would hide it. */
static void test_change_is_found_when_the_memory_is_lent_again(void **state)
{
    struct fixture f;
    uint64_t first;

    (void)state;
    up_and_lent(&f, FAKE_MEM_DIRECT);
    first = f.lent;
    f.out[0] = 1;
    guest_publish(&f.g, 2);
    assert_non_null(fake_ring_take(&f.ring));
    f.lent = first;
    expect_one(&f, f.out_dma, 1, FAKE_TRESPASS_CHANGED_READABLE);
    down(&f);
}

static void test_queue_that_stops_gives_everything_back(void **state)
{
    struct fixture f;

    (void)state;
    up_and_lent(&f, FAKE_MEM_DIRECT);
    fake_ring_down(&f.ring);
    memset(f.out, 1, BYTES);
    fake_ledger_access(f.g.arena.ledger, f.in, BYTES, true);
    expect_none(&f);
    down(&f);
}

/* A violation of its own: what happens to the memory then is none. */
static void test_memory_taken_back_early_is_let_go(void **state)
{
    struct fixture f;

    (void)state;
    up_and_lent(&f, FAKE_MEM_DIRECT);
    fake_arena_unshare(&f.g.arena, f.in, BYTES, FAKE_FROM_DEVICE, f.in_dma);
    memset(f.in, 1, BYTES);
    fake_ledger_access(f.g.arena.ledger, f.in, BYTES, true);
    give_back(&f);
    expect_none(&f);
    down(&f);
}

static void test_buffers_used_by_one_entry_come_back_with_it(void **state)
{
    struct fake_chain *first;
    struct fixture f;

    (void)state;
    up(&f, F_IN_ORDER, FAKE_MEM_DIRECT);
    first = lend(&f, 0);
    f.chain = lend(&f, 2);
    fake_ring_complete(&f.ring, first, BYTES);
    fake_ledger_access(f.g.arena.ledger, f.in, 1, false);
    assert_int_equal(guest_count(&f.g, FAKE_EV_TRESPASS), 1);
    give_back(&f);
    assert_int_equal(guest_count(&f.g, FAKE_EV_USED), 1);
    guest_mark(&f.g);
    fake_ledger_access(f.g.arena.ledger, f.in, 1, false);
    expect_none(&f);
    down(&f);
}

/* ---- told ---- */

static void test_told_load_of_what_the_device_writes_is_exact(void **state)
{
    struct fixture f;
    const struct fake_event *e;

    (void)state;
    up_and_lent(&f, FAKE_MEM_DIRECT);
    fake_ledger_access(f.g.arena.ledger, f.in - 4, 8, false);
    e = expect_one(&f, f.in_dma, 4, FAKE_TRESPASS_READ_WRITABLE);
    assert_ptr_equal(e, fake_log_get(&f.g.log, f.g.log.count - 1));
    down(&f);
}

static void test_told_store_is_one_trespass_with_its_change(void **state)
{
    struct fixture f;

    (void)state;
    up_and_lent(&f, FAKE_MEM_DIRECT);
    fake_ledger_access(f.g.arena.ledger, f.out + 4, 2, true);
    f.out[4] = 1;
    give_back(&f);
    expect_one(&f, f.out_dma + 4, 2, FAKE_TRESPASS_WROTE_READABLE);
    down(&f);
}

static void test_told_store_to_what_the_device_writes(void **state)
{
    struct fixture f;

    (void)state;
    up_and_lent(&f, FAKE_MEM_BOUNCE);
    fake_ledger_access(f.g.arena.ledger, f.in, BYTES, true);
    expect_one(&f, f.in_dma, BYTES, FAKE_TRESPASS_WROTE_WRITABLE);
    down(&f);
}

static void test_what_the_device_reads_may_be_read(void **state)
{
    struct fixture f;

    (void)state;
    up_and_lent(&f, FAKE_MEM_DIRECT);
    fake_ledger_access(f.g.arena.ledger, f.out, BYTES, false);
    give_back(&f);
    expect_none(&f);
    down(&f);
}

static void test_memory_outside_the_arena_may_be_told(void **state)
{
    struct fixture f;
    uint8_t own[64];

    (void)state;
    up_and_lent(&f, FAKE_MEM_DIRECT);
    fake_ledger_access(f.g.arena.ledger, own, sizeof(own), true);
    fake_ledger_access(f.g.arena.ledger, f.g.arena.base + f.g.arena.bytes, 8,
                       true);
    fake_ledger_access(f.g.arena.ledger, NULL, 8, false);
    expect_none(&f);
    down(&f);
}

/* ---- sizes ---- */

static void test_loan_of_many_pages_is_watched_on_each(void **state)
{
    enum { PAGES = 9, LARGE = PAGES * 4096 };
    struct fixture f;
    uint8_t *mem;
    uint64_t dma;

    (void)state;
    up(&f, 0, FAKE_MEM_DIRECT);
    mem = guest_mem(&f.g, LARGE);
    dma = guest_share(&f.g, mem, LARGE, FAKE_FROM_DEVICE);
    guest_desc(&f.g, 4, dma, LARGE, WRITE, 0);
    for (unsigned page = 0; page < PAGES; page++) {
        f.chain = lend(&f, 4);
        guest_mark(&f.g);
        fake_ledger_access(f.g.arena.ledger, mem + 4096 * page + 4095, 1,
                           false);
        expect_one(&f, dma + 4096 * page + 4095, 1,
                   FAKE_TRESPASS_READ_WRITABLE);
        give_back(&f);
        guest_mark(&f.g);
        fake_ledger_access(f.g.arena.ledger, mem, LARGE, true);
        expect_none(&f);
    }
    down(&f);
}

static void test_books_grow_with_what_is_lent(void **state)
{
    enum { SIZE = 256 };
    struct fake_chain *chain[SIZE];
    struct fixture f;
    uint8_t *mem;

    (void)state;
    memset(&f, 0, sizeof(f));
    guest_init_ledger(&f.g, SIZE, 0, FAKE_MEM_DIRECT);
    mem = guest_mem(&f.g, 64 * SIZE);
    assert_int_equal(
        fake_ring_up(&f.ring, &f.g.arena, &f.g.log, &f.g.faults, &f.g.cfg), 0);
    for (unsigned round = 0; round < 3; round++) {
        for (uint16_t k = 0; k < SIZE; k++) {
            guest_desc(&f.g, k,
                       guest_share(&f.g, mem + 64 * k, 64, FAKE_FROM_DEVICE),
                       64, WRITE, 0);
            chain[k] = lend(&f, k);
        }
        mem[64 * 77] ^= 1;
        guest_mark(&f.g);
        for (unsigned k = SIZE; k-- > 0;)
            fake_ring_complete(&f.ring, chain[k], 0);
        assert_int_equal(guest_count(&f.g, FAKE_EV_TRESPASS), 1);
    }
    down(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lent_memory_left_alone_is_no_trespass),
        cmocka_unit_test(test_change_of_what_the_device_reads_is_found),
        cmocka_unit_test(test_change_of_what_the_device_writes_is_found),
        cmocka_unit_test(test_change_that_the_device_overwrites_is_found),
        cmocka_unit_test(test_change_of_what_the_device_has_written_is_found),
        cmocka_unit_test(test_bytes_beside_a_loan_are_the_drivers),
        cmocka_unit_test(test_what_came_back_is_the_drivers),
        cmocka_unit_test(test_memory_lent_twice_is_lent_until_both_are_back),
        cmocka_unit_test(test_change_is_found_when_the_memory_is_lent_again),
        cmocka_unit_test(test_queue_that_stops_gives_everything_back),
        cmocka_unit_test(test_memory_taken_back_early_is_let_go),
        cmocka_unit_test(test_buffers_used_by_one_entry_come_back_with_it),
        cmocka_unit_test(test_told_load_of_what_the_device_writes_is_exact),
        cmocka_unit_test(test_told_store_is_one_trespass_with_its_change),
        cmocka_unit_test(test_told_store_to_what_the_device_writes),
        cmocka_unit_test(test_what_the_device_reads_may_be_read),
        cmocka_unit_test(test_memory_outside_the_arena_may_be_told),
        cmocka_unit_test(test_loan_of_many_pages_is_watched_on_each),
        cmocka_unit_test(test_books_grow_with_what_is_lent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
