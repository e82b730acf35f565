/* SPDX-License-Identifier: MIT
 *
 * test_memory_faults.c: a device that writes into what it gave back, and memory
 * that is seen only when it is flushed.
 */
#include "guest.h"

#define BYTES 64u
#define LATE 0xdb

struct fixture {
    struct guest g;
    struct fake_ring ring;
    uint8_t *in;
    uint64_t dma;
};

static void up(struct fixture *f, enum fake_mem_mode mode)
{
    memset(f, 0, sizeof(*f));
    guest_init_ledger(&f->g, 4, 0, mode);
    f->in = guest_mem(&f->g, BYTES);
    f->dma = guest_share(&f->g, f->in, BYTES, FAKE_FROM_DEVICE);
    assert_int_equal(
        fake_ring_up(&f->ring, &f->g.arena, &f->g.log, &f->g.faults, &f->g.cfg),
        0);
    guest_desc(&f->g, 0, f->dma, BYTES, WRITE, 0);
    guest_desc(&f->g, 1, f->dma, BYTES, WRITE, 0);
}

static void down(struct fixture *f)
{
    fake_ring_down(&f->ring);
    guest_free(&f->g);
}

static struct fake_chain *lend(struct fixture *f, uint16_t head)
{
    guest_publish(&f->g, head);
    return fake_ring_take(&f->ring);
}

static void once(struct fixture *f, uint16_t head)
{
    struct fake_chain *chain = lend(f, head);

    assert_non_null(chain);
    fake_ring_complete(&f->ring, chain, BYTES);
}

/* Another buffer, so that what is taken next is not the one given back. */
static void other_buffer(struct fixture *f)
{
    uint8_t *mem = guest_mem(&f->g, BYTES);

    guest_desc(&f->g, 1, guest_share(&f->g, mem, BYTES, FAKE_FROM_DEVICE),
               BYTES, WRITE, 0);
}

static void late(struct fixture *f, uint64_t bytes, uint64_t count)
{
    assert_int_equal(
        fake_fault_add(&f->g.faults, FAKE_FAULT_LATE_WRITE, 1, count, bytes),
        0);
}

/* Number of the newest event of a kind. */
static uint64_t newest(const struct fixture *f, enum fake_event_kind kind)
{
    uint64_t k = f->g.log.count;

    while (k-- > 0)
        if (fake_log_get(&f->g.log, k)->kind == kind)
            return k;
    fail_msg("no such event");
    return 0;
}

static void expect_late(struct fixture *f, enum fake_trespass how,
                        uint64_t bytes, uint64_t since)
{
    const struct fake_event *e = guest_event(&f->g, FAKE_EV_TRESPASS, 0);

    assert_int_equal(guest_count(&f->g, FAKE_EV_TRESPASS), 1);
    assert_int_equal(guest_count(&f->g, FAKE_EV_MEM_FAULT), 0);
    assert_int_equal(e->arg[0], f->dma);
    assert_int_equal(e->arg[1], bytes);
    assert_int_equal(e->arg[2], how);
    assert_int_equal(e->arg[3], since);
}

static void test_late_write_lands_in_what_is_still_shared(void **state)
{
    struct fixture f;
    uint64_t used;

    (void)state;
    up(&f, FAKE_MEM_DIRECT);
    late(&f, 5, 1);
    other_buffer(&f);
    once(&f, 0);
    used = newest(&f, FAKE_EV_USED);
    assert_int_equal(f.in[0], 0);
    once(&f, 1);
    expect_late(&f, FAKE_TRESPASS_DEVICE_WROTE_GIVEN, 5, used);
    for (unsigned k = 0; k < BYTES; k++)
        assert_int_equal(f.in[k], k < 5 ? LATE : 0);
    down(&f);
}

static void test_late_write_stays_within_its_buffer(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, FAKE_MEM_DIRECT);
    late(&f, 100000, 1);
    other_buffer(&f);
    once(&f, 0);
    once(&f, 1);
    expect_late(&f, FAKE_TRESPASS_DEVICE_WROTE_GIVEN, BYTES,
                guest_event(&f.g, FAKE_EV_TRESPASS, 0)->arg[3]);
    down(&f);
}

static void test_late_write_is_stopped_by_a_closed_window(void **state)
{
    struct fixture f;
    uint64_t used;

    (void)state;
    up(&f, FAKE_MEM_DIRECT);
    late(&f, 5, 1);
    other_buffer(&f);
    once(&f, 0);
    used = newest(&f, FAKE_EV_USED);
    fake_arena_unshare(&f.g.arena, f.in, BYTES, FAKE_FROM_DEVICE, f.dma);
    once(&f, 1);
    expect_late(&f, FAKE_TRESPASS_DEVICE_WAS_STOPPED, 5, used);
    assert_int_equal(f.in[0], 0);
    down(&f);
}

