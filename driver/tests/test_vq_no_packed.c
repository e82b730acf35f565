/* SPDX-License-Identifier: MIT */
/* Built with RGT_NO_PACKED: packed rings are neither accepted nor made, and
 * all else is as ever. */
#include "fake_ring.h"

#define PACKED RGT_FEATURE(VIRTIO_F_RING_PACKED)

static void test_vq_init_has_no_packed_ring_where_it_was_left_out(void **state)
{
    struct fake f;
    struct rgt_vq vq;
    struct rgt_vq_slot slots[4];
    (void)state;

    fake_init(&f);
    struct rgt_vq_config cfg = {
        .hal = &f.hal,
        .features = PACKED,
        .slots = slots,
        .slot_count = 4,
        .size_max = 4,
    };
    assert_int_equal(rgt_vq_init(&vq, &cfg), RGT_E_NOTSUP);
    assert_int_equal(f.allocs, 0);
    cfg.features = 0;
    assert_int_equal(rgt_vq_init(&vq, &cfg), 0);
    assert_int_equal(rgt_vq_reset(&vq, PACKED), RGT_E_REFUSED);
    rgt_vq_free(&vq);
}

static void test_dev_accepts_no_packed_ring_where_it_was_left_out(void **state)
{
    struct fake_blk b;
    (void)state;

    fake_blk_init(&b);
    b.f.offered |= PACKED | RGT_FEATURE(VIRTIO_F_IN_ORDER);
    b.f.serve = fake_serve_ok;
    fake_blk_up(&b);
    assert_int_equal(b.f.accepted & PACKED, 0);
    assert_true(rgt_dev_has(&b.blk.dev, VIRTIO_F_IN_ORDER));
    uint8_t sector[512];
    assert_int_equal(rgt_blk_read_sync(&b.blk, 0, sector, 512), 0);
    assert_int_equal(sector[511], 0xa5);
    fake_blk_down(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vq_init_has_no_packed_ring_where_it_was_left_out),
        cmocka_unit_test(test_dev_accepts_no_packed_ring_where_it_was_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
