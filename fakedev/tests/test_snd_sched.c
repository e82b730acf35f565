/* SPDX-License-Identifier: MIT
 *
 * test_snd_sched.c: the sound model run by the schedulers, with a driver that
 * kicks only when it is told to and waits for interrupts.
 */
#include "fakedev/sched.h"
#include "snd_card.h"

enum { QUEUED = 4, CAPTURE = 2 };

struct player {
    struct card c;
    struct fake_sched sched;
    struct buf tx[QUEUED], rx[QUEUED];
    unsigned tx_at, rx_at;
    uint32_t period; /* bytes, of 48 kHz stereo S16 */
    unsigned sent, played, recorded;
    unsigned kicks[QUEUES];
    bool real_time; /* frames may be lost where the host is slow */
};

static void kick(struct player *p, unsigned queue)
{
    if (!card_wants_kick(&p->c, queue))
        return;
    p->kicks[queue]++;
    p->sched.ops->doorbell(&p->sched, (uint16_t)queue);
}

/* One message, as the 32-bit counter goes on. */
static void send(struct player *p)
{
    struct buf *b = &p->tx[p->tx_at];

    for (uint32_t k = 0; k < p->period; k += 4)
        put_le(b->out + 4 + k, p->sent * p->period / 4 + k / 4, 4);
    p->sent++;
    p->tx_at = (p->tx_at + 1) % QUEUED;
    card_publish(&p->c, TX, b, NULL);
    kick(p, TX);
}

static void expect_recorded(struct player *p, const struct buf *b)
{
    uint32_t first = p->recorded * p->period / 4;

    if (p->real_time)
        first = (uint32_t)get_le(b->in, 4);
    for (uint32_t k = 0; k < p->period; k += 4)
        assert_int_equal(get_le(b->in + k, 4), first + k / 4);
    p->recorded++;
}

/* Everything that came back; up to `count` messages are sent in all. */
static void serve(struct player *p, unsigned count)
{
    uint16_t head;
    uint32_t len;

    while (card_used(&p->c, TX, &head, &len)) {
        assert_int_equal(get_le(p->tx[p->tx_at].in, 4), OK);
        p->played++;
        if (p->sent < count)
            send(p);
        else
            p->tx_at = (p->tx_at + 1) % QUEUED;
    }
    while (card_used(&p->c, RX, &head, &len)) {
        struct buf *b = &p->rx[p->rx_at];

        assert_int_equal(len, p->period + 8);
        expect_recorded(p, b);
        card_publish(&p->c, RX, b, NULL);
        kick(p, RX);
        p->rx_at = (p->rx_at + 1) % QUEUED;
    }
}

static void wait_irq(struct player *p)
{
    const struct fake_sched_ops *ops = p->sched.ops;

    assert_int_equal(ops->wait(&p->sched, ops->now(&p->sched) + 10 * SECOND),
                     1);
    atomic_exchange(&p->c.lines.irq_status, 0);
}

static void command(struct player *p, const uint8_t *bytes, uint32_t len)
{
    struct buf b = card_buf(&p->c, len, 4);
    uint16_t head;
    uint32_t used;

    memcpy(b.out, bytes, len);
    card_publish(&p->c, CONTROL, &b, NULL);
    kick(p, CONTROL);
    while (!card_used(&p->c, CONTROL, &head, &used))
        wait_irq(p);
    assert_int_equal(get_le(b.in, 4), OK);
}

static void stream_command(struct player *p, uint32_t code, uint32_t stream)
{
    uint8_t bytes[8];

    put_le(bytes, code, 4);
    put_le(bytes + 4, stream, 4);
    command(p, bytes, 8);
}

static void prepare(struct player *p, uint32_t stream, uint32_t features)
{
    uint8_t bytes[24] = {0};

    put_le(bytes, SET_PARAMS, 4);
    put_le(bytes + 4, stream, 4);
    put_le(bytes + 8, p->period * QUEUED, 4);
    put_le(bytes + 12, p->period, 4);
    put_le(bytes + 16, features, 4);
    bytes[20] = 2;
    bytes[21] = S16;
    bytes[22] = HZ_48000;
    command(p, bytes, 24);
    stream_command(p, PREPARE, stream);
}

