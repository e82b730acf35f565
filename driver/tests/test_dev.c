/* SPDX-License-Identifier: MIT */
/* Initialisation (3.1.1), configuration space (2.5), interrupts and registers
 * (4.2), seen from the register file. */
#include "dev_state.h"
#include "fake.h"

/* ---- the order of things ---------------------------------------------------
 */

static void test_dev_init_is_the_sequence_of_3_1_1(void **state)
{
    static const uint32_t status_writes[] = {0, 1, 3, 11, 15};
    struct fake_blk b;
    unsigned n = 0;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    const struct fake_access *log = b.f.log;
    assert_int_equal(log[0].offset, 0x000);
    assert_int_equal(log[1].offset, 0x004);
    assert_int_equal(log[2].offset, 0x008);
    assert_true(log[3].write && log[3].offset == 0x070 && log[3].value == 0);
    uint32_t status = 0;
    for (unsigned i = 0; i < b.f.log_count; i++) {
        uint32_t at = log[i].offset;
        if (at == 0x070 && log[i].write) {
            assert_true(n < 5);
            status = log[i].value;
            assert_int_equal(status, status_writes[n++]);
            if (status == 11) { /* step 6 */
                assert_int_equal(log[i + 1].offset, 0x070);
                assert_false(log[i + 1].write);
            }
        }
        if (at >= 0x010 && at <= 0x024) /* step 4 */
            assert_int_equal(status, 3);
        if (at >= 0x100 || (at >= 0x030 && at <= 0x044) ||
            (at >= 0x080 && at <= 0x0a4)) /* step 7 */
            assert_int_equal(status, 11);
        assert_true(at < 0x0ac || at > 0x0c0); /* 4.2.3.1.1 */
    }
    assert_int_equal(n, 5);
    assert_int_equal(b.f.queue_ready, 1);
    fake_blk_down(&b);
}

static void test_dev_leaves_alone_what_is_no_device_of_ours(void **state)
{
    static const struct {
        uint32_t magic, version, id;
        unsigned reads, lines;
    } cases[] = {
        {0x74726975, 2, 2, 1, 1},  {0, 2, 2, 1, 1},
        {0x74726976, 1, 2, 2, 1},  {0x74726976, 3, 2, 2, 1},
        {0x74726976, 2, 0, 3, 0}, /* 4.2.2.2: and not a word */
        {0x74726976, 2, 25, 3, 1},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake_blk b;
        fake_blk_init(&b);
        b.f.magic = cases[i].magic;
        b.f.version = cases[i].version;
        b.f.device_id = cases[i].id;
        assert_int_equal(rgt_blk_init(&b.blk, &b.cfg), RGT_E_NODEV);
        assert_int_equal(b.f.log_count, cases[i].reads);
        assert_int_equal(b.f.lines, cases[i].lines);
        assert_int_equal(b.f.allocs, 0);
        assert_int_equal(rgt_blk_interrupt(&b.blk), RGT_E_STATE);
        assert_int_equal(rgt_blk_recover(&b.blk), RGT_E_STATE);
        assert_int_equal(rgt_blk_close(&b.blk), 0);
        assert_int_equal(b.f.log_count, cases[i].reads);
    }
}

/* ---- reset ------------------------------------------------------------------
 */

static void test_dev_reset_polls_until_status_is_zero(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    b.f.reset_reads = 10;
    fake_blk_up(&b);
    /* 2.4.2: between the write of 0 and the read of 0 only reads of status. */
    for (unsigned i = 4; i < 13; i++) {
        assert_false(b.f.log[i].write);
        assert_int_equal(b.f.log[i].offset, 0x070);
    }
    fake_blk_down(&b);
}

static void test_dev_reset_ends_at_its_deadline(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    b.f.reset_never = true;
    assert_int_equal(rgt_blk_init(&b.blk, &b.cfg), RGT_E_TIMEOUT);
    assert_true(b.f.now_ns >= b.cfg.timeout_ns);
    assert_true(b.f.now_ns < 2 * b.cfg.timeout_ns);
    assert_int_equal(fake_writes(&b.f, 0x070), 1); /* the 0, and no FAILED */
    assert_int_equal(b.f.allocs, 0);
}

/* ---- failures set FAILED
 * ------------------------------------------------------ */

