/* SPDX-License-Identifier: MIT
 *
 * judge_laws_config.c: the device configuration space.
 */
#include "judged.h"

static void moves(struct judged *j)
{
    see(j, FAKE_EV_CONFIG, FAKE_NO_QUEUE, ++j->generation, 0, 0, 0);
}

static void bracketed(struct judged *j, uint32_t at, unsigned width)
{
    rd(j, VIRTIO_MMIO_CONFIG_GENERATION, j->generation);
    access_as(j, FAKE_EV_REG_READ, VIRTIO_MMIO_CONFIG + at, width, 0);
    rd(j, VIRTIO_MMIO_CONFIG_GENERATION, j->generation);
}

static void breaks_c2_5_1_1(struct judged *j)
{
    steps(j, PROBE, CONFIRM);
    rd(j, VIRTIO_MMIO_CONFIG_GENERATION, 0);
    rd(j, VIRTIO_MMIO_CONFIG, 0);
    moves(j);
    rd(j, VIRTIO_MMIO_CONFIG_GENERATION, 1);
    rd(j, VIRTIO_MMIO_CONFIG + 4, 1);
    rd(j, VIRTIO_MMIO_CONFIG_GENERATION, 1);
    steps(j, QUEUES, DRIVER_OK);
}

static void keeps_c2_5_1_1(struct judged *j)
{
    steps(j, PROBE, CONFIRM);
    rd(j, VIRTIO_MMIO_CONFIG_GENERATION, 0);
    rd(j, VIRTIO_MMIO_CONFIG, 0);
    moves(j);
    rd(j, VIRTIO_MMIO_CONFIG + 4, 1);
    steps(j, CONFIG, DRIVER_OK);
}

static void breaks_c2_5_1_2(struct judged *j)
{
    steps(j, PROBE, CONFIG);
    moves(j);
    rd(j, VIRTIO_MMIO_CONFIG_GENERATION, 1);
    rd(j, VIRTIO_MMIO_CONFIG + 12, 126);
    rd(j, VIRTIO_MMIO_CONFIG_GENERATION, 1);
    steps(j, QUEUES, DRIVER_OK);
}

static void keeps_c2_5_1_2(struct judged *j)
{
    steps(j, PROBE, CONFIG);
    moves(j);
    rd(j, VIRTIO_MMIO_CONFIG_GENERATION, 1);
    rd(j, VIRTIO_MMIO_CONFIG + 12, 126);
    rd(j, VIRTIO_MMIO_CONFIG, 0);
    rd(j, VIRTIO_MMIO_CONFIG + 4, 0);
    rd(j, VIRTIO_MMIO_CONFIG_GENERATION, 1);
    steps(j, QUEUES, DRIVER_OK);
}

static void breaks_c2_5_1_3(struct judged *j)
{
    steps(j, PROBE, CONFIRM);
    rd(j, VIRTIO_MMIO_CONFIG, 0);
    rd(j, VIRTIO_MMIO_CONFIG + 4, 0);
    rd(j, VIRTIO_MMIO_CONFIG_GENERATION, 0);
    steps(j, QUEUES, DRIVER_OK);
}

static void keeps_c2_5_1_3(struct judged *j)
{
    bring_up(j);
}

static void breaks_c2_5_1_3_2(struct judged *j)
{
    steps(j, PROBE, CONFIRM);
    rd(j, VIRTIO_MMIO_CONFIG_GENERATION, 0);
    rd(j, VIRTIO_MMIO_CONFIG, 0);
    rd(j, VIRTIO_MMIO_CONFIG + 4, 0);
    steps(j, QUEUES, DRIVER_OK);
}

static void breaks_c2_5_1_3_3(struct judged *j)
{
    steps(j, PROBE, CONFIRM);
    rd(j, VIRTIO_MMIO_CONFIG_GENERATION, 0);
    rd(j, VIRTIO_MMIO_CONFIG, 0);
    rd(j, VIRTIO_MMIO_CONFIG + 4, 0);
    moves(j);
    rd(j, VIRTIO_MMIO_CONFIG_GENERATION, 1);
    rd(j, VIRTIO_MMIO_CONFIG_GENERATION, 1);
    steps(j, QUEUES, DRIVER_OK);
}

