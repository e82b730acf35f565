/* SPDX-License-Identifier: MIT
 *
 * judged_snd.c: see judged_snd.h.
 */
#include "judged_snd.h"

static const struct fake_snd_config card = {
    .jack_count = 1,
    .stream_count = 4,
    .chmap_count = 3,
    .stream = {{.features = 1u << VIRTIO_SND_PCM_F_SHMEM_HOST |
                            1u << VIRTIO_SND_PCM_F_SHMEM_GUEST |
                            1u << VIRTIO_SND_PCM_F_MSG_POLLING,
                .formats = F(S16),
                .rates = F(HZ_48000),
                .direction = VIRTIO_SND_D_OUTPUT,
                .channels_min = 2,
                .channels_max = 4},
               {.features = 1u << VIRTIO_SND_PCM_F_MSG_POLLING,
                .formats = F(S16),
                .rates = F(HZ_48000),
                .direction = VIRTIO_SND_D_INPUT,
                .channels_min = 1,
                .channels_max = 1},
               {.formats = F(S16),
                .rates = F(HZ_48000),
                .direction = VIRTIO_SND_D_INPUT,
                .channels_min = 1,
                .channels_max = 1},
               {.features = 1u << VIRTIO_SND_PCM_F_SHMEM_HOST,
                .formats = F(S16) | F(FLOAT),
                .rates = F(HZ_48000) | F(HZ_44100),
                .direction = VIRTIO_SND_D_OUTPUT,
                .channels_min = 1,
                .channels_max = 6}},
};

void plug_in(struct judged *j)
{
    j->about.device_id = VIRTIO_ID_SOUND;
    j->about.config_bytes = sizeof(struct virtio_snd_config);
    j->about.snd = &card;
    event_buffer(j, 0, 8);
}

void control(struct judged *j, uint32_t code, uint32_t id, uint32_t status,
             uint32_t writable)
{
    see(j, FAKE_EV_SND_CONTROL, CONTROLQ, code, id, status, writable);
}

void command(struct judged *j, uint32_t code, uint32_t stream)
{
    control(j, code, stream, VIRTIO_SND_S_OK, 4);
}

void query(struct judged *j, uint32_t code, uint32_t start, uint32_t count,
           uint32_t size, uint32_t writable)
{
    see(j, FAKE_EV_SND_QUERY, CONTROLQ, code, start, count, size);
    control(j, code, start, VIRTIO_SND_S_OK, writable);
}

struct params good(uint32_t stream)
{
    return (struct params){
        stream, BUFFER,   PERIOD, 0, card.stream[stream].channels_min,
        S16,    HZ_48000, 0};
}

void set_is(struct judged *j, struct params p, uint32_t status)
{
    see(j, FAKE_EV_SND_PARAMS, CONTROLQ, p.stream,
        p.buffer | (uint64_t)p.period << 32, p.features,
        p.channels | (uint64_t)p.format << 8 | (uint64_t)p.rate << 16 |
            (uint64_t)p.padding << 24);
    control(j, VIRTIO_SND_R_PCM_SET_PARAMS, p.stream, status, 4);
}

void set(struct judged *j, struct params p)
{
    set_is(j, p, VIRTIO_SND_S_OK);
}

void prepare(struct judged *j, uint32_t stream)
{
    set(j, good(stream));
    command(j, VIRTIO_SND_R_PCM_PREPARE, stream);
}

void xfer_at(struct judged *j, uint16_t queue, uint32_t stream, uint32_t out,
             uint32_t in, uint16_t head)
{
    see(j, FAKE_EV_SND_XFER, queue, stream, out, in, head);
}

void xfer(struct judged *j, uint16_t queue, uint32_t stream, uint32_t out,
          uint32_t in)
{
    xfer_at(j, queue, stream, out, in, 0);
}

void xfer_done(struct judged *j, uint16_t queue, uint32_t stream, uint16_t head)
{
    see(j, FAKE_EV_SND_XFER_DONE, queue, stream, VIRTIO_SND_S_OK, 0, head);
}

void event_buffer(struct judged *j, uint32_t readable, uint32_t writable)
{
    see(j, FAKE_EV_CHAIN, EVENTQ, 0, 1, readable, writable);
}