static void assert_failed(struct fake_blk *b, int expected)
{
    assert_int_equal(rgt_blk_init(&b->blk, &b->cfg), expected);
    assert_true(b->f.status & VIRTIO_STATUS_FAILED);
    assert_false(b->f.status & VIRTIO_STATUS_DRIVER_OK);
    assert_int_equal(b->f.queue_ready, 0);
    assert_int_equal(b->f.allocs - (b->f.alloc_fails_at > 0), b->f.frees);
    unsigned before = b->f.log_count;
    assert_int_equal(rgt_blk_close(&b->blk), 0);
    assert_int_equal(rgt_blk_kick(&b->blk), RGT_E_STATE);
    assert_int_equal(rgt_blk_poll(&b->blk, NULL, 1), RGT_E_STATE);
    assert_int_equal(b->f.log_count, before);
}

static void test_dev_without_version_1_sets_failed(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    b.f.offered &= ~RGT_FEATURE(VIRTIO_F_VERSION_1);
    assert_failed(&b, RGT_E_REFUSED);
    assert_int_equal(fake_writes(&b.f, 0x020), 0);
}

static void test_dev_features_refused_sets_failed(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    b.f.features_refused = true;
    assert_failed(&b, RGT_E_REFUSED);
    assert_int_equal(fake_writes(&b.f, 0x030), 0);
}

static void test_dev_no_queue_sets_failed(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    b.f.queue_max = 0;
    assert_failed(&b, RGT_E_REFUSED);
}

static void test_dev_queue_too_short_for_a_read_sets_failed(void **state)
{
    (void)state;

    for (uint32_t size = 1; size < 4; size++) {
        struct fake_blk b;
        fake_blk_init(&b);
        b.f.queue_max = size;
        assert_failed(&b, RGT_E_REFUSED);
    }
}

static void test_dev_no_memory_sets_failed_and_leaks_nothing(void **state)
{
    (void)state;

    for (unsigned n = 1; n <= 3; n++) { /* rings, tables, pool */
        struct fake_blk b;
        fake_blk_init(&b);
        b.f.offered |= RGT_FEATURE(VIRTIO_F_INDIRECT_DESC);
        b.cfg.indirect_entries = 4;
        b.f.alloc_fails_at = n;
        assert_failed(&b, RGT_E_NOMEM);
    }
}

static void never_settles(struct fake *f, uint32_t offset)
{
    (void)offset;
    f->generation++;
}

static void test_dev_config_never_settling_sets_failed(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    b.f.on_config_read = never_settles;
    assert_failed(&b, RGT_E_TIMEOUT);
}

static void test_dev_negotiate_and_queue_set_failed_by_themselves(void **state)
{
    struct fake_blk b;
    struct rgt_dev *dev = &b.blk.dev;
    struct rgt_vq vq;
    (void)state;

    fake_blk_init(&b);
    struct rgt_dev_config cfg = {
        .hal = &b.f.hal,
        .transport = &b.f.mmio.transport,
        .device_id = 2,
    };
    assert_int_equal(rgt_dev_init(dev, &cfg), 0);
    assert_int_equal(rgt_dev_reset(dev), 0);
    b.f.features_refused = true;
    assert_int_equal(rgt_dev_negotiate(dev), RGT_E_REFUSED);
    assert_int_equal(b.f.status, 1 | 2 | 128);
    b.f.features_refused = false;
    assert_int_equal(rgt_dev_reset(dev), 0);
    assert_int_equal(rgt_dev_negotiate(dev), 0);
    b.f.queue_max = 0;
    assert_int_equal(rgt_dev_queue_init(dev, &vq, 0, b.slots, 8, 0),
                     RGT_E_REFUSED);
    assert_int_equal(b.f.status, 1 | 2 | 8 | 128);
}

static void test_dev_after_failed_starts_with_a_reset(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    b.f.features_refused = true;
    assert_failed(&b, RGT_E_REFUSED);
    b.f.features_refused = false;
    unsigned before = b.f.log_count;
    fake_blk_up(&b);
    for (unsigned i = before; i < b.f.log_count; i++) {
        if (!b.f.log[i].write)
            continue;
        assert_int_equal(b.f.log[i].offset, 0x070); /* 2.1.1 */
        assert_int_equal(b.f.log[i].value, 0);
        break;
    }
    fake_blk_down(&b);
}

