/* SPDX-License-Identifier: MIT
 *
 * judge_laws_snd.c: what a driver asks of a sound device.
 */
#include "judged_snd.h"

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
    ENTRY("prose-5.14.6.6.3-1", host_memory_is_a_placeholder),
    ENTRY("prose-5.14.6.6.3-1", guest_memory_is_a_placeholder),
};
const size_t laws_snd_count = COUNT_OF(laws_snd);
