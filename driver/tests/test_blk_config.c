/* SPDX-License-Identifier: MIT */
/* What a block device says of itself (5.2.4), what it says under way, and its
 * cache mode (5.2.5). */
#include "fake.h"
#include <string.h>

/* Offsets of struct virtio_blk_config, by the specification. */
#define SIZE_MAX_AT 8
#define SEG_MAX_AT 12
#define BLK_SIZE_AT 20
#define PHYSICAL_EXP_AT 24
#define WRITEBACK_AT 32
#define NUM_QUEUES_AT 34
#define DISCARD_AT 36
#define WRITE_ZEROES_AT 48
#define MAY_UNMAP_AT 56
#define SECURE_ERASE_AT 60

static uint8_t buf[4096];
static struct rgt_seg seg;

static struct rgt_blk_req request(enum rgt_blk_op op, uint64_t sector,
                                  uint32_t bytes)
{
    seg = (struct rgt_seg){.buf = buf, .len = bytes};
    return (struct rgt_blk_req){
        .op = op, .sector = sector, .segs = &seg, .seg_count = bytes > 0};
}

static int submit(struct fake_blk *b, enum rgt_blk_op op, uint64_t sector,
                  uint32_t bytes)
{
    static struct rgt_blk_req req;

    req = request(op, sector, bytes);
    return rgt_blk_submit(&b->blk, &req);
}

static void up_with(struct fake_blk *b, uint64_t features)
{
    fake_blk_init(b);
    b->f.offered |= features;
}

/* ---- every field --------------------------------------------------------- */

static unsigned width_of(uint32_t at)
{
    switch (at - 0x100) {
    case 16:
    case 26:
    case NUM_QUEUES_AT:
        return 2;
    case 18:
    case 19:
    case PHYSICAL_EXP_AT:
    case 25:
    case WRITEBACK_AT:
    case MAY_UNMAP_AT:
        return 1;
    default:
        return 4;
    }
}

static void fill_config(uint8_t *c)
{
    fake_put64(c, 0x100000007u);
    fake_put32(c + SIZE_MAX_AT, 4096);
    fake_put32(c + SEG_MAX_AT, 5);
    fake_put16(c + 16, 1234);
    c[18] = 16;
    c[19] = 63;
    fake_put32(c + BLK_SIZE_AT, 4096);
    c[PHYSICAL_EXP_AT] = 3;
    c[25] = 1;
    fake_put16(c + 26, 8);
    fake_put32(c + 28, 64);
    c[WRITEBACK_AT] = 1;
    fake_put16(c + NUM_QUEUES_AT, 3);
    for (unsigned i = 0; i < 5; i++)
        fake_put32(c + DISCARD_AT + 4 * i, 100 + i);
    c[MAY_UNMAP_AT] = 1;
    for (unsigned i = 0; i < 3; i++)
        fake_put32(c + SECURE_ERASE_AT + 4 * i, 200 + i);
}

static void assert_reads_are_whole_fields(const struct fake *f)
{
    unsigned seen = 0;

    for (unsigned i = 0; i < f->log_count; i++) {
        uint32_t at = f->log[i].offset;
        if (at < 0x100)
            continue;
        assert_int_equal(f->log[i].width, width_of(at));
        assert_true(at != 0x100 + 33 && at < 0x100 + 72);
        assert_true(at < 0x100 + 57 || at >= 0x100 + SECURE_ERASE_AT);
        seen++;
    }
    assert_int_equal(seen, 23); /* 22 fields, one of them in two halves */
}

static void test_blk_info_has_every_field(void **state)
{
    struct fake_blk b;
    (void)state;

    up_with(&b, RGT_BLK_FEATURES);
    fill_config(b.f.config);
    fake_blk_up(&b);
    assert_reads_are_whole_fields(&b.f);
    const struct rgt_blk_info *info = rgt_blk_info(&b.blk);
    assert_int_equal(info->capacity_sectors, 0x100000007u);
    assert_int_equal(info->features,
                     RGT_BLK_FEATURES | RGT_FEATURE(VIRTIO_F_VERSION_1));
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
    assert_int_equal(info->num_queues, 3);
    assert_int_equal(info->queue_count, 1); /* the caller has no more */
    assert_int_equal(info->queue_size, 256);
    assert_true(info->read_only && info->flush && info->lifetime);
    assert_true(info->config_wce && info->writeback);
    assert_true(info->write_zeroes_may_unmap);
    fake_blk_down(&b);
}