static void test_blk_too_few_slots_touch_no_device(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    b.cfg.slot_count = 3;
    assert_int_equal(rgt_blk_init(&b.blk, &b.cfg), RGT_E_INVAL);
    assert_int_equal(b.f.log_count, 0);
}

/* ---- features
 * ------------------------------------------------------------------ */

static void test_dev_accepts_what_it_knows_and_nothing_else(void **state)
{
    const uint64_t known = RGT_DEV_FEATURES | RGT_BLK_FEATURES;
    (void)state;

    for (unsigned bit = 0; bit < 64; bit++) {
        struct fake_blk b;
        fake_blk_init(&b);
        b.f.offered = RGT_FEATURE(VIRTIO_F_VERSION_1) | RGT_FEATURE(bit);
        fake_blk_up(&b);
        assert_int_equal(b.f.accepted, b.f.offered & known);
        fake_blk_down(&b);
    }
}

static void test_dev_caller_can_mask_all_but_version_1(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    b.f.offered = UINT64_MAX;
    b.cfg.features_wanted = 0;
    fake_blk_up(&b);
    assert_int_equal(b.f.accepted, RGT_FEATURE(VIRTIO_F_VERSION_1));
    assert_true(rgt_blk_info(&b.blk)->read_only);
    fake_blk_down(&b);
}

/* ---- configuration space
 * ----------------------------------------------------- */

static void test_dev_reads_only_fields_whose_feature_is_there(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    for (unsigned i = 0; i < b.f.log_count; i++)
        assert_true(b.f.log[i].offset < 0x108);
    fake_blk_down(&b);
}

static void test_dev_reads_every_field_by_its_width(void **state)
{
    struct fake_blk b;
    unsigned seen = 0;
    (void)state;

    fake_blk_init(&b);
    b.f.offered = RGT_FEATURE(VIRTIO_F_VERSION_1) | RGT_BLK_FEATURES;
    uint8_t *c = b.f.config;
    fake_put64(c, 0x100000007u);
    fake_put32(c + 8, 4096);
    fake_put32(c + 12, 5);
    fake_put16(c + 16, 1234);
    c[18] = 16;
    c[19] = 63;
    fake_put32(c + 20, 4096);
    c[24] = 3;
    c[25] = 1;
    fake_put16(c + 26, 8);
    fake_put32(c + 28, 64);
    fake_blk_up(&b);
    for (unsigned i = 0; i < b.f.log_count; i++) {
        uint32_t at = b.f.log[i].offset;
        if (at < 0x100)
            continue;
        unsigned width = at == 0x110 || at == 0x11a   ? 2
                         : at == 0x112 || at == 0x113 ? 1
                         : at == 0x118 || at == 0x119 ? 1
                                                      : 4;
        assert_int_equal(b.f.log[i].width, width);
        assert_true(at < 0x120); /* not writeback, not num_queues */
        seen++;
    }
    assert_int_equal(seen, 12);
    const struct rgt_blk_info *info = rgt_blk_info(&b.blk);
    assert_int_equal(info->capacity_sectors, 0x100000007u);
    assert_int_equal(info->size_max, 4096);
    assert_int_equal(info->seg_max, 5);
    assert_int_equal(info->cylinders, 1234);
    assert_int_equal(info->heads, 16);
    assert_int_equal(info->sectors_per_track, 63);
    assert_int_equal(info->blk_size, 4096);
    assert_int_equal(info->physical_block_exp, 3);
    assert_int_equal(info->alignment_offset, 1);
    assert_int_equal(info->min_io_blocks, 8);
    assert_int_equal(info->opt_io_blocks, 64);
    assert_true(info->read_only);
    assert_true(info->flush);
    fake_blk_down(&b);
}

static void test_blk_info_has_defaults_for_what_is_not_stated(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    b.f.queue_max = 100;
    fake_blk_up(&b);
    const struct rgt_blk_info *info = rgt_blk_info(&b.blk);
    assert_int_equal(info->queue_size, 64);
    assert_int_equal(info->size_max, UINT32_MAX);
    assert_int_equal(info->seg_max, 62);
    assert_int_equal(info->blk_size, 512);
    assert_false(info->read_only);
    fake_blk_down(&b);
}

