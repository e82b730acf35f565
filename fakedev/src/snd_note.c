/* SPDX-License-Identifier: MIT
 *
 * snd_note.c: notifications on eventq (5.14.5), and their faults.
 */
#include "snd_private.h"

static void send_note(struct fake_snd *snd, struct fake_chain *chain,
                      const struct snd_note *note)
{
    uint8_t event[SND_EVENT_BYTES];

    snd_put_le(event, note->code, 4);
    snd_put_le(event + 4, note->data, 4);
    fake_chain_write(chain, 0, event, sizeof(event));
    fake_emit(snd->dev.log, FAKE_EV_SND_NOTIFY, chain->ring->cfg.index,
              note->code, note->data, 0, 0);
    fake_ring_complete(chain->ring, chain, sizeof(event));
}

bool snd_send_notes(struct fake_snd *snd)
{
    struct fake_snd_core *core = snd->core;
    bool did = false;

    while (core->note_count && core->event.count) {
        send_note(snd, snd_list_take(&core->event),
                  &core->note[core->note_first]);
        core->note_first = (core->note_first + 1) % SND_NOTES_MAX;
        core->note_count--;
        did = true;
    }
    return did;
}

static void put_note(struct fake_snd *snd, uint32_t code, uint32_t data)
{
    struct fake_snd_core *core = snd->core;
    struct snd_note *note;

    if (core->note_count == SND_NOTES_MAX) {
        fake_emit(snd->dev.log, FAKE_EV_SND_NOTIFY_LOST, VIRTIO_SND_VQ_EVENT,
                  code, data, 0, 0);
        return;
    }
    note = &core->note[(core->note_first + core->note_count++) % SND_NOTES_MAX];
    note->code = code;
    note->data = data;
}

/* The stream of a notification, if it is about one. */
static int32_t stream_of(uint32_t code, uint32_t data)
{
    return code == VIRTIO_SND_EVT_PCM_XRUN ? (int32_t)data : FAKE_ANY_STREAM;
}

static bool note_fault(struct fake_snd *snd, enum fake_fault name,
                       uint32_t code, uint32_t data, uint64_t *arg)
{
    struct fake_site site = FAKE_SITE_ANY;

    site.queue = VIRTIO_SND_VQ_EVENT;
    site.type = (int32_t)code;
    site.stream = stream_of(code, data);
    return fake_fault_fires_at(snd->dev.faults, name, snd->dev.log, &site, arg);
}

void snd_notify(struct fake_snd *snd, uint32_t code, uint32_t data)
{
    uint64_t arg;

    if (note_fault(snd, FAKE_FAULT_SND_EVENT_GARBAGE, code, data, &arg))
        put_note(snd, (uint32_t)arg, (uint32_t)(arg >> 32));
    if (note_fault(snd, FAKE_FAULT_SND_EVENT_LOST, code, data, &arg))
        return;
    put_note(snd, code, data);
}

void snd_flap(struct fake_snd *snd, uint64_t times)
{
    uint64_t left = 2 * snd_min(times, SND_FLAPS_MAX);
    bool on = snd->core->told[0];

    for (; snd->cfg.jack_count && left; left--) {
        on = !on;
        snd_notify(snd,
                   on ? VIRTIO_SND_EVT_JACK_CONNECTED
                      : VIRTIO_SND_EVT_JACK_DISCONNECTED,
                   0);
    }
}