static void test_blk_info_has_the_limits_of_range_requests(void **state)
{
    struct fake_blk b;
    (void)state;

    up_with(&b, RGT_BLK_FEATURES);
    fill_config(b.f.config);
    fake_blk_up(&b);
    const struct rgt_blk_info *info = rgt_blk_info(&b.blk);
    assert_int_equal(info->discard.sectors_max, 100);
    assert_int_equal(info->discard.segs_max, 101);
    assert_int_equal(info->discard.alignment, 102);
    assert_int_equal(info->write_zeroes.sectors_max, 103);
    assert_int_equal(info->write_zeroes.segs_max, 104);
    assert_int_equal(info->write_zeroes.alignment, 0);
    assert_int_equal(info->secure_erase.sectors_max, 200);
    assert_int_equal(info->secure_erase.segs_max, 201);
    assert_int_equal(info->secure_erase.alignment, 202);
    fake_blk_down(&b);
}

static void test_blk_info_has_defaults_for_what_is_not_stated(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fill_config(b.f.config); /* but no feature says so */
    b.f.queue_max = 100;
    fake_blk_up(&b);
    const struct rgt_blk_info *info = rgt_blk_info(&b.blk);
    assert_int_equal(info->queue_size, 64);
    assert_int_equal(info->size_max, UINT32_MAX);
    assert_int_equal(info->seg_max, 62);
    assert_int_equal(info->blk_size, 512);
    assert_int_equal(info->physical_block_exp, 0);
    assert_int_equal(info->num_queues, 1);
    assert_int_equal(info->queue_count, 1);
    assert_false(info->read_only || info->lifetime || info->config_wce);
    assert_false(info->write_zeroes_may_unmap);
    assert_int_equal(info->discard.sectors_max, 0);
    assert_int_equal(info->write_zeroes.segs_max, 0);
    assert_int_equal(info->secure_erase.alignment, 0);
    fake_blk_down(&b);
}

static void test_blk_writeback_is_not_read_before_features_ok(void **state)
{
    struct fake_blk b;
    uint32_t status = 0;
    unsigned reads = 0;
    (void)state;

    up_with(&b, RGT_BLK_FEATURES);
    fill_config(b.f.config);
    fake_blk_up(&b);
    for (unsigned i = 0; i < b.f.log_count; i++) {
        const struct fake_access *a = &b.f.log[i];
        if (a->write && a->offset == 0x070)
            status = a->value;
        if (!a->write && a->offset == 0x100 + WRITEBACK_AT) {
            assert_true(status & VIRTIO_STATUS_FEATURES_OK);
            reads++;
        }
    }
    assert_int_equal(reads, 1);
    fake_blk_down(&b);
}

/* ---- nonsense ------------------------------------------------------------ */

static void test_blk_size_max_and_seg_max_0_still_work(void **state)
{
    struct fake_blk b;
    (void)state;

    up_with(&b, RGT_FEATURE(VIRTIO_BLK_F_SEG_MAX) |
                    RGT_FEATURE(VIRTIO_BLK_F_SIZE_MAX));
    fake_blk_up(&b);
    assert_int_equal(rgt_blk_info(&b.blk)->seg_max, 1);
    assert_int_equal(rgt_blk_info(&b.blk)->size_max, UINT32_MAX);
    assert_int_equal(submit(&b, RGT_BLK_READ, 0, 4096), 0);
    fake_blk_down(&b);
}

