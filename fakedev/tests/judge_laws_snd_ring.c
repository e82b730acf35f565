/* SPDX-License-Identifier: MIT
 *
 * judge_laws_snd_ring.c: rules of every ring where sound has its own way:
 * queues that are polled, and what used len says.
 */
#include "judged_snd.h"

/* ---- kicks (2.7.10.1) and MSG_POLLING ---- */

static void live(struct judged *j, uint64_t leave)
{
    j->leave = leave;
    steps(j, PROBE, DRIVER_OK);
    for (uint16_t q = CONTROLQ; q <= RXQ; q++) {
        see(j, FAKE_EV_QUEUE_UP, q, 8, AT(1), AT(2), AT(3));
        see(j, FAKE_EV_ARMED, q, 0, 0, 0, 0);
    }
    event_buffer(j, 0, 8);
}

static void sets_polling(struct judged *j, uint32_t stream, uint32_t status)
{
    struct params p = good(stream);

    p.features = POLLING;
    set_is(j, p, status);
    if (status != VIRTIO_SND_S_OK)
        set(j, good(stream));
    command(j, VIRTIO_SND_R_PCM_PREPARE, stream);
}

/* One entry is available and no kick came, the driver waits. */
static void waits(struct judged *j, uint16_t queue)
{
    see(j, FAKE_EV_IDLE, queue, 1, 0, 0, 0);
}

/* The near miss is kicked once where nobody polls, so that the clause is put
 * to the test. */
static void polled(struct judged *j, uint32_t stream, uint32_t status,
                   uint16_t queue)
{
    sets_polling(j, stream, status);
    waits(j, queue);
    see(j, FAKE_EV_REG_WRITE, CONTROLQ, VIRTIO_MMIO_QUEUE_NOTIFY, 4, CONTROLQ,
        1);
    waits(j, CONTROLQ);
}

LAW(polled_tx_needs_no_kick, live(j, 0), polled(j, 0, VIRTIO_SND_S_OK, RXQ),
    polled(j, 0, VIRTIO_SND_S_OK, TXQ))
LAW(polled_rx_needs_no_kick, live(j, 0), polled(j, 1, VIRTIO_SND_S_OK, TXQ),
    polled(j, 1, VIRTIO_SND_S_OK, RXQ))
LAW(refused_polling_needs_kicks, live(j, 0),
    polled(j, 0, VIRTIO_SND_S_NOT_SUPP, TXQ),
    polled(j, 0, VIRTIO_SND_S_OK, TXQ))

static void waits_released(struct judged *j)
{
    sets_polling(j, 0, VIRTIO_SND_S_OK);
    command(j, VIRTIO_SND_R_PCM_RELEASE, 0);
    waits(j, TXQ);
}

static void goes_through_life(struct judged *j)
{
    polled(j, 0, VIRTIO_SND_S_OK, TXQ);
    command(j, VIRTIO_SND_R_PCM_START, 0);
    waits(j, TXQ);
    command(j, VIRTIO_SND_R_PCM_STOP, 0);
    waits(j, TXQ);
}

LAW(polling_ends_with_the_stream, live(j, 0), waits_released(j),
    goes_through_life(j))
LAW(polled_queue_needs_no_kick_by_flags, live(j, F(VIRTIO_F_EVENT_IDX)),
    polled(j, 0, VIRTIO_SND_S_OK, EVENTQ), polled(j, 0, VIRTIO_SND_S_OK, TXQ))

/* ---- used len (2.7.8.3) ---- */

static void queues_up(struct judged *j)
{
    for (uint16_t q = CONTROLQ; q <= RXQ; q++)
        see(j, FAKE_EV_QUEUE_UP, q, 8, AT(1), AT(2), AT(3));
}

/* A buffer of eventq, or a message as its stream gives it back. */
static void used_as(struct judged *j, uint16_t queue, uint32_t writable,
                    uint32_t len, uint32_t status)
{
    see(j, FAKE_EV_CHAIN, queue, 0, 2, queue == EVENTQ ? 0 : 4, writable);
    if (queue != EVENTQ)
        see(j, FAKE_EV_SND_XFER_DONE, queue, 0, status, 0, 0);
    see(j, FAKE_EV_USED, queue, 0, len, ++j->used, 0);
}