/* Changes the capacity between its two halves, once. */
static void tear(struct fake *f, uint32_t offset)
{
    if (offset != 4 || f->generation != 0)
        return;
    f->generation = 1;
    fake_put64(f->config, 0x2000000020u);
}

static void test_dev_torn_config_is_read_again(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_put64(b.f.config, 0x1000000010u);
    b.f.on_config_read = tear;
    fake_blk_up(&b);
    assert_int_equal(rgt_blk_info(&b.blk)->capacity_sectors, 0x2000000020u);
    fake_blk_down(&b);
}

static void test_dev_config_field_width_must_exist(void **state)
{
    struct fake_blk b;
    uint64_t v;
    const struct rgt_dev_field field = {&v, 0, 3};
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    assert_int_equal(rgt_dev_config_read(&b.blk.dev, &field, 1), RGT_E_INVAL);
    fake_blk_down(&b);
}

/* ---- interrupts
 * ---------------------------------------------------------------- */

static void test_dev_interrupt_acknowledges_known_bits_only(void **state)
{
    static const uint32_t cases[][2] = {
        {0, 0}, {1, 1}, {2, 2}, {3, 3}, {0xfffffffc, 0}, {0xffffffff, 3}};
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    for (size_t i = 0; i < 6; i++) {
        unsigned acks = fake_writes(&b.f, 0x064);
        b.f.interrupt = cases[i][0];
        assert_int_equal(rgt_blk_interrupt(&b.blk), cases[i][1]);
        assert_int_equal(b.f.interrupt, cases[i][0] & ~3u);
        assert_int_equal(fake_writes(&b.f, 0x064) - acks, cases[i][1] != 0);
    }
    b.f.interrupt = 0;
    fake_blk_down(&b);
}

static void test_dev_interrupt_notices_needs_reset(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    b.f.status |= VIRTIO_STATUS_DEVICE_NEEDS_RESET;
    b.f.interrupt = 2;
    assert_int_equal(rgt_blk_interrupt(&b.blk), RGT_E_STATE);
    assert_int_equal(b.f.interrupt, 0);
    b.f.interrupt = 1;
    assert_int_equal(rgt_blk_interrupt(&b.blk), RGT_E_STATE);
    assert_int_equal(b.f.interrupt, 0);
    assert_int_equal(rgt_blk_poll(&b.blk, NULL, 1), RGT_E_STATE);
    assert_int_equal(b.f.lines, 1);
    fake_blk_down(&b);
}

static void test_blk_interrupt_renews_the_capacity(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    fake_put64(b.f.config, 5);
    b.f.generation++;
    b.f.interrupt = 2;
    assert_int_equal(rgt_blk_interrupt(&b.blk), RGT_INT_CONFIG);
    assert_int_equal(rgt_blk_info(&b.blk)->capacity_sectors, 5);
    fake_blk_down(&b);
}

static void
test_blk_interrupt_keeps_the_old_config_if_it_never_settles(void **s)
{
    struct fake_blk b;
    (void)s;

    fake_blk_init(&b);
    fake_blk_up(&b);
    fake_put64(b.f.config, 5);
    b.f.on_config_read = never_settles;
    b.f.interrupt = 2;
    assert_int_equal(rgt_blk_interrupt(&b.blk), RGT_E_TIMEOUT);
    assert_int_equal(rgt_blk_info(&b.blk)->capacity_sectors, 1000);
    b.f.on_config_read = NULL;
    fake_blk_down(&b);
}

/* ---- mmio
 * --------------------------------------------------------------------- */

static void test_mmio_stops_a_queue_and_reads_it_back(void **state)
{
    struct fake f;
    (void)state;

    fake_init(&f);
    f.queue_ready = 1;
    struct rgt_transport *t = &f.mmio.transport;
    assert_int_equal(t->ops->queue_disable(t, 3), 0);
    assert_int_equal(f.log_count, 3);
    assert_true(f.log[0].write && f.log[0].offset == 0x030);
    assert_int_equal(f.log[0].value, 3);
    assert_true(f.log[1].write && f.log[1].offset == 0x044);
    assert_int_equal(f.log[1].value, 0);
    assert_true(!f.log[2].write && f.log[2].offset == 0x044);
}

