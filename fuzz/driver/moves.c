/* SPDX-License-Identifier: MIT */
/* The moves of the device: each does one thing that a device could do, right
 * or wrong. */
#include "law.h"
#include "ops.h"
#include "peer.h"

#include <stddef.h>

static struct peer_queue *queue_arg(struct peer *p)
{
    return &p->queue[fuzz_u8(&p->in) % PEER_QUEUES];
}

/* Bytes of the input into memory, from an offset on that is taken modulo its
 * length. */
static void put_bytes(struct peer *p, uint8_t *mem, size_t bytes)
{
    uint64_t at = fuzz_number(&p->in) % bytes;
    unsigned count = fuzz_u8(&p->in);

    for (; count > 0 && at < bytes; count--)
        mem[at++] = fuzz_u8(&p->in);
}

static void serve(struct peer *p)
{
    struct peer_queue *q = queue_arg(p);

    peer_serve(p, q, fuzz_u8(&p->in));
}

static void interrupt(struct peer *p, uint8_t how)
{
    if ((how & FUZZ_QUIET) == 0)
        p->irq |= VIRTIO_MMIO_INT_USED_BUFFER;
}

/* The chain meant, of those taken; false: there is none. */
static bool chain_arg(struct peer *p, struct peer_queue *q, unsigned *n)
{
    uint8_t which = fuzz_u8(&p->in);

    if (q->up)
        peer_take(p, q);
    if (q->taken_count == 0)
        return false;
    *n = (unsigned)which % q->taken_count;
    return true;
}

static uint32_t used_len(struct peer *p, const struct peer_chain *c,
                         uint8_t how)
{
    uint32_t all = c->writable_bytes;
    uint32_t len = (uint32_t)fuzz_number(&p->in);

    switch ((enum fuzz_len)(how % 4)) {
    case FUZZ_LEN_ALL:
        return all;
    case FUZZ_LEN_SHORT:
        return len < all ? len : all;
    case FUZZ_LEN_OVER:
        return all + len;
    case FUZZ_LEN_RAW:
        break;
    }
    return len;
}

/* The status of a block request is the last byte; the code of a control
 * answer, the first. */
static void put_status(struct peer *p, struct peer_queue *q,
                       struct peer_chain *c, uint8_t status)
{
    uint8_t word[4];

    if (!p->sound && c->writable_bytes > 0)
        (void)peer_write(c, c->writable_bytes - 1, &status, 1);
    if (!p->sound)
        return;
    peer_put32(word, VIRTIO_SND_S_OK + status);
    if (q->index == VIRTIO_SND_VQ_CONTROL)
        (void)peer_write(c, 0, word, sizeof(word));
    else if (c->writable_bytes >= 8)
        (void)peer_write(c, c->writable_bytes - 8, word, sizeof(word));
}

static void complete(struct peer *p)
{
    struct peer_queue *q = queue_arg(p);
    unsigned n;

    if (!chain_arg(p, q, &n))
        return;
    struct peer_chain *c = &q->chain[q->taken[n]];
    uint8_t how = fuzz_u8(&p->in);
    put_status(p, q, c, fuzz_u8(&p->in));
    if ((how & FUZZ_UNCOVERED) != 0 && peer_is_batch(q, n))
        peer_uncovered(q, n, used_len(p, c, how));
    else
        peer_give(q, n, used_len(p, c, how));
    interrupt(p, how);
}

static void answer(struct peer *p)
{
    struct peer_queue *q = queue_arg(p);
    unsigned n;

    if (!chain_arg(p, q, &n))
        return;
    struct peer_chain *c = &q->chain[q->taken[n]];
    unsigned count = fuzz_u8(&p->in);
    for (uint32_t at = 0; at < count; at++) {
        uint8_t byte = fuzz_u8(&p->in);
        (void)peer_write(c, at, &byte, 1);
    }
    peer_give(q, n, c->writable_bytes);
    interrupt(p, 0);
}

static void used_raw(struct peer *p)
{
    struct peer_queue *q = queue_arg(p);
    uint32_t id = (uint32_t)fuzz_number(&p->in);
    uint32_t len = (uint32_t)fuzz_number(&p->in);

    if (!q->up)
        return;
    peer_used(p, q, id, len);
    interrupt(p, 0);
}

static void used_skew(struct peer *p)
{
    struct peer_queue *q = queue_arg(p);
    uint16_t by = (uint16_t)fuzz_number(&p->in);

    if (q->up)
        peer_skew(q, by);
    interrupt(p, 0);
}

static void rewrite(struct peer *p)
{
    struct peer_queue *q = queue_arg(p);
    uint32_t id = (uint32_t)fuzz_number(&p->in);

    peer_rewrite(q, id, (uint32_t)fuzz_number(&p->in));
}

static void scribble(struct peer *p)
{
    struct peer_block *b = &p->block[fuzz_u8(&p->in) % PEER_BLOCKS];

    if (!b->mem)
        return;
    p->plain = false;
    peer_spoil(p, b);
    put_bytes(p, b->mem, b->bytes);
}

static void fill(struct peer *p)
{
    struct peer_loan *l = &p->loan[fuzz_u8(&p->in) % PEER_LOANS];

    if (l->at.mem && l->dir == RGT_FROM_DEVICE)
        put_bytes(p, l->at.mem, l->at.bytes);
}

static void suppress(struct peer *p)
{
    struct peer_queue *q = queue_arg(p);
    uint8_t flags = fuzz_u8(&p->in);
    uint16_t event = (uint16_t)fuzz_number(&p->in);

    if (q->up)
        peer_suppress(q, flags, event);
}

