/* SPDX-License-Identifier: MIT */
/* A virtqueue before and after its life: memory, reset, drain. */
#include "vq_packed.h"

#define RING_ALIGN 64u /* a cache line; more than 2.7.1 asks for */

/* Where the areas of a queue lie in its one piece of memory; the descriptors
 * are first. What the device writes starts a cache line: the two sides do not
 * write into the same one. */
struct layout {
    size_t driver;
    size_t device;
    size_t bytes;
};

static size_t aligned(size_t offset)
{
    return (offset + RING_ALIGN - 1) & ~(size_t)(RING_ALIGN - 1);
}

static struct layout split_layout(size_t size)
{
    struct layout l;

    l.driver = size * sizeof(struct virtq_desc);
    l.device = aligned(l.driver + sizeof(struct virtq_avail) + 2 * size + 2);
    l.bytes = l.device + sizeof(struct virtq_used) +
              size * sizeof(struct virtq_used_elem) + 2;
    return l;
}

/* 2.8.10.1. The device writes into the descriptors, too. */
static struct layout packed_layout(size_t size)
{
    struct layout l;

    l.driver = aligned(size * sizeof(struct pvirtq_desc));
    l.device = l.driver + RING_ALIGN;
    l.bytes = l.device + sizeof(struct pvirtq_event_suppress);
    return l;
}

static struct layout layout_of(const struct rgt_vq *vq)
{
    return RGT__PACKED(vq) ? packed_layout(vq->size) : split_layout(vq->size);
}

static void zero(void *memory, size_t bytes)
{
    uint8_t *at = memory;

    while (bytes-- > 0)
        *at++ = 0;
}

static bool has(uint64_t features, unsigned bit)
{
    return (features & RGT_FEATURE(bit)) != 0;
}

/* 2.7, 2.8: only a packed ring can have any size. */
static uint32_t queue_size(const struct rgt_vq_config *cfg)
{
    uint32_t limit = cfg->size_max;
    uint32_t size = 1;

    if (limit > cfg->slot_count)
        limit = cfg->slot_count;
    if (limit > VIRTQ_SIZE_MAX)
        limit = VIRTQ_SIZE_MAX;
    if (has(cfg->features, VIRTIO_F_RING_PACKED))
        return limit;
    while (size * 2 <= limit)
        size *= 2;
    return size;
}

/* Zeroed rings have flags 0 and both indices 0 (2.7.10.1); both wrap counters
 * start at 1 (2.8.1), which zeroed descriptors do not match. */
static void start_ring(struct rgt_vq *vq)
{
    zero(vq->desc, layout_of(vq).bytes);
    vq->avail_next = 0;
    vq->avail_published = 0;
    vq->kick_from = 0;
    vq->used_next = 0;
    vq->used_seen = 0;
    vq->used_event = 0;
    vq->avail_at = 0;
    vq->avail_bits = VIRTQ_DESC_F_AVAIL;
    vq->used_bits = RGT__LAP_BITS;
    vq->shown = 0;
    vq->kick_span = 0;
}

static void start_slots(struct rgt_vq *vq)
{
    for (uint32_t i = 0; i < vq->size; i++) {
        vq->slots[i].token = NULL;
        vq->slots[i].writable_bytes = 0;
        vq->slots[i].next = (uint16_t)(i + 1 < vq->size ? i + 1 : 0);
    }
    vq->free_head = 0;
    vq->free_count = (uint16_t)vq->size;
    vq->lent_count = 0;
    vq->epoch = 1;
    vq->oldest = 0;
    vq->batch_left = 0;
    vq->drain_next = 0;
}

/* 2.9: nothing is available yet, in the lap that has wrap counter 1. */
static uint32_t first_notify(const struct rgt_vq *vq)
{
    uint32_t value = vq->index;

    if (vq->notification_data && RGT__PACKED(vq))
        value |= (uint32_t)RGT__EVENT_WRAP << 16;
    return value;
}

/* Everything but the memory itself, as at the start of a life. */
static void start_over(struct rgt_vq *vq, uint64_t features)
{
    start_ring(vq);
    start_slots(vq);
    vq->dead = false;
    vq->interrupts = true;
    vq->irq_after = 1;
    vq->event_idx = has(features, VIRTIO_F_EVENT_IDX);
    vq->in_order = has(features, VIRTIO_F_IN_ORDER);
    vq->notification_data = has(features, VIRTIO_F_NOTIFICATION_DATA);
    vq->table_entries =
        has(features, VIRTIO_F_INDIRECT_DESC) ? vq->tables_allocated : 0;
    rgt_ring_store32(&vq->notify_value, first_notify(vq));
    if (RGT__PACKED(vq) && vq->event_idx)
        rgt__packed_unsuppress(vq);
}

static size_t tables_bytes(const struct rgt_vq *vq)
{
    return (size_t)vq->size * vq->tables_allocated * sizeof(struct virtq_desc);
}

