/* SPDX-License-Identifier: MIT
 *
 * judge_config.c: the device configuration space (2.5, 4.2.2.2, 5.2.4).
 */
#include "judge_internal.h"

#define ALWAYS (-1)

/* The fields of struct virtio_blk_config (5.2.4): where, how wide each of
 * `times` elements is, and the feature that brings the field into being. */
struct field {
    uint16_t offset;
    uint8_t width;
    uint8_t times;
    int8_t feature;
};

static const struct field blk_fields[] = {
    {0, 4, 2, ALWAYS}, /* capacity, 64 bits as two 32-bit accesses */
    {8, 4, 1, VIRTIO_BLK_F_SIZE_MAX},
    {12, 4, 1, VIRTIO_BLK_F_SEG_MAX},
    {16, 2, 1, VIRTIO_BLK_F_GEOMETRY},
    {18, 1, 2, VIRTIO_BLK_F_GEOMETRY},
    {20, 4, 1, VIRTIO_BLK_F_BLK_SIZE},
    {24, 1, 2, VIRTIO_BLK_F_TOPOLOGY},
    {26, 2, 1, VIRTIO_BLK_F_TOPOLOGY},
    {28, 4, 1, VIRTIO_BLK_F_TOPOLOGY},
    {32, 1, 1, VIRTIO_BLK_F_CONFIG_WCE},
    {33, 1, 1, ALWAYS},
    {34, 2, 1, VIRTIO_BLK_F_MQ},
    {36, 4, 3, VIRTIO_BLK_F_DISCARD},
    {48, 4, 2, VIRTIO_BLK_F_WRITE_ZEROES},
    {56, 1, 1, VIRTIO_BLK_F_WRITE_ZEROES},
    {57, 1, 3, ALWAYS},
    {60, 4, 3, VIRTIO_BLK_F_SECURE_ERASE},
};

/* struct virtio_snd_config (5.14.4): jacks, streams, chmaps */
static const struct field snd_fields[] = {{0, 4, 3, ALWAYS}};

#define COUNT(table) (sizeof(table) / sizeof(table[0]))

/* The field that covers a byte of the config space, or NULL. */
static const struct field *field_at(const struct fake_judge *j, uint64_t at)
{
    const struct field *list = is_sound(j) ? snd_fields : blk_fields;
    size_t count = is_sound(j) ? COUNT(snd_fields) : COUNT(blk_fields);

    for (size_t k = 0; k < count; k++) {
        const struct field *f = &list[k];

        if (at >= f->offset && at < f->offset + f->width * (uint64_t)f->times)
            return f;
    }
    return NULL;
}

static bool is_config(const struct fake_event *e)
{
    return e->arg[0] >= VIRTIO_MMIO_CONFIG;
}

static uint64_t config_at(const struct fake_event *e)
{
    return e->arg[0] - VIRTIO_MMIO_CONFIG;
}

static bool goes_live(struct fake_judge *j, const struct fake_event *e)
{
    return fresh_status(&j->view, e) & VIRTIO_STATUS_DRIVER_OK;
}

/* 2.5.1: the two halves of the capacity, as finally used, were read in the
 * same generation. */
static void wide_field_is_whole(struct fake_judge *j,
                                const struct fake_event *e)
{
    const uint32_t *gen = j->view.config_read_gen;

    if (goes_live(j, e) && gen[0] && gen[1])
        JUDGE(j, gen[0] == gen[1],
              "both halves of capacity from one config generation",
              "low half from generation %u, high half from %u", gen[0] - 1,
              gen[1] - 1);
}

/* 2.5.1: all fields together come from one generation. The halves of one
 * field are the clause above. */
static void fields_are_consistent(struct fake_judge *j,
                                  const struct fake_event *e)
{
    const uint32_t *gen = j->view.config_read_gen;
    uint32_t first = gen[1];

    if (!goes_live(j, e))
        return;
    for (unsigned k = 2; k < VIEW_CONFIG_WORDS; k++) {
        if (!gen[k])
            continue;
        if (!first)
            first = gen[k];
        JUDGE(j, gen[k] == first, "all config fields from one generation",
              "config word at 0x%02x from generation %u, others from %u", 4 * k,
              gen[k] - 1, first - 1);
    }
}

/* 2.5.1: generation, fields, generation. */
static void reads_are_bracketed(struct fake_judge *j,
                                const struct fake_event *e)
{
    if (e->kind == FAKE_EV_REG_READ && is_config(e))
        JUDGE(j, j->view.generation_read || j->view.config_unbracketed,
              "ConfigGeneration read before the config fields",
              "config offset 0x%02x read first", (unsigned)config_at(e));
    else if (goes_live(j, e) && j->view.config_unbracketed)
        judge_broken(j, "ConfigGeneration read again after the config fields",
                     "DRIVER_OK set with config reads not confirmed");
    else if (goes_live(j, e) && j->view.config_moved)
        judge_broken(j, "config fields read anew when the generation moved",
                     "DRIVER_OK set with config reads of an old generation");
}

static void optional_field_is_offered(struct fake_judge *j,
                                      const struct fake_event *e)
{
    const struct field *f = is_config(e) ? field_at(j, config_at(e)) : NULL;

    if (goes_live(j, e))
        judge_applies(j);
    else if (f && f->feature != ALWAYS)
        JUDGE(j, offers(j, (unsigned)f->feature),
              "an optional field touched only if its feature is offered",
              "config offset 0x%02x without feature bit %d",
              (unsigned)config_at(e), f->feature);
}

static void config_width_is_that_of_the_field(struct fake_judge *j,
                                              const struct fake_event *e)
{
    const struct field *f = is_config(e) ? field_at(j, config_at(e)) : NULL;

    if (f)
        JUDGE(j,
              e->arg[1] == f->width &&
                  (config_at(e) - f->offset) % f->width == 0,
              "config access as wide as the field",
              "%u-byte access at config offset 0x%02x, field is %u wide",
              (unsigned)e->arg[1], (unsigned)config_at(e), f->width);
}

/* 5.2.5.1 */
static void writeback_is_read_late(struct fake_judge *j,
                                   const struct fake_event *e)
{
    if (fresh_status(&j->view, e) & VIRTIO_STATUS_FEATURES_OK)
        judge_applies(j); /* not read up to here */
    else if (e->kind == FAKE_EV_REG_READ && is_config(e) && config_at(e) == 32)
        JUDGE(j, j->view.status & VIRTIO_STATUS_FEATURES_OK,
              "writeback not read before FEATURES_OK",
              "read with status 0x%02x", j->view.status);
}

const struct judge_entry judge_config_entries[] = {
    {"drv-2.5.1-1", ON(REG_WRITE), wide_field_is_whole},
    {"drv-2.5.1-2", ON(REG_WRITE), fields_are_consistent},
    {"drv-2.5.1-3", ON(REG_READ) | ON(REG_WRITE), reads_are_bracketed},
    {"drv-2.5.1-4", ON(REG_READ) | ON(REG_WRITE), optional_field_is_offered},
    {"drv-4.2.2.2-5", ON(REG_READ) | ON(REG_WRITE),
     config_width_is_that_of_the_field},
    {"drv-5.2.5.1-4", ON(REG_READ) | ON(REG_WRITE), writeback_is_read_late},
};
const size_t judge_config_count =
    sizeof(judge_config_entries) / sizeof(judge_config_entries[0]);
