/* SPDX-License-Identifier: MIT
 *
 * test_fault.c: fault plans count occasions, and each fault of the ring does
 * what its name says.
 */
#include "guest.h"

/* ---- plans ---- */

static void test_every_fault_is_found_by_its_name(void **state)
{
    (void)state;
    for (int k = 0; k < FAKE_FAULT_COUNT; k++) {
        enum fake_fault fault = (enum fake_fault)k;

        assert_int_equal(fake_fault_find(fake_fault_name(fault)), k);
        assert_true(strlen(fake_fault_meaning(fault)) > 5);
        assert_non_null(fake_fault_arg_meaning(fault));
        assert_true(strlen(fake_fault_may(fault)) > 5);
    }
    assert_int_equal(fake_fault_find("no-such-fault"), -1);
    assert_int_equal(fake_fault_nature(FAKE_FAULT_IRQ_LOST),
                     FAKE_NATURE_BREAKS);
    assert_int_equal(fake_fault_nature(FAKE_FAULT_IRQ_SPURIOUS),
                     FAKE_NATURE_LEGAL);
    assert_int_equal(fake_fault_part(FAKE_FAULT_BLK_STUCK), FAKE_PART_BLK);
    assert_int_equal(fake_fault_part(FAKE_FAULT_WRONG_MAGIC),
                     FAKE_PART_TRANSPORT);
    assert_int_equal(fake_fault_part(FAKE_FAULT_SND_LATENCY), FAKE_PART_SND);
}

/* Which of ten occasions fire, as a bit mask. */
static unsigned firings(uint64_t nth, uint64_t count)
{
    struct fake_fault_plan plan = {.count = 0};
    struct fake_log log;
    unsigned mask = 0;
    uint64_t arg;

    assert_int_equal(fake_log_init(&log, 0), 0);
    assert_int_equal(fake_fault_add(&plan, FAKE_FAULT_IRQ_LOST, nth, count, 7),
                     0);
    for (unsigned k = 0; k < 10; k++) {
        arg = 0;
        if (fake_fault_fires(&plan, FAKE_FAULT_IRQ_LOST, &log, 0, &arg)) {
            assert_int_equal(arg, 7);
            mask |= 1u << k;
        }
    }
    assert_int_equal(log.count, __builtin_popcount(mask));
    assert_int_equal(plan.entry[0].hit, __builtin_popcount(mask));
    fake_log_free(&log);
    return mask;
}

static void test_fault_fires_from_the_nth_occasion_count_times(void **state)
{
    (void)state;
    assert_int_equal(firings(1, 1), 0x001);
    assert_int_equal(firings(3, 2), 0x00c);
    assert_int_equal(firings(8, 0), 0x380);
    assert_int_equal(firings(1, 0), 0x3ff);
    assert_int_equal(firings(11, 1), 0);
    assert_int_equal(firings(10, 5), 0x200);
}

/* The same of a rule with all it has. */
static unsigned firings_of(const struct fake_fault_rule *rule, bool begin)
{
    struct fake_fault_plan plan = {.count = 0};
    struct fake_log log;
    unsigned mask = 0;
    uint64_t arg;

    assert_int_equal(fake_log_init(&log, 0), 0);
    assert_int_equal(fake_fault_plan(&plan, rule), 0);
    if (begin)
        fake_fault_begin(&plan);
    for (unsigned k = 0; k < 32; k++)
        if (fake_fault_fires(&plan, rule->fault, &log, 0, &arg))
            mask |= 1u << k;
    fake_log_free(&log);
    return mask;
}

static void test_fault_fires_at_every_so_many_th_occasion(void **state)
{
    struct fake_fault_rule rule = {
        .fault = FAKE_FAULT_IRQ_LOST, .every = 5, .where = FAKE_SITE_ANY};

    (void)state;
    assert_int_equal(firings_of(&rule, false), 0x42108421);
    rule.nth = 3;
    rule.count = 2;
    assert_int_equal(firings_of(&rule, false), 0x84);
    rule.count = 0;
    rule.to = 17;
    assert_int_equal(firings_of(&rule, false), 0x1084);
}