static void test_mmio_queue_in_use_has_no_size(void **state)
{
    struct fake f;
    (void)state;

    fake_init(&f);
    f.queue_ready = 1;
    struct rgt_transport *t = &f.mmio.transport;
    assert_int_equal(t->ops->queue_size_max(t, 0), 0);
}

static void test_mmio_config_write_has_the_width_of_the_field(void **state)
{
    struct fake f;
    (void)state;

    fake_init(&f);
    struct rgt_transport *t = &f.mmio.transport;
    t->ops->config_write(t, 32, 1, 1);
    assert_true(f.log[0].write && f.log[0].offset == 0x120);
    assert_int_equal(f.log[0].width, 1);
    assert_int_equal(f.log[0].value, 1);
}

static void test_mmio_selects_before_it_touches_features(void **state)
{
    struct fake f;
    (void)state;

    fake_init(&f);
    f.offered = 0x1122334455667788u;
    struct rgt_transport *t = &f.mmio.transport;
    assert_int_equal(t->ops->features_get(t), f.offered);
    t->ops->features_set(t, 0x99aabbccddeeff00u);
    assert_int_equal(f.accepted, 0x99aabbccddeeff00u);
    assert_int_equal(f.log[0].offset, 0x014);
    assert_int_equal(f.log[4].offset, 0x024);
}

/* ---- the state table
 * ------------------------------------------------------------ */

static void test_dev_table_allows_exactly_these_steps(void **state)
{
    /* One line per state, one letter per command, in the order reset,
     * negotiate, config, queue, enable, start, queue reset, interrupt, fail:
     * the state it leads to, or '-'. */
    static const char letters[] = "AFRCLB";
    static const char *const rows[] = {
        "---------", "R--------", "RC------B",
        "R-CCCL-CB", "R-L-L-LLB", "R------B-",
    };
    (void)state;

    for (int s = 0; s < (int)RGT__DEV_STATES; s++) {
        for (int c = 0; c < RGT__DEV_COMMANDS; c++) {
            int next =
                rgt__dev_next((enum rgt_dev_state)s, (enum rgt__dev_command)c);
            assert_int_equal(next < 0 ? '-' : letters[next], rows[s][c]);
        }
    }
}

/* Hands over a queue made without the device. */
static int enable_queue(struct fake_blk *b)
{
    struct rgt_vq vq;
    struct rgt_vq_config cfg = {
        .hal = &b->f.hal,
        .slots = b->slots,
        .slot_count = 8,
        .size_max = 8,
    };

    assert_int_equal(rgt_vq_init(&vq, &cfg), 0);
    int err = rgt_dev_queue_enable(&b->blk.dev, &vq);
    rgt_vq_free(&vq);
    return err;
}

/* Calls command for real. */
static int call(struct fake_blk *b, int command)
{
    struct rgt_dev *dev = &b->blk.dev;
    uint8_t v;
    const struct rgt_dev_field field = {&v, 32, 1};
    struct rgt_vq vq;

    switch (command) {
    case RGT__DEV_DO_RESET:
        return rgt_dev_reset(dev);
    case RGT__DEV_DO_NEGOTIATE:
        return rgt_dev_negotiate(dev);
    case RGT__DEV_DO_CONFIG:
        return rgt_dev_config_read(dev, &field, 1);
    case RGT__DEV_DO_QUEUE:
        if (rgt_dev_queue_init(dev, &vq, 0, b->slots, 8, 0) != 0)
            return RGT_E_STATE;
        rgt_vq_free(&vq);
        return 0;
    case RGT__DEV_DO_ENABLE:
        return enable_queue(b);
    case RGT__DEV_DO_START:
        return rgt_dev_start(dev);
    case RGT__DEV_DO_QUEUE_RESET:
        vq.index = 0;
        return rgt_dev_queue_reset(dev, &vq);
    case RGT__DEV_DO_INTERRUPT:
        return rgt_dev_interrupt(dev);
    default:
        rgt_dev_fail(dev);
        return 0;
    }
}

