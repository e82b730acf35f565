/* SPDX-License-Identifier: MIT
 *
 * test_blk.c: virtio-blk requests over any framing, their errors, and the
 * order and time of their completion.
 */
#include <stdlib.h>

#include "disk.h"

/* ---- requests ---- */

/* 5.2.6: the example of the layout, byte for byte. */
static void test_header_is_that_of_the_specification(void **state)
{
    static const uint8_t header[16] = {0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
                                       3, 0, 0, 0, 0,    0,    0,    0};
    struct fixture f;
    const struct fake_event *e;

    (void)state;
    setup(&f);
    up(&f, 0);
    request(&f, T_OUT, 0, 0, 512);
    memcpy(f.out, header, 16);
    assert_int_equal(serve(&f, whole), S_OK);
    expect_data(f.in, 3 * 512, 512);
    e = guest_event(&f.g, FAKE_EV_REQUEST, 0);
    assert_int_equal(e->arg[0], T_IN);
    assert_int_equal(e->arg[1], 3);
    assert_int_equal(e->arg[2], 0);
    assert_int_equal(e->arg[3], 512);
    down(&f);
}

/* 2.7.4.1: nothing depends on the cuts. */
static const uint32_t framings[][34] = {
    {UINT32_MAX},      /* header; data and status in one */
    {16, 512, 512, 1}, /* as Linux has it */
    {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 64}, /* header in bytes */
    {4, 4, 8, 1, 1, 1, 1, 1000, 10, 8, 1, 1, 1, 1, 1},
    {15, 1, 1023, 2},
    {3, 700, 700, 2000},
};

static void test_reads_are_served_over_any_framing(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof(framings) / sizeof(framings[0]); k++) {
        struct fixture f;

        setup(&f);
        up(&f, 0);
        request(&f, T_IN, 5, 0, 1024);
        assert_int_equal(serve(&f, framings[k]), S_OK);
        expect_data(f.in, 5 * 512, 1024);
        down(&f);
    }
}

static void test_writes_are_served_over_any_framing(void **state)
{
    /* header and data in one, in bytes, across */
    static const uint32_t cuts[][40] = {
        {UINT32_MAX},      {16, 1024, 1}, {1, 1, 1, 13, 1, 1, 1, 1021},
        {15, 2, 512, 600}, {3, 700, 700},
    };
    uint8_t back[1024];

    (void)state;
    for (size_t k = 0; k < sizeof(cuts) / sizeof(cuts[0]); k++) {
        struct fixture f;

        setup(&f);
        up(&f, F_FLUSH);
        request(&f, T_OUT, SECTORS - 2, 1024, 0);
        for (unsigned b = 0; b < 1024; b++)
            f.out[16 + b] = (uint8_t)(b * 7);
        assert_int_equal(serve(&f, cuts[k]), S_OK);
        f.disk.inner->ops->read(f.disk.inner, (SECTORS - 2) * 512, back, 1024);
        assert_memory_equal(back, f.out + 16, 1024);
        f.disk.inner->ops->read(f.disk.inner, (SECTORS - 3) * 512, back, 512);
        expect_data(back, (SECTORS - 3) * 512, 512);
        down(&f);
    }
}

static void test_get_id_is_20_bytes_padded_with_nul(void **state)
{
    static const uint32_t cuts[] = {16, 7, 7, 7, 0};
    struct fixture f;

    (void)state;
    setup(&f);
    up(&f, 0);
    request(&f, T_GET_ID, 0, 0, 20);
    assert_int_equal(serve(&f, cuts), S_OK);
    assert_memory_equal(f.in, "ringtrue-0\0\0\0\0\0\0\0\0\0\0", 20);
    down(&f);
    setup(&f);
    strcpy(f.cfg.id, "exactly-20-chars-ok!");
    up(&f, 0);
    request(&f, T_GET_ID, 0, 0, 20);
    assert_int_equal(serve(&f, whole), S_OK);
    assert_memory_equal(f.in, "exactly-20-chars-ok!", 20);
    down(&f);
}