static void test_blk_size_max_1_is_obeyed_or_refused(void **state)
{
    struct fake_blk b;
    (void)state;

    up_with(&b, RGT_FEATURE(VIRTIO_BLK_F_SIZE_MAX) |
                    RGT_FEATURE(VIRTIO_BLK_F_LIFETIME));
    fake_put32(b.f.config + SIZE_MAX_AT, 1);
    fake_blk_up(&b);
    /* 512 pieces in a queue of 256 can never be */
    assert_int_equal(submit(&b, RGT_BLK_READ, 0, 512), RGT_E_INVAL);
    assert_int_equal(submit(&b, RGT_BLK_LIFETIME, 0, 6), 0);
    assert_int_equal(rgt_blk_kick(&b.blk), 0);
    unsigned at = (unsigned)fake_take(&b.f), pieces = 1;
    for (; fake_get16(fake_desc(&b.f, at) + 12) & VIRTQ_DESC_F_NEXT; pieces++) {
        at = fake_get16(fake_desc(&b.f, at) + 14);
        assert_int_equal(fake_get32(fake_desc(&b.f, at) + 8), 1);
    }
    assert_int_equal(pieces, 8); /* header, 6 bytes one by one, status */
    fake_blk_down(&b);
}

static void test_blk_block_size_that_is_none_is_512(void **state)
{
    static const uint32_t cases[][2] = {
        {100, 512},   {0, 512},     {511, 512},
        {513, 512},   {1, 512},     {UINT32_MAX, 512},
        {512, 512},   {1024, 1024}, {0x80000000u, 0x80000000u},
        {4096, 4096},
    };
    struct fake_blk b;
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        up_with(&b, RGT_FEATURE(VIRTIO_BLK_F_BLK_SIZE));
        fake_put32(b.f.config + BLK_SIZE_AT, cases[i][0]);
        fake_blk_up(&b);
        assert_int_equal(rgt_blk_info(&b.blk)->blk_size, cases[i][1]);
        assert_int_equal(submit(&b, RGT_BLK_READ, 0, 512), 0);
        fake_blk_down(&b);
    }
}

static void test_blk_physical_block_fits_32_bits(void **state)
{
    static const uint8_t cases[][2] = {{0, 0},  {3, 3},  {22, 22}, {23, 0},
                                       {31, 0}, {32, 0}, {255, 0}};
    struct fake_blk b;
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        up_with(&b, RGT_FEATURE(VIRTIO_BLK_F_TOPOLOGY));
        b.f.config[PHYSICAL_EXP_AT] = cases[i][0];
        fake_blk_up(&b);
        assert_int_equal(rgt_blk_info(&b.blk)->physical_block_exp, cases[i][1]);
        fake_blk_down(&b);
    }
}

static void test_blk_num_queues_0_is_refused(void **state)
{
    struct fake_blk b;
    (void)state;

    up_with(&b, RGT_FEATURE(VIRTIO_BLK_F_MQ));
    fake_put16(b.f.config + NUM_QUEUES_AT, 0);
    assert_int_equal(rgt_blk_init(&b.blk, &b.cfg), RGT_E_REFUSED);
    assert_true(b.f.status & VIRTIO_STATUS_FAILED);
    assert_int_equal(b.f.allocs, 0);
    assert_int_equal(submit(&b, RGT_BLK_READ, 0, 512), RGT_E_STATE);
    assert_int_equal(rgt_blk_poll(&b.blk, NULL, 1), RGT_E_STATE);
    fake_put16(b.f.config + NUM_QUEUES_AT, 1);
    fake_blk_up(&b);
    fake_blk_down(&b);
}

static uint32_t any(uint32_t *x)
{
    *x = *x * 1664525u + 1013904223u;
    return *x >> 16 | *x << 16;
}

/* Mostly what is at the edges. */
static uint8_t any_byte(uint32_t *x)
{
    uint32_t r = any(x);

    return r % 3 == 0 ? (uint8_t)(r >> 8) : r % 3 == 1 ? 0 : 0xff;
}

static void submit_anything(struct fake_blk *b, uint32_t *x)
{
    static struct rgt_blk_req reqs[8];
    static struct rgt_seg segs[8];
    static struct rgt_blk_range ranges[8];

    for (unsigned i = 0; i < 8; i++) {
        segs[i] = (struct rgt_seg){.buf = buf, .len = any(x) % 4097};
        ranges[i] = (struct rgt_blk_range){any(x) % 100, any(x) % 100, false};
        reqs[i] = (struct rgt_blk_req){.op = (enum rgt_blk_op)(any(x) % 9),
                                       .segs = &segs[i],
                                       .seg_count = any(x) % 2,
                                       .ranges = ranges,
                                       .range_count = 1 + any(x) % (i + 1)};
        int err = rgt_blk_submit(&b->blk, &reqs[i]);
        assert_true(err == 0 || err == RGT_E_INVAL || err == RGT_E_NOTSUP ||
                    err == RGT_E_AGAIN);
    }
    assert_int_equal(rgt_blk_kick(&b->blk), 0);
}

