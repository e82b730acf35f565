/* SPDX-License-Identifier: MIT
 *
 * snd_card.c: see snd_card.h.
 */
#include "snd_card.h"

#include <stdlib.h>

#define SETTLE_MAX 100000u

/* ---- sink and source ---- */

static int tape_start(struct fake_sink *sink, const struct fake_pcm *pcm)
{
    struct tape *t = (struct tape *)sink;

    if (t->fail_start)
        return -1;
    assert_false(t->running);
    t->running = true;
    t->starts++;
    t->pcm = *pcm;
    t->clock = 0;
    return 0;
}

static void tape_silence(struct tape *t, size_t bytes)
{
    if (!t->in_gap) {
        assert_true(t->gaps < 64);
        t->gap[t->gaps].at = t->bytes + t->silence_bytes;
        t->gap[t->gaps++].bytes = 0;
    }
    t->in_gap = true;
    t->gap[t->gaps - 1].bytes += bytes;
    t->silence_bytes += bytes;
}

static int tape_write(struct fake_sink *sink, const void *data, size_t bytes,
                      bool silence)
{
    struct tape *t = (struct tape *)sink;

    t->writes++;
    assert_true(t->running);
    assert_true(silence == (data == NULL));
    if (t->pcm.frame_bytes)
        assert_int_equal(bytes % t->pcm.frame_bytes, 0);
    if (t->fail_write)
        return -1;
    if (silence) {
        tape_silence(t, bytes);
        return 0;
    }
    t->in_gap = false;
    if (!t->drop_data) {
        if (t->bytes + bytes > t->room) {
            t->room = 2 * (t->bytes + bytes);
            t->data = realloc(t->data, t->room);
            assert_non_null(t->data);
        }
        memcpy(t->data + t->bytes, data, bytes);
    }
    t->bytes += bytes;
    return 0;
}

static uint64_t tape_clock(struct fake_sink *sink)
{
    return ((struct tape *)sink)->clock;
}

static void tape_stop(struct fake_sink *sink)
{
    struct tape *t = (struct tape *)sink;

    assert_true(t->running);
    t->running = false;
    t->stops++;
}

static const struct fake_sink_ops tape_ops = {tape_start, tape_write, NULL,
                                              tape_stop};
const struct fake_sink_ops card_clocked_ops = {tape_start, tape_write,
                                               tape_clock, tape_stop};

static int counter_start(struct fake_source *source, const struct fake_pcm *pcm)
{
    struct counter *s = (struct counter *)source;

    (void)pcm;
    if (s->fail_start)
        return -1;
    assert_false(s->running);
    s->running = true;
    s->starts++;
    return 0;
}

static int counter_read(struct fake_source *source, void *data, size_t bytes)
{
    struct counter *s = (struct counter *)source;
    uint8_t *out = data;

    assert_true(s->running);
    if (s->fail_read)
        return -1;
    for (; bytes; bytes--, s->next++)
        *out++ = (uint8_t)(s->next / 4 >> 8 * (s->next % 4));
    return 0;
}

static void counter_stop(struct fake_source *source)
{
    struct counter *s = (struct counter *)source;

    assert_true(s->running);
    s->running = false;
    s->stops++;
}

static const struct fake_source_ops counter_ops = {counter_start, counter_read,
                                                   NULL, counter_stop, NULL};

/* ---- life ---- */

static void line_changed(void *ctx)
{
    (void)ctx;
}

static void setup_queue(struct card *c, unsigned k)
{
    struct card_queue *q = &c->q[k];
    size_t tables = 16u * CARD_PIECES * CARD_SLOTS;

    q->cfg.index = (uint16_t)k;
    q->cfg.size = CARD_SLOTS;
    q->cfg.features = F_INDIRECT;
    q->desc =
        fake_arena_dma_alloc(&c->g.arena, 16u * CARD_SLOTS, 16, &q->cfg.desc);
    q->avail = fake_arena_dma_alloc(&c->g.arena, 6u + 2u * CARD_SLOTS, 2,
                                    &q->cfg.driver);
    q->used = fake_arena_dma_alloc(&c->g.arena, 6u + 8u * CARD_SLOTS, 4,
                                   &q->cfg.device);
    q->tables = guest_mem(&c->g, tables);
    q->tables_dma = guest_share(&c->g, q->tables, tables, FAKE_TO_DEVICE);
}