static void test_fault_fires_at_random_by_its_seed_alone(void **state)
{
    struct fake_fault_rule rule = {
        .fault = FAKE_FAULT_IRQ_LOST, .one_in = 4, .where = FAKE_SITE_ANY};
    unsigned total = 0, first = firings_of(&rule, false);

    (void)state;
    assert_int_equal(firings_of(&rule, false), first);
    for (rule.seed = 0; rule.seed < 100; rule.seed++)
        total += (unsigned)__builtin_popcount(firings_of(&rule, false));
    /* 800 expected; the draws are fixed. */
    assert_in_range(total, 700, 900);
    rule.seed = 1;
    assert_int_not_equal(firings_of(&rule, false), first);
}

static void test_fault_after_open_waits_for_its_begin(void **state)
{
    const struct fake_fault_rule rule = {.fault = FAKE_FAULT_IRQ_LOST,
                                         .count = 1,
                                         .after_open = true,
                                         .where = FAKE_SITE_ANY};

    (void)state;
    assert_int_equal(firings_of(&rule, false), 0);
    assert_int_equal(firings_of(&rule, true), 1);
}

static bool fires_there(struct fake_site where, struct fake_site site)
{
    const struct fake_fault_rule rule = {.fault = FAKE_FAULT_BLK_IO_ERROR,
                                         .where = where};
    struct fake_fault_plan plan = {.count = 0};
    struct fake_log log;
    uint64_t arg;
    bool fires;

    assert_int_equal(fake_log_init(&log, 0), 0);
    assert_int_equal(fake_fault_plan(&plan, &rule), 0);
    fires =
        fake_fault_fires_at(&plan, FAKE_FAULT_BLK_IO_ERROR, &log, &site, &arg);
    /* What is no occasion does not count as one. */
    assert_int_equal(plan.entry[0].seen, fires);
    fake_log_free(&log);
    return fires;
}

static void test_fault_fires_at_its_place_only(void **state)
{
    const struct fake_site site = {
        .queue = 2, .type = 1, .stream = 3, .sector = 8, .sectors = 4};
    struct fake_site where = FAKE_SITE_ANY;

    (void)state;
    assert_true(fires_there(where, site));
    assert_true(fires_there(where, FAKE_SITE_ANY));
    assert_true(fires_there(site, site));
    assert_false(fires_there(site, FAKE_SITE_ANY));
    where.queue = 1;
    assert_false(fires_there(where, site));
    where = FAKE_SITE_ANY;
    where.type = 0;
    assert_false(fires_there(where, site));
    where = FAKE_SITE_ANY;
    where.stream = 0;
    assert_false(fires_there(where, site));
    /* 8..11 against each range of sectors around it. */
    where = FAKE_SITE_ANY;
    for (where.sector = 0; where.sector < 20; where.sector++)
        for (where.sectors = 1; where.sectors < 20; where.sectors++)
            assert_int_equal(fires_there(where, site),
                             where.sector < 12 &&
                                 where.sector + where.sectors > 8);
    where = FAKE_SITE_ANY;
    where.sector = 0;
    where.sectors = UINT64_MAX;
    assert_true(fires_there(where, site));
}

static void test_faults_that_were_ended_fire_no_more(void **state)
{
    struct fake_fault_plan plan = {.count = 0};
    struct fake_log log;
    uint64_t arg;

    (void)state;
    assert_int_equal(fake_log_init(&log, 0), 0);
    fake_fault_add(&plan, FAKE_FAULT_IRQ_LOST, 1, 0, 0);
    fake_fault_add(&plan, FAKE_FAULT_USED_TWICE, 1, 0, 0);
    fake_fault_wait(&plan);
    assert_true(fake_fault_any_planned(&plan, FAKE_PART_NOTIFY));
    assert_false(fake_fault_any_planned(&plan, FAKE_PART_BLK));
    assert_true(fake_fault_fires(&plan, FAKE_FAULT_IRQ_LOST, &log, 0, &arg));
    fake_fault_end(&plan);
    fake_fault_begin(&plan);
    assert_false(fake_fault_any_planned(&plan, FAKE_PART_NOTIFY));
    assert_false(fake_fault_fires(&plan, FAKE_FAULT_IRQ_LOST, &log, 0, &arg));
    assert_false(fake_fault_fires(&plan, FAKE_FAULT_USED_TWICE, &log, 0, &arg));
    /* A new one of the same name does not bring the old one back. */
    fake_fault_add(&plan, FAKE_FAULT_IRQ_LOST, 2, 1, 0);
    assert_false(fake_fault_fires(&plan, FAKE_FAULT_IRQ_LOST, &log, 0, &arg));
    assert_true(fake_fault_fires(&plan, FAKE_FAULT_IRQ_LOST, &log, 0, &arg));
    assert_int_equal(plan.entry[0].hit, 1);
    fake_log_free(&log);
}