static void test_flush_reaches_the_store_if_negotiated(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    up(&f, F_FLUSH);
    request(&f, T_FLUSH, 0, 0, 0);
    assert_int_equal(serve(&f, whole), S_OK);
    assert_int_equal(f.disk.flushes, 1);
    down(&f);
    setup(&f);
    up(&f, 0);
    request(&f, T_FLUSH, 0, 0, 0);
    assert_int_equal(serve(&f, whole), S_UNSUPP);
    assert_int_equal(f.disk.flushes, 0);
    down(&f);
}

/* 5.2.6.2: when a write has to be stable at its completion. */
static void test_writes_are_flushed_when_they_must_be_stable(void **state)
{
    static const struct {
        uint64_t offered, negotiated;
        unsigned writeback, flushes;
    } cases[] = {
        {F_FLUSH, 0, 1, 1},
        {F_FLUSH, F_FLUSH, 0, 0},
        {0, 0, 0, 0},
        {F_FLUSH | F_WCE, F_WCE, 0, 1},
        {F_FLUSH | F_WCE, F_FLUSH | F_WCE, 0, 1},
        {F_FLUSH | F_WCE, F_FLUSH | F_WCE, 1, 0},
    };

    (void)state;
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        struct fixture f;

        setup(&f);
        f.cfg.features = cases[k].offered;
        f.lines.writeback = cases[k].writeback;
        up(&f, cases[k].negotiated);
        request(&f, T_OUT, 0, 512, 0);
        assert_int_equal(serve(&f, whole), S_OK);
        assert_int_equal(f.disk.flushes, cases[k].flushes);
        down(&f);
    }
}

/* ---- errors ---- */

static void expect_error(uint64_t offered, uint32_t type, uint64_t sector,
                         uint32_t out_bytes, uint32_t in_bytes, uint8_t status)
{
    struct fixture f;

    setup(&f);
    f.cfg.features = offered;
    up(&f, offered & F_FLUSH);
    request(&f, type, sector, out_bytes, in_bytes);
    assert_int_equal(serve(&f, whole), status);
    expect_filler(&f);
    expect_disk_unchanged(&f);
    assert_int_equal(f.disk.reads + f.disk.writes, 0);
    assert_false(f.lines.needs_reset);
    down(&f);
}

static void test_requests_past_the_capacity_transfer_nothing(void **state)
{
    static const struct {
        uint64_t sector;
        uint32_t bytes;
    } wrong[] = {
        {SECTORS, 512},
        {SECTORS - 1, 1024},
        {0, (SECTORS + 1) * 512},
        {SECTORS + 1, 0},
        {UINT64_MAX, 512},
        {UINT64_MAX / 512, 512},
        {UINT64_MAX / 512 + 1, 512}, /* times 512 this is 0 */
    };

    (void)state;
    for (size_t k = 0; k < sizeof(wrong) / sizeof(wrong[0]); k++) {
        expect_error(0, T_IN, wrong[k].sector, 0, wrong[k].bytes, S_IOERR);
        expect_error(0, T_OUT, wrong[k].sector, wrong[k].bytes, 0, S_IOERR);
    }
}

static void test_capacity_is_what_the_lines_say_now(void **state)
{
    static const uint32_t sectorwise[] = {16, 512, 0};
    struct fixture f;

    (void)state;
    setup(&f);
    f.cfg.sectors = 10;
    up(&f, 0);
    assert_int_equal(f.lines.sectors, 10);
    request(&f, T_IN, 9, 0, 512);
    assert_int_equal(serve(&f, whole), S_OK);
    request(&f, T_IN, 10, 0, 512);
    assert_int_equal(serve(&f, whole), S_IOERR);
    f.lines.sectors = 11;
    request(&f, T_IN, 10, 0, 512);
    assert_int_equal(serve(&f, whole), S_OK);
    f.lines.sectors = 2 * SECTORS; /* more than there is */
    request(&f, T_IN, SECTORS, 0, 512);
    assert_int_equal(serve(&f, whole), S_IOERR);
    request(&f, T_OUT, SECTORS - 1, 1024, 0);
    assert_int_equal(serve(&f, sectorwise), S_IOERR);
    expect_disk_unchanged(&f); /* not even the sector that exists */
    down(&f);
}