void card_setup(struct card *c)
{
    static const struct fake_snd_stream stream = {
        .hda_fn_nid = 1,
        .features = F_MSG_POLLING | F_SHMEM_PERIODS | F_XRUNS,
        .formats = (UINT64_C(1) << 25) - 1,
        .rates = (UINT64_C(1) << 14) - 1,
        .channels_min = 1,
        .channels_max = 8};

    memset(c, 0, sizeof(*c));
    guest_init(&c->g, 2, 0);
    for (unsigned k = 0; k < QUEUES; k++)
        setup_queue(c, k);
    c->cfg.jack_count = 2;
    c->cfg.jack[0] = (struct fake_snd_jack){1, 1, 0x12345678, 0x10, 1};
    c->cfg.jack[1] = (struct fake_snd_jack){2, 0, 0x9abcdef0, 0x20, 0};
    c->cfg.stream_count = 3;
    for (unsigned k = 0; k < 3; k++)
        c->cfg.stream[k] = stream;
    c->cfg.stream[2].direction = 1;
    c->cfg.chmap_count = 2;
    c->cfg.chmap[0] = (struct fake_snd_chmap){1, 0, 2, {3, 4}};
    c->cfg.chmap[1] = (struct fake_snd_chmap){1, 1, 1, {2}};
}

static void queues_up(struct card *c)
{
    struct fake_control ctl = {.kind = FAKE_CONTROL_QUEUE_UP};

    for (unsigned k = 0; k < QUEUES; k++) {
        ctl.queue = c->q[k].cfg;
        fake_device_control(&c->snd.dev, &ctl);
    }
}

static void driver_ok(struct card *c)
{
    struct fake_control ctl = {.kind = FAKE_CONTROL_DRIVER_OK};

    fake_device_control(&c->snd.dev, &ctl);
    guest_mark(&c->g);
}

void card_init(struct card *c)
{

    c->snd.dev.arena = &c->g.arena;
    c->snd.dev.log = &c->g.log;
    c->snd.dev.faults = &c->g.faults;
    c->snd.dev.lines = &c->lines;
    c->snd.dev.line_changed = line_changed;
    c->snd.dev.queue_count = QUEUES;
    assert_int_equal(fake_snd_init(&c->snd, &c->cfg), 0);
    for (unsigned k = 0; k < FAKE_SND_STREAMS_MAX; k++) {
        c->tape[k].sink.ops = &tape_ops;
        c->counter[k].source.ops = &counter_ops;
        c->snd.sink[k] = &c->tape[k].sink;
        c->snd.source[k] = &c->counter[k].source;
    }
    queues_up(c);
}

void card_up(struct card *c)
{
    card_init(c);
    driver_ok(c);
}

void card_again(struct card *c)
{
    struct fake_control ctl = {.kind = FAKE_CONTROL_RESET};

    fake_device_control(&c->snd.dev, &ctl);
    for (unsigned k = 0; k < QUEUES; k++) {
        struct card_queue *q = &c->q[k];

        memset(q->avail, 0, 6u + 2u * CARD_SLOTS);
        memset(q->used, 0, 6u + 8u * CARD_SLOTS);
        memset(q->busy, 0, sizeof(q->busy));
        q->avail_idx = q->seen = 0;
    }
    queues_up(c);
    driver_ok(c);
}

void card_down(struct card *c)
{
    struct fake_control ctl = {.kind = FAKE_CONTROL_RESET};

    fake_device_control(&c->snd.dev, &ctl);
    fake_snd_free(&c->snd);
    for (unsigned k = 0; k < FAKE_SND_STREAMS_MAX; k++) {
        assert_int_equal(c->tape[k].starts, c->tape[k].stops);
        assert_int_equal(c->counter[k].starts, c->counter[k].stops);
        free(c->tape[k].data);
    }
    guest_free(&c->g);
}

/* ---- time ---- */

