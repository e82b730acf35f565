/* SPDX-License-Identifier: MIT
 *
 * judge_snd.c: what the driver asks of a sound device (5.14).
 */
#include "judge_internal.h"

enum { CONTROLQ, EVENTQ, TXQ, RXQ }; /* 5.14.2 */

#define FORMATS 25u /* VIRTIO_SND_PCM_FMT_* */
#define RATES 14u   /* VIRTIO_SND_PCM_RATE_* */
#define FEATURES 5u /* VIRTIO_SND_PCM_F_* */

static const struct fake_snd_stream *stream_of(const struct fake_judge *j,
                                               uint64_t id)
{
    return is_sound(j) && id < j->about.snd->stream_count
               ? &j->about.snd->stream[id]
               : NULL;
}

/* ---- eventq (5.14.5.1) ---- */

/* A START that was refused has started nothing. */
static bool starts(const struct fake_event *e)
{
    return e->arg[0] == VIRTIO_SND_R_PCM_START && e->arg[2] == VIRTIO_SND_S_OK;
}

/* When the queue has to be filled is left open. A stream that runs is past
 * any initialisation. */
static void events_are_filled(struct fake_judge *j, const struct fake_event *e)
{
    if (stream_of(j, e->arg[1]) && starts(e))
        JUDGE(j, j->view.events_filled,
              "the event queue populated before a stream runs",
              "START of stream %u, no buffer has been in the event queue",
              (unsigned)e->arg[1]);
}

static void events_have_room(struct fake_judge *j, const struct fake_event *e)
{
    if (e->kind == FAKE_EV_SND_CONTROL)
        events_are_filled(j, e);
    else if (is_sound(j) && e->queue == EVENTQ)
        JUDGE(j, e->arg[3] >= sizeof(struct virtio_snd_event),
              "buffers of at least 8 bytes in the event queue",
              "a buffer of %llu bytes", (unsigned long long)e->arg[3]);
}

static void events_are_written_only(struct fake_judge *j,
                                    const struct fake_event *e)
{
    if (is_sound(j) && e->queue == EVENTQ)
        JUDGE(j, e->arg[2] == 0, "no readable element in the event queue",
              "%llu readable bytes", (unsigned long long)e->arg[2]);
}

/* ---- queries (5.14.6.2) ---- */

static uint32_t item_count(const struct fake_judge *j, uint64_t code)
{
    const struct fake_snd_config *snd = j->about.snd;

    if (code == VIRTIO_SND_R_JACK_INFO)
        return snd->jack_count;
    return code == VIRTIO_SND_R_PCM_INFO ? snd->stream_count : snd->chmap_count;
}

static void query_is_in_range(struct fake_judge *j, const struct fake_event *e)
{
    if (is_sound(j) && !j->view.config_cut)
        JUDGE(j, e->arg[1] + e->arg[2] <= item_count(j, e->arg[0]),
              "start_id + count within the items of that kind",
              "items %llu to %llu of %u", (unsigned long long)e->arg[1],
              (unsigned long long)(e->arg[1] + e->arg[2]),
              item_count(j, e->arg[0]));
}

static bool is_query(const struct fake_event *e)
{
    return e->arg[0] == VIRTIO_SND_R_JACK_INFO ||
           e->arg[0] == VIRTIO_SND_R_PCM_INFO ||
           e->arg[0] == VIRTIO_SND_R_CHMAP_INFO;
}

static void answer_has_room(struct fake_judge *j, const struct fake_event *e)
{
    uint64_t need = sizeof(struct virtio_snd_hdr) +
                    j->view.query_count * j->view.query_size;

    if (is_query(e))
        JUDGE(j, e->arg[3] >= need, "room for header and all items asked for",
              "%llu bytes for the answer, %llu needed",
              (unsigned long long)e->arg[3], (unsigned long long)need);
}

/* ---- SET_PARAMS (5.14.6.6.3.2) ---- */

static uint32_t buffer_bytes(const struct fake_event *e)
{
    return (uint32_t)e->arg[1];
}