static void test_blk_any_config_works_or_is_refused(void **state)
{
    struct fake_blk b;
    unsigned works = 0, refused = 0;
    uint32_t x = 1;
    (void)state;

    for (unsigned round = 0; round < 2000; round++) {
        fake_blk_init(&b);
        b.f.offered = RGT_FEATURE(VIRTIO_F_VERSION_1) |
                      ((RGT_BLK_FEATURES | RGT_DEV_FEATURES) &
                       ((uint64_t)any(&x) << 32 | any(&x)));
        for (unsigned i = 8; i < 72; i++)
            b.f.config[i] = any_byte(&x);
        b.f.queue_max = 1 + any(&x) % 300;
        b.cfg.indirect_entries = (uint16_t)(any(&x) % 8);
        b.cfg.range_segs = (uint16_t)(any(&x) % 12);
        int err = rgt_blk_init(&b.blk, &b.cfg);
        assert_true(err == 0 || err == RGT_E_REFUSED);
        works += err == 0;
        refused += err != 0;
        if (err == 0)
            submit_anything(&b, &x);
        fake_blk_down(&b);
    }
    assert_true(works > 100 && refused > 10);
}

/* ---- cache mode ---------------------------------------------------------- */

static void test_blk_cache_mode_is_deduced_as_5_2_5_1_says(void **state)
{
    static const struct {
        bool flush, wce, field, expected;
    } cases[] = {
        {false, false, false, false}, {false, false, true, false},
        {true, false, false, true},   {true, false, true, true},
        {true, true, false, false},   {true, true, true, true},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake_blk b;
        fake_blk_init(&b);
        b.f.offered = RGT_FEATURE(VIRTIO_F_VERSION_1);
        if (cases[i].flush)
            b.f.offered |= RGT_FEATURE(VIRTIO_BLK_F_FLUSH);
        if (cases[i].wce)
            b.f.offered |= RGT_FEATURE(VIRTIO_BLK_F_CONFIG_WCE);
        b.f.config[WRITEBACK_AT] = cases[i].field;
        fake_blk_up(&b);
        assert_int_equal(rgt_blk_info(&b.blk)->writeback, cases[i].expected);
        fake_blk_down(&b);
    }
}

static void test_blk_writeback_is_one_byte_written_and_read_back(void **state)
{
    struct fake_blk b;
    (void)state;

    up_with(&b, RGT_FEATURE(VIRTIO_BLK_F_CONFIG_WCE));
    b.f.config[WRITEBACK_AT] = 1;
    fake_blk_up(&b);
    for (int mode = 0; mode < 4; mode++) {
        unsigned log_count = b.f.log_count;
        assert_int_equal(rgt_blk_writeback_set(&b.blk, mode & 1), 0);
        const struct fake_access *a = &b.f.log[log_count];
        assert_true(a->write && a->offset == 0x100 + WRITEBACK_AT);
        assert_int_equal(a->width, 1);
        assert_int_equal(a->value, mode & 1);
        assert_int_equal(rgt_blk_info(&b.blk)->writeback, mode & 1);
        assert_int_equal(rgt_blk_changes(&b.blk), 0); /* our own doing */
    }
    fake_blk_down(&b);
}

static void test_blk_writeback_kept_by_the_device_is_an_error(void **state)
{
    struct fake_blk b;
    (void)state;

    up_with(&b, RGT_FEATURE(VIRTIO_BLK_F_CONFIG_WCE));
    b.f.config[WRITEBACK_AT] = 1;
    b.f.config_frozen = true;
    fake_blk_up(&b);
    assert_int_equal(rgt_blk_writeback_set(&b.blk, false), RGT_E_IO);
    assert_true(rgt_blk_info(&b.blk)->writeback);
    assert_int_equal(rgt_blk_writeback_set(&b.blk, true), 0);
    fake_blk_down(&b);
}