static void line_changed(void *ctx)
{
    struct player *p = ctx;

    if (p->sched.impl)
        p->sched.ops->line_changed(&p->sched);
}

/* Plays `count` periods while it captures, then stops and releases. */
static void play(struct player *p, uint32_t features, unsigned count)
{
    struct fake_control ctl = {.kind = FAKE_CONTROL_DRIVER_OK};
    unsigned kicks;

    p->sched.ops->control(&p->sched, &ctl);
    prepare(p, 0, features);
    prepare(p, CAPTURE, features);
    kicks = p->kicks[TX] + p->kicks[RX];
    for (unsigned k = 0; k < QUEUED; k++) {
        p->tx[k] = card_tx(&p->c, 0, p->period, 0);
        p->rx[k] = card_rx(&p->c, CAPTURE, p->period);
        card_publish(&p->c, RX, &p->rx[k], NULL);
        kick(p, RX);
        send(p);
    }
    stream_command(p, START, CAPTURE);
    stream_command(p, START, 0);
    while (p->played < count) {
        wait_irq(p);
        serve(p, count);
    }
    if (features & F_MSG_POLLING)
        assert_int_equal(p->kicks[TX] + p->kicks[RX], kicks);
    stream_command(p, STOP, CAPTURE);
    stream_command(p, STOP, 0);
    stream_command(p, RELEASE, 0);
}

static void expect_played(const struct player *p, unsigned count)
{
    assert_int_equal(p->c.tape[0].bytes, count * p->period);
    for (uint32_t k = 0; k < count * p->period; k += 4)
        assert_int_equal(get_le(p->c.tape[0].data + k, 4), k / 4);
}

static void setup(struct player *p, uint32_t period,
                  enum fake_snd_reading reading)
{
    memset(p, 0, sizeof(*p));
    p->period = period;
    card_setup(&p->c);
    p->c.cfg.reading = reading;
    p->c.cfg.flap_ms = 3;
    card_init(&p->c);
    p->c.snd.dev.line_changed = line_changed;
    p->c.snd.dev.line_ctx = p;
}

/* Virtual time: not one frame is missing, whoever moves when. */
static void test_step_plays_and_captures_under_each_seed(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct player p;

        setup(&p, CARD_PERIOD, seed % 2 ? FAKE_SND_LAZY : FAKE_SND_EAGER);
        p.c.g.log.one_thread = true;
        assert_int_equal(
            fake_sched_step_start(&p.sched, &p.c.snd.dev, &p.c.g.log, seed), 0);
        play(&p, seed % 3 ? 0 : F_MSG_POLLING, 50);
        expect_played(&p, 50);
        /* Between the last frame and STOP a few are missing, no more. */
        assert_true(p.c.tape[0].silence_bytes < 100 * 4);
        assert_in_range(p.recorded, 50, 51);
        p.sched.ops->stop(&p.sched);
        card_down(&p.c);
    }
}

/* Real time: what the host's other work does to the pace is not ours to say,
 * but no sample is lost, repeated or changed. */
static void test_threads_play_every_sample_once(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 4; k++) {
        struct player p;

        setup(&p, CARD_PERIOD / 2, k % 2 ? FAKE_SND_LAZY : FAKE_SND_EAGER);
        p.real_time = true;
        assert_int_equal(
            fake_sched_threads_start(&p.sched, &p.c.snd.dev, &p.c.g.log, 20000),
            0);
        play(&p, k / 2 ? F_MSG_POLLING : 0, 40);
        p.sched.ops->stop(&p.sched);
        expect_played(&p, 40);
        card_down(&p.c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_step_plays_and_captures_under_each_seed),
        cmocka_unit_test(test_threads_play_every_sample_once),
    };

    return cmocka_run_group_tests_name("snd sched", tests, NULL, NULL);
}