static void test_data_that_is_no_whole_sectors_transfers_nothing(void **state)
{
    static const uint32_t wrong[] = {1, 511, 513, 1000};

    (void)state;
    for (size_t k = 0; k < sizeof(wrong) / sizeof(wrong[0]); k++) {
        expect_error(0, T_IN, 0, 0, wrong[k], S_IOERR);
        expect_error(0, T_OUT, 0, wrong[k], 0, S_IOERR);
    }
}

static void test_read_only_disk_refuses_writes_only(void **state)
{
    struct fixture f;

    (void)state;
    expect_error(F_RO, T_OUT, 0, 512, 0, S_IOERR); /* not even accepted */
    setup(&f);
    f.cfg.features = F_RO;
    up(&f, F_RO);
    request(&f, T_IN, 0, 0, 512);
    assert_int_equal(serve(&f, whole), S_OK);
    down(&f);
}

static void test_data_in_the_wrong_direction_is_an_error(void **state)
{
    (void)state;
    expect_error(0, T_IN, 0, 512, 512, S_IOERR);
    expect_error(0, T_OUT, 0, 512, 512, S_IOERR);
    expect_error(0, T_GET_ID, 0, 20, 20, S_IOERR);
}

static void test_get_id_of_other_length_is_an_error(void **state)
{
    (void)state;
    expect_error(0, T_GET_ID, 0, 0, 19, S_IOERR);
    expect_error(0, T_GET_ID, 0, 0, 21, S_IOERR);
    expect_error(0, T_GET_ID, 0, 0, 0, S_IOERR);
}

static void test_unknown_types_are_unsupported(void **state)
{
    static const uint32_t types[] = {2,  3,  5,  7,          10,
                                     11, 13, 14, 0x80000000, UINT32_MAX};

    (void)state;
    for (size_t k = 0; k < sizeof(types) / sizeof(types[0]); k++) {
        expect_error(0, types[k], 0, 0, 0, S_UNSUPP);
        expect_error(0, types[k], 0, 16, 0, S_UNSUPP);
        expect_error(0, types[k], 0, 0, 512, S_UNSUPP);
    }
}

static void test_failure_of_the_store_is_an_io_error(void **state)
{
    static const struct {
        uint32_t type, out, in;
    } requests[] = {{T_IN, 0, 512}, {T_OUT, 512, 0}, {T_FLUSH, 0, 0}};

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        struct fixture f;

        setup(&f);
        up(&f, F_FLUSH);
        f.disk.fail = true;
        request(&f, requests[k].type, 0, requests[k].out, requests[k].in);
        assert_int_equal(serve(&f, whole), S_IOERR);
        expect_filler(&f);
        down(&f);
    }
}

static void expect_needs_reset(struct fixture *f)
{
    assert_true(f->lines.needs_reset);
    assert_int_equal(guest_event(&f->g, FAKE_EV_STATUS, 0)->arg[0], 64);
    assert_int_equal(f->lines.irq_status, 2);
    assert_int_equal(guest_used_idx(&f->g), 0);
    assert_false(step(f)); /* dead until the reset */
    down(f);
}

static void test_no_room_for_header_or_status_needs_a_reset(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        struct fixture f;

        setup(&f);
        up(&f, 0);
        request(&f, T_IN, 0, 0, 0);
        if (k == 0)
            guest_desc(&f.g, 0, f.out_dma, 16, 0, 0);
        else
            guest_desc(&f.g, 0, f.out_dma, 15, NEXT, 1);
        guest_desc(&f.g, 1, f.in_dma, 1, WRITE, 0);
        guest_publish(&f.g, 0);
        assert_true(step(&f));
        assert_int_equal(guest_count(&f.g, FAKE_EV_REQUEST), 0);
        expect_needs_reset(&f);
    }
}

/* ---- order and time ---- */