static void test_late_write_is_stopped_by_a_guarded_page(void **state)
{
    struct fixture f;
    uint64_t used;

    (void)state;
    up(&f, FAKE_MEM_GUARDED);
    late(&f, 5, 1);
    other_buffer(&f);
    once(&f, 0);
    used = newest(&f, FAKE_EV_USED);
    once(&f, 1);
    expect_late(&f, FAKE_TRESPASS_DEVICE_WAS_STOPPED, 5, used);
    assert_int_equal(f.in[0], 0);
    down(&f);
}

/* It lands in what is lent again: that was not the driver. */
static void test_late_write_is_not_held_against_the_driver(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, FAKE_MEM_DIRECT);
    late(&f, 5, 1);
    once(&f, 0);
    once(&f, 1);
    assert_int_equal(f.in[0], LATE);
    expect_late(&f, FAKE_TRESPASS_DEVICE_WROTE_GIVEN, 5,
                guest_event(&f.g, FAKE_EV_TRESPASS, 0)->arg[3]);
    assert_int_equal(fake_ledger_astray(f.g.arena.ledger), 0);
    down(&f);
}

static void test_without_the_fault_nothing_is_late(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, FAKE_MEM_DIRECT);
    late(&f, 5, 2);
    for (unsigned k = 0; k < 3; k++)
        once(&f, 0);
    assert_int_equal(guest_count(&f.g, FAKE_EV_TRESPASS), 2);
    guest_mark(&f.g);
    memset(f.in, 0, BYTES);
    for (unsigned k = 0; k < 10; k++)
        once(&f, 0);
    assert_int_equal(guest_count(&f.g, FAKE_EV_TRESPASS), 0);
    assert_int_equal(f.in[0], 0);
    down(&f);
}

/* ---- memory that has to be flushed ---- */

static void test_memory_that_needs_a_flush_is_seen_as_it_was(void **state)
{
    struct fixture f;
    uint8_t *out, *seen;
    uint64_t dma;

    (void)state;
    up(&f, FAKE_MEM_DIRECT);
    assert_int_equal(
        fake_fault_add(&f.g.faults, FAKE_FAULT_MEMORY_NEEDS_FLUSH, 2, 2, 0), 0);
    out = guest_mem(&f.g, BYTES);
    /* The first is as ever. */
    dma = guest_share(&f.g, out, BYTES, FAKE_TO_DEVICE);
    assert_ptr_equal(fake_arena_map(&f.g.arena, dma, BYTES, FAKE_TO_DEVICE),
                     out);
    fake_arena_unshare(&f.g.arena, out, BYTES, FAKE_TO_DEVICE, dma);
    /* To the device: as it was when it was shared. */
    out[0] = 1;
    dma = guest_share(&f.g, out, BYTES, FAKE_TO_DEVICE);
    out[0] = 2;
    seen = fake_arena_map(&f.g.arena, dma, BYTES, FAKE_TO_DEVICE);
    assert_int_equal(seen[0], 1);
    fake_arena_unshare(&f.g.arena, out, BYTES, FAKE_TO_DEVICE, dma);
    assert_int_equal(out[0], 2);
    /* From the device: not before it is no longer shared. */
    dma = guest_share(&f.g, out, BYTES, FAKE_FROM_DEVICE);
    seen = fake_arena_map(&f.g.arena, dma, BYTES, FAKE_FROM_DEVICE);
    memset(seen, 3, BYTES);
    assert_int_equal(out[0], 2);
    fake_arena_unshare(&f.g.arena, out, BYTES, FAKE_FROM_DEVICE, dma);
    assert_int_equal(out[0], 3);
    assert_int_equal(guest_count(&f.g, FAKE_EV_FAULT), 2);
    /* Without the fault: as ever. */
    dma = guest_share(&f.g, out, BYTES, FAKE_FROM_DEVICE);
    assert_ptr_equal(fake_arena_map(&f.g.arena, dma, BYTES, FAKE_FROM_DEVICE),
                     out);
    down(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_late_write_lands_in_what_is_still_shared),
        cmocka_unit_test(test_late_write_stays_within_its_buffer),
        cmocka_unit_test(test_late_write_is_stopped_by_a_closed_window),
        cmocka_unit_test(test_late_write_is_stopped_by_a_guarded_page),
        cmocka_unit_test(test_late_write_is_not_held_against_the_driver),
        cmocka_unit_test(test_without_the_fault_nothing_is_late),
        cmocka_unit_test(test_memory_that_needs_a_flush_is_seen_as_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
