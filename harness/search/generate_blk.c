/* SPDX-License-Identifier: MIT
 *
 * generate_blk.c: a disk, and what is asked of its driver.
 */
#include "generate_parts.h"

#define SECTOR_BYTES 512u
#define REQUEST_SECTORS 8u /* the longest */
#define LANE_SECTORS 16u   /* one request of a batch per lane: none overlap */
#define LANES_MAX 16u
#define PIECES_MAX 14u /* any driver's tables can be expected to take them */
#define OVERHEAD 2u    /* descriptors of a request besides its data */
#define STEPS_MAX 8u
#define MAY_NOT "RGT_E_NOTSUP"

/* What a disk may offer besides its ring; times out of 8. */
#define OFFERS(X)                                                              \
    X(SEG_MAX, 5)                                                              \
    X(SIZE_MAX, 2)                                                             \
    X(FLUSH, 6)                                                                \
    X(BLK_SIZE, 3)                                                             \
    X(GEOMETRY, 1)                                                             \
    X(TOPOLOGY, 2)                                                             \
    X(CONFIG_WCE, 2)                                                           \
    X(MQ, 2)                                                                   \
    X(DISCARD, 3)                                                              \
    X(WRITE_ZEROES, 3)                                                         \
    X(SECURE_ERASE, 2)                                                         \
    X(LIFETIME, 2)

enum offer {
#define OFFER_ENUM(name, times) OFFER_##name,
    OFFERS(OFFER_ENUM)
#undef OFFER_ENUM
};

struct disk {
    struct rig_random *r;
    const struct rig_menu *menu;
    uint32_t offers; /* 1 << enum offer */
    uint64_t capacity;
    uint32_t lanes;
    uint32_t pieces_max; /* descriptors for the data of one request */
    uint32_t size_max;   /* bytes of one */
    uint32_t queues;
    uint64_t data; /* seed of the last write: no two are alike */
    bool power;
};

static bool offered(const struct disk *d, enum offer offer)
{
    return d->offers >> offer & 1;
}

/* ---- the device ---- */

static void offer(struct disk *d, json_t *features, unsigned k,
                  const char *name)
{
    d->offers |= 1u << k;
    json_array_append_new(features, json_string(name));
}

static void draw_offers(struct disk *d, json_t *features)
{
    static const struct {
        const char *name;
        unsigned times;
    } offers[] = {
#define OFFER_TEXT(name, times) {#name, times},
        OFFERS(OFFER_TEXT)
#undef OFFER_TEXT
    };

    for (unsigned k = 0; k < sizeof(offers) / sizeof(offers[0]); k++)
        if (rig_chance(d->r, offers[k].times, 8))
            offer(d, features, k, offers[k].name);
    if (offered(d, OFFER_CONFIG_WCE) && !offered(d, OFFER_FLUSH))
        offer(d, features, OFFER_FLUSH, "FLUSH"); /* 5.2.5.2 */
}

static void draw_limits(struct disk *d, uint32_t entries, json_t *device)
{
    uint64_t seg_max = rig_between(d->r, 1, 20);
    uint64_t size_max = SECTOR_BYTES * rig_between(d->r, 1, 9);

    d->pieces_max = entries - OVERHEAD;
    if (d->pieces_max > PIECES_MAX)
        d->pieces_max = PIECES_MAX;
    d->size_max = UINT32_MAX;
    if (offered(d, OFFER_SEG_MAX)) {
        rig_put(device, "seg_max", seg_max);
        if (d->pieces_max > seg_max)
            d->pieces_max = (uint32_t)seg_max;
    }
    if (offered(d, OFFER_SIZE_MAX)) {
        rig_put(device, "size_max", size_max);
        d->size_max = (uint32_t)size_max;
    }
}

/* Small, so that a driver has to cut what it is asked for. */
static void draw_range_limits(struct disk *d, json_t *device)
{
    static const struct {
        enum offer offer;
        const char *sectors, *segs, *alignment;
    } limits[] = {
        {OFFER_DISCARD, "max_discard_sectors", "max_discard_seg",
         "discard_sector_alignment"},
        {OFFER_WRITE_ZEROES, "max_write_zeroes_sectors", "max_write_zeroes_seg",
         NULL},
        {OFFER_SECURE_ERASE, "max_secure_erase_sectors", "max_secure_erase_seg",
         "secure_erase_sector_alignment"},
    };

    for (unsigned k = 0; k < sizeof(limits) / sizeof(limits[0]); k++) {
        if (!offered(d, limits[k].offer) || rig_chance(d->r, 1, 2))
            continue;
        rig_put(device, limits[k].sectors,
                rig_between(d->r, 1, LANE_SECTORS / 2));
        rig_put(device, limits[k].segs, rig_between(d->r, 1, 4));
        if (limits[k].alignment)
            rig_put(device, limits[k].alignment, rig_between(d->r, 1, 4));
    }
}