/* Publishes n reads of one sector, heads 0 to n - 1. */
static void publish_n(struct fixture *f, uint16_t first, uint16_t n)
{
    for (uint16_t k = first; k < first + n; k++) {
        request(f, T_IN, k, 0, 512);
        publish(f, k, whole);
    }
}

static void expect_ids(const struct fixture *f, uint16_t from,
                       const uint16_t *ids, uint16_t n)
{
    assert_int_equal(guest_used_idx(&f->g), from + n);
    for (uint16_t k = 0; k < n; k++)
        assert_int_equal(guest_used_id(&f->g, (uint16_t)(from + k)), ids[k]);
}

static void test_fifo_completes_in_the_order_of_arrival(void **state)
{
    static const uint16_t ids[] = {0, 1, 2, 3, 4};
    struct fixture f;

    (void)state;
    setup(&f);
    up(&f, 0);
    publish_n(&f, 0, 5);
    assert_true(step(&f));
    expect_ids(&f, 0, ids, 5);
    assert_false(step(&f));
    assert_true(f.wake == FAKE_NEVER);
    down(&f);
}

static void test_lifo_completes_the_newest_first(void **state)
{
    static const uint16_t ids[] = {4, 3, 2, 1, 0};
    struct fixture f;

    (void)state;
    setup(&f);
    f.cfg.order = FAKE_BLK_LIFO;
    up(&f, 0);
    publish_n(&f, 0, 5);
    while (step(&f))
        ;
    expect_ids(&f, 0, ids, 5);
    down(&f);
}

static void shuffled(uint64_t seed, uint16_t *ids)
{
    struct fixture f;

    setup(&f);
    f.cfg.order = FAKE_BLK_SHUFFLE;
    f.cfg.seed = seed;
    up(&f, 0);
    publish_n(&f, 0, 20);
    while (step(&f))
        ;
    assert_int_equal(guest_used_idx(&f.g), 20);
    for (uint16_t k = 0; k < 20; k++)
        ids[k] = (uint16_t)guest_used_id(&f.g, k);
    down(&f);
}

static void test_shuffle_is_a_permutation_given_by_the_seed(void **state)
{
    uint16_t a[20], b[20], c[20];
    uint32_t seen = 0;

    (void)state;
    shuffled(1, a);
    shuffled(1, b);
    shuffled(2, c);
    assert_memory_equal(a, b, sizeof(a));
    assert_memory_not_equal(a, c, sizeof(a));
    for (unsigned k = 0; k < 20; k++)
        seen |= 1u << a[k];
    assert_int_equal(seen, 0xfffff);
}

/* 6, VIRTIO_F_IN_ORDER: no other order then. */
static void test_in_order_overrules_any_order(void **state)
{
    static const uint16_t ids[] = {0, 1, 2, 3, 4};
    struct fixture f;

    (void)state;
    setup(&f);
    f.cfg.order = FAKE_BLK_LIFO;
    up(&f, F_IN_ORDER);
    publish_n(&f, 0, 5);
    while (step(&f))
        ;
    expect_ids(&f, 0, ids, 5);
    down(&f);
}

static void test_latency_is_kept_for_each_request(void **state)
{
    static const uint16_t ids[] = {0, 1, 2};
    struct fixture f;

    (void)state;
    setup(&f);
    f.cfg.latency_ns = 1000;
    up(&f, 0);
    f.now = 500;
    publish_n(&f, 0, 2);
    assert_true(step(&f));
    assert_int_equal(guest_used_idx(&f.g), 0);
    assert_int_equal(f.wake, 1500);
    f.now = 1400;
    publish_n(&f, 2, 1);
    assert_true(step(&f));
    f.now = 1499;
    assert_false(step(&f));
    assert_int_equal(f.wake, 1500);
    f.now = 1500;
    assert_true(step(&f));
    expect_ids(&f, 0, ids, 2);
    assert_int_equal(f.wake, 2400);
    f.now = 2400;
    assert_true(step(&f));
    expect_ids(&f, 0, ids, 3);
    assert_true(f.wake == FAKE_NEVER);
    down(&f);
}

