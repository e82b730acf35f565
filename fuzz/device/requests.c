/* SPDX-License-Identifier: MIT */
/* Requests of the guest, as the input has them: good ones of either device, and
 * chains of any pieces. */
#include "guest.h"
#include "ops.h"
#include "ringtrue/wire.h"

#include <string.h>

#define BYTES_MAX 4096u

static void put(uint8_t *at, uint64_t value, unsigned bytes)
{
    for (; bytes > 0; bytes--, value >>= 8)
        *at++ = (uint8_t)value;
}

unsigned guest_queue_arg(struct guest *g)
{
    return fuzz_u8(&g->in) % GUEST_QUEUES;
}

/* A piece in the work memory, or in memory shared for it. Returns where the
 * guest may write it; NULL: there is none left. */
static uint8_t *new_piece(struct guest *g, struct guest_piece *p,
                          uint32_t bytes, bool writable, uint8_t how)
{
    enum fake_dir dir = writable ? FAKE_FROM_DEVICE : FAKE_TO_DEVICE;
    struct guest_memory *at =
        (how & FUZZ_HOW_SHARED) != 0 ? guest_memory_new(g) : NULL;

    p->len = bytes;
    p->flags = writable ? VIRTQ_DESC_F_WRITE : 0;
    if (at && guest_share(g, bytes, dir, false, at)) {
        p->addr = at->dma;
        return at->cpu;
    }
    return guest_work(g, bytes, &p->addr);
}

/* Head, payload in one or three pieces, and what the device answers. */
static void send(struct guest *g, unsigned queue, uint8_t how,
                 const uint8_t *head, uint32_t head_bytes, uint32_t bytes,
                 bool writable, uint32_t answer_bytes)
{
    struct guest_piece piece[6];
    unsigned count = 1, parts = (how & FUZZ_HOW_PIECES) != 0 ? 3 : 1;
    uint8_t *at = guest_work(g, head_bytes, &piece[0].addr);

    if (!at)
        return;
    memcpy(at, head, head_bytes);
    piece[0].len = head_bytes;
    piece[0].flags = 0;
    for (unsigned i = 0; i < parts && bytes > 0; i++) {
        uint32_t part = i + 1 < parts ? bytes / parts : bytes;
        if (part == 0 || !new_piece(g, &piece[count], part, writable, how))
            continue;
        bytes -= part;
        count++;
    }
    if (new_piece(g, &piece[count], answer_bytes, true, 0))
        count++;
    guest_chain(g, queue, piece, count, how);
}

void guest_blk(struct guest *g)
{
    unsigned queue = guest_queue_arg(g);
    uint8_t head[64] = {0};
    uint32_t head_bytes = 16;
    uint8_t type = fuzz_u8(&g->in);
    uint8_t how = fuzz_u8(&g->in);
    uint64_t sector = fuzz_number(&g->in);
    uint32_t bytes = (uint32_t)fuzz_number(&g->in);
    bool writable = type == VIRTIO_BLK_T_IN || type == VIRTIO_BLK_T_GET_ID ||
                    type == VIRTIO_BLK_T_GET_LIFETIME;

    put(head, type, 4);
    put(head + 8, sector, 8);
    if (type >= VIRTIO_BLK_T_DISCARD) {
        /* Segments: bytes & 3 of them, of bytes >> 2 sectors. */
        for (unsigned i = 0; i < (bytes & 3); i++, head_bytes += 16) {
            put(head + head_bytes, sector + i, 8);
            put(head + head_bytes + 8, bytes >> 2, 4);
            put(head + head_bytes + 12, how & 1, 4);
        }
        bytes = 0;
    }
    send(g, queue, how, head, head_bytes, bytes % BYTES_MAX, writable, 1);
}

void guest_control(struct guest *g)
{
    static const uint16_t codes[] = {
        VIRTIO_SND_R_JACK_INFO,   VIRTIO_SND_R_JACK_REMAP,
        VIRTIO_SND_R_PCM_INFO,    VIRTIO_SND_R_PCM_SET_PARAMS,
        VIRTIO_SND_R_PCM_PREPARE, VIRTIO_SND_R_PCM_RELEASE,
        VIRTIO_SND_R_PCM_START,   VIRTIO_SND_R_PCM_STOP,
        VIRTIO_SND_R_CHMAP_INFO,  0x777,
    };
    static const uint8_t ask_bytes[] = {16, 16, 16, 24, 8, 8, 8, 8, 16, 8};
    const unsigned count = sizeof(codes) / sizeof(codes[0]);
    uint8_t ask[24] = {0};
    unsigned which = fuzz_u8(&g->in) % count;
    uint8_t how = fuzz_u8(&g->in);
    uint32_t items;

    put(ask, codes[which], 4);
    put(ask + 4, fuzz_number(&g->in), 4);
    items = (uint32_t)fuzz_number(&g->in);
    put(ask + 8, items, 4);
    put(ask + 12, which == 2 ? 32 : 24, 4);
    if (codes[which] == VIRTIO_SND_R_PCM_SET_PARAMS) {
        put(ask + 16, fuzz_u8(&g->in), 4);
        ask[20] = fuzz_u8(&g->in);
        ask[21] = fuzz_u8(&g->in);
        ask[22] = fuzz_u8(&g->in);
        put(ask + 12, fuzz_number(&g->in), 4);
        items = (uint32_t)fuzz_number(&g->in);
        put(ask + 8, (ask[12] | (uint32_t)ask[13] << 8) * (uint64_t)items, 4);
        items = 0;
    }
    send(g, VIRTIO_SND_VQ_CONTROL, how, ask, ask_bytes[which], 0, false,
         4 + 32 * (items % 16));
}

void guest_frames(struct guest *g)
{
    uint8_t stream = fuzz_u8(&g->in);
    uint8_t how = fuzz_u8(&g->in);
    uint32_t bytes = (uint32_t)fuzz_number(&g->in) % BYTES_MAX;
    uint8_t head[4] = {stream, 0, 0, 0};
    bool capture = stream == 1;

    if (stream == 0xee) { /* an event buffer */
        struct guest_piece piece;
        if (new_piece(g, &piece, bytes, true, how))
            guest_chain(g, VIRTIO_SND_VQ_EVENT, &piece, 1, how);
        return;
    }
    send(g, capture ? VIRTIO_SND_VQ_RX : VIRTIO_SND_VQ_TX, how, head, 4, bytes,
         capture, 8);
}

/* Pieces as the input has them, over any memory there is, and beyond it. */
void guest_any_chain(struct guest *g)
{
    struct guest_piece piece[GUEST_CHAIN_MAX];
    unsigned queue = guest_queue_arg(g);
    uint8_t how = fuzz_u8(&g->in);
    unsigned count = fuzz_u8(&g->in) % (GUEST_CHAIN_MAX + 1);

    for (unsigned i = 0; i < count; i++) {
        uint8_t which = fuzz_u8(&g->in);
        const struct guest_memory *at =
            which == 0xff ? &g->work : &g->memory[which % GUEST_MEMORIES];
        piece[i].addr = (at->cpu ? at->dma : 0) + fuzz_number(&g->in);
        piece[i].len = (uint32_t)fuzz_number(&g->in);
        piece[i].flags = fuzz_u8(&g->in);
    }
    guest_chain(g, queue, piece, count, how);
}