static void draw_timing(struct disk *d, json_t *device)
{
    static const char *const orders[] = {"fifo", "lifo", "shuffle"};

    if (rig_chance(d->r, 1, 2))
        rig_put(device, "latency_us", rig_between(d->r, 1, 300));
    if (rig_chance(d->r, 1, 4))
        rig_put(device, "hold", rig_between(d->r, 2, 8));
    json_object_set_new(device, "order",
                        json_string(orders[rig_below(d->r, 3)]));
}

static void draw_medium(struct disk *d, json_t *device)
{
    static const char *const discards[] = {"any", "keep", "zero", "garbage"};

    d->capacity = LANE_SECTORS * rig_between(d->r, 4, LANES_MAX);
    d->lanes = (uint32_t)(d->capacity / LANE_SECTORS);
    rig_put(device, "capacity", d->capacity);
    if (rig_chance(d->r, 1, 4)) {
        json_object_set_new(device, "cache", json_string("volatile"));
        d->power = true;
    }
    if (offered(d, OFFER_DISCARD))
        json_object_set_new(device, "discard",
                            json_string(discards[rig_below(d->r, 4)]));
    if (rig_chance(d->r, 1, 8))
        rig_put(device, "config_extra", rig_between(d->r, 1, 64));
}

static void draw_device(struct disk *d, json_t *device)
{
    json_t *features = json_array();
    uint32_t entries = rig_generate_ring(d->r, d->menu, true, features, device);

    draw_offers(d, features);
    json_object_set_new(device, "features", features);
    draw_limits(d, entries, device);
    draw_range_limits(d, device);
    draw_timing(d, device);
    draw_medium(d, device);
    d->queues = 1;
    if (offered(d, OFFER_MQ)) {
        rig_put(device, "num_queues", rig_between(d->r, 1, 4));
        d->queues = (uint32_t)rig_between(d->r, 1, 4);
    }
}

/* ---- requests ---- */

static void draw_queue(struct disk *d, json_t *step)
{
    if (d->queues > 1)
        rig_put(step, "queue", rig_below(d->r, d->queues));
}

static uint32_t pieces_of(const struct disk *d, uint64_t bytes)
{
    return (uint32_t)((bytes + d->size_max - 1) / d->size_max);
}

/* Cuts the data where it likes, as far as the limits let it. */
static void draw_segs(struct disk *d, json_t *step, uint64_t bytes)
{
    json_t *segs = json_array();
    uint32_t left = d->pieces_max;

    while (rig_chance(d->r, 2, 3) && bytes > 1) {
        uint64_t cut = rig_chance(d->r, 1, 2) ? rig_between(d->r, 1, bytes - 1)
                                              : SECTOR_BYTES;

        if (cut >= bytes ||
            pieces_of(d, cut) + pieces_of(d, bytes - cut) > left)
            break;
        left -= pieces_of(d, cut);
        bytes -= cut;
        json_array_append_new(segs, json_integer((json_int_t)cut));
    }
    if (json_array_size(segs))
        json_object_set(step, "segs", segs);
    json_decref(segs);
}

static void draw_place(struct disk *d, json_t *step, uint64_t lane)
{
    uint64_t most = REQUEST_SECTORS, count;

    while (most > 1 && pieces_of(d, most * SECTOR_BYTES) > d->pieces_max)
        most--;
    count = rig_between(d->r, 1, most);
    rig_put(step, "sector",
            lane * LANE_SECTORS + rig_below(d->r, LANE_SECTORS - count + 1));
    rig_put(step, "count", count);
    draw_segs(d, step, count * SECTOR_BYTES);
    if (rig_chance(d->r, 1, 8))
        rig_put(step, "skew", rig_between(d->r, 1, 64));
}

static json_t *add_read(struct disk *d, json_t *steps, uint64_t lane)
{
    json_t *step = rig_step(steps, "blk.read");

    draw_place(d, step, lane);
    return step;
}

static json_t *add_write(struct disk *d, json_t *steps, uint64_t lane)
{
    json_t *step = rig_step(steps, "blk.write");

    draw_place(d, step, lane);
    rig_put(step, "data", ++d->data);
    return step;
}

static json_t *draw_range(struct disk *d, uint64_t lane, bool unmap)
{
    uint64_t count = rig_between(d->r, 1, LANE_SECTORS / 2);
    json_t *range = json_object();

    rig_put(range, "sector", lane * LANE_SECTORS + rig_below(d->r, count + 1));
    rig_put(range, "count", count);
    if (unmap)
        json_object_set_new(range, "unmap", json_true());
    return range;
}

/* One that there is no feature for is refused, and so may one be that the
 * driver has not taken up. */