static void used(struct judged *j, uint16_t queue, uint32_t writable,
                 uint32_t len)
{
    used_as(j, queue, writable, len, VIRTIO_SND_S_OK);
}

/* A message comes back with `len` bytes used and is reported done. */
static void record(struct judged *j, uint32_t len, int code)
{
    uint64_t token = submit(j, OP_CAPTURE);

    used(j, RXQ, PERIOD + 8, len);
    done(j, token, code);
}

static void play(struct judged *j, uint32_t len, int code)
{
    uint64_t token = submit(j, OP_PLAY);

    used(j, TXQ, 8, len);
    done(j, token, code);
}

/* The same of a SET_PARAMS, with more room for the answer than it takes, and
 * of a query for two streams. */
static void answer(struct judged *j, uint32_t len, int code)
{
    uint64_t token = submit(j, OP_SET_PARAMS);

    see(j, FAKE_EV_CHAIN, CONTROLQ, 0, 2, 24, 64);
    set(j, good(0));
    see(j, FAKE_EV_USED, CONTROLQ, 0, len, ++j->used, 0);
    done(j, token, code);
}

static void look_up(struct judged *j)
{
    see(j, FAKE_EV_CHAIN, CONTROLQ, 0, 2, 16, 68);
    query(j, VIRTIO_SND_R_PCM_INFO, 0, 2, 32, 68);
}

static void asks(struct judged *j, uint32_t len, int code)
{
    uint64_t token = submit(j, OP_PCM_INFO);

    look_up(j);
    see(j, FAKE_EV_USED, CONTROLQ, 0, len, ++j->used, 0);
    done(j, token, code);
}

LAW(recordings_may_end_in_mid_period, queues_up(j), record(j, 4, 0),
    (record(j, 508, 0), record(j, 4, RGT_E_IO)))
LAW(answers_may_have_room, queues_up(j), (answer(j, 4, 0), answer(j, 3, 0)),
    (answer(j, 4, 0), answer(j, 3, RGT_E_IO)))
LAW(items_are_within_used_len, queues_up(j), asks(j, 67, 0),
    (asks(j, 68, 0), asks(j, 4, RGT_E_IO)))
LAW(frames_played_are_told_within_used_len, queues_up(j), play(j, 7, 0),
    (play(j, 8, 0), play(j, 7, RGT_E_IO)))

/* What the driver looks up for itself, and what comes by another way, makes
 * up for nothing. */
static void comes_up(struct judged *j)
{
    see(j, FAKE_EV_OPEN, FAKE_NO_QUEUE, VIRTIO_ID_SOUND, 0, 0, 0);
    steps(j, PROBE, DRIVER_OK);
    queues_up(j);
    look_up(j);
    see(j, FAKE_EV_USED, CONTROLQ, 0, 68, ++j->used, 0);
    see(j, FAKE_EV_OPENED, FAKE_NO_QUEUE, 0, 0, 0, 0);
    used(j, EVENTQ, 8, 8);
    done(j, submit(j, OP_PLAY), RGT_E_IO);
    see(j, FAKE_EV_RECOVER, FAKE_NO_QUEUE, 0, 0, 0, 0);
    look_up(j);
    see(j, FAKE_EV_USED, CONTROLQ, 0, 68, ++j->used, 0);
    see(j, FAKE_EV_CHAIN, CONTROLQ, 0, 2, 8, 4);
    see(j, FAKE_EV_USED, CONTROLQ, 0, 4, ++j->used, 0);
}

LAW(own_queries_make_up_for_nothing, comes_up(j), asks(j, 4, 0),
    asks(j, 4, RGT_E_IO))
LAW(own_commands_make_up_for_nothing, comes_up(j), answer(j, 0, 0),
    answer(j, 0, RGT_E_IO))

/* Nor does what the device has refused. */
static void commands(struct judged *j, uint32_t status)
{
    see(j, FAKE_EV_CHAIN, CONTROLQ, 0, 2, 24, 4);
    set_is(j, good(0), status);
    see(j, FAKE_EV_USED, CONTROLQ, 0, 4, ++j->used, 0);
}