static uint32_t period_bytes(const struct fake_event *e)
{
    return (uint32_t)(e->arg[1] >> 32);
}

static unsigned channels(const struct fake_event *e)
{
    return e->arg[3] & 0xff;
}

static unsigned format(const struct fake_event *e)
{
    return e->arg[3] >> 8 & 0xff;
}

static unsigned rate(const struct fake_event *e)
{
    return e->arg[3] >> 16 & 0xff;
}

static unsigned padding(const struct fake_event *e)
{
    return e->arg[3] >> 24 & 0xff;
}

static void period_divides_buffer(struct fake_judge *j,
                                  const struct fake_event *e)
{
    JUDGE(j, period_bytes(e) && buffer_bytes(e) % period_bytes(e) == 0,
          "period_bytes divides buffer_bytes", "period %u, buffer %u",
          period_bytes(e), buffer_bytes(e));
}

static void features_are_defined(struct fake_judge *j,
                                 const struct fake_event *e)
{
    JUDGE(j, e->arg[2] >> FEATURES == 0, "no undefined feature bit",
          "features 0x%x", (unsigned)e->arg[2]);
}

static void format_is_defined(struct fake_judge *j, const struct fake_event *e)
{
    JUDGE(j, format(e) < FORMATS, "a format that is defined", "format %u",
          format(e));
}

static void rate_is_defined(struct fake_judge *j, const struct fake_event *e)
{
    JUDGE(j, rate(e) < RATES, "a rate that is defined", "rate %u", rate(e));
}

/* Of defined ones; the others are the clauses above. */
static void features_are_offered(struct fake_judge *j,
                                 const struct fake_event *e)
{
    const struct fake_snd_stream *s = stream_of(j, e->arg[0]);
    uint32_t known = (1u << FEATURES) - 1;

    if (s)
        JUDGE(j, !(e->arg[2] & known & ~(uint64_t)s->features),
              "a subset of the features of the stream",
              "features 0x%x, offered 0x%x", (unsigned)e->arg[2], s->features);
}

static void format_is_offered(struct fake_judge *j, const struct fake_event *e)
{
    const struct fake_snd_stream *s = stream_of(j, e->arg[0]);

    if (s && format(e) < FORMATS)
        JUDGE(j, s->formats >> format(e) & 1, "a format that the stream offers",
              "format %u, offered 0x%llx", format(e),
              (unsigned long long)s->formats);
}

static void rate_is_offered(struct fake_judge *j, const struct fake_event *e)
{
    const struct fake_snd_stream *s = stream_of(j, e->arg[0]);

    if (s && rate(e) < RATES)
        JUDGE(j, s->rates >> rate(e) & 1, "a rate that the stream offers",
              "rate %u, offered 0x%llx", rate(e), (unsigned long long)s->rates);
}

static void channels_are_offered(struct fake_judge *j,
                                 const struct fake_event *e)
{
    const struct fake_snd_stream *s = stream_of(j, e->arg[0]);

    if (s)
        JUDGE(j,
              channels(e) >= s->channels_min && channels(e) <= s->channels_max,
              "channels within those of the stream", "%u channels, %u to %u",
              channels(e), s->channels_min, s->channels_max);
}

#define SHMEM_BITS                                                             \
    (1u << VIRTIO_SND_PCM_F_SHMEM_HOST | 1u << VIRTIO_SND_PCM_F_SHMEM_GUEST)

static void one_shared_memory(struct fake_judge *j, const struct fake_event *e)
{
    JUDGE(j, (e->arg[2] & SHMEM_BITS) != SHMEM_BITS,
          "SHMEM_HOST and SHMEM_GUEST not together", "features 0x%x",
          (unsigned)e->arg[2]);
}

/* Said where the bits are described, outside of what is normative (7.2), and
 * of a stream that offers one: of others, and of both, a MUST speaks. */