static json_t *add_ranges(struct disk *d, json_t *steps, uint64_t lane)
{
    static const char *const names[] = {"blk.discard", "blk.write_zeroes",
                                        "blk.secure_erase"};
    uint64_t kind = rig_below(d->r, 3);
    json_t *step = rig_step(steps, names[kind]), *list = json_array();

    do
        json_array_append_new(
            list, draw_range(d, lane, kind == 1 && rig_chance(d->r, 1, 2)));
    while (rig_chance(d->r, 1, 3));
    json_object_set_new(step, "ranges", list);
    rig_may(step, "ok", MAY_NOT);
    return step;
}

static json_t *add_small(struct disk *d, json_t *steps)
{
    static const char *const names[] = {"blk.flush", "blk.flush", "blk.id",
                                        "blk.lifetime"};
    json_t *step = rig_step(steps, names[rig_below(d->r, 4)]);

    rig_may(step, "ok", MAY_NOT);
    return step;
}

static json_t *add_request(struct disk *d, json_t *steps, uint64_t lane)
{
    uint64_t kind = rig_below(d->r, 10);
    json_t *step = kind < 4   ? add_write(d, steps, lane)
                   : kind < 8 ? add_read(d, steps, lane)
                   : kind < 9 ? add_ranges(d, steps, lane)
                              : add_small(d, steps);

    draw_queue(d, step);
    return step;
}

/* ---- steps ---- */

static json_t *add_queue_reset(struct disk *d, json_t *steps)
{
    json_t *step = rig_step(steps, "queue.reset");

    draw_queue(d, step);
    rig_may(step, "ok", MAY_NOT);
    return step;
}

/* What is in flight on a queue that is reset may come back undone. */
static void may_come_back(json_t *requests)
{
    json_t *one;
    size_t k;

    json_array_foreach(requests, k, one)
    {
        json_object_set_new(one, "expect",
                            json_pack("[s, s, s]", "ok", "RGT_E_IO", MAY_NOT));
    }
}

/* Several at once, each in a lane of its own. */
static void add_batch(struct disk *d, json_t *steps)
{
    json_t *step = rig_step(steps, "blk.batch"), *requests = json_array();
    uint64_t first = rig_below(d->r, d->lanes);
    uint64_t count = rig_between(d->r, 2, d->lanes);

    for (uint64_t k = 0; k < count; k++)
        add_request(d, requests, (first + k) % d->lanes);
    if (rig_chance(d->r, 1, 8)) {
        add_queue_reset(d, requests);
        may_come_back(requests);
    }
    json_object_set_new(step, "requests", requests);
}

/* The device must never see it. */
static void add_impossible(struct disk *d, json_t *steps)
{
    json_t *step =
        rig_step(steps, rig_chance(d->r, 1, 2) ? "blk.read" : "blk.write");

    rig_put(step, "sector", d->capacity - rig_below(d->r, 2));
    rig_put(step, "count", rig_between(d->r, 2, 9));
    json_object_set_new(step, "expect", json_string("refused"));
}

static void add_open(struct disk *d, json_t *steps)
{
    static const char *const without[] = {"INDIRECT_DESC", "EVENT_IDX",
                                          "RING_PACKED", "IN_ORDER"};
    json_t *step = rig_step(steps, "open");

    if (d->queues > 1)
        rig_put(step, "queues", d->queues);
    if (rig_chance(d->r, 1, 8))
        json_object_set_new(step, "without",
                            json_pack("[s]", without[rig_below(d->r, 4)]));
}

static void add_life(struct disk *d, json_t *steps)
{
    switch (rig_below(d->r, 4)) {
    case 0:
        rig_step(steps, "close");
        add_open(d, steps);
        break;
    case 1:
        if (d->power)
            rig_step(steps, "power_cut");
        rig_step(steps, "recover");
        break;
    case 2:
        rig_put(rig_step(steps, "idle"), "us", rig_between(d->r, 1, 2000));
        break;
    default:
        json_object_set_new(rig_step(steps, "blk.writeback"), "on",
                            json_boolean(rig_chance(d->r, 1, 2)));
        rig_may(json_array_get(steps, json_array_size(steps) - 1), "ok",
                MAY_NOT);
    }
}

static void add_step(struct disk *d, json_t *steps)
{
    uint64_t kind = rig_below(d->r, 16);

    if (kind < 7)
        add_batch(d, steps);
    else if (kind < 11)
        add_request(d, steps, rig_below(d->r, d->lanes));
    else if (kind < 12)
        add_impossible(d, steps);
    else if (kind < 13)
        add_queue_reset(d, steps);
    else if (kind < 15 || !rig_menu_is_faulty(d->menu))
        add_life(d, steps);
    else
        rig_step(steps, "recover");
}

void rig_generate_blk(struct rig_random *r, const struct rig_menu *menu,
                      json_t *device, json_t *steps)
{
    struct disk d = {.r = r, .menu = menu};
    uint64_t count;

    draw_device(&d, device);
    add_open(&d, steps);
    count = rig_between(r, 1, STEPS_MAX);
    for (uint64_t k = 0; k < count; k++)
        add_step(&d, steps);
}
