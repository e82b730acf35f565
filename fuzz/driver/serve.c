/* SPDX-License-Identifier: MIT */
/* What a good device does with a chain. The disk has PEER_DISK_SECTORS, the
 * sound card two jacks, two streams and one channel map. */
#include "law.h"
#include "peer.h"

#include <string.h>

#define SECTOR 512u
#define PIECE 512u

uint32_t peer_read(const struct peer_chain *c, uint32_t offset, void *to,
                   uint32_t bytes)
{
    uint8_t *out = to;
    uint32_t done = 0;

    for (uint32_t i = 0; i < c->readable_count && done < bytes; i++) {
        const struct peer_seg *seg = &c->seg[i];
        uint32_t n = seg->bytes;
        if (offset >= n) {
            offset -= n;
            continue;
        }
        n -= offset;
        if (n > bytes - done)
            n = bytes - done;
        memcpy(out + done, seg->mem + offset, n);
        done += n;
        offset = 0;
    }
    return done;
}

uint32_t peer_write(struct peer_chain *c, uint32_t offset, const void *from,
                    uint32_t bytes)
{
    const uint8_t *in = from;
    uint32_t done = 0;

    for (uint32_t i = c->readable_count; i < c->seg_count && done < bytes;
         i++) {
        struct peer_seg *seg = &c->seg[i];
        uint32_t n = seg->bytes;
        if (offset >= n) {
            offset -= n;
            continue;
        }
        n -= offset;
        if (n > bytes - done)
            n = bytes - done;
        memcpy(seg->mem + offset, in + done, n);
        done += n;
        offset = 0;
    }
    return done;
}

/* ---- block --------------------------------------------------------------- */

static uint32_t readable_bytes(const struct peer_chain *c)
{
    uint32_t bytes = 0;

    for (uint32_t i = 0; i < c->readable_count; i++)
        bytes += c->seg[i].bytes;
    return bytes;
}

static uint8_t *sectors(struct peer *p, uint64_t sector, uint32_t bytes)
{
    if (sector >= PEER_DISK_SECTORS ||
        bytes > (PEER_DISK_SECTORS - sector) * SECTOR)
        return NULL;
    return p->disk + sector * SECTOR;
}

static uint8_t serve_sectors(struct peer *p, struct peer_chain *c, bool write,
                             uint64_t sector)
{
    uint32_t bytes = write ? readable_bytes(c) - 16 : c->writable_bytes - 1;
    uint8_t *at = sectors(p, sector, bytes);

    FUZZ_LAW(at || !p->plain, "%u bytes at sector %llu of %u", bytes,
             (unsigned long long)sector, PEER_DISK_SECTORS);
    if (!at)
        return VIRTIO_BLK_S_IOERR;
    if (write)
        (void)peer_read(c, 16, at, bytes);
    else
        (void)peer_write(c, 0, at, bytes);
    return VIRTIO_BLK_S_OK;
}

static uint8_t serve_blk_type(struct peer *p, struct peer_chain *c,
                              const uint8_t *header)
{
    static const char id[20] = "adversary";
    uint8_t lifetime[6] = {1, 0, 2, 0, 3, 0};

    switch (peer_get32(header)) {
    case VIRTIO_BLK_T_IN:
        return serve_sectors(p, c, false, peer_get64(header + 8));
    case VIRTIO_BLK_T_OUT:
        return serve_sectors(p, c, true, peer_get64(header + 8));
    case VIRTIO_BLK_T_GET_ID:
        (void)peer_write(c, 0, id, sizeof(id));
        return VIRTIO_BLK_S_OK;
    case VIRTIO_BLK_T_GET_LIFETIME:
        (void)peer_write(c, 0, lifetime, sizeof(lifetime));
        return VIRTIO_BLK_S_OK;
    default:
        return VIRTIO_BLK_S_OK;
    }
}

static void serve_blk(struct peer *p, struct peer_chain *c)
{
    uint8_t header[16], status;

    if (peer_read(c, 0, header, sizeof(header)) < sizeof(header) ||
        c->writable_bytes == 0)
        return;
    status = serve_blk_type(p, c, header);
    (void)peer_write(c, c->writable_bytes - 1, &status, 1);
}

/* ---- sound --------------------------------------------------------------- */

static void jack_item(uint8_t item[32], uint32_t id)
{
    peer_put32(item, id);
    peer_put32(item + 4, 1); /* can be remapped */
    item[16] = 1;            /* connected */
}