static void refused_come(struct judged *j)
{
    queues_up(j);
    done(j, submit(j, OP_PLAY), RGT_E_IO);
    used_as(j, TXQ, 8, 8, VIRTIO_SND_S_IO_ERR);
    done(j, submit(j, OP_SET_PARAMS), RGT_E_IO);
    commands(j, VIRTIO_SND_S_IO_ERR);
}

LAW(refused_messages_make_up_for_nothing, refused_come(j), play(j, 7, 0),
    play(j, 7, RGT_E_IO))
LAW(refused_commands_make_up_for_nothing, refused_come(j), answer(j, 3, 0),
    answer(j, 3, RGT_E_IO))

static void refused_past_used_len(struct judged *j, int code)
{
    uint64_t token = submit(j, OP_PLAY);

    used_as(j, TXQ, 8, 7, VIRTIO_SND_S_IO_ERR);
    done(j, token, code);
}

LAW(refusals_are_within_used_len, queues_up(j), refused_past_used_len(j, 0),
    refused_past_used_len(j, RGT_E_IO))

/* A refusal has no items; a success reported on one is no matter of len. */
static void query_is_refused(struct judged *j, int code)
{
    uint64_t token = submit(j, OP_PCM_INFO);

    see(j, FAKE_EV_CHAIN, CONTROLQ, 0, 2, 16, 68);
    see(j, FAKE_EV_SND_QUERY, CONTROLQ, VIRTIO_SND_R_PCM_INFO, 0, 2, 32);
    control(j, VIRTIO_SND_R_PCM_INFO, 0, VIRTIO_SND_S_IO_ERR, 68);
    see(j, FAKE_EV_USED, CONTROLQ, 0, 4, ++j->used, 0);
    done(j, token, code);
}

LAW(refused_queries_have_no_items, queues_up(j), asks(j, 4, 0),
    (query_is_refused(j, 0), asks(j, 4, RGT_E_IO)))

static void others_come(struct judged *j)
{
    queues_up(j);
    submit(j, OP_CAPTURE);
    used(j, RXQ, PERIOD + 8, 8);
    submit(j, OP_SET_PARAMS);
    commands(j, VIRTIO_SND_S_OK);
    used(j, EVENTQ, 8, 8);
}

LAW(other_ways_make_up_for_nothing, others_come(j), play(j, 0, 0),
    play(j, 0, RGT_E_IO))

static void events_come(struct judged *j)
{
    queues_up(j);
    submit(j, OP_PLAY);
    used(j, EVENTQ, 8, 8);
}

LAW(events_make_up_for_nothing, events_come(j), record(j, 7, 0),
    record(j, 7, RGT_E_IO))

const struct law laws_snd_ring[] = {
    ENTRY("drv-2.7.10.1-6", polled_tx_needs_no_kick),
    ENTRY("drv-2.7.10.1-6", polled_rx_needs_no_kick),
    ENTRY("drv-2.7.10.1-6", refused_polling_needs_kicks),
    ENTRY("drv-2.7.10.1-6", polling_ends_with_the_stream),
    ENTRY("drv-2.7.10.1-4", polled_queue_needs_no_kick_by_flags),
    ENTRY("drv-2.7.8.3-1", recordings_may_end_in_mid_period),
    ENTRY("drv-2.7.8.3-1", answers_may_have_room),
    ENTRY("drv-2.7.8.3-1", items_are_within_used_len),
    ENTRY("drv-2.7.8.3-1", frames_played_are_told_within_used_len),
    ENTRY("drv-2.7.8.3-1", own_queries_make_up_for_nothing),
    ENTRY("drv-2.7.8.3-1", own_commands_make_up_for_nothing),
    ENTRY("drv-2.7.8.3-1", other_ways_make_up_for_nothing),
    ENTRY("drv-2.7.8.3-1", refused_messages_make_up_for_nothing),
    ENTRY("drv-2.7.8.3-1", refused_commands_make_up_for_nothing),
    ENTRY("drv-2.7.8.3-1", events_make_up_for_nothing),
    ENTRY("drv-2.7.8.3-1", refusals_are_within_used_len),
    ENTRY("drv-2.7.8.3-1", refused_queries_have_no_items),
};
const size_t laws_snd_ring_count = COUNT_OF(laws_snd_ring);
