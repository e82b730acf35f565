/* SPDX-License-Identifier: MIT */
#include "fake_ring.h"
#include <string.h>

#define BOTH (VIRTQ_DESC_F_INDIRECT | VIRTQ_DESC_F_NEXT)

void fake_ring_up(struct fake_ring *r, uint32_t size, uint64_t features,
                  uint16_t indirect_entries)
{
    memset(r, 0, sizeof(*r));
    fake_init(&r->f);
    struct rgt_vq_config cfg = {
        .hal = &r->f.hal,
        .transport = &r->f.mmio.transport,
        .features = features,
        .slots = r->slots,
        .slot_count = size,
        .size_max = size,
        .indirect_entries = indirect_entries,
    };
    assert_true(size <= FAKE_RING_SIZE_MOST);
    assert_int_equal(rgt_vq_init(&r->vq, &cfg), 0);
    assert_int_equal(rgt_vq_size(&r->vq), size);
    r->is_packed = (features & RGT_FEATURE(VIRTIO_F_RING_PACKED)) != 0;
    r->event_idx = (features & RGT_FEATURE(VIRTIO_F_EVENT_IDX)) != 0;
    r->in_order = (features & RGT_FEATURE(VIRTIO_F_IN_ORDER)) != 0;
    fake_packed_init(&r->packed, &r->vq);
    rgt_vq_areas(&r->vq, &r->f.areas[0], &r->f.areas[1], &r->f.areas[2]);
    r->f.queue_num = size;
}

void fake_ring_down(struct fake_ring *r)
{
    rgt_vq_free(&r->vq);
    assert_int_equal(r->f.allocs, r->f.frees);
}

/* Sums up a table of a split ring; 2.7.5.3.1: in sequence. */
static void add_table(struct fake_ring *r, struct fake_taken *t,
                      const uint8_t *desc)
{
    const uint8_t *entry = fake_cpu(fake_get64(desc));
    uint32_t count = fake_get32(desc + 8) / 16;

    assert_in_range(count, 1, r->f.queue_num);
    for (uint32_t i = 0; i < count; i++, entry += 16) {
        uint16_t flags = fake_get16(entry + 12);
        assert_int_equal(flags & VIRTQ_DESC_F_INDIRECT, 0);
        assert_int_equal((flags & VIRTQ_DESC_F_NEXT) != 0, i + 1 < count);
        if (i + 1 < count)
            assert_int_equal(fake_get16(entry + 14), i + 1);
        if ((flags & VIRTQ_DESC_F_WRITE) != 0)
            t->writable_bytes += fake_get32(entry + 8);
    }
}

static void walk_split(struct fake_ring *r, struct fake_taken *t)
{
    unsigned at = t->id;
    const uint8_t *desc;
    uint16_t flags;

    do {
        assert_true(t->descs < r->f.queue_num);
        desc = fake_desc(&r->f, at);
        flags = fake_get16(desc + 12);
        t->descs++;
        assert_int_not_equal(flags & BOTH, BOTH); /* 2.7.5.3.1 */
        if ((flags & VIRTQ_DESC_F_INDIRECT) != 0)
            add_table(r, t, desc);
        else if ((flags & VIRTQ_DESC_F_WRITE) != 0)
            t->writable_bytes += fake_get32(desc + 8);
        unsigned next = fake_get16(desc + 14);
        if ((flags & VIRTQ_DESC_F_NEXT) != 0 && r->in_order)
            assert_int_equal(next, (at + 1) % r->f.queue_num);
        at = next;
    } while ((flags & VIRTQ_DESC_F_NEXT) != 0);
}

static bool take_one(struct fake_ring *r, struct fake_taken *t)
{
    struct fake_packed_chain chain;

    *t = (struct fake_taken){0};
    if (!r->is_packed) {
        int head = fake_take(&r->f);
        t->id = (uint16_t)head;
        if (head >= 0)
            walk_split(r, t);
        return head >= 0;
    }
    if (!fake_packed_take(&r->packed, &chain))
        return false;
    *t = (struct fake_taken){chain.id, chain.descs, chain.writable_bytes};
    return true;
}

void fake_ring_take(struct fake_ring *r)
{
    struct fake_taken t;

    while (take_one(r, &t)) {
        assert_true(r->count < FAKE_RING_SIZE_MOST);
        r->taken[r->count++] = t;
    }
}

/* 2.7.7.2 word for word: one of count entries from idx on is the one named. */
static bool split_interrupts(struct fake_ring *r, uint16_t idx, unsigned count)
{
    const uint8_t *avail = fake_avail(&r->f);

    if (!r->event_idx)
        return fake_get16(avail) == 0;
    assert_int_equal(fake_get16(avail), 0);
    for (unsigned i = 0; i < count; i++) {
        uint16_t event = fake_get16(avail + 4 + 2 * r->f.queue_num);
        if ((uint16_t)(idx + i) == event)
            return true;
    }
    return false;
}

static void put_used_split(struct fake_ring *r, uint16_t id, uint32_t len,
                           unsigned count)
{
    uint16_t idx = r->f.used_idx;

    fake_use(&r->f, id, len);
    r->f.used_idx = (uint16_t)(idx + count);
    fake_put16(fake_used(&r->f) + 2, r->f.used_idx);
    r->interrupts += split_interrupts(r, idx, count);
}

void fake_ring_put_used(struct fake_ring *r, uint16_t id, uint32_t len,
                        unsigned count, unsigned descs)
{
    if (!r->is_packed) {
        put_used_split(r, id, len, count);
        return;
    }
    r->interrupts += fake_packed_interrupts(&r->packed, r->packed.used, descs);
    fake_packed_use(&r->packed, id, len, descs);
}

static void forget(struct fake_ring *r, unsigned first, unsigned count)
{
    r->count -= count;
    memmove(&r->taken[first], &r->taken[first + count],
            (r->count - first) * sizeof(r->taken[0]));
}

void fake_ring_use(struct fake_ring *r, unsigned n, uint32_t len)
{
    assert_true(n < r->count);
    fake_ring_put_used(r, r->taken[n].id, len, 1, r->taken[n].descs);
    forget(r, n, 1);
}

void fake_ring_use_batch(struct fake_ring *r, unsigned count, uint32_t len)
{
    unsigned descs = 0;

    assert_in_range(count, 1, r->count);
    for (unsigned i = 0; i < count; i++)
        descs += r->taken[i].descs;
    fake_ring_put_used(r, r->taken[count - 1].id, len, count, descs);
    forget(r, 0, count);
}