static void pcm_item(uint8_t item[32], uint32_t id)
{
    peer_put32(item, id);
    peer_put32(item + 4, 1u << VIRTIO_SND_PCM_F_EVT_XRUNS |
                             1u << VIRTIO_SND_PCM_F_MSG_POLLING);
    peer_put64(item + 8, (1u << VIRTIO_SND_PCM_FMT_S16) |
                             (1u << VIRTIO_SND_PCM_FMT_U8) |
                             (1u << VIRTIO_SND_PCM_FMT_IMA_ADPCM));
    peer_put64(item + 16, 1u << VIRTIO_SND_PCM_RATE_48000);
    item[24] = id & 1 ? VIRTIO_SND_D_INPUT : VIRTIO_SND_D_OUTPUT;
    item[25] = 1;
    item[26] = 2;
}

static void chmap_item(uint8_t item[32], uint32_t id)
{
    peer_put32(item, id);
    item[5] = 2;
    item[6] = VIRTIO_SND_CHMAP_FL;
    item[7] = VIRTIO_SND_CHMAP_FR;
}

static void serve_query(struct peer_chain *c, uint32_t code)
{
    uint8_t ask[16] = {0}, item[32];
    uint32_t first, count, size;

    (void)peer_read(c, 0, ask, sizeof(ask));
    first = peer_get32(ask + 4);
    count = peer_get32(ask + 8);
    size = peer_get32(ask + 12);
    for (uint32_t i = 0; i < count && i < c->writable_bytes; i++) {
        memset(item, 0, sizeof(item));
        if (code == VIRTIO_SND_R_JACK_INFO)
            jack_item(item, first + i);
        else if (code == VIRTIO_SND_R_PCM_INFO)
            pcm_item(item, first + i);
        else
            chmap_item(item, first + i);
        (void)peer_write(c, 4 + i * size, item, size < 32 ? size : 32);
    }
}

static void serve_control(struct peer_chain *c)
{
    uint8_t code[4] = {0}, ok[4];

    (void)peer_read(c, 0, code, sizeof(code));
    switch (peer_get32(code)) {
    case VIRTIO_SND_R_JACK_INFO:
    case VIRTIO_SND_R_PCM_INFO:
    case VIRTIO_SND_R_CHMAP_INFO:
        serve_query(c, peer_get32(code));
        break;
    default:
        break;
    }
    peer_put32(ok, VIRTIO_SND_S_OK);
    (void)peer_write(c, 0, ok, sizeof(ok));
}

static void serve_frames(struct peer_chain *c)
{
    uint8_t piece[PIECE], status[8] = {0};
    uint32_t frames;

    if (c->writable_bytes < sizeof(status))
        return;
    frames = c->writable_bytes - (uint32_t)sizeof(status);
    memset(piece, 0x33, sizeof(piece));
    for (uint32_t at = 0; at < frames; at += PIECE)
        (void)peer_write(c, at, piece,
                         frames - at < PIECE ? frames - at : PIECE);
    peer_put32(status, VIRTIO_SND_S_OK);
    (void)peer_write(c, frames, status, sizeof(status));
}

void peer_event(struct peer *p, uint32_t code, uint32_t data)
{
    struct peer_queue *q = &p->queue[VIRTIO_SND_VQ_EVENT];
    uint8_t event[8];

    peer_take(p, q);
    if (q->taken_count == 0)
        return;
    peer_put32(event, code);
    peer_put32(event + 4, data);
    (void)peer_write(&q->chain[q->taken[0]], 0, event, sizeof(event));
    peer_give(q, 0, sizeof(event));
    p->irq |= VIRTIO_MMIO_INT_USED_BUFFER;
}

/* ---- either -------------------------------------------------------------- */

static void serve_one(struct peer *p, struct peer_queue *q)
{
    struct peer_chain *c = &q->chain[q->taken[0]];

    if (!p->sound)
        serve_blk(p, c);
    else if (q->index == VIRTIO_SND_VQ_CONTROL)
        serve_control(c);
    else
        serve_frames(c);
    peer_give(q, 0, c->writable_bytes);
}

/* Event buffers are kept: nothing has happened. */
void peer_serve(struct peer *p, struct peer_queue *q, unsigned count)
{
    if (!q->up || q->over || (p->sound && q->index == VIRTIO_SND_VQ_EVENT))
        return;
    peer_take(p, q);
    for (; count > 0 && q->taken_count > 0; count--) {
        serve_one(p, q);
        p->irq |= VIRTIO_MMIO_INT_USED_BUFFER;
    }
}

/* Frames before commands: a RELEASE ends after its transfers. */
void peer_serve_all(struct peer *p)
{
    for (unsigned k = PEER_QUEUES; k-- > 0;)
        peer_serve(p, &p->queue[k], UINT32_MAX);
}