static int alloc_rings(struct rgt_vq *vq)
{
    struct layout l = layout_of(vq);
    uint8_t *ring =
        vq->hal->ops->dma_alloc(vq->hal, l.bytes, RING_ALIGN, &vq->ring_dma);

    if (ring == NULL)
        return RGT_E_NOMEM;
    vq->desc = (struct virtq_desc *)(void *)ring;
    vq->avail = (struct virtq_avail *)(void *)(ring + l.driver);
    vq->used = (struct virtq_used *)(void *)(ring + l.device);
    vq->ring = (struct pvirtq_desc *)(void *)ring;
    vq->driver_event = (uint32_t *)(void *)(ring + l.driver);
    vq->device_event = (const uint32_t *)(const void *)(ring + l.device);
    return 0;
}

static int alloc_tables(struct rgt_vq *vq, uint32_t entries)
{
    uint64_t bytes = (uint64_t)vq->size * entries * sizeof(struct virtq_desc);

    if (bytes > SIZE_MAX / 2) /* on a 32-bit CPU */
        return RGT_E_NOMEM;
    vq->tables = vq->hal->ops->dma_alloc(vq->hal, (size_t)bytes, RING_ALIGN,
                                         &vq->tables_dma);
    if (vq->tables == NULL)
        return RGT_E_NOMEM;
    vq->tables_allocated = (uint16_t)entries;
    return 0;
}

/* Entries worth having: a chain is never longer than the queue, and one piece
 * needs no table. */
static uint32_t useful_entries(const struct rgt_vq *vq,
                               const struct rgt_vq_config *cfg)
{
    uint32_t entries = cfg->indirect_entries & (uint16_t)~RGT_VQ_INDIRECT_TAIL;

    if (!has(cfg->features, VIRTIO_F_INDIRECT_DESC))
        return 0;
    if (entries > vq->size)
        entries = vq->size;
    return entries > 1 ? entries : 0;
}

int rgt_vq_init(struct rgt_vq *vq, const struct rgt_vq_config *cfg)
{
    *vq = (struct rgt_vq){0};
    if (cfg->slots == NULL || cfg->slot_count == 0 || cfg->size_max == 0)
        return RGT_E_INVAL;
    vq->hal = cfg->hal;
    vq->transport = cfg->transport;
    vq->slots = cfg->slots;
    vq->index = cfg->index;
    vq->packed = has(cfg->features, VIRTIO_F_RING_PACKED);
    if (vq->packed && !RGT__PACKED(vq))
        return RGT_E_NOTSUP;
    vq->size = queue_size(cfg);
    vq->mask = (uint16_t)(vq->size - 1);
    if (alloc_rings(vq) != 0)
        return RGT_E_NOMEM;
    uint32_t entries = useful_entries(vq, cfg);
    if (entries > 0 && alloc_tables(vq, entries) != 0) {
        rgt_vq_free(vq);
        return RGT_E_NOMEM;
    }
    vq->indirect_tail =
        !vq->packed && (cfg->indirect_entries & RGT_VQ_INDIRECT_TAIL) != 0;
    start_over(vq, cfg->features);
    return 0;
}

void rgt_vq_free(struct rgt_vq *vq)
{
    const struct rgt_hal_ops *ops = vq->hal->ops;

    if (vq->tables != NULL)
        ops->dma_free(vq->hal, vq->tables, tables_bytes(vq), vq->tables_dma);
    if (vq->desc != NULL)
        ops->dma_free(vq->hal, vq->desc, layout_of(vq).bytes, vq->ring_dma);
    vq->tables = NULL;
    vq->desc = NULL;
    vq->dead = true;
}

uint16_t rgt_vq_size(const struct rgt_vq *vq)
{
    return (uint16_t)vq->size;
}

void rgt_vq_areas(const struct rgt_vq *vq, uint64_t *desc, uint64_t *driver,
                  uint64_t *device)
{
    struct layout l = layout_of(vq);

    *desc = vq->ring_dma;
    *driver = vq->ring_dma + l.driver;
    *device = vq->ring_dma + l.device;
}

uint16_t rgt_vq_next_head(const struct rgt_vq *vq)
{
    return vq->free_head;
}

void *rgt_vq_drain(struct rgt_vq *vq)
{
    vq->dead = true;
    while (vq->drain_next < vq->size) {
        struct rgt_vq_slot *slot = &vq->slots[vq->drain_next++];
        void *token = slot->token;
        if (token != NULL) {
            slot->token = NULL;
            vq->lent_count--;
            return token;
        }
    }
    return NULL;
}

int rgt_vq_reset(struct rgt_vq *vq, uint64_t features)
{
    if (vq->lent_count != 0)
        return RGT_E_STATE;
    if (has(features, VIRTIO_F_RING_PACKED) != vq->packed)
        return RGT_E_REFUSED;
    start_over(vq, features);
    return 0;
}
