/* SPDX-License-Identifier: MIT */
#include "fake_snd.h"
#include "fake_packed.h"
#include <string.h>

static struct fake_snd *of_fake(struct fake *f)
{
    return (struct fake_snd *)(void *)f;
}

static void add_piece(struct fake_chain *c, const uint8_t *desc)
{
    struct fake_piece *p = &c->piece[c->count++];

    assert_true(c->count <= 32);
    p->at = fake_cpu(fake_get64(desc));
    p->len = fake_get32(desc + 8);
    p->writable = (fake_get16(desc + 12) & VIRTQ_DESC_F_WRITE) != 0;
    assert_true(p->len > 0);
    if (p->writable)
        c->writable_bytes += p->len;
    else
        assert_int_equal(c->writable_bytes, 0); /* 2.7.4.2 */
}

static void walk(struct fake_chain *c, const uint8_t *table, unsigned at)
{
    for (;;) {
        const uint8_t *d = table + 16 * at;
        add_piece(c, d);
        if ((fake_get16(d + 12) & VIRTQ_DESC_F_NEXT) == 0)
            return;
        at = fake_get16(d + 14);
    }
}

/* What these devices offer besides VERSION_1: the same tests for every kind of
 * ring. */
#if defined(FAKE_SND_PACKED)
#define FAKE_SND_FEATURES                                                      \
    (RGT_FEATURE(VIRTIO_F_RING_PACKED) | RGT_FEATURE(VIRTIO_F_EVENT_IDX) |     \
     RGT_FEATURE(VIRTIO_F_NOTIFICATION_DATA))
#elif defined(FAKE_SND_IN_ORDER)
#define FAKE_SND_FEATURES RGT_FEATURE(VIRTIO_F_IN_ORDER)
#else
#define FAKE_SND_FEATURES 0
#endif

void fake_snd_any_order(void)
{
    if ((FAKE_SND_FEATURES & RGT_FEATURE(VIRTIO_F_IN_ORDER)) != 0)
        skip();
}

static bool is_packed(const struct fake_snd *s)
{
    return (s->f.accepted & RGT_FEATURE(VIRTIO_F_RING_PACKED)) != 0;
}

static struct fake_chain take_packed(struct fake_snd *s, unsigned queue)
{
    struct fake_packed p = fake_packed_load(&s->f);
    struct fake_chain c = {.queue = queue, .head = -1};
    struct fake_packed_chain from;

    if (!fake_packed_take(&p, &from))
        return c;
    fake_packed_save(&p, &s->f);
    c.head = from.id;
    c.descs = from.descs;
    c.count = from.count;
    c.writable_bytes = from.writable_bytes;
    assert_true(c.count <= 32);
    for (unsigned i = 0; i < c.count; i++)
        c.piece[i] = (struct fake_piece){
            fake_cpu(from.pieces[i].addr),
            from.pieces[i].len,
            from.pieces[i].write,
        };
    return c;
}

static void use_packed(struct fake_snd *s, const struct fake_chain *c,
                       uint32_t len)
{
    struct fake_packed p = fake_packed_load(&s->f);

    fake_packed_use(&p, (uint16_t)c->head, len, c->descs);
    fake_packed_save(&p, &s->f);
}

struct fake_chain fake_snd_take(struct fake_snd *s, unsigned queue)
{
    struct fake_chain c = {.queue = queue};

    fake_select(&s->f, queue);
    if (is_packed(s))
        return take_packed(s, queue);
    c.head = fake_take(&s->f);
    if (c.head < 0)
        return c;
    const uint8_t *d = fake_desc(&s->f, (unsigned)c.head);
    if (fake_get16(d + 12) & VIRTQ_DESC_F_INDIRECT)
        walk(&c, fake_cpu(fake_get64(d)), 0);
    else
        walk(&c, fake_desc(&s->f, 0), (unsigned)c.head);
    return c;
}

void fake_snd_use(struct fake_snd *s, const struct fake_chain *c, uint32_t len)
{
    fake_select(&s->f, c->queue);
    if (is_packed(s))
        use_packed(s, c, len);
    else
        fake_use(&s->f, (uint32_t)c->head, len);
    s->f.interrupt |= 1;
}