static void placeholders_are_left(struct fake_judge *j,
                                  const struct fake_event *e)
{
    const struct fake_snd_stream *s = stream_of(j, e->arg[0]);
    uint32_t selected = (uint32_t)e->arg[2] & SHMEM_BITS;

    if (s && s->features & SHMEM_BITS && selected != SHMEM_BITS)
        JUDGE(j, !(selected & s->features),
              "no shared memory selected, which is a placeholder",
              "features 0x%x", (unsigned)e->arg[2]);
}

static void padding_is_0(struct fake_judge *j, const struct fake_event *e)
{
    JUDGE(j, padding(e) == 0, "padding 0", "padding 0x%02x", padding(e));
}

/* ---- tx and rx (5.14.6.6.3.2, 5.14.6.8) ---- */

static bool is_output(const struct fake_snd_stream *s)
{
    return s->direction == VIRTIO_SND_D_OUTPUT;
}

static void data_goes_its_way(struct fake_judge *j, const struct fake_event *e)
{
    const struct fake_snd_stream *s = stream_of(j, e->arg[0]);

    if (s)
        JUDGE(j, e->queue == (is_output(s) ? TXQ : RXQ),
              "output over tx, input over rx", "stream %u on queue %u",
              (unsigned)e->arg[0], e->queue);
}

/* A description of the header: no keyword. */
static void stream_exists(struct fake_judge *j, const struct fake_event *e)
{
    JUDGE(j, stream_of(j, e->arg[0]), "a stream from 0 to streams - 1",
          "a message for stream %u of %u", (unsigned)e->arg[0],
          j->about.snd->stream_count);
}

/* Another size than a period is expected at the end of the stream only: what
 * follows it proves that it was not the end. */
static void tx_is_a_period(struct fake_judge *j, const struct fake_event *e)
{
    const struct fake_snd_stream *s = stream_of(j, e->arg[0]);

    if (s && e->queue == TXQ && j->view.stream[e->arg[0]].period_bytes)
        JUDGE(j, !j->view.stream[e->arg[0]].ended,
              "tx messages of period_bytes, but for the last",
              "a message after one of another size than %u bytes",
              j->view.stream[e->arg[0]].period_bytes);
}

static void tx_is_read_only(struct fake_judge *j, const struct fake_event *e)
{
    if (e->queue == TXQ)
        JUDGE(j, e->arg[2] == 0, "no writable element in the frames of tx",
              "%llu writable bytes besides the status",
              (unsigned long long)e->arg[2]);
}

static void rx_is_ready_at_start(struct fake_judge *j,
                                 const struct fake_event *e)
{
    const struct fake_snd_stream *s = stream_of(j, e->arg[1]);
    const struct view_stream *v;

    if (!s || is_output(s) || !starts(e) || j->view.rx_unseen)
        return;
    v = &j->view.stream[e->arg[1]];
    JUDGE(j, v->rx_queued && !v->rx_odd,
          "rx buffers of period_bytes queued before START",
          "%u buffers queued, %u of them of another size", v->rx_queued,
          v->rx_odd);
}

static void rx_is_write_only(struct fake_judge *j, const struct fake_event *e)
{
    if (e->queue == RXQ)
        JUDGE(j, e->arg[1] == 0, "no readable element in the frames of rx",
              "%llu readable bytes besides the header",
              (unsigned long long)e->arg[1]);
}

/* ---- life cycle (5.14.6.6.1: prose, no keyword) ---- */

enum command { NONE, SET_PARAMS, PREPARE, START, STOP, RELEASE, NO_COMMAND };

static enum command command_of(uint64_t code)
{
    switch (code) {
    case VIRTIO_SND_R_PCM_SET_PARAMS:
        return SET_PARAMS;
    case VIRTIO_SND_R_PCM_PREPARE:
        return PREPARE;
    case VIRTIO_SND_R_PCM_START:
        return START;
    case VIRTIO_SND_R_PCM_STOP:
        return STOP;
    case VIRTIO_SND_R_PCM_RELEASE:
        return RELEASE;
    default:
        return NO_COMMAND;
    }
}