static void test_blk_writeback_without_its_feature_touches_nothing(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    unsigned log_count = b.f.log_count;
    assert_int_equal(rgt_blk_writeback_set(&b.blk, false), RGT_E_NOTSUP);
    assert_int_equal(rgt_blk_writeback_set(&b.blk, true), RGT_E_NOTSUP);
    assert_int_equal(b.f.log_count, log_count);
    fake_blk_down(&b);
    assert_int_equal(rgt_blk_writeback_set(&b.blk, true), RGT_E_STATE);
}

static void test_blk_writeback_needs_flush(void **state)
{
    struct fake_blk b;
    (void)state;

    up_with(&b, RGT_FEATURE(VIRTIO_BLK_F_CONFIG_WCE));
    b.cfg.features_wanted = ~RGT_FEATURE(VIRTIO_BLK_F_FLUSH);
    fake_blk_up(&b);
    assert_int_equal(rgt_blk_writeback_set(&b.blk, true), RGT_E_NOTSUP);
    assert_int_equal(rgt_blk_writeback_set(&b.blk, false), 0);
    fake_blk_down(&b);
}

static void never_settles(struct fake *f, uint32_t offset)
{
    (void)offset;
    f->generation++;
}

static void test_blk_writeback_does_not_wait_for_ever(void **state)
{
    struct fake_blk b;
    (void)state;

    up_with(&b, RGT_FEATURE(VIRTIO_BLK_F_CONFIG_WCE));
    fake_blk_up(&b);
    b.f.on_config_read = never_settles;
    assert_false(rgt_blk_info(&b.blk)->writeback);
    assert_int_equal(rgt_blk_writeback_set(&b.blk, true), RGT_E_TIMEOUT);
    b.f.on_config_read = NULL;
    /* The device did switch: who believes info would lose what it wrote. */
    assert_int_equal(rgt_blk_changes(&b.blk), RGT_BLK_CHANGED_WRITEBACK);
    assert_true(rgt_blk_info(&b.blk)->writeback);
    fake_blk_down(&b);
}

/* ---- changes ------------------------------------------------------------- */

static void interrupt_config(struct fake_blk *b)
{
    b->f.generation++;
    b->f.interrupt |= 2;
    assert_int_equal(rgt_blk_interrupt(&b->blk), RGT_INT_CONFIG);
}

static void test_blk_capacity_change_is_an_event(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    assert_int_equal(rgt_blk_changes(&b.blk), 0);
    fake_put64(b.f.config, 0x300000002u);
    interrupt_config(&b);
    assert_int_equal(rgt_blk_info(&b.blk)->capacity_sectors, 1000);
    assert_int_equal(rgt_blk_changes(&b.blk), RGT_BLK_CHANGED_CAPACITY);
    assert_int_equal(rgt_blk_changes(&b.blk), 0);
    assert_int_equal(rgt_blk_info(&b.blk)->capacity_sectors, 0x300000002u);
    assert_int_equal(submit(&b, RGT_BLK_READ, 0x300000001u, 512), 0);
    fake_blk_down(&b);
}

static void test_blk_shrunk_capacity_binds_the_next_submit(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    fake_put64(b.f.config, 5);
    interrupt_config(&b);
    assert_int_equal(rgt_blk_changes(&b.blk), RGT_BLK_CHANGED_CAPACITY);
    assert_int_equal(submit(&b, RGT_BLK_READ, 5, 512), RGT_E_INVAL);
    assert_int_equal(submit(&b, RGT_BLK_READ, 4, 512), 0);
    fake_blk_down(&b);
}

static void test_blk_changes_read_nothing_without_an_interrupt(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    fake_put64(b.f.config, 5);
    unsigned log_count = b.f.log_count;
    assert_int_equal(rgt_blk_changes(&b.blk), 0);
    assert_int_equal(b.f.log_count, log_count);
    interrupt_config(&b);
    assert_int_equal(rgt_blk_changes(&b.blk), RGT_BLK_CHANGED_CAPACITY);
    fake_blk_down(&b);
}