/* 5.14.6.2 */
static void put_items(struct fake_snd *s, const uint8_t *ask, uint8_t *out)
{
    uint32_t code = fake_get32(ask), first = fake_get32(ask + 4);
    uint32_t count = fake_get32(ask + 8), size = fake_get32(ask + 12);
    const uint8_t *from = code == 0x1     ? s->jack_items[0]
                          : code == 0x100 ? s->pcm_items[0]
                                          : s->chmap_items[0];

    assert_int_equal(size, code == 0x100 ? 32 : 24);
    assert_true(first + count <= FAKE_SND_ITEMS);
    memcpy(out, from + (size_t)first * size, (size_t)count * size);
}

static void answer(struct fake_snd *s, const struct fake_chain *c)
{
    uint8_t *ask = c->piece[0].at;
    uint32_t code = fake_get32(ask);
    uint32_t len = 4;

    assert_int_equal(c->count, 2);
    assert_false(c->piece[0].writable);
    assert_true(c->piece[1].writable);
    fake_put32(c->piece[1].at, s->answer);
    if (s->answer == 0x8000 && (code == 1 || code == 0x100 || code == 0x200)) {
        put_items(s, ask, c->piece[1].at + 4);
        len = c->piece[1].len;
    }
    fake_snd_use(s, c, len);
}

void fake_snd_answer(struct fake_snd *s)
{
    struct fake_chain c;

    while ((c = fake_snd_take(s, FAKE_SND_CONTROL)).head >= 0) {
        if (s->asked < 32) {
            assert_true(c.piece[0].len <= 24);
            memcpy(s->ask[s->asked], c.piece[0].at, c.piece[0].len);
            s->ask_bytes[s->asked] = c.piece[0].len;
        }
        s->asked++;
        answer(s, &c);
    }
}

bool fake_snd_end(struct fake_snd *s, unsigned queue, uint32_t status,
                  uint32_t latency, uint32_t n)
{
    struct fake_chain c = fake_snd_take(s, queue);
    uint32_t left = queue == FAKE_SND_RX ? n : 0;

    if (c.head < 0)
        return false;
    assert_int_equal(c.piece[0].len, 4);
    assert_int_equal(c.piece[c.count - 1].len, 8);
    for (unsigned i = 1; i + 1 < c.count; i++) {
        uint32_t part = left < c.piece[i].len ? left : c.piece[i].len;
        if (part > 0)
            memset(c.piece[i].at, (int)(n & 0xff), part);
        left -= part;
    }
    fake_put32(c.piece[c.count - 1].at, status);
    fake_put32(c.piece[c.count - 1].at + 4, latency);
    fake_snd_use(s, &c, 8 + (queue == FAKE_SND_RX ? n : 0));
    return true;
}

bool fake_snd_tell(struct fake_snd *s, uint32_t code, uint32_t data)
{
    struct fake_chain c = fake_snd_take(s, FAKE_SND_EVENT);

    if (c.head < 0)
        return false;
    assert_int_equal(c.count, 1);
    assert_true(c.piece[0].writable && c.piece[0].len >= 8);
    fake_put32(c.piece[0].at, code);
    fake_put32(c.piece[0].at + 4, data);
    fake_snd_use(s, &c, 8);
    return true;
}

static void serve(struct fake *f)
{
    struct fake_snd *s = of_fake(f);

    if ((f->status & VIRTIO_STATUS_DRIVER_OK) == 0)
        return;
    while (s->play && fake_snd_end(s, FAKE_SND_TX, 0x8000, 0, 0))
        continue;
    if (!s->silent)
        fake_snd_answer(s);
}

static void describe_pcm(uint8_t item[32], uint32_t id)
{
    fake_put32(item, 7);                   /* hda_fn_nid */
    fake_put32(item + 4, 1 << 2 | 1 << 4); /* MSG_POLLING, EVT_XRUNS */
    fake_put64(item + 8, 0x1ffffff);
    fake_put64(item + 16, 0x3fff);
    item[24] = id >= 2;
    item[25] = 1;
    item[26] = 8;
}

