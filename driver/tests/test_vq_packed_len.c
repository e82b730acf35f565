/* SPDX-License-Identifier: MIT */
/* Built with RGT_PACKED_LEN_ALWAYS: for devices that never set WRITE in a used
 * descriptor, its len counts all the same; and is distrusted all the same. */
#include "fake_ring.h"

static void test_vq_packed_len_without_write_counts_if_built_so(void **state)
{
    static const struct rgt_sg sg[2] = {{0x1000, 16}, {0x2000, 512}};
    static const uint32_t lens[] = {0, 1, 512, 513};
    int token;
    (void)state;

    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        struct fake_ring r;
        void *got;
        uint32_t len;
        fake_ring_up(&r, 5, RGT_FEATURE(VIRTIO_F_RING_PACKED), 0);
        assert_int_equal(rgt_vq_add(&r.vq, sg, 1, 1, &token), 0);
        assert_int_equal(rgt_vq_publish(&r.vq), 0);
        fake_packed_put_used(&r.packed, 0, lens[i], 0);
        int found = rgt_vq_pop(&r.vq, &got, &len);
        assert_int_equal(found, lens[i] <= 512 ? 1 : RGT_E_PROTO);
        if (found == 1)
            assert_int_equal(len, lens[i]);
        fake_ring_down(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vq_packed_len_without_write_counts_if_built_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