static void test_entries_of_one_fault_count_by_themselves(void **state)
{
    struct fake_fault_plan plan = {.count = 0};
    struct fake_log log;
    uint64_t arg;

    (void)state;
    assert_int_equal(fake_log_init(&log, 0), 0);
    fake_fault_add(&plan, FAKE_FAULT_IRQ_LOST, 1, 1, 10);
    fake_fault_add(&plan, FAKE_FAULT_IRQ_LOST, 3, 1, 30);
    assert_true(fake_fault_fires(&plan, FAKE_FAULT_IRQ_LOST, &log, 0, &arg));
    assert_int_equal(arg, 10);
    assert_ptr_equal(fake_fault_unfired(&plan), &plan.entry[1]);
    assert_false(fake_fault_fires(&plan, FAKE_FAULT_IRQ_LOST, &log, 0, &arg));
    assert_true(fake_fault_fires(&plan, FAKE_FAULT_IRQ_LOST, &log, 0, &arg));
    assert_int_equal(arg, 30);
    assert_null(fake_fault_unfired(&plan));
    assert_false(
        fake_fault_fires(&plan, FAKE_FAULT_IRQ_SPURIOUS, &log, 0, &arg));
    fake_log_free(&log);
}

static void test_plan_says_when_it_is_full(void **state)
{
    struct fake_fault_plan plan = {.count = 0};

    (void)state;
    for (unsigned k = 0; k < FAKE_FAULT_PLAN_MAX; k++)
        assert_int_equal(fake_fault_add(&plan, FAKE_FAULT_IRQ_LOST, 1, 1, 0),
                         0);
    assert_int_equal(fake_fault_add(&plan, FAKE_FAULT_IRQ_LOST, 1, 1, 0), -1);
}

/* ---- faults of the ring ---- */

struct fixture {
    struct guest g;
    struct fake_ring ring;
    uint64_t in; /* 16 bytes lent for writing */
};

/* Size 8; a buffer of two descriptors, 0 and 1, 16 writable bytes. */
static void up(struct fixture *f, enum fake_fault fault, uint64_t arg,
               uint64_t features)
{
    uint64_t in;

    guest_init(&f->g, 8, features);
    in = guest_share(&f->g, guest_mem(&f->g, 16), 16, FAKE_FROM_DEVICE);
    fake_fault_add(&f->g.faults, fault, 1, 1, arg);
    assert_int_equal(
        fake_ring_up(&f->ring, &f->g.arena, &f->g.log, &f->g.faults, &f->g.cfg),
        0);
    f->in = in;
    guest_desc(&f->g, 0, in, 8, WRITE | NEXT, 1);
    guest_desc(&f->g, 1, in + 8, 8, WRITE, 0);
    guest_desc(&f->g, 2, in, 8, WRITE, 0);
}

static void complete(struct fixture *f, uint16_t head, uint32_t len)
{
    struct fake_chain *chain;

    guest_publish(&f->g, head);
    chain = fake_ring_take(&f->ring);
    assert_non_null(chain);
    fake_ring_complete(&f->ring, chain, len);
}

static void down_unfired(struct fixture *f)
{
    fake_ring_down(&f->ring);
    guest_free(&f->g);
}

static void down(struct fixture *f)
{
    assert_int_equal(guest_count(&f->g, FAKE_EV_FAULT), 1);
    assert_null(fake_fault_unfired(&f->g.faults));
    down_unfired(f);
}

static void test_used_id_out_of_range(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, FAKE_FAULT_USED_ID_RANGE, 5, 0);
    complete(&f, 0, 16);
    assert_int_equal(guest_used_idx(&f.g), 1);
    assert_int_equal(guest_used_id(&f.g, 0), 13);
    assert_int_equal(guest_event(&f.g, FAKE_EV_USED, 0)->arg[0], 13);
    assert_true(f.ring.chain[0].busy); /* the buffer never came back */
    down(&f);
}

static void test_used_id_never_lent(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, FAKE_FAULT_USED_ID_UNLENT, 0, 0);
    complete(&f, 0, 16);
    assert_int_equal(guest_used_id(&f.g, 0), 1); /* its second descriptor */
    down(&f);
}

