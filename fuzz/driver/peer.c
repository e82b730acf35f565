/* SPDX-License-Identifier: MIT */
/* The adversary as a whole: its platform's time, and its change of heart. */
#include "peer.h"
#include "law.h"

#include <stddef.h>
#include <string.h>

#define CALL_STEPS_MAX 200000u
#define LOOK_NS 1000u  /* that pass between two looks at the clock */
#define WAKE_NS 10000u /* ... in a wait that ends early */
#define MOVES_PER_WAIT 8u

static struct peer *running; /* for fuzz_before_load() */

void fuzz_before_load(void);

void peer_digest(struct peer *p, uint64_t value)
{
    p->digest = (p->digest ^ value) * 0x100000001b3u;
}

void peer_call(struct peer *p)
{
    p->steps = 0;
    p->no_wake_now = false;
}

void peer_step(struct peer *p)
{
    FUZZ_LAW(p->steps++ < CALL_STEPS_MAX, "a call that does not end");
}

/* ---- the platform -------------------------------------------------------- */

static void pass(struct peer *p, uint64_t ns)
{
    p->now_ns = ns > UINT64_MAX - p->now_ns ? UINT64_MAX : p->now_ns + ns;
}

static uint64_t now_ns(struct rgt_hal *hal)
{
    struct peer *p = (struct peer *)hal;

    peer_step(p);
    pass(p, LOOK_NS);
    return p->now_ns;
}

static int wait(struct rgt_hal *hal, uint64_t deadline_ns)
{
    struct peer *p = (struct peer *)hal;

    peer_step(p);
    if ((p->automatic & 2) != 0)
        peer_serve_all(p);
    for (unsigned i = 0; i < MOVES_PER_WAIT && peer_move(p); i++)
        continue;
    if (p->irq != 0 || p->wakes > 0) {
        if (p->irq == 0)
            p->wakes--;
        pass(p, WAKE_NS);
        return 1;
    }
    if (p->now_ns < deadline_ns)
        p->now_ns = deadline_ns;
    return 0;
}

static void log_line(struct rgt_hal *hal, const char *line)
{
    size_t length = strlen(line);

    peer_step((struct peer *)hal);
    FUZZ_LAW(length > 0 && length < 200 && strchr(line, '\n') == NULL,
             "a log line of %zu bytes", length);
}

static const struct rgt_hal_ops hal_ops = {
    .dma_alloc = peer_dma_alloc,
    .dma_free = peer_dma_free,
    .share = peer_share,
    .unshare = peer_unshare,
    .wait = wait,
    .now_ns = now_ns,
    .log = log_line,
};

static const struct rgt_mmio_bus_ops bus_ops = {
    .read = peer_reg_read,
    .write = peer_reg_write,
};

/* The driver is about to load something that the device can write. */
void fuzz_before_load(void)
{
    struct peer *p = running;

    peer_step(p);
    if (p->race == 0 || p->moving || --p->race > 0)
        return;
    (void)peer_move(p);
}

/* ---- its life ------------------------------------------------------------ */

static void blk_config(struct peer *p)
{
    uint8_t *at = p->config;

    peer_put64(at + offsetof(struct virtio_blk_config, capacity),
               PEER_DISK_SECTORS);
    peer_put32(at + offsetof(struct virtio_blk_config, size_max), 1024);
    peer_put32(at + offsetof(struct virtio_blk_config, seg_max), 6);
    peer_put32(at + offsetof(struct virtio_blk_config, blk_size), 512);
    at[offsetof(struct virtio_blk_config, writeback)] = 1;
    peer_put16(at + offsetof(struct virtio_blk_config, num_queues),
               PEER_QUEUES);
    for (size_t i = offsetof(struct virtio_blk_config, max_discard_sectors);
         i < offsetof(struct virtio_blk_config, write_zeroes_may_unmap); i += 4)
        peer_put32(at + i, 4);
    for (size_t i =
             offsetof(struct virtio_blk_config, max_secure_erase_sectors);
         i < sizeof(struct virtio_blk_config); i += 4)
        peer_put32(at + i, 2);
}

static void snd_config(struct peer *p)
{
    peer_put32(p->config + offsetof(struct virtio_snd_config, jacks), 2);
    peer_put32(p->config + offsetof(struct virtio_snd_config, streams), 2);
    peer_put32(p->config + offsetof(struct virtio_snd_config, chmaps), 1);
}

void peer_config(struct peer *p)
{
    memset(p->config, 0, sizeof(p->config));
    if (p->sound)
        snd_config(p);
    else
        blk_config(p);
}

void peer_init(struct peer *p, const uint8_t *data, size_t bytes)
{
    memset(p, 0, sizeof(*p));
    p->hal.ops = &hal_ops;
    p->bus.ops = &bus_ops;
    rgt_mmio_init(&p->mmio, &p->bus);
    p->in = (struct fuzz_input){data, bytes};
    p->digest = 0xcbf29ce484222325u;
    p->plain = true;
    for (unsigned i = 0; i < PEER_QUEUES; i++) {
        p->queue[i].index = (uint16_t)i;
        peer_queue_down(&p->queue[i]);
    }
    running = p;
}

void peer_free(struct peer *p)
{
    FUZZ_LAW(peer_loans_held(p) == 0, "%u buffers still shared",
             peer_loans_held(p));
    FUZZ_LAW(peer_blocks_held(p) == 0, "%u blocks of dma memory still held",
             peer_blocks_held(p));
    running = NULL;
}

/* What it has written so far stays; a reset makes an end of it. */
void peer_reform(struct peer *p, uint64_t accepted)
{
    p->in.left = 0;
    p->offered = accepted;
    p->size_max = 32;
    p->alloc_fails = p->share_fails = 0;
    p->wakes = p->race = 0;
    p->stuck = p->stuck_next = p->refuse = 0;
    p->needs_reset = false;
    p->irq = 0;
    p->automatic = 2;
    memset(p->lie, 0, sizeof(p->lie));
    for (unsigned i = 0; i < PEER_BLOCKS; i++)
        p->block[i].spoilt = false;
    peer_config(p);
}