/* Brings a device into state s by the shortest way. */
static void lead_to(struct fake_blk *b, int s)
{
    struct rgt_dev *dev = &b->blk.dev;
    struct rgt_dev_config cfg = {
        .hal = &b->f.hal,
        .transport = &b->f.mmio.transport,
        .device_id = s == RGT_DEV_ABSENT ? 9 : 2,
        .features = RGT_DEV_FEATURES,
    };

    fake_blk_init(b);
    b->f.offered |= RGT_FEATURE(VIRTIO_F_RING_RESET);
    (void)rgt_dev_init(dev, &cfg);
    if (s >= RGT_DEV_RESET)
        assert_int_equal(rgt_dev_reset(dev), 0);
    if (s >= RGT_DEV_CHOSEN)
        assert_int_equal(rgt_dev_negotiate(dev), 0);
    if (s >= RGT_DEV_LIVE)
        assert_int_equal(rgt_dev_start(dev), 0);
    if (s >= RGT_DEV_BROKEN)
        rgt_dev_fail(dev);
    assert_int_equal(dev->state, s);
}

static void test_dev_obeys_the_table_for_every_state_and_command(void **state)
{
    (void)state;

    for (int s = 0; s < (int)RGT__DEV_STATES; s++) {
        for (int c = 0; c < RGT__DEV_COMMANDS; c++) {
            struct fake_blk b;
            lead_to(&b, s);
            unsigned before = b.f.log_count;
            int next =
                rgt__dev_next((enum rgt_dev_state)s, (enum rgt__dev_command)c);
            int err = call(&b, c);
            if (next < 0) {
                if (c != RGT__DEV_DO_FAIL)
                    assert_int_equal(err, RGT_E_STATE);
                assert_int_equal(b.blk.dev.state, s);
                assert_int_equal(b.f.log_count, before);
            } else {
                bool broken = next == RGT_DEV_BROKEN && c != RGT__DEV_DO_FAIL;
                assert_int_equal(err, broken ? RGT_E_STATE : 0);
                assert_int_equal(b.blk.dev.state, next);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dev_init_is_the_sequence_of_3_1_1),
        cmocka_unit_test(test_dev_leaves_alone_what_is_no_device_of_ours),
        cmocka_unit_test(test_dev_reset_polls_until_status_is_zero),
        cmocka_unit_test(test_dev_reset_ends_at_its_deadline),
        cmocka_unit_test(test_dev_without_version_1_sets_failed),
        cmocka_unit_test(test_dev_features_refused_sets_failed),
        cmocka_unit_test(test_dev_no_queue_sets_failed),
        cmocka_unit_test(test_dev_queue_too_short_for_a_read_sets_failed),
        cmocka_unit_test(test_dev_no_memory_sets_failed_and_leaks_nothing),
        cmocka_unit_test(test_dev_config_never_settling_sets_failed),
        cmocka_unit_test(test_dev_negotiate_and_queue_set_failed_by_themselves),
        cmocka_unit_test(test_dev_after_failed_starts_with_a_reset),
        cmocka_unit_test(test_blk_too_few_slots_touch_no_device),
        cmocka_unit_test(test_dev_accepts_what_it_knows_and_nothing_else),
        cmocka_unit_test(test_dev_caller_can_mask_all_but_version_1),
        cmocka_unit_test(test_dev_reads_only_fields_whose_feature_is_there),
        cmocka_unit_test(test_dev_reads_every_field_by_its_width),
        cmocka_unit_test(test_blk_info_has_defaults_for_what_is_not_stated),
        cmocka_unit_test(test_dev_torn_config_is_read_again),
        cmocka_unit_test(test_dev_config_field_width_must_exist),
        cmocka_unit_test(test_dev_interrupt_acknowledges_known_bits_only),
        cmocka_unit_test(test_dev_interrupt_notices_needs_reset),
        cmocka_unit_test(test_blk_interrupt_renews_the_capacity),
        cmocka_unit_test(
            test_blk_interrupt_keeps_the_old_config_if_it_never_settles),
        cmocka_unit_test(test_mmio_stops_a_queue_and_reads_it_back),
        cmocka_unit_test(test_mmio_queue_in_use_has_no_size),
        cmocka_unit_test(test_mmio_config_write_has_the_width_of_the_field),
        cmocka_unit_test(test_mmio_selects_before_it_touches_features),
        cmocka_unit_test(test_dev_table_allows_exactly_these_steps),
        cmocka_unit_test(test_dev_obeys_the_table_for_every_state_and_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