/* With every head lent there is no such descriptor, and no occasion. */
static void test_used_id_never_lent_waits_for_an_occasion(void **state)
{
    struct guest g;
    struct fake_ring ring;
    uint64_t in;

    (void)state;
    guest_init(&g, 1, 0);
    in = guest_share(&g, guest_mem(&g, 16), 16, FAKE_FROM_DEVICE);
    guest_desc(&g, 0, in, 8, WRITE, 0);
    fake_fault_add(&g.faults, FAKE_FAULT_USED_ID_UNLENT, 1, 1, 0);
    fake_ring_up(&ring, &g.arena, &g.log, &g.faults, &g.cfg);
    guest_publish(&g, 0);
    fake_ring_complete(&ring, fake_ring_take(&ring), 8);
    assert_int_equal(guest_used_id(&g, 0), 0);
    assert_non_null(fake_fault_unfired(&g.faults));
    fake_ring_down(&ring);
    guest_free(&g);
}

/* What the driver has made available counts as lent, taken or not: it may take
 * such a completion for a real one. */
static void test_used_id_never_lent_is_none_that_waits(void **state)
{
    struct guest g;
    struct fake_ring ring;
    uint64_t in;

    (void)state;
    guest_init(&g, 4, 0);
    in = guest_share(&g, guest_mem(&g, 16), 16, FAKE_FROM_DEVICE);
    guest_desc(&g, 0, in, 8, WRITE, 0);
    guest_desc(&g, 1, in, 8, WRITE, 0);
    fake_fault_add(&g.faults, FAKE_FAULT_USED_ID_UNLENT, 1, 1, 0);
    fake_ring_up(&ring, &g.arena, &g.log, &g.faults, &g.cfg);
    guest_publish(&g, 0);
    guest_publish(&g, 1);
    fake_ring_complete(&ring, fake_ring_take(&ring), 8);
    assert_int_equal(guest_used_id(&g, 0), 2);
    fake_ring_down(&ring);
    guest_free(&g);
}

static void test_used_twice(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, FAKE_FAULT_USED_TWICE, 0, 0);
    complete(&f, 0, 16);
    assert_int_equal(guest_used_idx(&f.g), 2);
    assert_int_equal(guest_used_id(&f.g, 0), 0);
    assert_int_equal(guest_used_id(&f.g, 1), 0);
    assert_int_equal(guest_count(&f.g, FAKE_EV_USED), 2);
    complete(&f, 2, 8); /* and goes on as before */
    assert_int_equal(guest_used_idx(&f.g), 3);
    down(&f);
}

static void test_used_idx_jump(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, FAKE_FAULT_USED_IDX_JUMP, 3, 0);
    complete(&f, 0, 16);
    assert_int_equal(guest_used_idx(&f.g), 11);
    assert_true(fake_ring_interrupt_due(&f.ring));
    down(&f);
}

static void test_used_len_over(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, FAKE_FAULT_USED_LEN_OVER, 4, 0);
    complete(&f, 0, 16);
    assert_int_equal(guest_used_len(&f.g, 0), 20);
    down(&f);
}

static void test_used_len_short(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, FAKE_FAULT_USED_LEN_SHORT, 2, 0);
    complete(&f, 0, 16);
    assert_int_equal(guest_used_len(&f.g, 0), 2);
    down(&f);
}

static void test_fault_later_than_its_count_leaves_the_ring_alone(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, FAKE_FAULT_USED_LEN_OVER, 4, 0);
    complete(&f, 0, 16);
    complete(&f, 0, 16);
    assert_int_equal(guest_used_len(&f.g, 1), 16);
    down(&f);
}

/* ---- packed ---- */

enum { AVAIL = 0x80, USED = 0x8000 };

/* A buffer in one slot, then its completion. */
static void complete_slot(struct fixture *f, unsigned slot, uint16_t id,
                          uint32_t len)
{
    struct fake_chain *chain;

    put_le(f->g.desc + 16 * slot, f->in, 8);
    put_le(f->g.desc + 16 * slot + 8, 16, 4);
    put_le(f->g.desc + 16 * slot + 12, id, 2);
    put_le(f->g.desc + 16 * slot + 14, WRITE | AVAIL, 2);
    chain = fake_ring_take(&f->ring);
    assert_non_null(chain);
    fake_ring_complete(&f->ring, chain, len);
}

static void expect_slot(const struct fixture *f, unsigned slot, uint16_t id,
                        uint32_t len, uint16_t flags)
{
    assert_int_equal(get_le(f->g.desc + 16 * slot + 12, 2), id);
    assert_int_equal(get_le(f->g.desc + 16 * slot + 8, 4), len);
    assert_int_equal(get_le(f->g.desc + 16 * slot + 14, 2), flags);
}