static void test_hold_completes_nothing_before_all_are_there(void **state)
{
    static const uint16_t ids[] = {0, 1, 2};
    struct fixture f;

    (void)state;
    setup(&f);
    f.cfg.hold = 3;
    up(&f, 0);
    publish_n(&f, 0, 2);
    assert_true(step(&f));
    assert_int_equal(guest_used_idx(&f.g), 0);
    assert_false(step(&f));
    publish_n(&f, 2, 1);
    assert_true(step(&f));
    expect_ids(&f, 0, ids, 3);
    down(&f);
}

static void test_held_requests_go_after_a_millisecond_of_idling(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    f.cfg.hold = 3;
    up(&f, 0);
    f.now = 1000;
    publish_n(&f, 0, 1);
    assert_true(step(&f));
    f.now = 900000;
    publish_n(&f, 1, 1);
    assert_true(step(&f));
    assert_int_equal(f.wake, 1900000);
    f.now = 1899999;
    assert_false(step(&f));
    assert_int_equal(guest_used_idx(&f.g), 0);
    f.now = 1900000;
    assert_true(step(&f));
    assert_int_equal(guest_used_idx(&f.g), 2);
    down(&f);
}

static void test_hold_with_latency_and_lifo_loses_nothing(void **state)
{
    struct fixture f;
    uint32_t seen = 0;

    (void)state;
    setup(&f);
    f.cfg.hold = 4;
    f.cfg.latency_ns = 5000;
    f.cfg.order = FAKE_BLK_LIFO;
    up(&f, 0);
    for (uint16_t k = 0; k < 30; k++) {
        publish_n(&f, k, 1);
        f.now += 1700;
        step(&f);
    }
    for (unsigned k = 0; k < 5 && guest_used_idx(&f.g) < 30; k++) {
        step(&f);
        if (f.wake != FAKE_NEVER)
            f.now = f.wake;
    }
    assert_int_equal(guest_used_idx(&f.g), 30);
    for (uint16_t k = 0; k < 30; k++)
        seen |= 1u << guest_used_id(&f.g, k);
    assert_int_equal(seen, 0x3fffffff);
    assert_int_equal(f.blk.held_count, 0);
    assert_int_equal(f.blk.let_go, 0);
    down(&f);
}

static void test_one_step_does_a_bounded_amount(void **state)
{
    struct fixture f;
    uint64_t in;

    (void)state;
    setup(&f);
    guest_free(&f.g);
    guest_init(&f.g, 256, 0);
    f.cfg.features = 0;
    up(&f, 0);
    request(&f, T_GET_ID, 0, 0, 20);
    in = f.in_dma;
    for (uint16_t k = 0; k < 128; k++) {
        guest_desc(&f.g, 2 * k, f.out_dma, 16, NEXT, (uint16_t)(2 * k + 1));
        guest_desc(&f.g, 2 * k + 1u, in, 21, WRITE, 0);
        guest_publish(&f.g, (uint16_t)(2 * k));
    }
    assert_true(step(&f));
    assert_in_range(guest_used_idx(&f.g), 1, 127);
    while (step(&f))
        ;
    assert_int_equal(guest_used_idx(&f.g), 128);
    down(&f);
}

/* ---- resets ---- */

static void test_reset_forgets_what_is_held(void **state)
{
    struct fake_control c = {.kind = FAKE_CONTROL_RESET};
    struct fixture f;

    (void)state;
    setup(&f);
    f.cfg.latency_ns = 1000;
    up(&f, 0);
    publish_n(&f, 0, 3);
    assert_true(step(&f));
    assert_int_equal(f.blk.held_count, 3);
    fake_device_control(&f.blk.dev, &c);
    f.now = 5000;
    assert_false(step(&f));
    assert_int_equal(f.blk.held_count, 0);
    assert_int_equal(guest_used_idx(&f.g), 0);
    down(&f);
}