/* Rows: last command; a bit per command that may follow. */
static const uint8_t may_follow[] = {
    [NONE] = 1u << SET_PARAMS,
    [SET_PARAMS] = 1u << SET_PARAMS | 1u << PREPARE,
    [PREPARE] = 1u << SET_PARAMS | 1u << PREPARE | 1u << START | 1u << RELEASE,
    [START] = 1u << STOP,
    [STOP] = 1u << START | 1u << RELEASE,
    [RELEASE] = 1u << SET_PARAMS | 1u << PREPARE,
};

static void follows_the_life_cycle(struct fake_judge *j,
                                   const struct fake_event *e)
{
    enum command command = command_of(e->arg[0]);

    if (command == NO_COMMAND || !stream_of(j, e->arg[1]))
        return;
    JUDGE(j, may_follow[j->view.stream[e->arg[1]].last] >> command & 1,
          "a command that the life cycle of a stream allows",
          "command 0x%04x to stream %u, the last one was number %u",
          (unsigned)e->arg[0], (unsigned)e->arg[1],
          j->view.stream[e->arg[1]].last);
}

/* ---- MSG_POLLING (5.14.6.6.3) ---- */

/* From PREPARE to RELEASE there are messages to look for. */
static bool is_polled(const struct view_stream *s)
{
    return s->features >> VIRTIO_SND_PCM_F_MSG_POLLING & 1 &&
           (s->last == PREPARE || s->last == START || s->last == STOP);
}

bool judge_polled(const struct fake_judge *j, unsigned queue)
{
    for (uint32_t k = 0; k < FAKE_SND_STREAMS_MAX; k++) {
        const struct fake_snd_stream *s = stream_of(j, k);

        if (s && queue == (is_output(s) ? TXQ : RXQ) &&
            is_polled(&j->view.stream[k]))
            return true;
    }
    return false;
}

const struct judge_entry judge_snd_entries[] = {
    {"drv-5.14.5.1-1", ON(CHAIN) | ON(SND_CONTROL), events_have_room},
    {"drv-5.14.5.1-2", ON(CHAIN), events_are_written_only},
    {"drv-5.14.6.2-1", ON(SND_QUERY), query_is_in_range},
    {"drv-5.14.6.2-2", ON(SND_CONTROL), answer_has_room},
    {"drv-5.14.6.6.3.2-1", ON(SND_PARAMS), period_divides_buffer},
    {"drv-5.14.6.6.3.2-2", ON(SND_PARAMS), features_are_defined},
    {"drv-5.14.6.6.3.2-3", ON(SND_PARAMS), format_is_defined},
    {"drv-5.14.6.6.3.2-4", ON(SND_PARAMS), rate_is_defined},
    {"drv-5.14.6.6.3.2-5", ON(SND_PARAMS), features_are_offered},
    {"drv-5.14.6.6.3.2-6", ON(SND_PARAMS), format_is_offered},
    {"drv-5.14.6.6.3.2-7", ON(SND_PARAMS), rate_is_offered},
    {"drv-5.14.6.6.3.2-8", ON(SND_PARAMS), channels_are_offered},
    {"drv-5.14.6.6.3.2-9", ON(SND_PARAMS), one_shared_memory},
    {"drv-5.14.6.6.3.2-10", ON(SND_PARAMS), padding_is_0},
    {"drv-5.14.6.6.3.2-11", ON(SND_XFER), data_goes_its_way},
    {"drv-5.14.6.8.1.2-1", ON(SND_XFER), tx_is_a_period},
    {"drv-5.14.6.8.1.2-2", ON(SND_XFER), tx_is_read_only},
    {"drv-5.14.6.8.2.2-1", ON(SND_CONTROL), rx_is_ready_at_start},
    {"drv-5.14.6.8.2.2-2", ON(SND_XFER), rx_is_write_only},
    {"prose-5.14.6.6.1-1", ON(SND_CONTROL), follows_the_life_cycle},
    {"prose-5.14.6.6.3-1", ON(SND_PARAMS), placeholders_are_left},
    {"prose-5.14.6.8-1", ON(SND_XFER), stream_exists},
};
const size_t judge_snd_count =
    sizeof(judge_snd_entries) / sizeof(judge_snd_entries[0]);