bool card_step(struct card *c)
{
    c->wake = FAKE_NEVER;
    fake_log_set_time(&c->g.log, c->now);
    return fake_device_step(&c->snd.dev, c->now, &c->wake);
}

void card_settle(struct card *c)
{
    unsigned n = 0;

    while (card_step(c)) {
        assert_true(++n < SETTLE_MAX);
        if (c->turn)
            c->turn(c);
    }
}

void card_run(struct card *c, uint64_t t)
{
    card_settle(c);
    while (c->wake <= t) {
        assert_true(c->wake > c->now); /* it would not have settled */
        c->now = c->wake;
        card_settle(c);
    }
    c->now = t;
    card_settle(c);
}

/* ---- buffers ---- */

struct buf card_buf(struct card *c, uint32_t out_len, uint32_t in_len)
{
    struct buf b = {.out_len = out_len, .in_len = in_len};

    if (out_len) {
        b.out = guest_mem(&c->g, out_len);
        b.out_dma = guest_share(&c->g, b.out, out_len, FAKE_TO_DEVICE);
    }
    if (in_len) {
        b.in = guest_mem(&c->g, in_len);
        memset(b.in, UNTOUCHED, in_len);
        b.in_dma = guest_share(&c->g, b.in, in_len, FAKE_FROM_DEVICE);
    }
    return b;
}

struct buf card_tx(struct card *c, uint32_t stream, uint32_t bytes,
                   unsigned start)
{
    struct buf b = card_buf(c, 4 + bytes, 8);

    put_le(b.out, stream, 4);
    for (uint32_t k = 0; k < bytes; k++)
        b.out[4 + k] = (uint8_t)((start + k) % 251);
    return b;
}

struct buf card_rx(struct card *c, uint32_t stream, uint32_t bytes)
{
    struct buf b = card_buf(c, 4, bytes + 8);

    put_le(b.out, stream, 4);
    return b;
}

/* The device may be on another thread. release, acquire: what lies behind an
 * index is written before it, and read after it. */
static void store16(uint8_t *at, uint16_t value)
{
    uint8_t bytes[2];
    uint16_t raw;

    put_le(bytes, value, 2);
    memcpy(&raw, bytes, 2);
    atomic_store_explicit((_Atomic uint16_t *)(void *)at, raw,
                          memory_order_release);
}

static uint16_t load16(uint8_t *at)
{
    uint16_t raw = atomic_load_explicit((_Atomic uint16_t *)(void *)at,
                                        memory_order_acquire);
    uint8_t bytes[2];

    memcpy(bytes, &raw, 2);
    return (uint16_t)get_le(bytes, 2);
}

bool card_wants_kick(struct card *c, unsigned queue)
{
    /* seq_cst: our idx is visible before the device's wish is read. */
    atomic_thread_fence(memory_order_seq_cst);
    return !(load16(c->q[queue].used) & 1);
}

static uint16_t free_slot(const struct card_queue *q)
{
    for (uint16_t k = 0; k < CARD_SLOTS; k++) {
        if (!q->busy[k])
            return k;
    }
    fail_msg("queue full");
    return 0;
}

void card_publish(struct card *c, unsigned queue, struct buf *b,
                  const uint32_t *cuts)
{
    static const uint32_t whole[] = {UINT32_MAX, 0};
    struct card_queue *q = &c->q[queue];
    uint16_t slot = free_slot(q), n = 0;
    uint64_t at = 16u * CARD_PIECES * (uint64_t)slot;
    uint32_t left[2] = {b->out_len, b->in_len};
    uint64_t addr[2] = {b->out_dma, b->in_dma};

    if (!cuts)
        cuts = whole;
    while (left[0] || left[1]) {
        unsigned part = left[0] ? 0 : 1;
        uint32_t len = *cuts < left[part] ? *cuts : left[part];

        assert_true(n < CARD_PIECES);
        left[part] -= len;
        put_desc(
            q->tables + at + 16u * n, addr[part], len,
            (uint16_t)((part ? WRITE : 0) | (left[0] || left[1] ? NEXT : 0)),
            (uint16_t)(n + 1));
        addr[part] += len;
        n++;
        if (cuts[1])
            cuts++;
    }
    put_desc(q->desc + 16u * slot, q->tables_dma + at, 16u * n, INDIRECT, 0);
    put_le(q->avail + 4 + 2 * (size_t)(q->avail_idx % CARD_SLOTS), slot, 2);
    store16(q->avail + 2, ++q->avail_idx);
    q->busy[slot] = true;
    b->head = slot;
}