static void test_blk_interrupts_without_a_change_report_none(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    for (int i = 0; i < 3; i++) {
        interrupt_config(&b);
        assert_int_equal(rgt_blk_changes(&b.blk), 0);
    }
    fake_blk_down(&b);
}

static void test_blk_changes_keeps_the_old_config_until_it_settles(void **s)
{
    struct fake_blk b;
    (void)s;

    fake_blk_init(&b);
    fake_blk_up(&b);
    fake_put64(b.f.config, 5);
    b.f.on_config_read = never_settles;
    interrupt_config(&b);
    assert_int_equal(rgt_blk_changes(&b.blk), RGT_E_TIMEOUT);
    assert_int_equal(rgt_blk_info(&b.blk)->capacity_sectors, 1000);
    b.f.on_config_read = NULL;
    /* the interrupt is long gone, and nothing is lost */
    assert_int_equal(rgt_blk_changes(&b.blk), RGT_BLK_CHANGED_CAPACITY);
    assert_int_equal(rgt_blk_info(&b.blk)->capacity_sectors, 5);
    fake_blk_down(&b);
}

static void test_blk_changes_has_cache_mode_and_unmap(void **state)
{
    struct fake_blk b;
    (void)state;

    up_with(&b, RGT_FEATURE(VIRTIO_BLK_F_CONFIG_WCE) |
                    RGT_FEATURE(VIRTIO_BLK_F_WRITE_ZEROES));
    fake_blk_up(&b);
    b.f.config[WRITEBACK_AT] = 1;
    b.f.config[MAY_UNMAP_AT] = 1;
    interrupt_config(&b);
    assert_int_equal(rgt_blk_changes(&b.blk),
                     RGT_BLK_CHANGED_WRITEBACK | RGT_BLK_CHANGED_MAY_UNMAP);
    assert_true(rgt_blk_info(&b.blk)->writeback);
    assert_true(rgt_blk_info(&b.blk)->write_zeroes_may_unmap);
    fake_blk_down(&b);
}

static void test_blk_changes_of_a_recover_are_reported(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    fake_put64(b.f.config, 7);
    assert_int_equal(rgt_blk_recover(&b.blk), 0);
    assert_int_equal(rgt_blk_changes(&b.blk), RGT_BLK_CHANGED_CAPACITY);
    assert_int_equal(submit(&b, RGT_BLK_READ, 7, 512), RGT_E_INVAL);
    fake_blk_down(&b);
    assert_int_equal(rgt_blk_changes(&b.blk), RGT_E_STATE);
}

static void test_blk_changes_before_a_recover_are_settled_by_it(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    interrupt_config(&b);
    assert_int_equal(rgt_blk_recover(&b.blk), 0);
    unsigned log_count = b.f.log_count;
    assert_int_equal(rgt_blk_changes(&b.blk), 0);
    assert_int_equal(b.f.log_count, log_count);
    fake_blk_down(&b);
}

static void serve_and_shrink(struct fake *f)
{
    fake_put64(f->config, 3);
    f->interrupt |= 2;
    fake_serve_ok(f);
}

static void test_blk_waiting_call_takes_the_new_capacity_over(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    fake_blk_up(&b);
    b.f.serve = serve_and_shrink;
    assert_int_equal(rgt_blk_read_sync(&b.blk, 9, buf, 512), 0);
    assert_int_equal(rgt_blk_read_sync(&b.blk, 9, buf, 512), RGT_E_INVAL);
    assert_int_equal(rgt_blk_changes(&b.blk), RGT_BLK_CHANGED_CAPACITY);
    fake_blk_down(&b);
}

/* ---- lifetime ------------------------------------------------------------ */

static void test_blk_lifetime_is_little_endian(void **state)
{
    static const uint8_t raw[] = {2, 0, 11, 0, 4, 0};
    struct rgt_blk_lifetime l;
    (void)state;

    assert_int_equal(rgt_blk_lifetime_decode(raw, &l), 0);
    assert_int_equal(l.pre_eol_info, VIRTIO_BLK_PRE_EOL_INFO_WARNING);
    assert_int_equal(l.typ_a, 11);
    assert_int_equal(l.typ_b, 4);
}

