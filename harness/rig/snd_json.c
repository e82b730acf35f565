/* SPDX-License-Identifier: MIT
 *
 * snd_json.c: see snd_json.h.
 */
#include "snd_json.h"

#include <string.h>

#include "pcm_format.h"
#include "ringtrue/wire.h"

static const char *const features[] = {"SHMEM_HOST", "SHMEM_GUEST",
                                       "MSG_POLLING", "EVT_SHMEM_PERIODS",
                                       "EVT_XRUNS"};

#define COUNT(table) (sizeof(table) / sizeof(table[0]))
#define BIT(n) (UINT64_C(1) << (n))

static int index_of(const char *const *table, size_t count, const char *name)
{
    for (size_t k = 0; name && k < count; k++)
        if (strcmp(table[k], name) == 0)
            return (int)k;
    return -1;
}

int rig_snd_format(const char *name)
{
    for (unsigned k = 0; name && k < RIG_PCM_FORMATS; k++)
        if (strcmp(rig_pcm_format((uint8_t)k)->name, name) == 0)
            return (int)k;
    return -1;
}

uint32_t rig_snd_features(const json_t *list)
{
    uint32_t bits = 0;
    const json_t *name;
    size_t k;

    json_array_foreach(list, k, name) bits |=
        1u << index_of(features, COUNT(features), json_string_value(name));
    return bits;
}

static uint64_t format_bits(const json_t *list)
{
    uint64_t bits = 0;
    const json_t *name;
    size_t k;

    if (!list)
        return BIT(RIG_PCM_FORMATS) - 1;
    json_array_foreach(list, k, name) bits |=
        BIT(rig_snd_format(json_string_value(name)));
    return bits;
}

static uint64_t rate_bits(const json_t *list)
{
    uint64_t bits = 0;
    const json_t *hz;
    size_t k;

    if (!list)
        return BIT(RIG_PCM_RATES) - 1;
    json_array_foreach(list, k, hz) bits |=
        BIT(rig_pcm_rate((uint32_t)json_integer_value(hz)));
    return bits;
}

static uint32_t number(const json_t *object, const char *key, uint32_t other)
{
    const json_t *value = json_object_get(object, key);

    return value ? (uint32_t)json_integer_value(value) : other;
}

static uint8_t direction(const json_t *object)
{
    const char *name = json_string_value(json_object_get(object, "direction"));

    return name && strcmp(name, "input") == 0 ? VIRTIO_SND_D_INPUT
                                              : VIRTIO_SND_D_OUTPUT;
}

static void read_jack(struct fake_snd_jack *jack, const json_t *from)
{
    jack->hda_fn_nid = number(from, "nid", 1);
    jack->features = json_is_true(json_object_get(from, "remap"))
                         ? 1u << VIRTIO_SND_JACK_F_REMAP
                         : 0;
    jack->defconf = number(from, "defconf", 0x01014010);
    jack->caps = number(from, "caps", 0x10);
    jack->connected = !json_is_false(json_object_get(from, "connected"));
}

static void read_stream(struct fake_snd_stream *stream, const json_t *from)
{
    stream->hda_fn_nid = number(from, "nid", 1);
    stream->features = rig_snd_features(json_object_get(from, "features"));
    stream->formats = format_bits(json_object_get(from, "formats"));
    stream->rates = rate_bits(json_object_get(from, "rates"));
    stream->direction = direction(from);
    stream->channels_min = (uint8_t)number(from, "channels_min", 1);
    stream->channels_max = (uint8_t)number(from, "channels_max", 8);
}

static void read_chmap(struct fake_snd_chmap *map, const json_t *from)
{
    const json_t *list = json_object_get(from, "positions");

    map->hda_fn_nid = number(from, "nid", 1);
    map->direction = direction(from);
    map->channels = (uint8_t)json_array_size(list);
    for (size_t k = 0; k < map->channels; k++)
        map->positions[k] =
            (uint8_t)json_integer_value(json_array_get(list, k));
}

static void plain_card(struct fake_snd_config *snd)
{
    static const struct fake_snd_chmap stereo = {
        .hda_fn_nid = 1, .channels = 2, .positions = {3, 4}}; /* FL FR */

    snd->jack_count = 1;
    read_jack(&snd->jack[0], NULL);
    snd->stream_count = 2;
    read_stream(&snd->stream[0], NULL);
    read_stream(&snd->stream[1], NULL);
    snd->stream[0].features = snd->stream[1].features =
        1u << VIRTIO_SND_PCM_F_EVT_XRUNS;
    snd->stream[1].direction = VIRTIO_SND_D_INPUT;
    snd->chmap_count = 2;
    snd->chmap[0] = snd->chmap[1] = stereo;
    snd->chmap[1].direction = VIRTIO_SND_D_INPUT;
}

void rig_snd_from_json(struct fake_snd_config *snd, const json_t *device)
{
    const json_t *jacks = json_object_get(device, "jacks");
    const json_t *streams = json_object_get(device, "streams");
    const json_t *chmaps = json_object_get(device, "chmaps");
    const char *reading = json_string_value(json_object_get(device, "reading"));
    const json_t *one;
    size_t k;

    plain_card(snd);
    if (jacks)
        snd->jack_count = (uint32_t)json_array_size(jacks);
    json_array_foreach(jacks, k, one) read_jack(&snd->jack[k], one);
    if (streams)
        snd->stream_count = (uint32_t)json_array_size(streams);
    json_array_foreach(streams, k, one) read_stream(&snd->stream[k], one);
    if (chmaps)
        snd->chmap_count = (uint32_t)json_array_size(chmaps);
    json_array_foreach(chmaps, k, one) read_chmap(&snd->chmap[k], one);
    snd->reading = reading && strcmp(reading, "lazy") == 0 ? FAKE_SND_LAZY
                                                           : FAKE_SND_EAGER;
    snd->flap_ms = number(device, "flap_ms", 0);
    snd->config_extra = number(device, "config_extra", 0);
}