bool card_used(struct card *c, unsigned queue, uint16_t *head, uint32_t *len)
{
    struct card_queue *q = &c->q[queue];
    const uint8_t *entry = q->used + 4 + 8 * (size_t)(q->seen % CARD_SLOTS);

    if (load16(q->used + 2) == q->seen)
        return false;
    q->seen++;
    *head = (uint16_t)get_le(entry, 4);
    *len = (uint32_t)get_le(entry + 4, 4);
    q->busy[*head] = false;
    return true;
}

void card_expect_used(struct card *c, unsigned queue, const struct buf *b,
                      uint32_t len)
{
    uint16_t head;
    uint32_t got;

    assert_true(card_used(c, queue, &head, &got));
    assert_int_equal(head, b->head);
    assert_int_equal(got, len);
}

uint32_t card_expect_done(struct card *c, unsigned queue, const struct buf *b,
                          uint32_t len, uint32_t status)
{
    card_expect_used(c, queue, b, len);
    assert_int_equal(get_le(b->in + b->in_len - 8, 4), status);
    return (uint32_t)get_le(b->in + b->in_len - 4, 4);
}

/* ---- requests ---- */

uint32_t card_control(struct card *c, const uint8_t *bytes, uint32_t len,
                      uint32_t room)
{
    uint32_t used = 0;
    uint16_t head = 0;

    c->request = card_buf(c, len, room);
    memcpy(c->request.out, bytes, len);
    card_publish(c, CONTROL, &c->request, NULL);
    card_settle(c);
    assert_true(card_used(c, CONTROL, &head, &used));
    assert_int_equal(head, c->request.head);
    assert_true(used >= 4);
    fake_arena_unshare(&c->g.arena, c->request.out, len, FAKE_TO_DEVICE,
                       c->request.out_dma);
    fake_arena_unshare(&c->g.arena, c->request.in, room, FAKE_FROM_DEVICE,
                       c->request.in_dma);
    c->request.in_len = used;
    return (uint32_t)get_le(c->request.in, 4);
}

uint32_t card_command(struct card *c, uint32_t code, uint32_t stream)
{
    uint8_t bytes[8];

    put_le(bytes, code, 4);
    put_le(bytes + 4, stream, 4);
    return card_control(c, bytes, 8, 4);
}

uint32_t card_set(struct card *c, uint32_t stream, uint32_t period,
                  uint32_t features, uint8_t channels, uint8_t format,
                  uint8_t rate)
{
    uint8_t bytes[24] = {0};

    put_le(bytes, SET_PARAMS, 4);
    put_le(bytes + 4, stream, 4);
    put_le(bytes + 8, 4 * period, 4);
    put_le(bytes + 12, period, 4);
    put_le(bytes + 16, features, 4);
    bytes[20] = channels;
    bytes[21] = format;
    bytes[22] = rate;
    return card_control(c, bytes, 24, 4);
}

void card_prepare(struct card *c, uint32_t stream, uint32_t features)
{
    assert_int_equal(
        card_set(c, stream, CARD_PERIOD, features, 2, S16, HZ_48000), OK);
    assert_int_equal(card_command(c, PREPARE, stream), OK);
}

/* ---- events ---- */

static struct buf event_buf[CARD_SLOTS];

void card_post_event(struct card *c)
{
    struct buf b = card_buf(c, 0, 8);

    card_publish(c, EVENT, &b, NULL);
    event_buf[b.head] = b;
}

bool card_event(struct card *c, uint32_t *code, uint32_t *data)
{
    uint16_t head;
    uint32_t len;

    if (!card_used(c, EVENT, &head, &len))
        return false;
    assert_int_equal(len, 8);
    *code = (uint32_t)get_le(event_buf[head].in, 4);
    *data = (uint32_t)get_le(event_buf[head].in + 4, 4);
    return true;
}