static void keeps_c2_5_1_3_2(struct judged *j)
{
    steps(j, PROBE, CONFIRM);
    rd(j, VIRTIO_MMIO_CONFIG_GENERATION, 0);
    rd(j, VIRTIO_MMIO_CONFIG, 0);
    rd(j, VIRTIO_MMIO_CONFIG + 4, 0);
    moves(j);
    rd(j, VIRTIO_MMIO_CONFIG_GENERATION, 1);
    /* The second read of the generation is the first of the next turn. */
    rd(j, VIRTIO_MMIO_CONFIG, 0);
    rd(j, VIRTIO_MMIO_CONFIG + 4, 0);
    rd(j, VIRTIO_MMIO_CONFIG_GENERATION, 1);
    steps(j, QUEUES, DRIVER_OK);
}

static void breaks_c2_5_1_4(struct judged *j)
{
    steps(j, PROBE, CONFIRM);
    bracketed(j, 20, 4);
    steps(j, CONFIG, DRIVER_OK);
}

static void keeps_c2_5_1_4(struct judged *j)
{
    steps(j, PROBE, CONFIRM);
    bracketed(j, 12, 4);
    steps(j, CONFIG, DRIVER_OK);
}

static void breaks_c4_2_2_2_5(struct judged *j)
{
    steps(j, PROBE, CONFIRM);
    bracketed(j, 12, 2);
    steps(j, CONFIG, DRIVER_OK);
}

static void keeps_c4_2_2_2_5(struct judged *j)
{
    j->about.offered |= F(VIRTIO_BLK_F_TOPOLOGY) | F(VIRTIO_BLK_F_GEOMETRY);
    steps(j, PROBE, CONFIRM);
    bracketed(j, 12, 4);
    bracketed(j, 16, 2);
    bracketed(j, 19, 1);
    bracketed(j, 25, 1);
    bracketed(j, 26, 2);
    steps(j, CONFIG, DRIVER_OK);
}

static void breaks_c4_2_2_2_5_2(struct judged *j)
{
    steps(j, PROBE, CONFIRM);
    bracketed(j, 2, 4);
    steps(j, CONFIG, DRIVER_OK);
}

static void breaks_c5_2_5_1_4(struct judged *j)
{
    j->about.offered |= F(VIRTIO_BLK_F_CONFIG_WCE);
    steps(j, PROBE, FEATURES);
    bracketed(j, 32, 1);
    steps(j, FEATURES_OK, DRIVER_OK);
}

static void keeps_c5_2_5_1_4(struct judged *j)
{
    j->about.offered |= F(VIRTIO_BLK_F_CONFIG_WCE);
    steps(j, PROBE, CONFIRM);
    bracketed(j, 32, 1);
    steps(j, CONFIG, DRIVER_OK);
}

const struct law laws_config[] = {
    {"drv-2.5.1-1",
     "halves_of_a_field_come_from_one_generation",
     breaks_c2_5_1_1,
     keeps_c2_5_1_1,
     {NULL}},
    {"drv-2.5.1-2",
     "all_fields_come_from_one_generation",
     breaks_c2_5_1_2,
     keeps_c2_5_1_2,
     {NULL}},
    {"drv-2.5.1-3",
     "generation_is_read_before_the_fields",
     breaks_c2_5_1_3,
     keeps_c2_5_1_3,
     {NULL}},
    {"drv-2.5.1-3",
     "generation_is_read_after_the_fields",
     breaks_c2_5_1_3_2,
     keeps_c2_5_1_3,
     {NULL}},
    {"drv-2.5.1-3",
     "fields_are_read_again_when_the_generation_moved",
     breaks_c2_5_1_3_3,
     keeps_c2_5_1_3_2,
     {NULL}},
    {"drv-2.5.1-4",
     "optional_field_is_read_only_if_offered",
     breaks_c2_5_1_4,
     keeps_c2_5_1_4,
     {NULL}},
    {"drv-4.2.2.2-5",
     "config_access_is_as_wide_as_the_field",
     breaks_c4_2_2_2_5,
     keeps_c4_2_2_2_5,
     {NULL}},
    {"drv-4.2.2.2-5",
     "capacity_is_read_as_two_aligned_words",
     breaks_c4_2_2_2_5_2,
     keeps_c2_5_1_3,
     {NULL}},
    {"drv-5.2.5.1-4",
     "writeback_is_not_read_before_features_ok",
     breaks_c5_2_5_1_4,
     keeps_c5_2_5_1_4,
     {NULL}},
};
const size_t laws_config_count = COUNT_OF(laws_config);