static void test_used_faults_of_a_packed_ring(void **state)
{
    static const struct {
        enum fake_fault fault;
        uint64_t arg;
        uint16_t id;
        uint32_t len;
        uint16_t flags;
    } cases[] = {
        {FAKE_FAULT_USED_ID_RANGE, 3, 8 + 3, 16, WRITE | AVAIL | USED},
        {FAKE_FAULT_USED_ID_UNLENT, 0, 3, 16, WRITE | AVAIL | USED},
        {FAKE_FAULT_USED_LEN_OVER, 4, 2, 20, WRITE | AVAIL | USED},
        {FAKE_FAULT_USED_LEN_SHORT, 5, 2, 5, WRITE | AVAIL | USED},
        {FAKE_FAULT_USED_LEN_SHORT, 0, 2, 0, AVAIL | USED},
        {FAKE_FAULT_USED_WRAP, 0, 2, 16, WRITE},
        {FAKE_FAULT_USED_TWICE, 0, 2, 16, WRITE | AVAIL | USED},
    };

    (void)state;
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        struct fixture f;

        up(&f, cases[k].fault, cases[k].arg, F_PACKED);
        complete_slot(&f, 0, 2, 16);
        expect_slot(&f, 0, cases[k].id, cases[k].len, cases[k].flags);
        assert_int_equal(guest_count(&f.g, FAKE_EV_FAULT), 1);
        if (cases[k].fault == FAKE_FAULT_USED_TWICE)
            expect_slot(&f, 1, 2, 16, WRITE | AVAIL | USED);
        else
            assert_int_equal(guest_count(&f.g, FAKE_EV_USED), 1);
        down(&f);
    }
}

static void make_slot_available(struct fixture *f, unsigned slot, uint16_t id,
                                uint16_t bits)
{
    put_le(f->g.desc + 16 * slot, f->in, 8);
    put_le(f->g.desc + 16 * slot + 8, 16, 4);
    put_le(f->g.desc + 16 * slot + 12, id, 2);
    put_le(f->g.desc + 16 * slot + 14, WRITE | bits, 2);
}

static void
test_used_id_never_lent_of_a_packed_ring_is_none_that_waits(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, FAKE_FAULT_USED_ID_UNLENT, 0, F_PACKED);
    make_slot_available(&f, 1, 3, AVAIL);
    complete_slot(&f, 0, 2, 16);
    assert_int_equal(get_le(f.g.desc + 12, 2), 4);
    down(&f);
}

/* Each wrong id keeps its buffer, though the slots go back. */
static void test_packed_ring_ends_when_all_buffers_are_kept(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, FAKE_FAULT_USED_ID_RANGE, 5, F_PACKED);
    fake_fault_add(&f.g.faults, FAKE_FAULT_USED_ID_RANGE, 2, 0, 5);
    for (unsigned slot = 0; slot < 8; slot++)
        complete_slot(&f, slot, (uint16_t)slot, 16);
    make_slot_available(&f, 0, 9, USED);
    assert_null(fake_ring_take(&f.ring));
    assert_true(f.ring.broken);
    down_unfired(&f);
}

static void test_used_idx_jump_is_for_split_rings(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, FAKE_FAULT_USED_IDX_JUMP, 3, F_PACKED);
    complete_slot(&f, 0, 2, 16);
    expect_slot(&f, 0, 2, 16, WRITE | AVAIL | USED);
    assert_int_equal(guest_count(&f.g, FAKE_EV_FAULT), 0);
    down_unfired(&f);
}

static void test_used_wrap_wrong_is_for_packed_rings(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, FAKE_FAULT_USED_WRAP, 0, 0);
    complete(&f, 0, 16);
    assert_int_equal(guest_count(&f.g, FAKE_EV_FAULT), 0);
    down_unfired(&f);
}

/* One wrong entry at a time, however many there could be. */
static void test_faults_act_on_each_buffer_of_a_batch(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, FAKE_FAULT_USED_LEN_SHORT, 5, F_PACKED | F_IN_ORDER);
    complete_slot(&f, 0, 2, 16);
    complete_slot(&f, 1, 3, 16);
    assert_true(fake_ring_interrupt_due(&f.ring));
    expect_slot(&f, 0, 2, 5, WRITE | AVAIL | USED);
    expect_slot(&f, 1, 3, 16, WRITE | AVAIL | USED);
    down(&f);
}

