/* SPDX-License-Identifier: MIT */
#include "fake_packed.h"
#include <string.h>

#define NEXT 1u
#define WRITE 2u
#define INDIRECT 4u
#define AVAIL 0x80u
#define USED 0x8000u

void fake_packed_init(struct fake_packed *p, const struct rgt_vq *vq)
{
    uint64_t areas[3];

    rgt_vq_areas(vq, &areas[0], &areas[1], &areas[2]);
    *p = (struct fake_packed){
        .ring = fake_cpu(areas[0]),
        .driver = fake_cpu(areas[1]),
        .device = fake_cpu(areas[2]),
        .size = rgt_vq_size(vq),
        .next = {0, true},
        .used = {0, true},
    };
}

struct fake_place fake_packed_after(const struct fake_packed *p,
                                    struct fake_place from, unsigned descs)
{
    while (descs-- > 0) {
        from.at++;
        if (from.at == p->size) {
            from.at = 0;
            from.wrap = !from.wrap;
        }
    }
    return from;
}

uint8_t *fake_packed_desc(const struct fake_packed *p, unsigned at)
{
    assert_true(at < p->size);
    return p->ring + 16 * (size_t)at;
}

uint16_t fake_packed_flags(const struct fake_packed *p, unsigned at)
{
    return fake_get16(fake_packed_desc(p, at) + 14);
}

static bool is_available(const struct fake_packed *p, struct fake_place place)
{
    uint16_t flags = fake_packed_flags(p, place.at);

    return ((flags & AVAIL) != 0) == place.wrap &&
           ((flags & USED) != 0) != place.wrap;
}

static void add_piece(struct fake_chain *chain, const uint8_t *desc, bool write)
{
    struct fake_piece piece = {
        .addr = fake_get64(desc),
        .len = fake_get32(desc + 8),
        .write = write,
    };

    assert_true(piece.len > 0);
    assert_true(write || chain->writable_bytes == 0); /* 2.8.17 */
    if (write)
        chain->writable_bytes += piece.len;
    if (chain->count < 16)
        chain->pieces[chain->count] = piece;
    chain->count++;
}

/* 2.8.7, 2.8.19 */
static void add_table(const struct fake_packed *p, struct fake_chain *chain,
                      const uint8_t *desc)
{
    const uint8_t *entry = fake_cpu(fake_get64(desc));
    uint32_t bytes = fake_get32(desc + 8);

    assert_int_equal(chain->descs, 1);
    assert_int_equal(fake_get16(desc + 14) & NEXT, 0);
    assert_true(bytes > 0 && bytes % 16 == 0 && bytes / 16 <= p->size);
    chain->indirect = true;
    for (uint32_t i = 0; i < bytes / 16; i++, entry += 16) {
        uint16_t flags = fake_get16(entry + 14);
        assert_int_equal(flags & ~WRITE, 0);
        add_piece(chain, entry, (flags & WRITE) != 0);
    }
}

bool fake_packed_take(struct fake_packed *p, struct fake_chain *chain)
{
    const uint8_t *desc;
    uint16_t flags;

    memset(chain, 0, sizeof(*chain));
    if (!is_available(p, p->next))
        return false;
    do {
        assert_true(is_available(p, p->next)); /* 2.8.17: all of the list */
        assert_true(chain->descs < p->size);
        desc = fake_packed_desc(p, p->next.at);
        flags = fake_get16(desc + 14);
        assert_int_equal(flags & ~(NEXT | WRITE | INDIRECT | AVAIL | USED), 0);
        chain->descs++;
        p->next = fake_packed_after(p, p->next, 1);
        if ((flags & INDIRECT) != 0)
            add_table(p, chain, desc);
        else
            add_piece(chain, desc, (flags & WRITE) != 0);
    } while ((flags & NEXT) != 0);
    chain->id = fake_get16(desc + 12); /* 2.8.6: in the last */
    return true;
}

void fake_packed_put_used(struct fake_packed *p, uint16_t id, uint32_t len,
                          uint16_t flags)
{
    uint8_t *desc = fake_packed_desc(p, p->used.at);

    fake_put32(desc + 8, len);
    fake_put16(desc + 12, id);
    fake_put16(desc + 14,
               (uint16_t)(flags | (p->used.wrap ? AVAIL | USED : 0)));
}

void fake_packed_use(struct fake_packed *p, uint16_t id, uint32_t len,
                     unsigned descs)
{
    fake_packed_put_used(p, id, len, len > 0 ? WRITE : 0);
    p->used = fake_packed_after(p, p->used, descs);
}

void fake_packed_want(struct fake_packed *p, uint16_t flags,
                      struct fake_place event)
{
    fake_put16(p->device, (uint16_t)(event.at | (event.wrap ? 0x8000u : 0)));
    fake_put16(p->device + 2, flags);
}

uint16_t fake_packed_wanted(const struct fake_packed *p,
                            struct fake_place *event)
{
    uint16_t desc = fake_get16(p->driver);
    uint16_t flags = fake_get16(p->driver + 2);

    assert_true(flags <= RING_EVENT_FLAGS_DESC); /* the rest is reserved */
    event->at = desc & 0x7fffu;
    event->wrap = (desc & 0x8000u) != 0;
    if (flags == RING_EVENT_FLAGS_DESC)
        assert_true(event->at < p->size);
    return flags;
}

bool fake_packed_interrupts(const struct fake_packed *p, struct fake_place from,
                            unsigned descs)
{
    struct fake_place event;
    uint16_t flags = fake_packed_wanted(p, &event);

    if (flags != RING_EVENT_FLAGS_DESC)
        return flags == RING_EVENT_FLAGS_ENABLE;
    for (; descs > 0; descs--) {
        if (from.at == event.at && from.wrap == event.wrap)
            return true;
        from = fake_packed_after(p, from, 1);
    }
    return false;
}
