/* SPDX-License-Identifier: MIT
 *
 * judge_laws_snd.c: what a driver asks of a sound device.
 */
#include "judged_snd.h"

#define POLLING (1u << VIRTIO_SND_PCM_F_MSG_POLLING)

#define LAW(name, sets_up, wrong, right)                                       \
    static void breaks_##name(struct judged *j)                                \
    {                                                                          \
        plug_in(j);                                                            \
        sets_up;                                                               \
        wrong;                                                                 \
    }                                                                          \
    static void keeps_##name(struct judged *j)                                 \
    {                                                                          \
        plug_in(j);                                                            \
        sets_up;                                                               \
        right;                                                                 \
    }

/* SET_PARAMS with one member changed: just wrong, and just right. */
#define PARAMS_LAW(name, member, wrong, right)                                 \
    static void name##_with(struct judged *j, uint32_t value)                  \
    {                                                                          \
        struct params p = good(0);                                             \
                                                                               \
        p.member = (__typeof__(p.member))value;                                \
        set(j, p);                                                             \
    }                                                                          \
    LAW(name, (void)0, name##_with(j, wrong), name##_with(j, right))

LAW(events_have_room, (void)0, event_buffer(j, 0, 7), event_buffer(j, 0, 8))

/* By the first START that is carried out, and again after a reset. */
static void starts_without_events(struct judged *j)
{
    steps(j, PROBE, RESET);
    prepare(j, 0);
    command(j, VIRTIO_SND_R_PCM_START, 0);
}

static void starts_with_events(struct judged *j)
{
    steps(j, PROBE, RESET);
    prepare(j, 0);
    control(j, VIRTIO_SND_R_PCM_START, 0, VIRTIO_SND_S_IO_ERR, 4);
    event_buffer(j, 0, 8);
    command(j, VIRTIO_SND_R_PCM_START, 0);
}

LAW(events_are_filled, (void)0, starts_without_events(j), starts_with_events(j))
LAW(events_are_written_only, (void)0, event_buffer(j, 1, 8),
    event_buffer(j, 0, 16))
LAW(query_is_in_range, (void)0, query(j, VIRTIO_SND_R_CHMAP_INFO, 1, 3, 24, 76),
    query(j, VIRTIO_SND_R_CHMAP_INFO, 1, 2, 24, 52))
LAW(answer_has_room, (void)0, query(j, VIRTIO_SND_R_PCM_INFO, 0, 4, 32, 131),
    query(j, VIRTIO_SND_R_PCM_INFO, 0, 4, 32, 132))
LAW(jack_query_is_in_range, (void)0,
    query(j, VIRTIO_SND_R_JACK_INFO, 0, 2, 24, 52),
    query(j, VIRTIO_SND_R_JACK_INFO, 0, 1, 24, 28))
LAW(pcm_query_is_in_range, (void)0,
    query(j, VIRTIO_SND_R_PCM_INFO, 1, 4, 32, 132),
    query(j, VIRTIO_SND_R_PCM_INFO, 1, 3, 32, 100))
LAW(jack_answer_has_room, (void)0,
    query(j, VIRTIO_SND_R_JACK_INFO, 0, 1, 24, 27),
    query(j, VIRTIO_SND_R_JACK_INFO, 0, 1, 24, 28))
LAW(chmap_answer_has_room, (void)0,
    query(j, VIRTIO_SND_R_CHMAP_INFO, 0, 3, 24, 75),
    query(j, VIRTIO_SND_R_CHMAP_INFO, 0, 3, 24, 76))
PARAMS_LAW(period_divides_buffer, buffer, BUFFER + 4, PERIOD)
PARAMS_LAW(features_are_defined, features, 1u << 5, POLLING)
PARAMS_LAW(format_is_defined, format, 25, S16)
PARAMS_LAW(rate_is_defined, rate, 14, HZ_48000)
PARAMS_LAW(features_are_offered, features, 1u << VIRTIO_SND_PCM_F_EVT_XRUNS,
           POLLING)
PARAMS_LAW(format_is_offered, format, 24, S16)
PARAMS_LAW(rate_is_offered, rate, 13, HZ_48000)
PARAMS_LAW(channels_are_offered, channels, 5, 4)
PARAMS_LAW(too_few_channels, channels, 1, 2)
PARAMS_LAW(one_shared_memory, features, 3, POLLING)
PARAMS_LAW(host_memory_is_a_placeholder, features, 1, POLLING)
PARAMS_LAW(guest_memory_is_a_placeholder, features, 2, POLLING)
PARAMS_LAW(padding_is_0, padding, 1, 0)

/* What one stream offers, another need not. */
static void set_other(struct judged *j, uint32_t stream, uint8_t format,
                      uint8_t rate)
{
    struct params p = good(stream);

    p.format = format;
    p.rate = rate;
    set(j, p);
}

static void set_channels(struct judged *j, uint32_t stream, uint8_t channels)
{
    struct params p = good(stream);

    p.channels = channels;
    set(j, p);
}

static void set_features(struct judged *j, uint32_t stream, uint32_t features)
{
    struct params p = good(stream);

    p.features = features;
    set(j, p);
}

LAW(format_is_that_of_the_stream, (void)0, set_other(j, 0, FLOAT, HZ_48000),
    set_other(j, 3, FLOAT, HZ_48000))
LAW(rate_is_that_of_the_stream, (void)0, set_other(j, 0, S16, HZ_44100),
    set_other(j, 3, S16, HZ_44100))
LAW(channels_are_those_of_the_stream, (void)0, set_channels(j, 1, 2),
    set_channels(j, 3, 6))
LAW(features_are_those_of_the_stream, (void)0, set_features(j, 2, POLLING),
    set_features(j, 1, POLLING))
LAW(shared_memory_is_that_of_the_stream, (void)0, set_features(j, 3, 2),
    set_features(j, 3, 0))

LAW(stream_of_a_message_exists, (void)0, xfer(j, TXQ, 4, PERIOD, 0),
    xfer(j, TXQ, 0, PERIOD, 0))
LAW(data_goes_its_way, (void)0, xfer(j, TXQ, 1, PERIOD, 0),
    xfer(j, RXQ, 1, 0, PERIOD))

LAW(output_goes_over_tx, (void)0, xfer(j, RXQ, 3, 0, PERIOD),
    xfer(j, TXQ, 3, PERIOD, 0))

/* The odd one may be the last, and after a RELEASE all begins anew. */
static void last_is_short(struct judged *j)
{
    xfer(j, TXQ, 0, PERIOD, 0);
    xfer(j, TXQ, 0, 4, 0);
    command(j, VIRTIO_SND_R_PCM_RELEASE, 0);
    command(j, VIRTIO_SND_R_PCM_PREPARE, 0);
    xfer(j, TXQ, 0, PERIOD, 0);
}

static void goes_on_after_a_short_one(struct judged *j)
{
    xfer(j, TXQ, 0, 4, 0);
    xfer(j, TXQ, 0, PERIOD, 0);
}

LAW(tx_is_a_period, prepare(j, 0), goes_on_after_a_short_one(j),
    last_is_short(j))
/* Other parameters that were refused are not those of the stream. */
static void goes_on_after_refused_params(struct judged *j)
{
    struct params p = good(0);

    p.period = PERIOD / 2;
    set_is(j, p, VIRTIO_SND_S_NOT_SUPP);
    xfer(j, TXQ, 0, PERIOD, 0);
    xfer(j, TXQ, 0, PERIOD, 0);
}

static void takes_the_period_of_refused_params(struct judged *j)
{
    struct params p = good(0);

    p.period = PERIOD / 2;
    set_is(j, p, VIRTIO_SND_S_NOT_SUPP);
    xfer(j, TXQ, 0, PERIOD / 2, 0);
    xfer(j, TXQ, 0, PERIOD / 2, 0);
}

LAW(tx_goes_by_the_period_that_was_set, prepare(j, 0),
    takes_the_period_of_refused_params(j), goes_on_after_refused_params(j))

/* SET_PARAMS and STOP end a run of frames as RELEASE does. */
static void ends_by_set_params(struct judged *j)
{
    struct params p = good(0);

    xfer(j, TXQ, 0, 4, 0);
    p.period = PERIOD / 2;
    set(j, p);
    command(j, VIRTIO_SND_R_PCM_PREPARE, 0);
    xfer(j, TXQ, 0, PERIOD / 2, 0);
    xfer(j, TXQ, 0, PERIOD / 2, 0);
    command(j, VIRTIO_SND_R_PCM_START, 0);
    xfer(j, TXQ, 0, 4, 0);
    command(j, VIRTIO_SND_R_PCM_STOP, 0);
    xfer(j, TXQ, 0, PERIOD / 2, 0);
    xfer(j, TXQ, 0, PERIOD / 2, 0);
}

/* ... but not if the device refuses them, nor does a PREPARE. */
static void goes_on_after_a_refused_end(struct judged *j)
{
    xfer(j, TXQ, 0, 4, 0);
    set_is(j, good(0), VIRTIO_SND_S_IO_ERR);
    command(j, VIRTIO_SND_R_PCM_PREPARE, 0);
    xfer(j, TXQ, 0, PERIOD, 0);
}

LAW(tx_ends_more_than_once, prepare(j, 0), goes_on_after_a_refused_end(j),
    ends_by_set_params(j))

LAW(tx_of_another_stream_is_a_period, prepare(j, 3),
    (xfer(j, TXQ, 3, 4, 0), xfer(j, TXQ, 3, PERIOD, 0)),
    (xfer(j, TXQ, 3, PERIOD, 0), xfer(j, TXQ, 3, 4, 0)))

/* Period and end are those of the stream. */
static void plays_half_periods(struct judged *j, uint32_t odd)
{
    struct params p = good(3);

    p.period = PERIOD / 2;
    set(j, p);
    command(j, VIRTIO_SND_R_PCM_PREPARE, 3);
    xfer(j, TXQ, 0, PERIOD, 0);
    xfer(j, TXQ, odd, 4, 0);
    xfer(j, TXQ, 3, PERIOD / 2, 0);
    xfer(j, TXQ, 3, PERIOD / 2, 0);
}

LAW(tx_streams_have_periods_of_their_own, prepare(j, 0),
    plays_half_periods(j, 3), plays_half_periods(j, 0))
LAW(tx_is_read_only, (void)0, xfer(j, TXQ, 0, PERIOD, 1),
    xfer(j, TXQ, 0, PERIOD, 0))
LAW(rx_is_write_only, (void)0, xfer(j, RXQ, 1, 1, PERIOD),
    xfer(j, RXQ, 1, 0, PERIOD))

static void start_with(struct judged *j, uint32_t bytes)
{
    if (bytes)
        xfer(j, RXQ, 1, 0, bytes);
    command(j, VIRTIO_SND_R_PCM_START, 1);
}

LAW(rx_is_ready_at_start, prepare(j, 1), start_with(j, 0),
    start_with(j, PERIOD))
LAW(rx_buffers_are_periods, prepare(j, 1), start_with(j, PERIOD - 2),
    start_with(j, PERIOD))

static void start_that_is_refused(struct judged *j)
{
    control(j, VIRTIO_SND_R_PCM_START, 1, VIRTIO_SND_S_IO_ERR, 4);
    start_with(j, PERIOD);
}

LAW(rx_is_ready_when_it_starts, prepare(j, 1), start_with(j, 0),
    start_that_is_refused(j))

/* Queued is what the device has now, not what it had once. */
static void resume(struct judged *j, bool posts)
{
    xfer_at(j, RXQ, 1, 0, PERIOD, 0);
    xfer_at(j, RXQ, 1, 0, PERIOD, 1);
    command(j, VIRTIO_SND_R_PCM_START, 1);
    xfer_done(j, RXQ, 1, 0);
    xfer_done(j, RXQ, 1, 1);
    command(j, VIRTIO_SND_R_PCM_STOP, 1);
    if (posts)
        xfer_at(j, RXQ, 1, 0, PERIOD, 0);
    command(j, VIRTIO_SND_R_PCM_START, 1);
}

LAW(rx_is_ready_at_a_resume, prepare(j, 1), resume(j, false), resume(j, true))

/* An odd buffer counts as long as the device has it, and no longer. */
static void odd_one_comes_back(struct judged *j, uint16_t head)
{
    xfer_at(j, RXQ, 1, 0, PERIOD, 64);
    xfer_at(j, RXQ, 1, 0, 6, 1);
    xfer_at(j, RXQ, 1, 0, PERIOD, 0);
    xfer_done(j, RXQ, 1, head);
    xfer_at(j, RXQ, 1, 0, PERIOD, head);
    xfer_done(j, RXQ, 1, head);
    command(j, VIRTIO_SND_R_PCM_START, 1);
}

LAW(rx_odd_buffers_are_known_by_head, prepare(j, 1), odd_one_comes_back(j, 0),
    odd_one_comes_back(j, 1))

static void starts_anew(struct judged *j, bool posts)
{
    xfer_at(j, RXQ, 1, 0, PERIOD, 0);
    xfer_done(j, RXQ, 1, 0);
    command(j, VIRTIO_SND_R_PCM_RELEASE, 1);
    command(j, VIRTIO_SND_R_PCM_PREPARE, 1);
    if (posts)
        xfer_at(j, RXQ, 1, 0, PERIOD, 0);
    command(j, VIRTIO_SND_R_PCM_START, 1);
}

LAW(rx_is_ready_after_a_release, prepare(j, 1), starts_anew(j, false),
    starts_anew(j, true))

static void start_after_the_queue_went(struct judged *j, bool posts)
{
    xfer_at(j, RXQ, 1, 0, 6, 0);
    xfer_at(j, RXQ, 1, 0, 6, 1);
    see(j, FAKE_EV_QUEUE_DOWN, RXQ, 0, 0, 0, 0);
    xfer_done(j, RXQ, 1, 0); /* too late to count */
    if (posts)
        xfer_at(j, RXQ, 1, 0, PERIOD, 0);
    command(j, VIRTIO_SND_R_PCM_START, 1);
}

LAW(rx_goes_with_its_queue, prepare(j, 1), start_after_the_queue_went(j, false),
    start_after_the_queue_went(j, true))

/* Buffers of one stream are none of another. */
static void start_with_those_of(struct judged *j, uint32_t stream)
{
    prepare(j, 2);
    xfer(j, RXQ, stream, 0, PERIOD);
    command(j, VIRTIO_SND_R_PCM_START, 1);
}

LAW(rx_is_of_the_stream, prepare(j, 1), start_with_those_of(j, 2),
    start_with_those_of(j, 1))

static void whole_life(struct judged *j)
{
    command(j, VIRTIO_SND_R_PCM_PREPARE, 0);
    command(j, VIRTIO_SND_R_PCM_START, 0);
    command(j, VIRTIO_SND_R_PCM_STOP, 0);
    command(j, VIRTIO_SND_R_PCM_START, 0);
    command(j, VIRTIO_SND_R_PCM_STOP, 0);
    command(j, VIRTIO_SND_R_PCM_RELEASE, 0);
    command(j, VIRTIO_SND_R_PCM_PREPARE, 0);
    command(j, VIRTIO_SND_R_PCM_RELEASE, 0);
    set(j, good(0));
    command(j, VIRTIO_SND_R_PCM_PREPARE, 0);
    command(j, VIRTIO_SND_R_PCM_START, 0);
    steps(j, PROBE, RESET); /* which forgets all of it */
    set(j, good(0));
}

/* What was refused has not happened. */
static void release_after_a_refused_stop(struct judged *j)
{
    command(j, VIRTIO_SND_R_PCM_PREPARE, 0);
    command(j, VIRTIO_SND_R_PCM_START, 0);
    control(j, VIRTIO_SND_R_PCM_STOP, 0, VIRTIO_SND_S_IO_ERR, 4);
    command(j, VIRTIO_SND_R_PCM_RELEASE, 0);
}

LAW(follows_the_life_cycle, set(j, good(0)),
    command(j, VIRTIO_SND_R_PCM_START, 0), whole_life(j))
LAW(counts_what_was_done, set(j, good(0)), release_after_a_refused_stop(j),
    whole_life(j))

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

#define ENTRY(clause, name)                                                    \
    {                                                                          \
        clause, #name, breaks_##name, keeps_##name,                            \
        {                                                                      \
            0                                                                  \
        }                                                                      \
    }

const struct law laws_snd[] = {
    ENTRY("drv-5.14.5.1-1", events_have_room),
    ENTRY("drv-5.14.5.1-1", events_are_filled),
    ENTRY("drv-5.14.5.1-2", events_are_written_only),
    ENTRY("drv-5.14.6.2-1", query_is_in_range),
    ENTRY("drv-5.14.6.2-1", jack_query_is_in_range),
    ENTRY("drv-5.14.6.2-1", pcm_query_is_in_range),
    ENTRY("drv-5.14.6.2-2", answer_has_room),
    ENTRY("drv-5.14.6.2-2", jack_answer_has_room),
    ENTRY("drv-5.14.6.2-2", chmap_answer_has_room),
    ENTRY("drv-5.14.6.6.3.2-1", period_divides_buffer),
    ENTRY("drv-5.14.6.6.3.2-2", features_are_defined),
    ENTRY("drv-5.14.6.6.3.2-3", format_is_defined),
    ENTRY("drv-5.14.6.6.3.2-4", rate_is_defined),
    ENTRY("drv-5.14.6.6.3.2-5", features_are_offered),
    ENTRY("drv-5.14.6.6.3.2-5", features_are_those_of_the_stream),
    ENTRY("drv-5.14.6.6.3.2-5", shared_memory_is_that_of_the_stream),
    ENTRY("drv-5.14.6.6.3.2-6", format_is_offered),
    ENTRY("drv-5.14.6.6.3.2-6", format_is_that_of_the_stream),
    ENTRY("drv-5.14.6.6.3.2-7", rate_is_offered),
    ENTRY("drv-5.14.6.6.3.2-7", rate_is_that_of_the_stream),
    ENTRY("drv-5.14.6.6.3.2-8", channels_are_offered),
    ENTRY("drv-5.14.6.6.3.2-8", too_few_channels),
    ENTRY("drv-5.14.6.6.3.2-8", channels_are_those_of_the_stream),
    ENTRY("drv-5.14.6.6.3.2-9", one_shared_memory),
    ENTRY("drv-5.14.6.6.3.2-10", padding_is_0),
    ENTRY("drv-5.14.6.6.3.2-11", data_goes_its_way),
    ENTRY("drv-5.14.6.6.3.2-11", output_goes_over_tx),
    ENTRY("drv-5.14.6.8.1.2-1", tx_is_a_period),
    ENTRY("drv-5.14.6.8.1.2-1", tx_goes_by_the_period_that_was_set),
    ENTRY("drv-5.14.6.8.1.2-1", tx_ends_more_than_once),
    ENTRY("drv-5.14.6.8.1.2-1", tx_streams_have_periods_of_their_own),
    ENTRY("drv-5.14.6.8.1.2-1", tx_of_another_stream_is_a_period),
    ENTRY("drv-5.14.6.8.1.2-2", tx_is_read_only),
    ENTRY("drv-5.14.6.8.2.2-1", rx_is_ready_at_start),
    ENTRY("drv-5.14.6.8.2.2-1", rx_buffers_are_periods),
    ENTRY("drv-5.14.6.8.2.2-1", rx_is_ready_when_it_starts),
    ENTRY("drv-5.14.6.8.2.2-1", rx_is_ready_at_a_resume),
    ENTRY("drv-5.14.6.8.2.2-1", rx_odd_buffers_are_known_by_head),
    ENTRY("drv-5.14.6.8.2.2-1", rx_is_ready_after_a_release),
    ENTRY("drv-5.14.6.8.2.2-1", rx_goes_with_its_queue),
    ENTRY("drv-5.14.6.8.2.2-1", rx_is_of_the_stream),
    ENTRY("drv-5.14.6.8.2.2-2", rx_is_write_only),
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
    ENTRY("prose-5.14.6.6.1-1", follows_the_life_cycle),
    ENTRY("prose-5.14.6.6.1-1", counts_what_was_done),
    ENTRY("prose-5.14.6.6.3-1", host_memory_is_a_placeholder),
    ENTRY("prose-5.14.6.6.3-1", guest_memory_is_a_placeholder),
    ENTRY("prose-5.14.6.8-1", stream_of_a_message_exists),
};
const size_t laws_snd_count = COUNT_OF(laws_snd);