static void test_queue_down_forgets_what_is_held_of_it(void **state)
{
    struct fake_control c = {.kind = FAKE_CONTROL_QUEUE_DOWN};
    struct fixture f;

    (void)state;
    setup(&f);
    f.cfg.latency_ns = 1000;
    f.cfg.hold = 2;
    up(&f, 0);
    publish_n(&f, 0, 3);
    assert_true(step(&f));
    assert_int_equal(f.blk.let_go, 3);
    fake_device_control(&f.blk.dev, &c);
    assert_int_equal(f.blk.held_count, 0);
    assert_int_equal(f.blk.let_go, 0);
    f.now = 5000;
    assert_false(step(&f));
    assert_int_equal(guest_used_idx(&f.g), 0);
    down(&f);
}

/* ---- faults ---- */

static void fault(struct fixture *f, enum fake_fault name, uint64_t arg)
{
    setup(f);
    fake_fault_add(&f->g.faults, name, 1, 1, arg);
    up(f, F_FLUSH);
    request(f, T_IN, 0, 0, 512);
}

static void test_faults_of_the_status_byte(void **state)
{
    static const struct {
        enum fake_fault fault;
        uint8_t status;
        bool data;
    } cases[] = {
        {FAKE_FAULT_BLK_IO_ERROR, S_IOERR, false},
        {FAKE_FAULT_BLK_UNSUPPORTED, S_UNSUPP, false},
        {FAKE_FAULT_BLK_GARBAGE_STATUS, 0x9c, true},
    };

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        struct fixture f;

        fault(&f, cases[k].fault, 0x9c);
        assert_int_equal(serve(&f, whole), cases[k].status);
        if (cases[k].data)
            expect_data(f.in, 0, 512);
        else
            expect_filler(&f);
        assert_null(fake_fault_unfired(&f.g.faults));
        request(&f, T_IN, 0, 0, 512); /* once only */
        assert_int_equal(serve(&f, whole), S_OK);
        down(&f);
    }
}

static void test_stuck_request_never_completes(void **state)
{
    struct fixture f;

    (void)state;
    fault(&f, FAKE_FAULT_BLK_STUCK, 0);
    publish(&f, 0, whole);
    request(&f, T_IN, 1, 0, 512);
    publish(&f, 1, whole);
    while (step(&f))
        f.now += 10000000;
    assert_int_equal(guest_used_idx(&f.g), 1);
    assert_int_equal(guest_used_id(&f.g, 0), 1);
    assert_null(fake_fault_unfired(&f.g.faults));
    down(&f);
}

static void test_needs_reset_comes_instead_of_a_completion(void **state)
{
    struct fixture f;

    (void)state;
    fault(&f, FAKE_FAULT_NEEDS_RESET, 0);
    publish(&f, 0, whole);
    assert_true(step(&f));
    assert_null(fake_fault_unfired(&f.g.faults));
    expect_needs_reset(&f);
}

/* ---- config space ---- */