void fake_snd_init(struct fake_snd *s)
{
    struct rgt_snd_queue q[4];

    memset(s, 0, sizeof(*s));
    fake_init(&s->f);
    s->f.device_id = 25;
    s->f.offered |= FAKE_SND_FEATURES;
    s->f.serve = serve;
    s->f.queue_max = 64;
    s->answer = 0x8000;
    fake_put32(s->f.config, 2);
    fake_put32(s->f.config + 4, 4);
    fake_put32(s->f.config + 8, 2);
    fake_put32(s->jack_items[0] + 4, 1); /* REMAP */
    for (uint32_t i = 0; i < FAKE_SND_ITEMS; i++)
        describe_pcm(s->pcm_items[i], i);
    for (unsigned i = 0; i < 4; i++)
        q[i] = (struct rgt_snd_queue){.slots = s->slots[i], .slot_count = 64};
    s->cfg = (struct rgt_snd_config){
        .hal = &s->f.hal,
        .transport = &s->f.mmio.transport,
        .control = q[0],
        .event = q[1],
        .tx = q[2],
        .rx = q[3],
        .jacks = s->jacks,
        .streams = s->streams,
        .chmaps = s->chmaps,
        .events = s->events,
        .jack_max = FAKE_SND_ITEMS,
        .stream_max = FAKE_SND_ITEMS,
        .chmap_max = FAKE_SND_ITEMS,
        .event_max = FAKE_SND_EVENTS,
        .info_items = FAKE_SND_ITEMS,
        .features_wanted = RGT_FEATURES_ALL,
        .timeout_ns = 1000000,
    };
}

void fake_snd_up(struct fake_snd *s)
{
    assert_int_equal(rgt_snd_init(&s->snd, &s->cfg), 0);
    assert_int_equal(rgt_snd_discover_sync(&s->snd), 0);
    s->asked = 0;
}

void fake_snd_down(struct fake_snd *s)
{
    s->f.reset_never = false;
    assert_int_equal(rgt_snd_close(&s->snd), 0);
    assert_int_equal(s->f.allocs, s->f.frees);
    assert_int_equal(s->f.shares, s->f.unshares);
    assert_int_equal(s->f.kicks_before_driver_ok, 0);
    assert_false(s->f.given_back_while_live);
}

struct rgt_snd_params fake_snd_params(void)
{
    return (struct rgt_snd_params){
        .buffer_bytes = 1024,
        .period_bytes = 256,
        .channels = 2,
        .format = VIRTIO_SND_PCM_FMT_S16,
        .rate = VIRTIO_SND_PCM_RATE_48000,
    };
}

void fake_snd_bring(struct fake_snd *s, uint32_t stream,
                    enum rgt_snd_state state)
{
    struct rgt_snd_params params = fake_snd_params();

    if (state >= RGT_SND_SET)
        assert_int_equal(rgt_snd_set_params_sync(&s->snd, stream, &params), 0);
    if (state >= RGT_SND_PREPARED)
        assert_int_equal(rgt_snd_prepare_sync(&s->snd, stream), 0);
    if (state >= RGT_SND_RUNNING)
        assert_int_equal(rgt_snd_start_sync(&s->snd, stream), 0);
    if (state >= RGT_SND_STOPPED)
        assert_int_equal(rgt_snd_stop_sync(&s->snd, stream), 0);
    if (state >= RGT_SND_RELEASED)
        assert_int_equal(rgt_snd_release_sync(&s->snd, stream), 0);
    if (state == RGT_SND_LOST) {
        s->silent = true;
        assert_int_equal(rgt_snd_prepare_sync(&s->snd, stream), RGT_E_TIMEOUT);
        s->silent = false;
        assert_true(fake_snd_take(s, FAKE_SND_CONTROL).head >= 0);
    }
    assert_int_equal(rgt_snd_state(&s->snd, stream), state);
}