/* Device Event Suppression: le16 desc, le16 flags. */
static void test_event_garbage_of_a_packed_ring_is_in_desc(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        struct fixture f;

        up(&f, FAKE_FAULT_EVENT_GARBAGE, 0, F_PACKED | (k ? F_EVENT_IDX : 0));
        assert_int_not_equal(get_le(f.g.used, 2), 0);
        assert_int_equal(get_le(f.g.used + 2, 2), 0);
        down(&f);
    }
}

static void test_event_garbage_without_event_idx_is_in_avail_event(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, FAKE_FAULT_EVENT_GARBAGE, 0, 0);
    assert_int_not_equal(get_le(f.g.used + 4 + 8 * 8, 2), 0);
    assert_int_equal(get_le(f.g.used, 2), 0);
    down(&f);
}

static void test_event_garbage_with_event_idx_is_in_used_flags(void **state)
{
    struct fixture f;

    (void)state;
    up(&f, FAKE_FAULT_EVENT_GARBAGE, 0, F_EVENT_IDX);
    assert_int_equal(get_le(f.g.used, 2), 1);
    assert_int_equal(get_le(f.g.used + 4 + 8 * 8, 2), 0);
    fake_ring_suppress(&f.ring); /* count 1: gone again */
    assert_int_equal(get_le(f.g.used, 2), 0);
    down(&f);
}

static void test_kick_suppressed_lasts_for_ever(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        struct fixture f;

        up(&f, FAKE_FAULT_KICK_SUPPRESSED, 0, k ? F_EVENT_IDX : 0);
        for (unsigned n = 0; n < 20; n++) {
            complete(&f, 0, 16);
            assert_true(fake_ring_arm(&f.ring)); /* must not stop looking */
            if (k)
                assert_int_not_equal(get_le(f.g.used + 4 + 8 * 8, 2),
                                     f.g.avail_idx);
            else
                assert_int_equal(get_le(f.g.used, 2), 1);
        }
        assert_int_equal(guest_count(&f.g, FAKE_EV_SUPPRESSED), 1);
        assert_int_equal(guest_count(&f.g, FAKE_EV_ARMED), 0);
        down(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_fault_is_found_by_its_name),
        cmocka_unit_test(test_fault_fires_from_the_nth_occasion_count_times),
        cmocka_unit_test(test_fault_fires_at_every_so_many_th_occasion),
        cmocka_unit_test(test_fault_fires_at_random_by_its_seed_alone),
        cmocka_unit_test(test_fault_after_open_waits_for_its_begin),
        cmocka_unit_test(test_fault_fires_at_its_place_only),
        cmocka_unit_test(test_faults_that_were_ended_fire_no_more),
        cmocka_unit_test(test_entries_of_one_fault_count_by_themselves),
        cmocka_unit_test(test_plan_says_when_it_is_full),
        cmocka_unit_test(test_used_id_out_of_range),
        cmocka_unit_test(test_used_id_never_lent),
        cmocka_unit_test(test_used_id_never_lent_waits_for_an_occasion),
        cmocka_unit_test(test_used_id_never_lent_is_none_that_waits),
        cmocka_unit_test(
            test_used_id_never_lent_of_a_packed_ring_is_none_that_waits),
        cmocka_unit_test(test_packed_ring_ends_when_all_buffers_are_kept),
        cmocka_unit_test(test_used_twice),
        cmocka_unit_test(test_used_idx_jump),
        cmocka_unit_test(test_used_len_over),
        cmocka_unit_test(test_used_len_short),
        cmocka_unit_test(test_fault_later_than_its_count_leaves_the_ring_alone),
        cmocka_unit_test(
            test_event_garbage_without_event_idx_is_in_avail_event),
        cmocka_unit_test(test_event_garbage_with_event_idx_is_in_used_flags),
        cmocka_unit_test(test_kick_suppressed_lasts_for_ever),
        cmocka_unit_test(test_used_faults_of_a_packed_ring),
        cmocka_unit_test(test_used_idx_jump_is_for_split_rings),
        cmocka_unit_test(test_used_wrap_wrong_is_for_packed_rings),
        cmocka_unit_test(test_faults_act_on_each_buffer_of_a_batch),
        cmocka_unit_test(test_event_garbage_of_a_packed_ring_is_in_desc),
    };

    return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
