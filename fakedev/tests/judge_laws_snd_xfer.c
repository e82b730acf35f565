/* SPDX-License-Identifier: MIT
 *
 * judge_laws_snd_xfer.c: messages on txq and rxq, and the life of their
 * stream.
 */
#include "judged_snd.h"

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

const struct law laws_snd_xfer[] = {
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
    ENTRY("prose-5.14.6.6.1-1", follows_the_life_cycle),
    ENTRY("prose-5.14.6.6.1-1", counts_what_was_done),
    ENTRY("prose-5.14.6.8-1", stream_of_a_message_exists),
};
const size_t laws_snd_xfer_count = COUNT_OF(laws_snd_xfer);