static void needs_reset(struct peer *p)
{
    p->needs_reset = true;
    p->irq |= VIRTIO_MMIO_INT_CONFIG_CHANGE;
}

/* The registers that the driver reads; then the configuration space. */
static uint32_t register_arg(struct peer *p)
{
    static const uint16_t known[] = {
        VIRTIO_MMIO_MAGIC_VALUE,   VIRTIO_MMIO_VERSION,
        VIRTIO_MMIO_DEVICE_ID,     VIRTIO_MMIO_DEVICE_FEATURES,
        VIRTIO_MMIO_QUEUE_NUM_MAX, VIRTIO_MMIO_QUEUE_READY,
        VIRTIO_MMIO_QUEUE_RESET,   VIRTIO_MMIO_INTERRUPT_STATUS,
        VIRTIO_MMIO_STATUS,        VIRTIO_MMIO_CONFIG_GENERATION,
    };
    const unsigned count = sizeof(known) / sizeof(known[0]);
    uint8_t n = fuzz_u8(&p->in);

    if (n < count)
        return known[n];
    return VIRTIO_MMIO_CONFIG + (n - count) % PEER_CONFIG_BYTES;
}

static void lie(struct peer *p)
{
    struct peer_lie *l = &p->lie[p->lie_next++ % PEER_LIES];

    l->offset = register_arg(p);
    p->plain &= l->offset < VIRTIO_MMIO_CONFIG;
    l->value = (uint32_t)fuzz_number(&p->in);
    l->reads = fuzz_u8(&p->in);
}

static void config(struct peer *p)
{
    uint8_t at = fuzz_u8(&p->in);
    unsigned count = fuzz_u8(&p->in);

    p->plain = false;
    for (unsigned i = 0; i < count; i++)
        p->config[(at + i) % PEER_CONFIG_BYTES] = fuzz_u8(&p->in);
    if ((at & 0x80) != 0)
        return;
    p->generation++;
    p->irq |= VIRTIO_MMIO_INT_CONFIG_CHANGE;
}

static void fail(struct peer *p)
{
    p->alloc_fails = fuzz_u8(&p->in);
    p->share_fails = fuzz_u8(&p->in);
}

/* Never to its end: nothing would ever be in time again. */
static void pass_time(struct peer *p)
{
    uint64_t ns = fuzz_number(&p->in) * 1000;

    if (p->now_ns < PEER_TIME_END && ns < PEER_TIME_END - p->now_ns)
        p->now_ns += ns;
}

static void offer(struct peer *p)
{
    p->offered ^= PEER_F(fuzz_number(&p->in) % 64);
}

static void event(struct peer *p)
{
    uint32_t code = (uint32_t)fuzz_number(&p->in);
    uint32_t data = (uint32_t)fuzz_number(&p->in);

    if (p->sound)
        peer_event(p, code, data);
}

static void carry_out(struct peer *p, enum fuzz_device_move move)
{
    switch (move) {
    case FUZZ_DO_SERVE:
        serve(p);
        break;
    case FUZZ_DO_COMPLETE:
        complete(p);
        break;
    case FUZZ_DO_ANSWER:
        answer(p);
        break;
    case FUZZ_DO_USED_RAW:
        used_raw(p);
        break;
    case FUZZ_DO_USED_SKEW:
        used_skew(p);
        break;
    case FUZZ_DO_SCRIBBLE:
        scribble(p);
        break;
    case FUZZ_DO_FILL:
        fill(p);
        break;
    case FUZZ_DO_SUPPRESS:
        suppress(p);
        break;
    case FUZZ_DO_INTERRUPT:
        p->irq |= fuzz_u8(&p->in);
        break;
    case FUZZ_DO_NEEDS_RESET:
        needs_reset(p);
        break;
    case FUZZ_DO_REGISTER:
        lie(p);
        break;
    case FUZZ_DO_CONFIG:
        config(p);
        break;
    case FUZZ_DO_FAIL:
        fail(p);
        break;
    case FUZZ_DO_TIME:
        pass_time(p);
        break;
    case FUZZ_DO_AUTO:
        p->automatic = fuzz_u8(&p->in) & 3;
        break;
    case FUZZ_DO_RACE:
        p->race = fuzz_u8(&p->in);
        break;
    case FUZZ_DO_WAKE:
        p->wakes = fuzz_u8(&p->in);
        break;
    case FUZZ_DO_OFFER:
        offer(p);
        break;
    case FUZZ_DO_STUCK:
        p->stuck_next = fuzz_u8(&p->in);
        break;
    case FUZZ_DO_REFUSE:
        p->refuse = fuzz_u8(&p->in);
        break;
    case FUZZ_DO_EVENT:
        event(p);
        break;
    case FUZZ_DO_REWRITE:
        rewrite(p);
        break;
    case FUZZ_DEVICE_MOVE_COUNT:
        break;
    }
}

static const char *const names[] = {
#define NAME(name, text) #name,
    FUZZ_DEVICE_MOVES(NAME)
#undef NAME
};

bool peer_move(struct peer *p)
{
    uint8_t code = fuzz_peek(&p->in);

    if (p->in.left == 0 || code < FUZZ_DEVICE_MOVE || p->moving)
        return false;
    (void)fuzz_u8(&p->in);
    code = (uint8_t)((code - FUZZ_DEVICE_MOVE) % FUZZ_DEVICE_MOVE_COUNT);
    fuzz_say("device: %s", names[code]);
    p->moving = true;
    carry_out(p, (enum fuzz_device_move)code);
    p->moving = false;
    return true;
}