static void test_blk_lifetime_reserved_values_are_the_devices_fault(void **s)
{
    static const uint8_t raw[][6] = {
        {4, 0, 0, 0, 0, 0}, {0, 0, 12, 0, 0, 0}, {0, 0, 0, 0, 12, 0},
        {0, 1, 0, 0, 0, 0}, {0, 0, 0, 1, 0, 0},  {0, 0, 0, 0, 0, 1},
    };
    struct rgt_blk_lifetime l;
    (void)s;

    for (size_t i = 0; i < 6; i++)
        assert_int_equal(rgt_blk_lifetime_decode(raw[i], &l), RGT_E_PROTO);
    assert_int_equal(l.typ_b, 0x100);
}

static uint8_t lifetime_bytes[6];

static void serve_lifetime(struct fake *f)
{
    const uint8_t *avail = fake_avail(f);
    unsigned head = fake_get16(avail + 4);
    const uint8_t *data = fake_desc(f, fake_get16(fake_desc(f, head) + 14));

    fake_serve_ok(f);
    memcpy(fake_cpu(fake_get64(data)), lifetime_bytes, 6);
}

static void test_blk_lifetime_sync_reads_and_decodes(void **state)
{
    struct rgt_blk_lifetime l;
    struct fake_blk b;
    (void)state;

    for (uint8_t eol = 3; eol < 5; eol++) {
        up_with(&b, RGT_FEATURE(VIRTIO_BLK_F_LIFETIME));
        fake_blk_up(&b);
        b.f.serve = serve_lifetime;
        memcpy(lifetime_bytes, (uint8_t[]){eol, 0, 5, 0, 6, 0}, 6);
        assert_int_equal(rgt_blk_lifetime_sync(&b.blk, &l),
                         eol == 3 ? 0 : RGT_E_PROTO);
        assert_int_equal(l.pre_eol_info, eol);
        assert_int_equal(l.typ_a, 5);
        assert_int_equal(l.typ_b, 6);
        fake_blk_down(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blk_info_has_every_field),
        cmocka_unit_test(test_blk_info_has_the_limits_of_range_requests),
        cmocka_unit_test(test_blk_info_has_defaults_for_what_is_not_stated),
        cmocka_unit_test(test_blk_writeback_is_not_read_before_features_ok),
        cmocka_unit_test(test_blk_size_max_and_seg_max_0_still_work),
        cmocka_unit_test(test_blk_size_max_1_is_obeyed_or_refused),
        cmocka_unit_test(test_blk_block_size_that_is_none_is_512),
        cmocka_unit_test(test_blk_physical_block_fits_32_bits),
        cmocka_unit_test(test_blk_num_queues_0_is_refused),
        cmocka_unit_test(test_blk_any_config_works_or_is_refused),
        cmocka_unit_test(test_blk_cache_mode_is_deduced_as_5_2_5_1_says),
        cmocka_unit_test(test_blk_writeback_is_one_byte_written_and_read_back),
        cmocka_unit_test(test_blk_writeback_kept_by_the_device_is_an_error),
        cmocka_unit_test(
            test_blk_writeback_without_its_feature_touches_nothing),
        cmocka_unit_test(test_blk_writeback_needs_flush),
        cmocka_unit_test(test_blk_writeback_does_not_wait_for_ever),
        cmocka_unit_test(test_blk_capacity_change_is_an_event),
        cmocka_unit_test(test_blk_shrunk_capacity_binds_the_next_submit),
        cmocka_unit_test(test_blk_changes_read_nothing_without_an_interrupt),
        cmocka_unit_test(test_blk_interrupts_without_a_change_report_none),
        cmocka_unit_test(
            test_blk_changes_keeps_the_old_config_until_it_settles),
        cmocka_unit_test(test_blk_changes_has_cache_mode_and_unmap),
        cmocka_unit_test(test_blk_changes_of_a_recover_are_reported),
        cmocka_unit_test(test_blk_changes_before_a_recover_are_settled_by_it),
        cmocka_unit_test(test_blk_waiting_call_takes_the_new_capacity_over),
        cmocka_unit_test(test_blk_lifetime_is_little_endian),
        cmocka_unit_test(
            test_blk_lifetime_reserved_values_are_the_devices_fault),
        cmocka_unit_test(test_blk_lifetime_sync_reads_and_decodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