/* 5.2.4, written down by hand. */
static void test_config_space_is_that_of_the_specification(void **state)
{
    static const uint8_t expect[] = {
        0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, /* capacity */
        0x04, 0x03, 0x02, 0x01,                         /* size_max */
        0x08, 0x07, 0x06, 0x05,                         /* seg_max */
        0x0a, 0x09, 0x0b, 0x0c,                         /* geometry */
        0x00, 0x10, 0x00, 0x00,                         /* blk_size */
        0x0d, 0x0e, 0x10, 0x0f, 0x14, 0x13, 0x12, 0x11, /* topology */
        0x01, 0x00, 0x16, 0x15, /* writeback, unused0, num_queues */
        0x24, 0x23, 0x22, 0x21, /* max_discard_sectors */
        0x28, 0x27, 0x26, 0x25, /* max_discard_seg */
        0x2c, 0x2b, 0x2a, 0x29, /* discard_sector_alignment */
        0x34, 0x33, 0x32, 0x31, /* max_write_zeroes_sectors */
        0x38, 0x37, 0x36, 0x35, /* max_write_zeroes_seg */
        0x01, 0x00, 0x00, 0x00, /* write_zeroes_may_unmap, unused1 */
        0x44, 0x43, 0x42, 0x41, /* max_secure_erase_sectors */
        0x48, 0x47, 0x46, 0x45, /* max_secure_erase_seg */
        0x4c, 0x4b, 0x4a, 0x49, /* secure_erase_sector_alignment */
    };
    const struct fake_blk_config cfg = {
        .size_max = 0x01020304,
        .seg_max = 0x05060708,
        .cylinders = 0x090a,
        .heads = 0x0b,
        .sectors_per_track = 0x0c,
        .blk_size = 4096,
        .physical_block_exp = 0x0d,
        .alignment_offset = 0x0e,
        .min_io_size = 0x0f10,
        .opt_io_size = 0x11121314,
        .writeback = 1,
        .num_queues = 0x1516,
        .discard = {0x21222324, 0x25262728, 0x292a2b2c},
        .write_zeroes = {0x31323334, 0x35363738, 0x393a3b3c},
        .write_zeroes_may_unmap = 1,
        .secure_erase = {0x41424344, 0x45464748, 0x494a4b4c},
        .config_extra = 4,
    };
    uint8_t space[256];

    (void)state;
    memset(space, 0x5c, sizeof(space));
    assert_int_equal(sizeof(expect), 72);
    assert_int_equal(fake_blk_config_space(&cfg, UINT64_C(0x1122334455667788),
                                           space, sizeof(space)),
                     76);
    assert_memory_equal(space, expect, 72);
    assert_int_equal(space[76], 0x5c);
    assert_int_equal(fake_blk_config_space(&cfg, 1, space, 8), 8);
    assert_int_equal(fake_blk_config_space(&cfg, 1, space, 74), 74);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_is_that_of_the_specification),
        cmocka_unit_test(test_reads_are_served_over_any_framing),
        cmocka_unit_test(test_writes_are_served_over_any_framing),
        cmocka_unit_test(test_get_id_is_20_bytes_padded_with_nul),
        cmocka_unit_test(test_flush_reaches_the_store_if_negotiated),
        cmocka_unit_test(test_writes_are_flushed_when_they_must_be_stable),
        cmocka_unit_test(test_requests_past_the_capacity_transfer_nothing),
        cmocka_unit_test(test_capacity_is_what_the_lines_say_now),
        cmocka_unit_test(test_data_that_is_no_whole_sectors_transfers_nothing),
        cmocka_unit_test(test_read_only_disk_refuses_writes_only),
        cmocka_unit_test(test_data_in_the_wrong_direction_is_an_error),
        cmocka_unit_test(test_get_id_of_other_length_is_an_error),
        cmocka_unit_test(test_unknown_types_are_unsupported),
        cmocka_unit_test(test_failure_of_the_store_is_an_io_error),
        cmocka_unit_test(test_no_room_for_header_or_status_needs_a_reset),
        cmocka_unit_test(test_fifo_completes_in_the_order_of_arrival),
        cmocka_unit_test(test_lifo_completes_the_newest_first),
        cmocka_unit_test(test_shuffle_is_a_permutation_given_by_the_seed),
        cmocka_unit_test(test_in_order_overrules_any_order),
        cmocka_unit_test(test_latency_is_kept_for_each_request),
        cmocka_unit_test(test_hold_completes_nothing_before_all_are_there),
        cmocka_unit_test(test_held_requests_go_after_a_millisecond_of_idling),
        cmocka_unit_test(test_hold_with_latency_and_lifo_loses_nothing),
        cmocka_unit_test(test_one_step_does_a_bounded_amount),
        cmocka_unit_test(test_reset_forgets_what_is_held),
        cmocka_unit_test(test_queue_down_forgets_what_is_held_of_it),
        cmocka_unit_test(test_faults_of_the_status_byte),
        cmocka_unit_test(test_stuck_request_never_completes),
        cmocka_unit_test(test_needs_reset_comes_instead_of_a_completion),
        cmocka_unit_test(test_config_space_is_that_of_the_specification),
    };

    return cmocka_run_group_tests_name("blk", tests, NULL, NULL);
}
